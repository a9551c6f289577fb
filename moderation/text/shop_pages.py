"""Screenshots of other shops' pages and of sales in a chat, told by words and layout. Pure.

A page that sells has a button to buy at its foot, a large price, and the words of a shelf around
it: sold so often, coupon, shop, reviews. Several of them together, read in one picture, are a page;
a single one is a word. A customer who shows an order has other words (paid, delivered, order
number), and these excuse the whole picture. A page proves little alone: people show what they
bought, ask, or warn. So its score sends a note to a person only where words and layout agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Protocol

from moderation.boxes import Box, around
from moderation.finding import Finding, FindingKind
from moderation.text.fields import Joined, join_named

DETECTOR = "shop_pages@1"


class Row(Protocol):
    """A row of words read in a picture."""

    @property
    def text(self) -> str:
        """Without line breaks."""

    @property
    def box(self) -> Box:
        """Where it stands."""


WORDS_ALONE, WITH_LAYOUT = 0.4, 0.55
"""Scores: by words; where button or price also stands as on a page."""
FEWEST_SHELF_WORDS = 2
FOOT = 0.75
"""Share of the height below which the bar with the button stands."""
BIG = 1.25
"""Height of the price over that of half of the lines."""

_BUTTON = re.compile(
    r"立即(?:购买|抢购|下单|拼单)|马上抢|加入购物车|领券购买|发起拼单|去拼单|一键拼单|我想要|"
    r"(?:免费)?拿样|立即预[订定]|抢购|add to (?:cart|bag|basket)|buy (?:it )?now",
)
_SHELF = tuple(
    re.compile(pattern)
    for pattern in (
        r"月销|已售|已拼|付款人数|人付款|人已?买|人想要|销量|[0-9]+万?\+? ?sold",
        r"领券|优惠券|券后|满减|百亿补贴|限时|秒杀|coupon|% off|free shipping",
        r"进店|店铺|旗舰店|专营店|官方店|visit (?:the )?store|sold by",
        r"客服|收藏|购物车|wish ?list|add to list",
        r"评价|好评|评论\(?[0-9]|ratings|reviews",
        r"包邮|发货|运费险|退换|无理由|delivery|ships? (?:to|from)",
    )
)
_PRICE = re.compile(r"[¥$€£] ?[0-9]+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)? ?元|(?:到手|券后|拼单)价")
_ORDER = re.compile(
    r"订单详情|订单编号|订单号|实付|交易成功|已签收|待收货|待发货|查看物流|申请售后|确认收货|"
    r"再次购买|退款成功|下单时间|付款时间|order (?:details|number|placed|total)|track package|"
    r"delivered|your order"
)
_CHAT = re.compile(
    r"按住 ?说话|发消息|对方正在输入|语音通话|拍了拍|你已添加了|现在可以开始聊天了|朋友圈|moments"
)
_SALE_IN_CHAT = tuple(
    re.compile(pattern)
    for pattern in (
        r"[¥$][ ]?[0-9]+(?:\.[0-9]+)?|[0-9]+ ?(?:元|块)|转账|红包|收款",
        r"现货|代购|预[订定]|下单|拍下|补货|到货|批发|代发|拿货|链接",
        r"地址发|发货|包邮|顺丰|快递|单号",
    )
)


Place = tuple[int, int]


def shop_page(rows: Sequence[Row], *, image_number: int) -> Finding | None:
    """Whether one picture reads as a page that sells.

    Args:
        rows: of the picture, in reading order.
        image_number: from 0.
    """
    field = f"image[{image_number}].ocr"
    joined = join_named([(field, "\n".join(row.text for row in rows))])
    told = told_by_words(joined.text)
    if told is None:
        return None
    kind, button, price, others = told
    laid_out = any(_at_foot(row.box) for row in _behind(rows, joined, button)) or any(
        _is_big(row.box, rows) for row in _behind(rows, joined, price)
    )
    spans = [
        replace(span, box=around(row.box for row in _behind(rows, joined, place)))
        for place in (button, price, *others)
        for span in joined.spans("V2", *place)
    ]
    score = WITH_LAYOUT if laid_out else WORDS_ALONE
    return Finding(
        kind=FindingKind.TEXT_DIVERSION_PLATFORM,
        score=score,
        raw_score=score,
        image_number=image_number,
        spans=tuple(spans),
        detail={"page": kind, "laid_out": laid_out},
        detector=DETECTOR,
    )


def told_by_words(text: str) -> tuple[str, Place, Place, tuple[Place, ...]] | None:
    r"""Kind, button, price and other words of a page in a normalised text.

    >>> told_by_words("立即购买 加入购物车\n月销2000+ 已售1.2万\n¥39.9 领券立减10")[0]
    'shop'
    >>> told_by_words("订单详情\n实付 ¥39.9\n再次购买 加入购物车\n领券 已售") is None
    True
    >>> told_by_words("按住说话\n这件现货吗\n¥199 转账\n地址发我 今天发货")[0]
    'chat'
    >>> told_by_words("按住说话\n哈哈哈哈你居然信了") is None
    True
    """
    if _ORDER.search(text):
        return None
    button, price = _BUTTON.search(text), _PRICE.search(text)
    shelf = [match.span() for pattern in _SHELF if (match := pattern.search(text))]
    if button and price and len(shelf) >= FEWEST_SHELF_WORDS:
        return "shop", button.span(), price.span(), tuple(shelf)
    chat = _CHAT.search(text)
    sale = [match.span() for pattern in _SALE_IN_CHAT if (match := pattern.search(text))]
    if chat and len(sale) == len(_SALE_IN_CHAT):
        return "chat", chat.span(), sale[0], tuple(sale[1:])
    return None


def _behind(rows: Sequence[Row], joined: Joined, place: Place) -> list[Row]:
    """The rows that a place of the normalised text was read in."""
    low, high = joined.normalised.original_span(*place)
    found, start = [], 0
    for row in rows:
        end = start + len(row.text)
        if start < high and low < end:
            found.append(row)
        start = end + 1
    return found


def _at_foot(box: Box) -> bool:
    return (box[1] + box[3]) / 2 >= FOOT


def _is_big(box: Box, rows: Sequence[Row]) -> bool:
    heights = [row.box[3] - row.box[1] for row in rows]
    return len(heights) > 2 and box[3] - box[1] >= BIG * median(heights)

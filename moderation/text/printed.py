"""Printed: what a picture carries and says to nobody, apart from what it says to readers. Pure.

Shop signs, menus, packages and cards in a photograph bear numbers, addresses and names of shops,
and none of these is a way out that the author offers. They are one where the words around them
turn to whoever reads the note, or where the note sells anyway. Packages also ask for a scan of
their code; where the words that the law wants on a package stand beside it, that is printed, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from moderation.text.leads import KINDS
from moderation.text.marks import WAYS_OUT
from moderation.text.reading import TextReading
from moderation.text.signals import MIN_VIOLATION_WEIGHT, Signal

PRINTED = 0.45
"""Score at most of what is only printed: told, and nobody is sent to a person for it."""

_ON_SIGNS = frozenset(
    ("contact.phone", "contact.email", "contact.link", "platform.link", "platform.named_store")
) | frozenset(KINDS)
"""And leads, which were learnt from what authors write, not from what stands around them."""
_ON_PACKAGES = _ON_SIGNS | {"contact.scan", "platform.follow", "platform.directed"}
_SALES = ("sell.", "recruit.", "c2c.")

_SIGN_WORDS = re.compile(
    r"(?:咨询|预[订定约]|订[餐座]|外卖|服务|投诉|加盟|招商|客服|售后|监督|报警)(?:热线|电话|专线)"
)
_PACKAGE_WORDS = re.compile(
    r"净含量|保质期|生产(?:日期|许可)|配料|产品标准|执行标准|贮存|储存条件|产地|营养成分|生产商|"
    r"委托方|best before|net w(?:t|eight)|ingredients"
)
_FEWEST_PACKAGE_WORDS = 2
"""Different ones; a poster may boast of one."""
_SCAN_ON_PACKAGES = re.compile(
    r"(?:微信)?(?:扫码|扫一扫)[^，,。\n]{0,4}(?:关注|领取|溯源|查)|扫码|关注(?:我们|公众号)"
)
_TO_READERS = re.compile(
    r"姐妹|宝子|宝宝们|家人们|亲们|同学们|需要的|想[^，,。\n]{1,3}的|喜欢的|感兴趣|有兴趣|私信|私聊|"
    r"滴滴|咨询|预[约订定]|报名|下单|领取|扫码|长按|招生|名额|[加+][我微薇vq]|找我|联系我|关注我|"
    r"备注|现货|包邮|代购|拿货|接单|约拍|"
    r"(?<![a-z])(?:dm|message|contact|add|order|book) ?(?:me|us|now)"
)


def addresses_readers(text: str) -> bool:
    """Whether the words of a picture are said to whoever reads the note.

    >>> addresses_readers("王记面馆 订餐热线 13800000000")
    False
    >>> addresses_readers("需要的加我 13800000000")
    True
    """
    words = _SIGN_WORDS.sub("", text.casefold())
    if is_package(words):
        words = _SCAN_ON_PACKAGES.sub("", words)
    return bool(_TO_READERS.search(words))


def is_package(text: str) -> bool:
    """Whether the words of a picture are those of a package.

    >>> is_package("乌龙茶 净含量 500ml 保质期12个月"), is_package("现货包邮 保质期12个月")
    (True, False)
    """
    return len(set(_PACKAGE_WORDS.findall(text.casefold()))) >= _FEWEST_PACKAGE_WORDS


def only_printed(
    signals: Iterable[Signal], own: TextReading, texts: Mapping[str, str]
) -> set[Signal]:
    """Signals that stand in a picture as they stand on any sign.

    Args:
        signals: of the note and its pictures.
        own: reading of the author's words alone.
        texts: all that was read in pictures, by field. Fields of one picture, its lines and what
            its codes hold, stand around each other.
    """
    if _sells(own):
        return set()
    by_picture: dict[str, list[str]] = {}
    for field, text in texts.items():
        by_picture.setdefault(_picture(field), []).append(text)
    printed_in = {}
    for picture, lines in by_picture.items():
        words = "\n".join(lines)
        if not addresses_readers(words):
            printed_in[picture] = _ON_PACKAGES if is_package(words) else _ON_SIGNS
    return {s for s in signals if s.name in printed_in.get(_picture(s.span.field), ())}


def _picture(field: str) -> str:
    """`image[0]` of `image[0].ocr`."""
    return field.partition(".")[0]


def _sells(own: TextReading) -> bool:
    return any(
        signal.name.startswith(_SALES)
        or (signal.span.code in WAYS_OUT and signal.weight >= MIN_VIOLATION_WEIGHT)
        for signal in own.signals
    )

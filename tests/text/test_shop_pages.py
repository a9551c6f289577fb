"""Pages that sell are told by words together and layout; customers' pages are not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.finding import FindingKind
from moderation.text.shop_pages import WITH_LAYOUT, WORDS_ALONE, shop_page


@dataclass(frozen=True)
class Row:
    text: str
    box: tuple[float, float, float, float]


def rows(*lines: str, foot: bool = False) -> list[Row]:
    """Lines of one height from the top; the first is the bar at the foot where asked."""
    placed = [
        Row(line, (0.1, 0.05 + 0.05 * i, 0.9, 0.08 + 0.05 * i)) for i, line in enumerate(lines)
    ]
    return [*placed[1:], Row(lines[0], (0.4, 0.93, 0.95, 0.96))] if foot else placed


SHELF = ("立即购买 加入购物车", "月销2000+ 已售1.2万", "¥39.9 领券立减10", "进店 客服 收藏")
PAGES = {
    "taobao": (SHELF, "shop"),
    "xianyu": (("我想要", "¥120 包邮", "12人想要 浏览300", "收藏 客服"), "shop"),
    "pinduoduo": (("发起拼单", "已拼10万+件", "券后价 9.9元", "百亿补贴 退换无忧"), "shop"),
    "english": (("Add to cart", "$12.99", "2k+ sold", "free shipping 4.8 ratings"), "shop"),
    "chat": (("发消息", "这款现货吗", "¥199 转账", "地址发我 今天发货"), "chat"),
}
TWINS = {
    "an order": ("再次购买 加入购物车", "订单详情", "实付 ¥39.90", "交易成功 领券 已售"),
    "a parcel": ("查看物流", "待收货", "¥39.9", "客服 已售"),
    "a chat joke": ("发消息", "他：加我微信", "我：不加", "哈哈哈哈"),
    "a menu": ("王记面馆", "牛肉面 18元", "炸酱面 15元", "外卖热线 13800138000"),
    "a recipe": ("番茄炒蛋", "番茄2个 鸡蛋3个", "糖1勺 盐半勺"),
    "a word": ("立即购买",),
    "a price": ("¥39.9", "好评"),
    "nothing": ("",),
}


@pytest.mark.parametrize(("lines", "page"), PAGES.values(), ids=PAGES.keys())
def test_words_together_are_a_page(lines: tuple[str, ...], page: str) -> None:
    """With the rows as proof, each with its place."""
    finding = shop_page(rows(*lines), image_number=2)
    assert finding is not None
    assert finding.kind is FindingKind.TEXT_DIVERSION_PLATFORM
    assert (finding.image_number, finding.detail["page"]) == (2, page)
    assert finding.score == WORDS_ALONE
    quoted = {line.text: line.box for line in rows(*lines)}
    for span in finding.spans:
        assert span.field == "image[2].ocr"
        assert any(span.text in line and span.box == box for line, box in quoted.items())


@pytest.mark.parametrize("lines", TWINS.values(), ids=TWINS.keys())
def test_harmless_twins_are_none(lines: tuple[str, ...]) -> None:
    """What customers, cooks and friends show."""
    assert shop_page(rows(*lines), image_number=0) is None
    assert shop_page(rows(*lines, foot=True), image_number=0) is None


def test_a_bar_at_the_foot_sends_it_to_a_person() -> None:
    """Words alone do not."""
    finding = shop_page(rows(*SHELF, foot=True), image_number=0)
    assert finding is not None
    assert finding.score == WITH_LAYOUT
    assert finding.detail["laid_out"] is True


def test_so_does_a_large_price() -> None:
    """Larger than half of the lines by a quarter."""
    drawn = rows(*SHELF)
    drawn[2] = Row(drawn[2].text, (0.1, 0.15, 0.9, 0.19))
    finding = shop_page(drawn, image_number=0)
    assert finding is not None
    assert finding.score == WITH_LAYOUT


@given(st.lists(st.sampled_from([line for lines, _ in PAGES.values() for line in lines])))
def test_an_order_excuses_whatever_stands_beside_it(lines: list[str]) -> None:
    """A customer shows what they bought."""
    assert shop_page(rows("订单编号 2026", *lines), image_number=0) is None

"""Numbers on signs are told and send nobody to a person; the same number offered does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.texts import note_of

from moderation.finding import Finding, FindingKind
from moderation.text.in_pictures import HIGHEST, PictureText, findings_with_pictures
from moderation.text.printed import PRINTED, addresses_readers
from moderation.text.rule_reading import read_by_rules

CONTACT = FindingKind.TEXT_DIVERSION_CONTACT

SIGNS = {
    "repairs": ("老张修车", "补胎 换油", "电话：13800138000", "欢迎光临"),
    "a menu": ("王记面馆", "牛肉面 18元", "炸酱面 15元", "外卖热线 13800138000"),
    "complaints": ("本店监督电话 13800138000",),
    "a package": ("保质期12个月", "www.tea-example.com", "客服热线 400-800-1234"),
    "a business card": ("李明 经理", "liming@example.com", "13800138000"),
    "roses": ("紫薇花开 蔷薇也开了", "王记面馆 外卖热线 13800138000"),
}
PACKAGES = {
    "an account": ("乌龙茶 净含量 500ml", "保质期12个月", "扫码关注公众号 茶里"),
    "a scan": ("配料 燕麦 白砂糖", "生产日期 见瓶盖", "微信扫一扫 关注我们"),
}
OFFERS = {
    "those who want": ("想学的同学", "电话 13800138000"),
    "in stock": ("手工皂 现货包邮", "电话 13800138000"),
    "enrolling": ("插花课招生中", "13800138000"),
    "a package for sale": ("面膜 净含量 25g 保质期3年", "扫码领取优惠 现货包邮"),
    "mail": ("接单约拍", "liming@example.com"),
}


def told(lines: tuple[str, ...], text: str = "下班路上") -> list[Finding]:
    """Ways out of a note that shows these lines."""
    note = note_of(text)
    texts = [
        PictureText(field="image[0].ocr", text=line, box=(0.1, 0.1 * i, 0.9, 0.1 * i + 0.05))
        for i, line in enumerate(lines)
    ]
    found = findings_with_pictures(note, read_by_rules(note), texts)
    return [finding for finding in found if ".diversion." in finding.kind.value]


@pytest.mark.parametrize("lines", (SIGNS | PACKAGES).values(), ids=(SIGNS | PACKAGES).keys())
def test_a_sign_sends_nobody_to_a_person(lines: tuple[str, ...]) -> None:
    """It stood in the way of a photograph; what it bears is told."""
    found = told(lines)
    assert found
    assert all(finding.score <= PRINTED for finding in found)
    assert all(span.box for finding in found for span in finding.spans)


@pytest.mark.parametrize("lines", OFFERS.values(), ids=OFFERS.keys())
def test_an_offer_does(lines: tuple[str, ...]) -> None:
    """The words around it turn to whoever reads."""
    (finding,) = [f for f in told(lines) if f.kind is CONTACT]
    assert 0.5 <= finding.score <= HIGHEST


def test_words_around_a_code_turn_to_readers_for_it() -> None:
    """Both were read in one picture; those of another picture do not."""
    note = note_of("下班路上")
    code = PictureText(field="image[0].qr", text="电话 13800138000", box=(0.4, 0.5, 0.6, 0.7))
    for field, sent in (("image[0].ocr", True), ("image[1].ocr", False)):
        around = PictureText(field=field, text="插花课招生中", box=(0.1, 0.1, 0.9, 0.2))
        found = findings_with_pictures(note, read_by_rules(note), [around, code])
        (contact,) = [finding for finding in found if finding.kind is CONTACT]
        assert (contact.score >= 0.5) is sent


def test_a_sign_in_a_note_that_sells_is_an_offer() -> None:
    """The author's own words turn it into one."""
    found = told(SIGNS["repairs"], text="现货包邮，私信我下单")
    (contact,) = [finding for finding in found if finding.kind is CONTACT]
    assert contact.score >= 0.5


@given(st.lists(st.sampled_from([line for lines in SIGNS.values() for line in lines]), max_size=8))
def test_signs_together_are_still_signs(lines: list[str]) -> None:
    """Many numbers in one street are no more of an offer than one."""
    assert all(finding.score <= PRINTED for finding in told(tuple(lines)))
    assert not addresses_readers("\n".join(lines))

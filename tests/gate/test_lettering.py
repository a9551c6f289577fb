"""Posters at the gate: who is sent to a person, with which place, and who is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.notes import photo, showing
from kit.posters import HEIGHT, WIDTH, poster, text_at

from moderation import Gate, Note
from moderation.finding import Difference, Finding, FindingKind, Unseen
from moderation.gate.looking import inside
from moderation.image import lettering
from moderation.policy import Policy
from moderation.policy.named import shipped_names
from moderation.text.in_pictures import HIGHEST
from moderation.verdict import Completeness, Decision, Verdict

pytestmark = pytest.mark.skipif(not lettering.installed(), reason="the extra `ocr` is missing")

CONTACT, PLATFORM = FindingKind.TEXT_DIVERSION_CONTACT, FindingKind.TEXT_DIVERSION_PLATFORM


def judged(folder: Path, note: Note) -> Verdict:
    """By a fresh gate."""
    with Gate.open(folder) as gate:
        return gate.check(note, register=False)


def of_kind(verdict: Verdict, kind: FindingKind) -> list[Finding]:
    """Findings of a kind."""
    return [finding for finding in verdict.findings if finding.kind is kind]


SELLER = ("夏日新款 大家都在问", "喜欢的姐妹", "加微信：abc_2046")
ORDER = ("订单详情", "实付 ¥39.90", "交易成功", "再次购买 加入购物车", "领券 已售1.2万")
TWINS = {
    "a diary": ("周末去了海边", "风很大 晚霞很好看", "下次还想再去"),
    "an order": ORDER,
    "a chat joke": ("他：加我微信", "我：不加", "哈哈哈哈"),
    "a recipe": ("番茄炒蛋", "番茄2个 鸡蛋3个", "糖1勺 盐半勺"),
    "a menu": ("王记面馆", "牛肉面 18元", "炸酱面 15元", "外卖热线 13800138000"),
    "a shop sign": ("老张修车", "补胎 换油", "电话：13800138000", "欢迎光临"),
}


def test_a_contact_that_stands_only_in_a_picture_goes_to_a_person_with_its_place(
    tmp_path: Path,
) -> None:
    """Never to a block: letters are misread."""
    page = poster(*SELLER, photo="coffee")
    verdict = judged(tmp_path, showing(photo("chelsea"), page, text="今天的穿搭"))
    assert verdict.decision is Decision.REVIEW
    (finding,) = of_kind(verdict, CONTACT)
    assert finding.score <= HIGHEST < finding.raw_score
    assert finding.difference is Difference.READ_IN_PICTURE
    (span,) = [span for span in finding.spans if span.field == "image[1].ocr"]
    assert "abc_2046" in span.text
    assert span.box is not None
    left, top, right, bottom = span.box
    assert left < 200 / WIDTH < right
    assert top < (180 + 2 * 99 - 20) / HEIGHT < bottom


@pytest.mark.parametrize("lines", TWINS.values(), ids=TWINS.keys())
def test_harmless_twins_pass(tmp_path: Path, lines: tuple[str, ...]) -> None:
    """The same paper, the same letters, another story."""
    verdict = judged(tmp_path, showing(poster(*lines), text="下班路上"))
    assert verdict.decision is Decision.PASS
    assert verdict.completeness is Completeness.COMPLETE
    assert verdict.detectors["lettering"] == "1"
    assert verdict.detectors["shop_pages"] == "1"


def test_the_author_s_own_words_still_block(tmp_path: Path) -> None:
    """What pictures add never lowers what the text says, nor does a disclosure in one."""
    text = "现货包邮，要的加V：cup_2046"
    for name, lines in {"diary": TWINS["a diary"], "gift": ("感谢品牌赠送", "利益相关")}.items():
        verdict = judged(tmp_path / name, showing(poster(*lines), text=text))
        assert verdict.decision is Decision.BLOCK


def test_pictures_alone_block_under_no_shipped_policy() -> None:
    """The cap lies below every step to a block for ways out."""
    for name in shipped_names():
        policy = Policy.load(name)
        for rule in policy.terms.rules:
            if rule.kind.value.startswith("text.diversion"):
                assert all(
                    step.decision is not Decision.BLOCK or step.at > HIGHEST for step in rule.steps
                )


SHELF = ("月销2000+ 已售1.2万", "领券立减10", "进店 客服 收藏")


def test_a_page_of_a_shop_goes_to_a_person_where_it_looks_like_one(tmp_path: Path) -> None:
    """With its bar at the foot; the words alone are told."""
    words = poster("立即购买 加入购物车", "¥39.9", *SHELF)
    page = poster("", *SHELF)
    text_at(page, "¥39.9", (80, 180), 90)
    text_at(page, "立即购买", (700, 1380), 52)
    for pixels, decision in ((words, Decision.PASS), (page, Decision.REVIEW)):
        verdict = judged(tmp_path / decision.value, showing(pixels, text="这个颜色好看吗"))
        (told,) = [f for f in of_kind(verdict, PLATFORM) if f.detail.get("page") == "shop"]
        assert verdict.decision is decision
        assert told.image_number == 0
        assert all(span.box is not None for span in told.spans)


def test_what_was_not_read_is_said(tmp_path: Path) -> None:
    """Eighteen pictures share what may be read."""
    lines = [f"第{i}行 今天的天气不错" for i in range(1, 40)]
    page = poster(*lines, px=17)
    verdict = judged(tmp_path, showing(*[page] * 12, text="随手记"))
    skipped = [s for s in verdict.skipped if s.what is Unseen.LINES]
    assert len(skipped) == 12
    assert all(s.looked_at + s.left_out >= 39 and s.left_out > 10 for s in skipped)


def test_a_missing_extra_is_said_on_every_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes no verdict partial."""
    monkeypatch.setattr(lettering, "installed", lambda: False)
    inside._no_lettering.cache_clear()
    try:
        assert inside.inside_detectors()["lettering"] == "off: extra `ocr` is missing"
        verdict = judged(tmp_path, showing(poster(*SELLER), text="今天的穿搭"))
    finally:
        monkeypatch.undo()
        inside._no_lettering.cache_clear()
    assert of_kind(verdict, CONTACT) == []
    assert verdict.completeness is Completeness.COMPLETE

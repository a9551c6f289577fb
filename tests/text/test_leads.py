"""Leads: proposed widely, judged by facts with names, and never surer than a person should be."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.texts import note_of, spans_of

from moderation.text.fields import join_fields
from moderation.text.lead_decision import (
    HINT,
    SUREST,
    described_leads,
    judged,
    weights,
)
from moderation.text.leads import KINDS, MAX_LEADS_PER_KIND, leads
from moderation.text.marks import WAYS_OUT, Mark
from moderation.text.signals import MIN_VIOLATION_WEIGHT, marks_of

OFFERS = {
    "answer": ("手工皂现货，一块28，三块75包邮，要的评论说一声要几块，我给你留", "V5"),
    "facts": ("汉服定制，一套420起，十天出货，报身高体重，我给你算尺码", "V5"),
    "spelled_handle": ("代拍演唱会，不中不收，绿泡泡搜 wanzi_0077，备注场次", "V1"),
    "hinted_shop": ("自己做的耳环，38一对，黄色小鱼那个软件搜“丸子的耳朵”", "V2"),
    "small_room": ("减脂餐周卡138，想订的进小窝接龙，每天十点截单", "V6"),
}
STORIES = {
    "answer": "老师在群里说要的评论说一声，结果我妈第一个举手，全班都笑了",
    "facts": "体检报身高体重的时候，我吸着气，护士阿姨看着我笑",
    "quarrel": "队友发“加我vx带飞”，我举报了，官方回邮件说已处理",
    "pitch": "司机说“那你加我微信，明天去找我180”，我说我明天坐巴士",
}


@pytest.mark.parametrize(("text", "code"), OFFERS.values(), ids=OFFERS.keys())
def test_offer_without_any_known_word_is_found(text: str, code: str) -> None:
    """What no rule knows is found by what stands around it; the span is the author's own."""
    found = spans_of(note_of(text), code)
    assert found
    for span in found:
        assert text[span.start : span.end] == span.text


@pytest.mark.parametrize("text", STORIES.values(), ids=STORIES.keys())
def test_retold_offer_is_left_alone(text: str) -> None:
    """The same words in a story lead nobody away."""
    assert not [(s.code, s.text) for s in spans_of(note_of(text)) if s.code in set(WAYS_OUT)]


@pytest.mark.parametrize(
    "offer", ["想买的加微信 abc12345 咨询", "加我vx：lily0921hz", "进群领资料，群号 723456789"]
)
def test_stories_around_a_plain_handle_do_not_hide_it(offer: str) -> None:
    """However much innocent chatter is put before and behind."""
    chatter = "后来我妈说那天她第一次去外婆家，奶奶哭了，结果同学都笑死。" * 6
    for note in (offer, f"{chatter}\n{offer}", f"{chatter}\n{offer}\n{chatter}"):
        assert {s.code for s in spans_of(note_of(note)) if s.code in set(WAYS_OUT)} & {
            "V1",
            "V6",
        }, note


_lines = st.sampled_from([*(text for text, _ in OFFERS.values()), *STORIES.values()])
_texts = st.lists(_lines | st.text(max_size=12), max_size=4).map("\n".join)


@given(_texts)
def test_decision_adds_up(text: str) -> None:
    """Every rule's mark comes back, with its weight or as a hint; new marks lie in the text."""
    joined = join_fields(note_of(text))
    found = marks_of(joined)
    result = judged(joined.text, found)
    assert judged(joined.text, found) == result
    for before, after in zip(found, result, strict=False):
        assert (before.name, before.start, before.end) == (after.name, after.start, after.end)
        assert after.weight in (before.weight, min(before.weight, HINT))
    for mark in result[len(found) :]:
        assert mark.name in KINDS
        assert mark.code in set(WAYS_OUT)
        assert MIN_VIOLATION_WEIGHT < mark.weight <= SUREST
        assert 0 <= mark.start < mark.end <= len(joined.text)


@given(_texts)
def test_every_fact_has_a_name_and_a_bounded_amount(text: str) -> None:
    """Facts are what a person can read, and none can outweigh the rest by its size."""
    joined = join_fields(note_of(text))
    for lead, facts in described_leads(joined.text, marks_of(joined)):
        assert facts[f"kind {lead.kind}"] == 1
        assert facts[f"code {lead.code}"] == 1
        assert all(0 <= amount <= 4 for amount in facts.values())


def test_flood_of_leads_is_bounded() -> None:
    """No kind answers more than its limit."""
    counts: dict[str, int] = {}
    for lead in leads("要的评论说一声，绿泡泡搜 abc_123，进小窝，看我头像，扫码。" * 500):
        counts[lead.kind] = counts.get(lead.kind, 0) + 1
    assert max(counts.values()) == MAX_LEADS_PER_KIND


def test_weights_name_facts_that_exist() -> None:
    """The table holds kinds and codes that are still there: a renamed kind would weigh nothing."""
    _, table = weights()
    kinds = {name.removeprefix("kind ") for name in table if name.startswith("kind ")}
    assert {kind for kind in kinds if not kind.startswith("rule ")} <= set(KINDS)
    assert len(kinds & set(KINDS)) > len(KINDS) / 2
    assert {m[1] for name in table if (m := re.match(r"code (V\d)", name))} <= set(WAYS_OUT)


def test_other_marks_pass_untouched() -> None:
    """Prices, claims and tones are no business of this decision."""
    price = Mark(name="price", code="price", start=0, end=2, weight=0.9)
    assert judged("50元的杯子", [price])[0] == price

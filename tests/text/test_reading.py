"""A reading: probabilities that add up, spans that point home, and twins told apart."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.texts import note_of

from moderation import Author, Note
from moderation.finding import Difference, Finding, FindingKind
from moderation.note import NoteKind
from moderation.text.reading import (
    DISCLOSURES,
    INTENTS,
    MIN_RAW_SCORE,
    TextReading,
    findings_from,
)
from moderation.text.rule_reading import read_by_rules

# ── notes made of pieces that meet many rules, between any other characters ──────────────────

SENTENCES = (
    "现货包邮，要的加V：muzi_2046",
    "想了解的私xin我",
    "价目看我zhu页",
    "扫码进群领资料",
    "粉丝裙 204613579",
    "复制打开 ￥Qw3Er5Ty7u￥",
    "去桃宝搜木子手作",
    "微\u200b-信：𝐩𝐥𝐚𝐧𝐭667",
    "全网第一，100%有效，三天瘦五斤",
    "根治痘痘",
    "感谢品牌方赠送",
    "这不是广告",
    "花了89，有点后悔，不会回购",
    "DM me to order, whatsapp +60 12-3450 678",
    "今天作业好多",
)
_mixed = st.lists(
    st.sampled_from(SENTENCES) | st.text(st.characters(), max_size=8), max_size=6
).map("".join)
_notes = st.builds(
    Note,
    id=st.just("n1"),
    author=st.builds(
        Author,
        id=st.just("u1"),
        declared_ad=st.booleans(),
        brand_partner=st.none() | st.just("木子"),
    ),
    title=_mixed,
    text=_mixed,
    tags=st.lists(_mixed, max_size=3),
    links=st.lists(st.sampled_from(["https://item.taobao.com/1", "https://a.cn", ""]), max_size=2),
)
_extra = st.lists(
    st.tuples(st.sampled_from(["image[0].ocr", "image[1].qr"]), _mixed),
    max_size=2,
    unique_by=lambda pair: pair[0],
)


@given(_notes, _extra)
def test_spans_give_back_the_original_characters(
    note: Note, extra_fields: list[tuple[str, str]]
) -> None:
    """`text` is exactly what stands in the named field between the offsets, for every signal."""
    links = {f"links[{i}]": link for i, link in enumerate(note.links)}
    originals = dict(note.text_fields()) | links | dict(extra_fields)
    reading = read_by_rules(note, extra_fields=extra_fields)
    for span in (*reading.violations, *(s.span for s in reading.signals)):
        assert originals[span.field][span.start : span.end] == span.text
        assert span.text.strip()


@given(_notes)
def test_probabilities_add_up(note: Note) -> None:
    """Both axes sum to 1; commercial is C1 + C2 + C3 and hard sell is C2."""
    reading = read_by_rules(note)
    assert tuple(reading.intent) == INTENTS
    assert set(reading.disclosure) == set(DISCLOSURES)
    for axis in (reading.intent, reading.disclosure):
        assert sum(axis.values()) == pytest.approx(1)
        assert all(0 <= p <= 1 for p in axis.values())
    commercial = reading.intent["C1"] + reading.intent["C2"] + reading.intent["C3"]
    assert reading.commercial == pytest.approx(commercial)
    assert reading.hard_sell == reading.intent["C2"]


@given(_notes)
def test_violations_are_signals_with_a_code(note: Note) -> None:
    """Nothing is alleged without a signal that shows it."""
    reading = read_by_rules(note)
    assert set(reading.violations) <= {signal.span for signal in reading.signals}
    assert {span.code for span in reading.violations} <= {f"V{i}" for i in range(1, 9)}


@given(_notes)
def test_findings_are_likely_sorted_and_explain_their_score(note: Note) -> None:
    """Strongest first, none below the floor, and a lowered score names its reason."""
    findings = findings_from(read_by_rules(note))
    scores = [finding.score for finding in findings]
    assert scores == sorted(scores, reverse=True)
    assert len({finding.kind for finding in findings}) == len(findings)
    for finding in findings:
        assert MIN_RAW_SCORE <= finding.raw_score <= 1
        assert (finding.score != finding.raw_score) == (finding.difference is not None)
        assert finding.detector == "text_rules@2"


@given(_notes)
def test_reading_is_json(note: Note) -> None:
    """The JSON holds only plain values and survives a round trip through text."""
    row = read_by_rules(note).to_json()
    assert json.loads(json.dumps(row)) == row


# ── what counts and what never does ───────────────────────────────────────────────────────────


def test_fame_is_no_input() -> None:
    """Author, time, kind and language do not change a reading; there is no field for followers."""
    note = note_of("现货包邮，要的加V：muzi_2046，全场五折起")
    other = note_of(
        note.text,
        author=Author(id="famous", linked_ids=("a", "b")),
        published_at=datetime(2024, 1, 1, tzinfo=UTC),
        kind=NoteKind.PRODUCT_NOTE,
        lang="zh",
        revision=7,
    )
    assert read_by_rules(note) == read_by_rules(other)
    names = {f.name for f in (*dataclasses.fields(Author), *dataclasses.fields(Note))}
    assert not {n for n in names if "follow" in n or "fan" in n or "like" in n}


SOFT = "新品上市！富含积雪草精华，深层补水，水润透亮，质地轻薄，每个姐妹都值得拥有"


@pytest.mark.parametrize(
    "author",
    [Author(id="u", declared_ad=True), Author(id="u", brand_partner="木子")],
    ids=["declared_ad", "declared_partner"],
)
def test_declaration_beside_the_text_is_a_clear_disclosure(author: Author) -> None:
    """What the author ticked counts as much as what the author wrote."""
    silent, declared = note_of(SOFT), note_of(SOFT, author=author)
    assert read_by_rules(silent).disclosure["clear"] < 0.1
    assert read_by_rules(declared).disclosure["clear"] > 0.9
    assert soft_ad(declared).score == 0


def test_disclosed_soft_ad_scores_nothing_and_stays_visible() -> None:
    """The finding keeps its raw score and says `disclosed`; the same text in silence scores."""
    silent = soft_ad(note_of(SOFT))
    stated = soft_ad(note_of("感谢品牌方赠送。" + SOFT))
    assert silent.difference is None
    assert silent.score == silent.raw_score > 0.6
    assert stated.difference is Difference.DISCLOSED
    assert stated.score == 0
    assert stated.raw_score >= silent.raw_score
    assert silent.detail["disclosure"] == "absent"
    assert stated.detail["disclosure"] == "clear"


def test_denial_does_not_excuse_a_soft_ad() -> None:
    """ "Not an advertisement" leaves the score where it was."""
    assert soft_ad(note_of("这不是广告。" + SOFT)).score > 0.6


def test_disclosure_never_excuses_a_way_out() -> None:
    """A contact handle in an honest advertisement is still a contact handle."""
    text = "加V：muzi_2046"
    plain = finding(note_of(SOFT + text), FindingKind.TEXT_DIVERSION_CONTACT)
    stated = finding(note_of("感谢品牌方赠送。" + SOFT + text), FindingKind.TEXT_DIVERSION_CONTACT)
    assert stated.score >= plain.score > 0.9


BURIED = {
    "last_tag": {"text": SOFT, "tags": ["护肤", "ad"]},
    "abbreviated_tail": {"text": SOFT + "\n#补水 #hz"},
    "whispered": {"text": SOFT + "（小声说是推广）"},
}


@pytest.mark.parametrize("fields", BURIED.values(), ids=BURIED.keys())
def test_disclosure_in_the_tail_is_buried(fields: dict[str, object]) -> None:
    """A tag, an abbreviation or a whisper does not count as saying it."""
    reading = read_by_rules(note_of(**fields))
    assert max(reading.disclosure, key=lambda d: reading.disclosure[d]) == "buried"
    assert finding(note_of(**fields), FindingKind.TEXT_DISCLOSURE_BURIED).score >= 0.5


WAYS_OUT = {
    "contact": ("要的加V：muzi_2046", "也可以QQ 24681357", FindingKind.TEXT_DIVERSION_CONTACT),
    "platform": ("去桃宝搜木子手作", "https://m.tb.cn/h.2046", FindingKind.TEXT_DIVERSION_PLATFORM),
    "profile": ("价目看我主页", "点我头像", FindingKind.TEXT_DIVERSION_PROFILE),
    "solicit": ("想报名的戳我", "要链接的私我", FindingKind.TEXT_DIVERSION_SOLICIT),
    "group": ("拉你进群一起拼单", "粉丝裙 204613579", FindingKind.TEXT_DIVERSION_GROUP),
    "superlative": ("全网销量第一", "100%有效", FindingKind.TEXT_CLAIM_SUPERLATIVE),
    "medical": ("根治痘痘", "告别失眠", FindingKind.TEXT_CLAIM_MEDICAL),
}


@pytest.mark.parametrize(("first", "second", "kind"), WAYS_OUT.values(), ids=WAYS_OUT.keys())
def test_second_mark_never_lowers_a_score(first: str, second: str, kind: FindingKind) -> None:
    """More marks of one kind make a finding surer, never certain."""
    alone = finding(note_of(first), kind)
    for text in (f"{first}\n{second}", f"{second}\n{first}"):
        both = finding(note_of(text), kind)
        assert alone.score <= both.score < 1
        assert len(both.spans) > len(alone.spans)


@given(st.lists(st.sampled_from([row[0] for row in WAYS_OUT.values()]), max_size=6), st.data())
def test_one_more_violation_never_lowers_any_other(lines: list[str], data: st.DataObject) -> None:
    """Scores of ways out and claims only grow with further such sentences."""
    more = [*lines, data.draw(st.sampled_from([row[1] for row in WAYS_OUT.values()]))]
    before = violations_of(note_of("\n".join(lines)))
    after = violations_of(note_of("\n".join(more)))
    for kind, score in before.items():
        assert after[kind] >= score


def test_empty_note_is_nothing() -> None:
    """No text: no violation, no finding, not commercial."""
    reading = read_by_rules(note_of())
    assert reading.violations == ()
    assert reading.signals == ()
    assert reading.commercial < 0.3
    assert findings_from(reading) == ()


# ── fields ────────────────────────────────────────────────────────────────────────────────────


def test_handle_over_title_and_text_counts_once_per_field() -> None:
    """A number cut in two is one violation with a span in each field."""
    note = note_of(title="想学插花加V", text="flower_2046 备注来意")
    spans = [(s.field, s.text) for s in read_by_rules(note).violations if s.code == "V1"]
    assert spans == [("title", "加V"), ("text", "flower_2046")]


def test_text_in_pictures_is_read_like_the_note() -> None:
    """OCR and codes come as fields of their own, named by picture."""
    reading = read_by_rules(
        note_of("花开了"),
        extra_fields=[
            ("image[0].ocr", "插花班 加V：muzi_2046"),
            ("image[1].qr", "https://wa.me/60123"),
        ],
    )
    assert [(s.code, s.field, s.text) for s in reading.violations] == [
        ("V1", "image[0].ocr", "加V：muzi_2046"),
        ("V1", "image[1].qr", "https://wa.me/60123"),
    ]


def test_links_of_the_note_are_read() -> None:
    """A shop behind a link counts, named by its place in the list."""
    spans = read_by_rules(note_of("花开了", links=["https://item.taobao.com/1"])).violations
    assert [(s.code, s.field) for s in spans] == [("V2", "links[0]")]


# ── one note, four ways, three scripts ────────────────────────────────────────────────────────

NATIVE = {
    "simplified": "空瓶了来说说这支护手霜。花了39，用了两个月，味道好闻，就是有点黏，"
    "涂完没法马上打字。之前用过另一个牌子的，比它便宜但没它润，夏天应该不会回购。",
    "traditional": "空瓶了來說說這支護手霜。花了39，用了兩個月，味道好聞，就是有點黏，"
    "塗完沒法馬上打字。之前用過另一個牌子的，比它便宜但沒它潤，夏天應該不會回購。",
    "english": "Finished this hand cream, so here are my thoughts. I paid 39 for it and used it "
    "for two months. Smells nice, but it is a bit greasy, I can't type right away. My old brand "
    "was cheaper, this one is better than that. Probably not worth it in summer.",
}
HARD = {
    "simplified": "护手霜现货，39一支，两支包邮，批发价格好说，库存不多先到先得，"
    "要的加V：muzi_2046，或者私信我下单。",
    "traditional": "護手霜現貨，39一支，兩支包郵，批發價格好說，庫存不多先到先得，"
    "要的加V：muzi_2046，或者私訊我下單。",
    "english": "Hand cream in stock, $39 each, free shipping for two, wholesale welcome. "
    "Limited stock, order now! DM me to order or WhatsApp +60 12-3450 678.",
}
SOFT_TWINS = {
    "simplified": "这支护手霜绝绝子！富含乳木果精华，深层滋养，质地轻薄，持久保湿，淡淡果香，"
    "双手焕发水润光泽，秋冬必备好物，每个姐妹都值得拥有！",
    "traditional": "這支護手霜絕絕子！富含乳木果精華，深層滋養，質地輕薄，持久保濕，淡淡果香，"
    "雙手煥發水潤光澤，秋冬必備好物，每個姐妹都值得擁有！",
    "english": "This hand cream is a game changer! Infused with shea butter and formulated to lock "
    "in moisture, premium quality, perfect for winter. A must-have, you need this. Don't miss it!",
}
STATED = {
    "simplified": "感谢品牌方赠送。",
    "traditional": "感謝品牌方贈送。",
    "english": "Gifted by the brand, this post is sponsored. ",
}
SCRIPTS = list(NATIVE)


@pytest.mark.parametrize("script", SCRIPTS)
def test_native_note_is_native(script: str) -> None:
    """A price paid, a drawback and a comparison: no finding at all."""
    reading = read_by_rules(note_of(NATIVE[script]))
    assert likeliest(reading) == "N1"
    assert reading.commercial < 0.2
    assert findings_from(reading) == ()


@pytest.mark.parametrize("script", SCRIPTS)
def test_hard_sell_twin_is_a_sale(script: str) -> None:
    """The same product with stock, price and a way to order."""
    note = note_of(HARD[script])
    assert likeliest(read_by_rules(note)) == "C2"
    assert finding(note, FindingKind.TEXT_HARD_SELL).score > 0.8
    assert finding(note, FindingKind.TEXT_DIVERSION_CONTACT).score > 0.9


@pytest.mark.parametrize("script", SCRIPTS)
def test_soft_ad_twin_is_undisclosed(script: str) -> None:
    """The same product in brochure language, with nothing said about an interest."""
    reading = read_by_rules(note_of(SOFT_TWINS[script]))
    assert likeliest(reading) == "C1"
    assert reading.disclosure["absent"] > 0.6
    assert soft_ad(note_of(SOFT_TWINS[script])).score > 0.6
    assert not reading.violations


@pytest.mark.parametrize("script", SCRIPTS)
def test_disclosed_twin_passes(script: str) -> None:
    """The same brochure, honest about it."""
    note = note_of(STATED[script] + SOFT_TWINS[script])
    assert read_by_rules(note).disclosure["clear"] > 0.9
    assert [f for f in findings_from(read_by_rules(note)) if f.score > 0] == []
    assert soft_ad(note).difference is Difference.DISCLOSED


def likeliest(reading: TextReading) -> str:
    return max(reading.intent, key=lambda i: reading.intent[i])


def finding(note: Note, kind: FindingKind) -> Finding:
    found = {f.kind: f for f in findings_from(read_by_rules(note))}
    assert kind in found, [(k.value, f.raw_score) for k, f in found.items()]
    return found[kind]


def soft_ad(note: Note) -> Finding:
    return finding(note, FindingKind.TEXT_SOFT_AD_UNDISCLOSED)


def violations_of(note: Note) -> dict[FindingKind, float]:
    kinds = {row[2] for row in WAYS_OUT.values()}
    return {f.kind: f.score for f in findings_from(read_by_rules(note)) if f.kind in kinds}

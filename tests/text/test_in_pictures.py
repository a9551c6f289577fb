"""Words in pictures: they lead to a person, with their place, and to nothing more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.texts import note_of

from moderation.finding import Difference, Finding, FindingKind, Span
from moderation.text.in_pictures import HIGHEST, PictureText, findings_with_pictures
from moderation.text.reading import findings_from
from moderation.text.rule_reading import read_by_rules
from moderation.text.signals import Signal
from moderation.text.ways_out import NAME

CONTACT = FindingKind.TEXT_DIVERSION_CONTACT
BURIED = FindingKind.TEXT_DISCLOSURE_BURIED
TOP, MIDDLE = (0.1, 0.1, 0.9, 0.2), (0.2, 0.5, 0.7, 0.6)
SALE = "现货包邮，批发价格好说，先到先得，"
HANDLE = "加V：abc_2046"


def seen(text: str, *written: str | PictureText) -> dict[FindingKind, Finding]:
    """Of a note with so many lines in its first picture."""
    note = note_of(text)
    lines = [
        line
        if isinstance(line, PictureText)
        else PictureText(field="image[0].ocr", text=line, box=(TOP, MIDDLE)[i % 2])
        for i, line in enumerate(written)
    ]
    return {f.kind: f for f in findings_with_pictures(note, read_by_rules(note), lines)}


def test_what_only_a_picture_says_is_held_below_a_block_and_placed() -> None:
    """The raw score tells what the same words would be in the text."""
    finding = seen("今天的穿搭", "夏日新款", HANDLE)[CONTACT]
    assert finding.score <= HIGHEST < finding.raw_score
    assert finding.difference is Difference.READ_IN_PICTURE
    (span,) = finding.spans
    assert (span.field, span.text, span.box) == ("image[0].ocr", HANDLE, MIDDLE)
    assert span.start == len("夏日新款\n")


def test_the_author_s_own_words_weigh_as_ever() -> None:
    """A picture neither lowers nor decorates them."""
    alone = seen(SALE + HANDLE)
    assert alone[CONTACT].score >= 0.9
    assert seen(SALE + HANDLE, "今天去了海边", HANDLE)[CONTACT] == alone[CONTACT]


def test_what_the_network_saw_in_the_text_stays_among_the_evidence() -> None:
    """A picture that raises the score does not hide the author's own words."""
    note = note_of("喊一声就留给你，位子不多")
    span = Span(code="V1", field="text", start=0, end=7, text="喊一声就留给你")
    read = Signal(name=NAME, span=span, weight=0.5)
    ruled = read_by_rules(note)
    own = replace(ruled, signals=(*ruled.signals, read))
    lines = [PictureText(field="image[0].ocr", text=HANDLE, box=TOP)]
    found = {f.kind: f for f in findings_with_pictures(note, own, lines)}
    assert [s.text for s in found[CONTACT].spans] == [span.text, HANDLE]


def test_a_contact_split_over_text_and_picture_is_found() -> None:
    """The words that ask stand in the text, the account in the picture."""
    finding = seen("想学插花加V", "flower_2046 备注来意")[CONTACT]
    assert [(s.field, s.box) for s in finding.spans] == [("text", None), ("image[0].ocr", TOP)]


def test_a_span_over_two_lines_has_the_box_of_both() -> None:
    """And is no surer than the fainter of them."""
    lines = [
        PictureText(field="image[0].ocr", text="加微信", box=TOP, confidence=0.9),
        PictureText(field="image[0].ocr", text="abc_2046", box=MIDDLE, confidence=0.7),
    ]
    finding = seen("今天", *lines)[CONTACT]
    (span,) = finding.spans
    assert span.box == (0.1, 0.1, 0.9, 0.6)
    assert finding.score == pytest.approx(HIGHEST * 0.7)


def test_what_a_note_wants_is_not_read_in_pictures() -> None:
    """A poster full of offers is no sale of the author's; only ways out of the note count."""
    poster = ("现货包邮 批发价", "库存不多 先到先得", "39元一支 两支包邮")
    assert seen("下班路上的街道", *poster) == seen("下班路上的街道")


def test_a_disclosure_in_a_picture_hides_and_excuses_nothing() -> None:
    """It is told where the note is commercial, and not where it is plain in the text."""
    sale = SALE + "私信我下单"
    hidden = seen(sale, "感谢品牌赠送")
    assert hidden[BURIED].spans[0].box == TOP
    assert BURIED not in seen(sale)
    assert BURIED not in seen("下班路上的街道", "感谢品牌赠送")
    assert BURIED not in seen(sale + "。感谢品牌赠送", "感谢品牌赠送")
    own = seen(sale)
    assert {k: f for k, f in hidden.items() if k is not BURIED} == own


def test_pictures_are_told_apart() -> None:
    """Fields by picture; the one that says it is named."""
    lines = [
        PictureText(field="image[0].ocr", text="今天去了海边", box=TOP),
        PictureText(field="image[1].qr", text=HANDLE, box=MIDDLE),
    ]
    (span,) = seen("今天", *lines)[CONTACT].spans
    assert (span.field, span.start, span.box) == ("image[1].qr", 0, MIDDLE)


PHRASES = (
    "加V：abc_2046",
    "私信我",
    "现货包邮",
    "进群看简介",
    "今天去了海边",
    "淘宝搜 小鹿家",
    "感谢品牌赠送",
    "纯自费",
    "x" * 50,
    "",
    "\n",
)


@given(
    st.lists(st.sampled_from(PHRASES), max_size=3).map("，".join),
    st.lists(
        st.tuples(st.sampled_from(PHRASES) | st.text(max_size=40), st.floats(0, 1)), max_size=4
    ),
)
def test_pictures_never_lower_and_never_block(text: str, lines: list[tuple[str, float]]) -> None:
    """Whatever they say: each kind keeps at least its own score, what is new stays below a block,
    and spans quote what stands there."""
    note = note_of(text)
    texts = [PictureText(field="image[0].ocr", text=t, box=TOP, confidence=c) for t, c in lines]
    before = {f.kind: f for f in findings_from(read_by_rules(note))}
    after = {f.kind: f for f in findings_with_pictures(note, read_by_rules(note), texts)}
    page = "\n".join(t.text for t in texts if t.text)
    assert before.keys() <= after.keys()
    for kind, finding in after.items():
        own = before.get(kind)
        assert finding == own or finding.score <= HIGHEST
        assert finding.score >= (own.score if own else 0)
        for span in finding.spans:
            if span.field == "image[0].ocr":
                assert page[span.start : span.end] == span.text
                assert span.box == TOP
            else:
                assert span.box is None


def test_the_surer_a_line_the_higher_the_score() -> None:
    """A line that could hardly be read accuses nobody."""
    line = PictureText(field="image[0].ocr", text=HANDLE, box=TOP)
    scores = [
        seen("今天", replace(line, confidence=c)).get(CONTACT) for c in (0.0, 0.3, 0.6, 0.9, 1.0)
    ]
    assert scores[0] is None
    found = [s.score for s in scores[1:] if s]
    assert found == sorted(found)
    assert found[0] < 0.5 < found[-1]

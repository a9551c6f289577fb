"""Every row of the evasion table: found at its exact place; its innocent twin is left alone."""

from __future__ import annotations

import pytest
from kit.evasions import DISGUISES, PICTURE_TWINS, PICTURES, PRICES, SPLIT, TWINS
from kit.texts import note_of, spans_of

from moderation.finding import FindingKind
from moderation.text.reading import findings_from
from moderation.text.rule_reading import read_by_rules

ROWS = {f"{trick}-{name}": row for trick, rows in DISGUISES.items() for name, row in rows.items()}
INNOCENT = {f"{trick}-{name}": text for trick, rows in TWINS.items() for name, text in rows.items()}
DIVERSION = ("V1", "V2", "V3", "V4", "V5", "V6")


@pytest.mark.parametrize(("text", "code", "span"), ROWS.values(), ids=ROWS.keys())
def test_disguise_is_found_at_its_exact_place(text: str, code: str, span: str) -> None:
    """The span is the author's own characters, disguise and all."""
    found = spans_of(note_of(text), code)
    assert any(span in piece.text for piece in found), [(p.code, p.text) for p in found]
    for piece in found:
        assert text[piece.start : piece.end] == piece.text
        assert len(piece.text) <= len(span) + 8, "the span is short"


@pytest.mark.parametrize("text", INNOCENT.values(), ids=INNOCENT.keys())
def test_innocent_twin_is_left_alone(text: str) -> None:
    """The same words in a story, a price, a lesson or a warning are no way out of the platform."""
    assert not [(s.code, s.text) for s in spans_of(note_of(text)) if s.code in DIVERSION]


def test_every_trick_has_a_twin() -> None:
    """No disguise is looked for without a text that must not be flagged for it."""
    assert set(TWINS) == set(DISGUISES)


@pytest.mark.parametrize(("text", "span"), PRICES.values(), ids=PRICES.keys())
def test_price_in_disguise_is_a_signal(text: str, span: str) -> None:
    """Prices written around digits or currency are still prices, and no violation."""
    reading = read_by_rules(note_of(text))
    assert any(
        span in s.span.text or s.span.text in span
        for s in reading.signals
        if s.name in {"price", "sell.price_coded", "sell.price_offer"}
    ), reading.signals
    assert not reading.violations


@pytest.mark.parametrize(("fields", "pieces"), SPLIT.values(), ids=SPLIT.keys())
def test_handle_split_over_fields_is_found_in_each(
    fields: dict[str, object], pieces: list[tuple[str, str]]
) -> None:
    """Each field that holds a part gets a span in its own offsets."""
    note = note_of(**fields)
    originals = dict(note.text_fields())
    found = spans_of(note, "V1")
    for field, text in pieces:
        assert any(text in s.text for s in found if s.field == field), found
    for span in found:
        assert originals[span.field][span.start : span.end] == span.text


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "今天穿了V", "text": "领毛衣，2046春款"},
        {"title": "写作业写到微", "text": "信心也没了，20461357道题"},
        {"text": "微信支付真方便", "tags": ["muzi_2046"]},
    ],
    ids=["neckline", "words_cut", "payment"],
)
def test_harmless_words_over_fields_are_left_alone(fields: dict[str, object]) -> None:
    """Joining fields must not invent a handle."""
    assert not [s for s in spans_of(note_of(**fields)) if s.code in DIVERSION]


@pytest.mark.parametrize(("field", "text", "code", "span"), PICTURES.values(), ids=PICTURES.keys())
def test_disguise_read_in_a_picture_is_found(field: str, text: str, code: str, span: str) -> None:
    """What is read in pictures counts as what is written; spans name the picture."""
    reading = read_by_rules(note_of("花开了"), extra_fields=[(field, text)])
    found = [s for s in reading.violations if s.code == code]
    assert [(s.field, s.text) for s in found] == [(field, span)]
    assert text[found[0].start : found[0].end] == span


@pytest.mark.parametrize(("field", "text"), PICTURE_TWINS.values(), ids=PICTURE_TWINS.keys())
def test_harmless_print_in_a_picture_is_left_alone(field: str, text: str) -> None:
    """Labels, books, tickets and codes that lead nowhere else are no diversion."""
    reading = read_by_rules(note_of("花开了"), extra_fields=[(field, text)])
    assert not [s for s in reading.violations if s.code in DIVERSION]


@pytest.mark.parametrize(
    "text",
    ["这支口红非广，自费买的，颜色偏暗", "无广！就是好喝", "不是打广告，纯分享"],
    ids=["own_money", "no_ad", "sharing"],
)
def test_denial_is_no_finding(text: str) -> None:
    """Customers and disguised sellers both deny: a denial alone proves nothing."""
    kinds = {f.kind for f in findings_from(read_by_rules(note_of(text))) if f.score >= 0.5}
    assert not kinds - {FindingKind.TEXT_CLAIM_SUPERLATIVE}

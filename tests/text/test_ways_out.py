"""Ways out: places named by a network, by rules or by both, and one decision on each."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation import Note
from moderation.finding import Span
from moderation.text.lead_decision import SUREST
from moderation.text.marks import WAYS_OUT
from moderation.text.signals import Signal
from moderation.text.ways_out import ALONE, NAME, Decision, WaysOut
from moderation.text.whole_text import WholeText

NOTE = Note(
    id="n",
    title="周末陶艺课",
    text="还有两个位，要的吱一声。\n材料都含在里面",
    tags=("陶艺", "同城"),
)
TEXT = WholeText.of(NOTE)
EVENLY = Decision(odds=1.0, rule=4.0, offset=-1.0)


def scores_of(odds: dict[int, float], code: int = 5) -> tuple[list[tuple[int, int]], np.ndarray]:
    """A piece per character; the log odds of some of leading away by one code, -9 of all others."""
    length = len(TEXT.text)
    scores = np.full((length, 1 + len(WAYS_OUT)), -30.0)
    scores[:, 0] = 0
    scores[:, code] = [odds.get(i, -9.0) for i in range(length)]
    return [(i, i + 1) for i in range(length)], scores


def ruled(start: int, end: int, weight: float, code: str = "V5") -> Signal:
    """A mark of a rule in the text."""
    span = Span(code=code, field="text", start=start, end=end, text=NOTE.text[start:end])
    return Signal(name="solicit.purpose", span=span, weight=weight)


def test_what_the_network_alone_sees_becomes_a_signal_with_its_words():
    """As wide as the pieces around the strongest are likely; in the author's own field."""
    at = TEXT.text.index("要的吱一声")
    ways = WaysOut.of(TEXT, *scores_of({at + i: 3.0 - i * 0.1 for i in range(5)}), [])
    (signal,) = ways.weighed(EVENLY)
    assert (signal.name, signal.span.code, signal.span.field) == (NAME, "V5", "text")
    assert signal.span.text == "要的吱一声"
    assert NOTE.text[signal.span.start : signal.span.end] == "要的吱一声"
    assert signal.weight == pytest.approx(min(SUREST, 1 / (1 + np.exp(-2.0))))


def test_a_doubted_mark_that_the_network_confirms_gains():
    """It stays one signal, with the rule's name."""
    at = TEXT.text.index("要的吱一声")
    start = NOTE.text.index("要的吱一声")
    mark = ruled(start, start + 5, 0.5)
    (signal,) = WaysOut.of(TEXT, *scores_of({at: 4.0}), [mark]).weighed(EVENLY)
    assert signal.name == "solicit.purpose"
    assert 0.5 < signal.weight <= SUREST


@pytest.mark.parametrize("weight", [0.3, 0.6, 0.95])
def test_the_network_never_talks_a_mark_down(weight):
    """However sure it is that nobody is led away: stories around an offer would silence it."""
    mark = ruled(0, 4, weight, "V1")
    assert WaysOut.of(TEXT, *scores_of({}), [mark]).weighed(EVENLY) == (mark,)


@pytest.mark.parametrize(("odds", "shown"), [(0.5, False), (0.7, True)])
def test_what_no_rule_vouches_for_has_to_be_likelier(odds, shown):
    """At the log odds of .4: -0.405 after the decision's offset of -1."""
    at = TEXT.text.index("要的吱一声")
    signals = WaysOut.of(TEXT, *scores_of({at: odds}), []).weighed(EVENLY)
    assert bool(signals) is shown
    assert all(signal.weight >= ALONE for signal in signals)


def test_marks_in_pictures_and_without_a_code_are_left_alone():
    """The network has not read them."""
    span = Span(code="V1", field="image[0].ocr", start=0, end=2, text="加薇")
    picture = Signal(name="contact.wechat_handle", span=span, weight=0.6)
    price = Signal(
        name="price", span=Span(code="price", field="text", start=0, end=2, text="还有"), weight=0.5
    )
    ways = WaysOut.of(TEXT, *scores_of({}), [picture, price])
    assert ways.candidates == ()
    assert ways.weighed(EVENLY) == (picture, price)


@given(
    st.dictionaries(st.integers(0, len(TEXT.text) - 1), st.floats(-8, 8), max_size=20),
    st.integers(1, 6),
)
def test_every_candidate_is_a_stretch_of_one_field(odds, code):
    """None twice, none overlapping, the strongest piece of the note in one of them."""
    ways = WaysOut.of(TEXT, *scores_of(odds, code), [])
    found = ways.candidates
    for first, second in pairwise(found):
        assert first.end <= second.start
    for one in found:
        assert 0 <= one.start < one.end <= len(TEXT.text)
        assert sum(p.start <= one.start and one.end <= p.end for p in TEXT.parts) == 1
        assert one.code == WAYS_OUT[code - 1]
    inside = [odds[i] for i in odds if any(p.start <= i < p.end for p in TEXT.parts)]
    if inside and max(inside) > -2.9:
        assert max(one.odds for one in found) == pytest.approx(max(inside), abs=1e-6)


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_way_back_to_the_fields_is_the_way_there(start, length):
    """Spans of a stretch are where `place_of` finds them."""
    for span in TEXT.spans("x", start, start + length):
        low, high = TEXT.place_of(span)
        assert (
            TEXT.text[low:high]
            == span.text
            == dict(NOTE.text_fields())[span.field][span.start : span.end]
        )


def test_a_field_outside_the_whole_text_has_no_place():
    """A title that only repeats the text, a picture, a place behind the end."""
    assert TEXT.place_of(Span(code="x", field="image[0].ocr", start=0, end=1, text="a")) is None
    assert TEXT.place_of(Span(code="x", field="title", start=3, end=9, text="a")) is None


@pytest.mark.parametrize("row", [[1.0, -2.0, 0.0], [1.0, 2.0, float("nan")], [-1.0, 2.0, 0.0]])
def test_a_decision_that_makes_no_sense_is_refused(row):
    """Evidence may not speak for innocence."""
    with pytest.raises(ValueError, match="decision on ways out"):
        Decision.from_json(row)


def test_more_evidence_never_lowers_a_probability():
    """Of the network or of a rule."""
    at = TEXT.text.index("要的")
    by_odds = [
        EVENLY.probability(WaysOut.of(TEXT, *scores_of({at: odds}), []).candidates[0])
        for odds in (-2.0, 0.0, 2.0, 6.0)
    ]
    assert by_odds == sorted(by_odds)
    by_rule = [
        EVENLY.probability(WaysOut.of(TEXT, *scores_of({}), [ruled(0, 4, weight)]).candidates[0])
        for weight in (0.1, 0.4, 0.8)
    ]
    assert by_rule == sorted(by_rule)

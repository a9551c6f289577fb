"""The note as a whole: how many pictures, from where, in which order, with whose words."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies as some
from kit.verdicts import a_copy, a_match, a_text_finding, a_verdict

from moderation.finding import Difference, Finding, FindingKind
from moderation.summary import COUNTED_FROM, pictures_from, place_of, summarise
from moderation.verdict import Verdict


def copy(number: int, original: int, *, note: str = "n17", author: str = "u3", **more: Any) -> Any:
    match = a_match(note_id=note, author_id=author, image_number=original)
    return a_copy(image_number=number, match=match, **more)


def twin(score: float = 0.9, *, note: str = "n17", author: str = "u3") -> Finding:
    return a_text_finding(
        FindingKind.TEXT_TEMPLATE_TWIN,
        score=score,
        detail={
            "twin_note": note,
            "holder": author,
            "claimed_at": "2026-03-01T08:00:00+00:00",
        },
    )


def test_five_of_six_in_order_with_the_same_words() -> None:
    """The sentence that a moderator reads first, as values."""
    findings = [*(copy(i, i + 2) for i in (0, 1, 3, 4, 5)), twin()]
    summary = summarise(findings, pictures=6)
    (source,) = summary.sources
    assert (summary.copied, summary.pictures, summary.authors) == (5, 6, 1)
    assert (source.note_id, source.author_id) == ("n17", "u3")
    assert (source.pictures, source.originals) == ((0, 1, 3, 4, 5), (2, 3, 5, 6, 7))
    assert source.in_order is True
    assert source.caption == 0.9


ORDERS = {
    "one picture has no order": ([(0, 4)], None),
    "as there": ([(0, 1), (2, 5)], True),
    "turned round": ([(0, 5), (1, 1)], False),
    "one shown twice": ([(0, 1), (1, 1)], False),
}


@pytest.mark.parametrize(("pairs", "in_order"), ORDERS.values(), ids=ORDERS.keys())
def test_the_order_of_pictures(pairs: list[tuple[int, int]], in_order: bool | None) -> None:
    """Rising numbers there for rising numbers here."""
    (source,) = summarise([copy(*pair) for pair in pairs], pictures=3).sources
    assert source.in_order is in_order


def test_several_sources_are_listed_with_most_pictures_first() -> None:
    """A collection from two authors, and somebody else's words."""
    findings = [
        copy(0, 0, note="a", author="u1"),
        copy(1, 0, note="b", author="u2"),
        copy(2, 1, note="b", author="u2"),
        twin(note="c", author="u9"),
    ]
    summary = summarise(findings, pictures=3)
    assert [(s.note_id, len(s.pictures)) for s in summary.sources] == [("b", 2), ("a", 1), ("c", 0)]
    assert (summary.copied, summary.authors) == (3, 3)


def test_a_picture_that_two_notes_show_is_one_picture() -> None:
    """Counted once, whatever it goes back to; of one note the surest picture counts."""
    findings = [
        copy(0, 0, note="a"),
        copy(0, 3, note="b", score=0.7),
        copy(0, 1, note="b", score=0.9),
    ]
    summary = summarise(findings, pictures=1)
    assert summary.copied == 1
    assert {s.note_id: s.originals for s in summary.sources} == {"a": (0,), "b": (1,)}


def test_what_is_allowed_or_unlikely_is_not_in_it() -> None:
    """Own pictures again have score 0; a weak match is no copy."""
    own = copy(0, 0, score=0.0, difference=Difference.SAME_AUTHOR)
    weak = copy(1, 1, score=COUNTED_FROM - 0.01)
    assert summarise([own, weak, twin(0.45)], pictures=2).to_json() == {
        "pictures": 2,
        "copied": 0,
        "sources": [],
    }


@given(st.lists(some.findings, max_size=6), st.randoms(), st.integers(0, 18))
def test_it_does_not_depend_on_the_order_of_findings(
    findings: list[Finding], random: Random, pictures: int
) -> None:
    """Detectors may answer in any order."""
    shuffled = list(findings)
    random.shuffle(shuffled)
    one, other = (summarise(x, pictures=pictures).to_json() for x in (findings, shuffled))
    assert one == other


@given(st.lists(some.findings, max_size=6), some.findings, st.integers(1, 10_000))
def test_one_more_finding_never_takes_a_picture_away(
    findings: list[Finding], more: Finding, at: int
) -> None:
    """What rules count only grows."""
    place = place_of(more)
    if place is not None:
        before = pictures_from(findings, place, at=at / 10_000)
        assert before <= pictures_from([*findings, more], place, at=at / 10_000)
    before = summarise(findings, pictures=18).copied
    assert before <= summarise([*findings, more], pictures=18).copied


@given(some.verdicts)
def test_a_stored_verdict_has_the_same_summary(verdict: Verdict) -> None:
    """Also where scores lie on the edge."""
    again = Verdict.from_json(verdict.to_json())
    assert again.to_json()["summary"] == verdict.to_json()["summary"]


def test_a_verdict_from_before_is_read() -> None:
    """Audits hold verdicts without a summary: of these the number of pictures is not known."""
    row = a_verdict(copy(0, 0), pictures=6).to_json()
    del row["summary"]
    summary = Verdict.from_json(row).summary
    assert (summary.pictures, summary.copied) == (0, 1)

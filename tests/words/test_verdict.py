"""The four words and their order."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from kit import strategies as some

from moderation.verdict import Decision, Verdict


def test_the_words_rise() -> None:
    """`pass < label < review < block`, and so in `max` and `sorted`."""
    for low, high in pairwise(Decision):
        assert low < high
        assert high > low
        assert low <= high
        assert high >= low
        assert not high <= low
        assert not low >= high
    assert max(Decision) is Decision.BLOCK
    assert min(Decision) is Decision.PASS
    assert sorted(Decision, reverse=True)[0] is Decision.BLOCK


@pytest.mark.parametrize(
    ("one", "other"), list(product(Decision, repeat=2)), ids=lambda decision: decision.value
)
def test_a_wire_word_compares_like_its_decision(one: Decision, other: Decision) -> None:
    """Severity decides, not the alphabet, also against a plain string."""
    assert (one < other.value) == (one.severity < other.severity)
    assert (one >= other.value) == (one.severity >= other.severity)


def test_another_word_cannot_be_compared() -> None:
    """A spelling mistake in a threshold is an error, not a false answer."""
    with pytest.raises(ValueError, match="blocked"):
        _ = Decision.PASS < "blocked"


@given(some.verdicts)
def test_reason_kinds_are_named_once(verdict: Verdict) -> None:
    """Each kind once, in the order of the reasons."""
    reasons = [r for r in verdict.reasons if r.finding is None or r.finding < len(verdict.findings)]
    verdict = Verdict.from_json(verdict.to_json() | {"reasons": [r.to_json() for r in reasons]})
    kinds = verdict.reason_kinds()
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == {
        verdict.findings[r.finding].kind for r in reasons if r.finding is not None
    }

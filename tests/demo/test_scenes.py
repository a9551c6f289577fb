"""Expectations are strict: the right decision for another reason is not the right verdict."""

from __future__ import annotations

import pytest
from kit.verdicts import a_copy, a_failure, a_text_finding, a_verdict

from moderation.demo.scenes import allowed, found, nothing_found
from moderation.finding import Difference, FindingKind
from moderation.verdict import Decision

COPY = a_copy()
ALLOWED = a_copy(score=0.0, difference=Difference.LICENSED)
WORDS = a_text_finding(FindingKind.TEXT_HARD_SELL)
BLOCKS = found(FindingKind.IMAGE_COPY, Decision.BLOCK, original="first")
LICENSED = allowed(FindingKind.IMAGE_COPY, Difference.LICENSED, original="first")


@pytest.mark.parametrize(
    ("expected", "findings", "decision", "met"),
    [
        (BLOCKS, [COPY], "block", True),
        (BLOCKS, [COPY], "review", False),
        (BLOCKS, [WORDS], "block", False),
        (BLOCKS, [ALLOWED], "block", False),
        (found(FindingKind.IMAGE_COPY, Decision.BLOCK, original="x"), [COPY], "block", False),
        (LICENSED, [ALLOWED], "pass", True),
        (LICENSED, [], "pass", False),
        (nothing_found(), [], "pass", True),
        (nothing_found(), [WORDS], "pass", True),
        (nothing_found(), [ALLOWED], "pass", False),
        (nothing_found(), [], "label", False),
    ],
    ids=[
        "as promised",
        "too mild",
        "other kind",
        "allowed after all",
        "other original",
        "allowed",
        "unseen",
        "nothing",
        "mere words",
        "a match",
        "too strict",
    ],
)
def test_decision_and_reason_must_both_be_right(expected, findings, decision, met):
    """Kind, exemption and original all count."""
    verdict = a_verdict(*findings, decision=Decision(decision))
    assert expected.is_met_by(verdict) is met


def test_a_detector_that_failed_meets_no_expectation():
    """Luck does not count."""
    assert not nothing_found().is_met_by(a_verdict(failures=(a_failure(),)))

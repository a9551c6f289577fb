"""Rules that count pictures from one other note: what they hear, and what they may not say."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import strategies as some
from kit.verdicts import a_copy, a_match, a_text_finding

from moderation.errors import BadPolicy
from moderation.finding import Finding, FindingKind
from moderation.note import Note, NoteImage
from moderation.policy import Policy, decide, diff
from moderation.verdict import Decision, Verdict

NOW = datetime(2026, 11, 21, tzinfo=UTC)
COUNTING = """
title = "Partial copies count together"
[[rule]]
name = "part"
kind = "image.copy_partial"
steps = [{ at = 0.5, decision = "review" }]
[[rule]]
name = "parts-of-one-note"
kind = "image.copy_partial"
when = { min_pictures = 3, share_of_pictures = 0.5 }
steps = [{ at = 0.5, decision = "block" }]
[[rule]]
name = "words-and-a-weak-match"
kind = "text.template_twin"
when = { min_pictures = 1, pictures_at = 0.3 }
steps = [{ at = 0.6, decision = "review" }]
"""
POLICY = Policy.parse(COUNTING, name="counting")


def part(number: int, note_id: str = "n17", score: float = 0.8) -> Finding:
    return a_copy(
        kind=FindingKind.IMAGE_COPY_PARTIAL,
        image_number=number,
        score=score,
        match=a_match(note_id=note_id),
    )


def twin(score: float = 0.9, note_id: str = "n17") -> Finding:
    return a_text_finding(
        FindingKind.TEXT_TEMPLATE_TWIN,
        score=score,
        detail={"twin_note": note_id, "holder": "alice"},
    )


def judged(*findings: Finding, pictures: int, policy: Policy = POLICY) -> Verdict:
    note = Note(id="n1", images=[NoteImage(path=f"{i}.jpg") for i in range(pictures)])
    return decide(policy, note, findings, as_of=NOW)


CASES = {
    "two of nine": ([0, 1], ["n17"] * 2, 9, Decision.REVIEW),
    "three of nine are no half": ([0, 1, 2], ["n17"] * 3, 9, Decision.REVIEW),
    "three of six": ([0, 1, 2], ["n17"] * 3, 6, Decision.BLOCK),
    "three of six, of two notes": ([0, 1, 2], ["n17", "n17", "n18"], 6, Decision.REVIEW),
    "one picture thrice": ([0, 0, 0], ["n17"] * 3, 6, Decision.REVIEW),
}


@pytest.mark.parametrize(("numbers", "notes", "pictures", "wanted"), CASES.values(), ids=CASES)
def test_pictures_of_one_note_are_counted(
    numbers: list[int], notes: list[str], pictures: int, wanted: Decision
) -> None:
    """Both the number and the share must be reached, by pictures of one note."""
    findings = [part(number, note_id) for number, note_id in zip(numbers, notes, strict=True)]
    assert judged(*findings, pictures=pictures).decision is wanted


def test_a_single_picture_in_review_is_never_blocked_by_summation() -> None:
    """Nine findings on one picture, and eight on others below every step: review stays review."""
    findings = [part(0, f"n{i}") for i in range(9)] + [part(i, score=0.49) for i in range(1, 9)]
    for policy in (POLICY, Policy.default()):
        verdict = judged(*findings, twin(), pictures=9, policy=policy)
        assert verdict.decision is Decision.REVIEW


def test_a_twin_alone_leads_to_nothing_and_with_a_weak_match_to_a_person() -> None:
    """The shipped policy: to quote is no wrong; words with a picture of one note need eyes."""
    default = Policy.default()
    assert judged(twin(1.0), pictures=3, policy=default).decision is Decision.PASS
    weak = part(0, score=0.35)
    assert judged(weak, pictures=3, policy=default).decision is Decision.PASS
    both = judged(twin(), weak, pictures=3, policy=default)
    assert both.decision is Decision.REVIEW
    assert [reason.rule for reason in both.reasons] == ["template-twin-with-pictures"]
    elsewhere = judged(twin(note_id="n18"), weak, pictures=3, policy=default)
    assert elsewhere.decision is Decision.PASS


@given(st.lists(some.findings, max_size=5), some.findings, st.integers(0, 18))
def test_one_more_finding_never_softens(
    findings: list[Finding], more: Finding, pictures: int
) -> None:
    """Monotone, with rules that count."""
    before = judged(*findings, pictures=pictures).decision
    assert before <= judged(*findings, more, pictures=pictures).decision


WRONG = {
    "another kind": ("text.hard_sell", "min_pictures = 2", "points to none"),
    "nothing asked": ("image.copy", "min_pictures = 0", "above 0"),
    "no share": ("image.copy", "share_of_pictures = 0.0", "above 0"),
    "more than all": ("image.copy", "share_of_pictures = 1.5", "0–1"),
    "half a picture": ("image.copy", "min_pictures = 1.5", "whole number"),
    "no score": ("image.copy", "min_pictures = 1, pictures_at = 0.0", "above 0"),
    "a score for nothing": ("image.copy", "pictures_at = 0.4", "nothing asks"),
    "an unknown word": ("image.copy", "max_pictures = 2", "min_pictures"),
}


@pytest.mark.parametrize(("kind", "when", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_means_nothing_is_refused(kind: str, when: str, told: str) -> None:
    """With place and way out."""
    text = f"""
    title = "t"
    [[rule]]
    name = "r"
    kind = "{kind}"
    when = {{ {when} }}
    steps = [{{ at = 0.5, decision = "review" }}]
    """
    with pytest.raises(BadPolicy) as caught:
        Policy.parse(text, name="wrong")
    assert "rule[0].when" in caught.value.message
    assert told in f"{caught.value.message} {caught.value.hint}"


def test_the_condition_belongs_to_the_meaning_of_a_policy() -> None:
    """Another number is another digest, and is told by a comparison."""
    other = Policy.parse(COUNTING.replace("min_pictures = 3", "min_pictures = 4"), name="other")
    assert other.digest != POLICY.digest
    asked = "min_pictures: 3; share_of_pictures: 0.5; pictures_at: 0.5"
    told = [str(change) for change in diff(POLICY, other, as_of=NOW).changes]
    assert f"image.copy_partial ({asked}): ≥ 0.5 block → nothing" in told

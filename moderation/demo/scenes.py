"""A scene: a note that comes in, what it is, and the verdict it should get."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.demo.drafts import Draft
from moderation.explain.names import Phrase
from moderation.finding import Difference, Finding, FindingKind
from moderation.verdict import Decision, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a right verdict says; stricter than the decision alone, so that luck does not count."""

    decisions: tuple[Decision, ...]
    """One of these."""
    kind: FindingKind | None = None
    """Kind of a finding that must be there; None means that nothing may be found in pictures."""
    difference: Difference | None = None
    """Why that finding is allowed, or None where it is not."""
    original: str = ""
    """Note whose picture that finding must name."""

    def is_met_by(self, verdict: Verdict) -> bool:
        """Whether a verdict is the right one for the right reason."""
        if verdict.decision not in self.decisions or verdict.failures:
            return False
        if self.kind is None:
            return all(finding.image_number is None for finding in verdict.findings)
        return any(self._is(finding) for finding in verdict.findings)

    def _is(self, finding: Finding) -> bool:
        named = finding.match.note_id if finding.match else ""
        return (finding.kind, finding.difference, named) == (
            self.kind,
            self.difference,
            self.original,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One incoming note of the story."""

    draft: Draft
    what: Phrase
    """What the note is, as only its writer knows."""
    expected: Expectation


def nothing_found() -> Expectation:
    """It passes, and no picture reminds of another."""
    return Expectation(decisions=(Decision.PASS,))


def allowed(kind: FindingKind, why: Difference, original: str = "") -> Expectation:
    """It passes although something was seen, and the verdict says why."""
    return Expectation(decisions=(Decision.PASS,), kind=kind, difference=why, original=original)


def found(kind: FindingKind, *decisions: Decision, original: str = "") -> Expectation:
    """It does not pass, for this reason."""
    return Expectation(decisions=decisions, kind=kind, original=original)

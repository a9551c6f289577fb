"""The end of what was begun: final verdicts are told, and those that nobody can give are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from moderation.finding import Cause, ItemFailure
from moderation.gate.brake import under_brake
from moderation.gate.conclusion import Filed
from moderation.note import Note
from moderation.policy import Policy, failure_reasons
from moderation.store import Hold, HoldState, NewEvent, Transaction
from moderation.verdict import Decision, Registration, Verdict

FINALIZED = "verdict.finalized"


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What was overdue."""

    lapsed: int
    """Holds that nobody committed or aborted in time."""
    settled: int
    """Final verdicts that a process had promised and died."""
    expired: int
    """Idempotency keys whose time was over."""


def announce(
    now: Transaction, filed: Filed, *, author_id: str, before: Verdict | None = None
) -> None:
    """Tell subscribers of a final verdict.

    Args:
        now: the transaction that files it.
        filed: the verdict.
        author_id: whose note it is about, so that the event goes when the author is forgotten.
        before: the partial verdict that it completes.
    """
    verdict = filed.verdict
    payload: dict[str, Any] = {
        "note_id": verdict.note_id,
        "revision": verdict.revision,
        "verdict_id": f"v_{filed.verdict_id}",
        "decision": verdict.decision.value,
        "previous": None if before is None else before.decision.value,
        "cause": "check" if before is None else "late_detector",
        "completeness": verdict.completeness.value,
        "policy": {"name": verdict.policy, "digest": verdict.policy_digest},
        "actor": "system",
    }
    event = NewEvent(
        type=FINALIZED,
        note_id=verdict.note_id,
        author_id=author_id,
        at=filed.at,
        payload=payload,
    )
    now.add_event(event)


def is_superseded(now: Transaction, note: Note) -> bool:
    """Whether a later revision of the author's note has been judged: this one is history."""
    latest = now.latest_verdict(note.id)
    return (
        latest is not None
        and latest.author_id == note.author.id
        and latest.verdict.revision > note.revision
    )


def held(now: Transaction, note: Note, filed: Filed, hold_for: timedelta) -> datetime | None:
    """Put a hold where pictures are held; returns its end."""
    verdict: Verdict = filed.verdict
    if verdict.registration is not Registration.HELD:
        return None
    until = filed.at + hold_for
    now.hold(
        Hold(
            note_id=note.id,
            author_id=note.author.id,
            revision=note.revision,
            verdict_id=filed.verdict_id,
            state=HoldState.HELD,
            expires_at=until,
        )
    )
    return until


def settle_debt_of_the_dead(
    now: Transaction, verdict_id: int, policy: Policy, at: datetime
) -> Filed | None:
    """Give the final verdict that a dead process owed, by what it had seen.

    Its pictures are gone with it, so what was late has failed for good: the policy's word for an
    error takes the place of that for a timeout, and the verdict never becomes softer.

    Returns:
        The final verdict; None where somebody else has given it.
    """
    if not now.settle_debt(verdict_id):
        return None
    row = now.verdicts_numbered([verdict_id])[verdict_id]
    terms = policy.terms.at(at)
    verdict = without_the_late(row.verdict, policy, at)
    if verdict.decision > row.verdict.decision:
        review = terms.registration[Decision.REVIEW]
        verdict = under_brake(verdict, now, terms.brake, at=at, as_review=review)
    superseded = now.latest_verdict(verdict.note_id)
    is_latest = superseded is None or superseded.verdict.revision <= verdict.revision
    if verdict.decision > row.verdict.decision and is_latest:
        if verdict.decision >= verdict.judged:  # else the brake has said what becomes of it
            verdict = replace(verdict, registration=terms.registration[verdict.decision])
        if verdict.registration is Registration.SKIPPED:
            now.withdraw_revision(verdict.note_id, row.author_id, verdict.revision)
        elif verdict.registration is Registration.HELD:
            now.hold_pictures(verdict.note_id, row.author_id, verdict.revision)
    number = now.repeat_verdict(row, verdict, decided_at=at)
    filed = Filed(verdict=verdict, verdict_id=number, at=at)
    announce(now, filed, author_id=row.author_id, before=row.verdict)
    return filed


def without_the_late(verdict: Verdict, policy: Policy, at: datetime) -> Verdict:
    """A partial verdict whose late detectors will never answer. Pure."""
    failures = tuple(_died(f) if f.cause is Cause.TIMEOUT else f for f in verdict.failures)
    seen = [r for r in verdict.reasons if not r.code.startswith("failure.")]
    reasons = [*seen, *failure_reasons(policy.terms.at(at), failures)]
    reasons.sort(key=lambda reason: -reason.decision.severity)
    strongest = max((reason.decision for reason in reasons), default=Decision.PASS)
    return replace(
        verdict,
        failures=failures,
        reasons=tuple(reasons),
        decision=max(strongest, verdict.decision),
    )


def _died(failure: ItemFailure) -> ItemFailure:
    return replace(
        failure,
        code="detector_error",
        cause=Cause.ERROR,
        message=f"`{failure.detector}` was given up when its process ended",
        hint="let a person look, or submit the note again",
    )

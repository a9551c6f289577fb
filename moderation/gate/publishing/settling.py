"""The end of what was begun: final verdicts are told, and those that nobody can give are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from moderation.finding import Cause, ItemFailure
from moderation.gate.deciding.brake import under_brake
from moderation.gate.deciding.conclusion import Filed
from moderation.policy import Policy, failure_reasons
from moderation.store import Hold, HoldState, NewEvent, Transaction
from moderation.verdict import Decision, Registration, Verdict

FINALIZED = "verdict.finalized"
CHANGED = "verdict.changed"
GIVEN_UP = (HoldState.ABORTED, HoldState.LAPSED)


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
    event = NewEvent(
        type=FINALIZED,
        note_id=filed.verdict.note_id,
        author_id=author_id,
        at=filed.at,
        payload=_told(
            filed.verdict,
            filed.verdict_id,
            before=None if before is None else before.decision,
            cause="check" if before is None else "late_detector",
        ),
    )
    now.add_event(event)


def announce_change(
    now: Transaction,
    verdict: Verdict,
    verdict_id: int,
    *,
    at: datetime,
    author_id: str,
    before: Decision | None,
    cause: str = "retro",
    actor: str = "system",
) -> None:
    """Tell subscribers of another word for a note that was judged before.

    Args:
        now: the transaction that files it.
        verdict: what it says.
        verdict_id: its number in the audit.
        at: when.
        author_id: whose note it is about.
        before: what the last verdict on it said; None where there was none.
        cause: `retro` for a scan, else what was told late.
        actor: `system`, or `moderator` where a person decided.
    """
    event = NewEvent(
        type=CHANGED,
        note_id=verdict.note_id,
        author_id=author_id,
        at=at,
        payload=_told(verdict, verdict_id, before=before, cause=cause, actor=actor),
    )
    now.add_event(event)


def _told(
    verdict: Verdict,
    verdict_id: int,
    *,
    before: Decision | None,
    cause: str,
    actor: str = "system",
) -> dict[str, Any]:
    return {
        "note_id": verdict.note_id,
        "revision": verdict.revision,
        "verdict_id": f"v_{verdict_id}",
        "decision": verdict.decision.value,
        "previous": None if before is None else before.value,
        "cause": cause,
        "completeness": verdict.completeness.value,
        "policy": {"name": verdict.policy, "digest": verdict.policy_digest},
        "actor": actor,
    }


def is_superseded(now: Transaction, note_id: str, author_id: str, revision: int) -> bool:
    """Whether a later revision of the author's note has been judged: this one is history."""
    latest = now.latest_verdict(note_id)
    return (
        latest is not None and latest.author_id == author_id and latest.verdict.revision > revision
    )


def own_hold(now: Transaction, note_id: str, author_id: str, revision: int) -> Hold | None:
    """The hold of an author's revision; None where there never was one."""
    holds = now.holds(note_id, revision)
    return next((hold for hold in holds if hold.author_id == author_id), None)


def hold_as_filed(
    now: Transaction, filed: Filed, *, author_id: str, until: datetime | None
) -> None:
    """Let the hold of a revision say what its verdict says of the pictures.

    Args:
        now: the transaction that files the verdict.
        filed: the verdict.
        author_id: whose note it is about.
        until: when the hold lapses; None while a person decides. Who was first must not depend on
            how soon anybody looks, or on anybody telling us.
    """
    verdict = filed.verdict
    if verdict.registration is Registration.HELD:
        now.hold(
            Hold(
                note_id=verdict.note_id,
                author_id=author_id,
                revision=verdict.revision,
                verdict_id=filed.verdict_id,
                state=HoldState.HELD,
                expires_at=until,
            )
        )
        return
    known = own_hold(now, verdict.note_id, author_id, verdict.revision)
    if known is not None and known.state is HoldState.HELD:
        registered = verdict.registration is Registration.REGISTERED
        now.settle_hold(known, HoldState.COMMITTED if registered else HoldState.ABORTED, filed.at)


def settle_debt_of_the_dead(
    now: Transaction,
    verdict_id: int,
    policy: Policy,
    at: datetime,
    *,
    as_of: datetime | None = None,
) -> Filed | None:
    """Give the final verdict that a dead process owed, by what it had seen.

    Its pictures are gone with it, so what was late has failed for good: the policy's word for an
    error takes the place of that for a timeout, and the verdict never becomes softer.

    Args:
        now: the transaction that files it.
        verdict_id: of the partial verdict.
        policy: that speaks for the late; the final verdict bears its name.
        at: now, by the clock of this host.
        as_of: instant whose rules apply; None for `at`.

    Returns:
        The final verdict; None where somebody else has given it.
    """
    if not now.settle_debt(verdict_id):
        return None
    row = now.verdicts_numbered([verdict_id])[verdict_id]
    terms = policy.terms.at(as_of or at)
    verdict = without_the_late(row.verdict, policy, as_of or at)
    if verdict.decision > row.verdict.decision and as_of is None:
        review = terms.registration[Decision.REVIEW]
        verdict = under_brake(
            verdict, now, terms.brake, at=at, as_review=review, before=row.verdict
        )
    place = (verdict.note_id, row.author_id, verdict.revision)
    hold = own_hold(now, *place)
    given_up = hold is not None and hold.state in GIVEN_UP
    keeps = not given_up and not is_superseded(now, *place)
    if verdict.decision > row.verdict.decision and keeps:
        if verdict.decision >= verdict.judged:  # else the brake has said what becomes of it
            verdict = replace(verdict, registration=terms.registration[verdict.decision])
        published = hold is not None and hold.state is HoldState.COMMITTED
        if verdict.registration is Registration.SKIPPED:
            now.withdraw_revision(*place)
        elif published:
            verdict = replace(verdict, registration=Registration.REGISTERED)
        elif verdict.registration is Registration.HELD:
            now.hold_pictures(*place)
    now.keep_policy(policy.digest, policy.to_json, at=at)
    number = now.repeat_verdict(row, verdict, decided_at=at)
    filed = Filed(verdict=verdict, verdict_id=number, at=at)
    if keeps and not (hold is not None and verdict.registration is Registration.HELD):
        hold_as_filed(now, filed, author_id=row.author_id, until=None)
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
        policy=policy.name,
        policy_digest=policy.digest,
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

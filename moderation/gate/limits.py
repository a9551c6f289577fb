"""Limits: what brake and flood make of a verdict, where it is written."""

from __future__ import annotations

from datetime import datetime

from moderation.gate.brake import under_brake
from moderation.gate.flood import in_quarantine
from moderation.note import Note
from moderation.policy import Terms
from moderation.store import Transaction
from moderation.verdict import Decision, Verdict


def within_limits(
    now: Transaction,
    note: Note,
    verdict: Verdict,
    terms: Terms,
    *,
    at: datetime,
    completes: int | None = None,
) -> Verdict:
    """A verdict under the limits for an hour; what is judged only never comes here.

    Args:
        now: the transaction that will record it.
        note: as judged.
        verdict: by the policy alone.
        terms: in force.
        at: now, by the clock of this host.
        completes: number of the partial verdict that this one completes. Where that was a block,
            it has been counted, and stands.
    """
    as_review = terms.registration[Decision.REVIEW]
    if completes is None or not _blocked(now, completes):
        verdict = under_brake(verdict, now, terms.brake, at=at, as_review=as_review)
    return in_quarantine(verdict, now, note, terms.flood, at=at, as_review=as_review)


def _blocked(now: Transaction, verdict_id: int) -> bool:
    row = now.verdicts_numbered([verdict_id]).get(verdict_id)
    return row is not None and row.verdict.decision is Decision.BLOCK

"""Limits: what brake and flood make of a verdict, where it is written."""

from __future__ import annotations

from datetime import datetime

from moderation.gate.deciding.brake import under_brake
from moderation.gate.deciding.flood import in_quarantine
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
        completes: number of the partial verdict that this one completes: what was counted with
            that is not counted again. Where it was a block, that stands.
    """
    as_review = terms.registration[Decision.REVIEW]
    before = None if completes is None else now.verdicts_numbered([completes])[completes].verdict
    if before is None or before.decision is not Decision.BLOCK:
        verdict = under_brake(verdict, now, terms.brake, at=at, as_review=as_review, before=before)
    return in_quarantine(verdict, now, note, terms.flood, at=at, as_review=as_review, before=before)

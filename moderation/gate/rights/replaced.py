"""A verdict that no longer stands, as letters about it say."""

from __future__ import annotations

from moderation.explain import Later
from moderation.store import AuditRow
from moderation.store.reading import Reading


def later_than(now: Reading, row: AuditRow) -> Later | None:
    """The verdict that took the place of another one; None where that one stands.

    Args:
        now: asked for it.
        row: the verdict that somebody wants to know of.
    """
    stands = now.standing_verdict(row.verdict.note_id, row.author_id)
    if stands is None or stands.verdict_id == row.verdict_id:
        return None
    return Later(
        verdict_id=stands.verdict_id,
        decision=stands.verdict.decision,
        at=stands.decided_at,
        is_edited=stands.verdict.revision != row.verdict.revision,
    )

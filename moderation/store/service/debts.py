"""Debts: a partial verdict was answered at a deadline, and the final one is owed.

The row is written with the partial verdict and deleted with the final one, both in the same
transaction, so whoever deletes it is the one who answers. Where the process that was at work dies,
the row outlives its lease, and another process settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from moderation.store import audit
from moderation.store.records import AuditRow
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import UNFINISHED
from moderation.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A final verdict that is owed."""

    verdict_id: int
    """Of the partial one."""
    note_id: str
    author_id: str
    lease_until: datetime


class DebtReading(Connected):
    """Questions about debts."""

    def debts_due(self, now: datetime, *, limit: int = 100) -> list[Debt]:
        """Those whose lease is over, the oldest first."""
        query = (
            select(UNFINISHED)
            .where(UNFINISHED.c.lease_until <= now)
            .order_by(UNFINISHED.c.lease_until)
            .limit(limit)
        )
        with self._connected() as connection:
            return [Debt(**row._mapping) for row in connection.execute(query)]

    def is_owed(self, verdict_id: int) -> bool:
        """Whether the final verdict that completes this one is still owed."""
        query = select(UNFINISHED.c.verdict_id).where(UNFINISHED.c.verdict_id == verdict_id)
        with self._connected() as connection:
            return connection.execute(query).first() is not None

    def count_debts(self) -> int:
        """How many final verdicts are owed."""
        query = select(func.count()).select_from(UNFINISHED)
        with self._connected() as connection:
            return int(connection.execute(query).scalar_one())

    def completion_of(self, verdict_id: int) -> int | None:
        """Number of the verdict that completed a partial one; None where there is none."""
        with self._connected() as connection:
            return audit.completion_of(connection, verdict_id)


class DebtWriting(DebtReading, Writing):
    """What is written about debts."""

    def owe_final(self, debt: Debt) -> None:
        """Record that a final verdict is owed."""
        row = {name: getattr(debt, name) for name in Debt.__dataclass_fields__}
        self._connection.execute(insert(UNFINISHED), row)

    def settle_debt(self, verdict_id: int) -> bool:
        """Delete a debt; False where another has settled it, or the note was forgotten."""
        gone = delete(UNFINISHED).where(UNFINISHED.c.verdict_id == verdict_id)
        return bool(self._connection.execute(gone).rowcount)

    def repeat_verdict(self, row: AuditRow, verdict: Verdict, *, decided_at: datetime) -> int:
        """Add the verdict that completes `row`, on what it had seen; returns its number."""
        return audit.repeat(self._connection, row, verdict, decided_at=decided_at)

    def extend_debt(self, verdict_id: int, lease_until: datetime) -> None:
        """Say that the process is still at work."""
        self._connection.execute(
            update(UNFINISHED)
            .where(UNFINISHED.c.verdict_id == verdict_id)
            .values(lease_until=lease_until)
        )

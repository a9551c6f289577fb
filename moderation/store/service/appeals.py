"""Appeals: what authors say against verdicts, until a person has decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update

from moderation.store.desk import opening
from moderation.store.desk.tables import APPEAL_PROOFS
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import APPEALS


class AppealState(StrEnum):
    """Stored strings."""

    OPEN = "open"
    UPHELD = "upheld"
    """The verdict stands."""
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppeal:
    """What an author says against a verdict."""

    verdict_id: int
    note_id: str
    author_id: str
    at: datetime
    statement: str
    """In the author's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal(NewAppeal):
    """An appeal in the register."""

    appeal_id: int
    state: AppealState

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP."""
        return {
            "appeal_id": f"a_{self.appeal_id}",
            "verdict_id": f"v_{self.verdict_id}",
            "note_id": self.note_id,
            "author_id": self.author_id,
            "at": self.at.isoformat(),
            "state": self.state.value,
            "statement": self.statement,
        }


class AppealReading(Connected):
    """Questions about appeals."""

    def appeals(self, verdict_id: int) -> list[Appeal]:
        """Against one verdict, the oldest first."""
        query = (
            select(APPEALS).where(APPEALS.c.verdict_id == verdict_id).order_by(APPEALS.c.appeal_id)
        )
        with self._connected() as connection:
            return [_appeal(row) for row in connection.execute(query)]

    def appeal(self, appeal_id: int) -> Appeal | None:
        """By number; None where there is none."""
        query = select(APPEALS).where(APPEALS.c.appeal_id == appeal_id)
        with self._connected() as connection:
            row = connection.execute(query).first()
        return None if row is None else _appeal(row)

    def open_appeals(self, *, after: int = 0, limit: int = 1000) -> list[Appeal]:
        """Those that wait for a person, the oldest first.

        Args:
            after: only those with a higher number.
            limit: most to return.
        """
        query = (
            select(APPEALS)
            .where(APPEALS.c.state == AppealState.OPEN.value, APPEALS.c.appeal_id > after)
            .order_by(APPEALS.c.appeal_id)
            .limit(limit)
        )
        with self._connected() as connection:
            return [_appeal(row) for row in connection.execute(query)]


class AppealWriting(AppealReading, Writing):
    """What is written about appeals."""

    def open_appeal(self, new: NewAppeal) -> tuple[Appeal, bool]:
        """Take an appeal, unless one by the same author waits against the same verdict.

        Returns:
            The appeal that waits now, and whether it is the new one.

        Raises:
            BadNote: the statement holds a NUL or a lone surrogate.
        """
        for waiting in self.appeals(new.verdict_id):
            if waiting.state is AppealState.OPEN and waiting.author_id == new.author_id:
                return waiting, False
        row = {name: getattr(new, name) for name in NewAppeal.__dataclass_fields__}
        state = AppealState.OPEN
        number: int = self._connection.execute(
            insert(APPEALS).returning(APPEALS.c.appeal_id), row | {"state": state.value}
        ).scalar_one()
        opening.follow_appeal(
            self._connection, number, new.verdict_id, author_id=new.author_id, at=new.at
        )
        return Appeal(**row, appeal_id=number, state=state), True

    def settle_appeal(self, appeal_id: int, state: AppealState) -> None:
        """Record what a person decided; nobody needs the pictures of proofs any more."""
        self._connection.execute(
            update(APPEALS).where(APPEALS.c.appeal_id == appeal_id).values(state=state.value)
        )
        pictured = APPEAL_PROOFS.c.thumbnail.is_not(None)
        self._connection.execute(
            update(APPEAL_PROOFS)
            .where(APPEAL_PROOFS.c.appeal_id == appeal_id, pictured)
            .values(thumbnail=None)
        )
        opening.settle_appeal(self._connection, appeal_id, at=datetime.now(UTC), after=state.value)


def _appeal(row: Row[Any]) -> Appeal:
    values = {name: getattr(row, name) for name in Appeal.__dataclass_fields__}
    return Appeal(**values | {"state": AppealState(row.state)})

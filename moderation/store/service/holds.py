"""Holds: a revision's pictures are reserved until the platform says what became of it.

Held pictures are found like all others, so of two simultaneous uploads one is the first. What is
aborted, or not committed in time, leaves the register as if it had never been shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, delete, func, insert, select, update

from moderation.store import captions, removal
from moderation.store.schema import PICTURES
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import HOLDS
from moderation.verdict import Registration


class HoldState(StrEnum):
    """Stored strings."""

    HELD = "held"
    COMMITTED = "committed"
    """Published: its pictures are registered."""
    ABORTED = "aborted"
    """Not published: its pictures are out of the register."""
    LAPSED = "lapsed"
    """Nobody said in time; likewise out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One author's revision under hold."""

    note_id: str
    author_id: str
    revision: int
    verdict_id: int
    state: HoldState
    expires_at: datetime | None
    """When it lapses; None while a person decides, who may take their time."""
    settled_at: datetime | None = None


class HoldReading(Connected):
    """Questions about holds."""

    def holds(self, note_id: str, revision: int) -> list[Hold]:
        """Of all authors under one note id; normally one."""
        query = select(HOLDS).where(HOLDS.c.note_id == note_id, HOLDS.c.revision == revision)
        with self._connected() as connection:
            return [_hold(row) for row in connection.execute(query.order_by(HOLDS.c.author_id))]

    def holds_due(self, now: datetime, *, limit: int = 100) -> list[Hold]:
        """Still held although their time is over, the longest overdue first."""
        query = (
            select(HOLDS)
            .where(HOLDS.c.state == HoldState.HELD.value, HOLDS.c.expires_at <= now)
            .order_by(HOLDS.c.expires_at)
            .limit(limit)
        )
        with self._connected() as connection:
            return [_hold(row) for row in connection.execute(query)]


class HoldWriting(HoldReading, Writing):
    """What is written about holds."""

    def hold(self, hold: Hold) -> None:
        """Put a revision under hold, in place of an earlier hold of the same one."""
        same = and_(
            HOLDS.c.note_id == hold.note_id,
            HOLDS.c.author_id == hold.author_id,
            HOLDS.c.revision == hold.revision,
        )
        self._connection.execute(delete(HOLDS).where(same))
        row = {name: getattr(hold, name) for name in Hold.__dataclass_fields__}
        self._connection.execute(insert(HOLDS), row | {"state": hold.state.value})

    def settle_hold(self, hold: Hold, state: HoldState, now: datetime) -> int:
        """End a hold: `committed` registers its pictures, anything else takes them out.

        Returns:
            How many pictures were concerned.
        """
        self._connection.execute(
            update(HOLDS)
            .where(
                HOLDS.c.note_id == hold.note_id,
                HOLDS.c.author_id == hold.author_id,
                HOLDS.c.revision == hold.revision,
            )
            .values(state=state.value, settled_at=now)
        )
        if state is HoldState.COMMITTED:
            return self.publish_pictures(hold.note_id, hold.author_id, hold.revision)
        captions.withdraw(
            self._connection, hold.note_id, hold.author_id, revision=hold.revision, later=False
        )
        return removal.withdraw_revision(
            self._connection, hold.note_id, hold.author_id, hold.revision, later=False
        )

    def publish_pictures(self, note_id: str, author_id: str, revision: int) -> int:
        """Held pictures of a revision become registered; returns how many."""
        return self._restate(note_id, author_id, revision, Registration.REGISTERED)

    def hold_pictures(self, note_id: str, author_id: str, revision: int) -> int:
        """Pictures that a revision showed first become held; returns how many."""
        return self._restate(note_id, author_id, revision, Registration.HELD)

    def _restate(self, note_id: str, author_id: str, revision: int, state: Registration) -> int:
        first = func.coalesce(PICTURES.c.first_revision, PICTURES.c.revision)
        own = and_(
            PICTURES.c.note_id == note_id,
            PICTURES.c.author_id == author_id,
            PICTURES.c.revision == revision,
        )
        if state is Registration.HELD:  # what an earlier revision published stays published
            own = and_(own, first == revision)
        return self._connection.execute(
            update(PICTURES).where(own, PICTURES.c.state != state.value).values(state=state.value)
        ).rowcount


def _hold(row: Row[Any]) -> Hold:
    values = {name: getattr(row, name) for name in Hold.__dataclass_fields__}
    return Hold(**values | {"state": HoldState(row.state)})

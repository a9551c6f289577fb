"""The outbox: events are written in the transaction that made them true."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, insert, select

from moderation.store.schema import portions
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import DELIVERIES, ENDPOINTS, EVENTS

DELIVERED_FOR = timedelta(days=30)
"""How long an event is kept that all endpoints have received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """Something that subscribers are to be told."""

    type: str
    """As `verdict.finalized`."""
    note_id: str
    """Empty where it is about no note."""
    author_id: str
    at: datetime
    payload: Mapping[str, Any] = field(default_factory=dict)
    """JSON, without evidence: whoever may see that asks for the verdict."""


class EventReading(Connected):
    """Questions about events."""

    def prunable_events(self, now: datetime, *, limit: int = 1000) -> list[int]:
        """Numbers of events that have served their time; takes no lock.

        An event stays while it is pending or dead for any endpoint.
        """
        old = select(EVENTS.c.event_id).where(EVENTS.c.at < now - DELIVERED_FOR, ~_owed().exists())
        with self._connected() as connection:
            return list(connection.execute(old.order_by(EVENTS.c.at).limit(limit)).scalars())


class EventWriting(EventReading, Writing):
    """What is written about events."""

    def add_event(self, event: NewEvent) -> int | None:
        """Add an event with a delivery for every endpoint that asked for its type.

        Returns:
            Its number, which rises in the order of commits: the sequence that consumers compare.
            None where no endpoint asked, for then nothing is written.
        """
        query = select(ENDPOINTS.c.endpoint_id, ENDPOINTS.c.types).where(
            ENDPOINTS.c.disabled_at.is_(None)
        )
        asked = [
            endpoint_id
            for endpoint_id, types in self._connection.execute(query)
            if not types or event.type in types
        ]
        if not asked:
            return None
        event_id: int = self._connection.execute(
            insert(EVENTS).returning(EVENTS.c.event_id),
            {
                "message_id": f"msg_{uuid.uuid4().hex}",
                "type": event.type,
                "note_id": event.note_id,
                "author_id": event.author_id,
                "at": event.at,
                "payload": dict(event.payload),
            },
        ).scalar_one()
        rows = [
            {
                "event_id": event_id,
                "endpoint_id": endpoint_id,
                "note_id": event.note_id,
                "state": "pending",
                "attempts": 0,
                "next_at": event.at,
                "first_error": "",
                "last_error": "",
            }
            for endpoint_id in asked
        ]
        self._connection.execute(insert(DELIVERIES), rows)
        return event_id

    def drop_events(self, event_ids: Iterable[int]) -> int:
        """Delete events that are still owed to nobody; returns how many."""
        return sum(
            self._connection.execute(
                delete(EVENTS).where(EVENTS.c.event_id.in_(some), ~_owed().exists())
            ).rowcount
            for some in portions(event_ids)
        )


def _owed() -> Select[tuple[int]]:
    """Deliveries of an event that some endpoint has not received."""
    return select(DELIVERIES.c.event_id).where(
        DELIVERIES.c.event_id == EVENTS.c.event_id, DELIVERIES.c.state != "done"
    )

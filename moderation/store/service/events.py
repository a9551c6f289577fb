"""The outbox: events are written in the transaction that made them true."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import DELIVERIES, ENDPOINTS, EVENTS


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


class EventWriting(EventReading, Writing):
    """What is written about events."""

    def add_event(self, event: NewEvent) -> int:
        """Add an event, and a delivery for every endpoint that asked for its type.

        Returns:
            Its number, which rises in the order of commits: the sequence that consumers compare.
        """
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
        query = select(ENDPOINTS.c.endpoint_id, ENDPOINTS.c.types).where(
            ENDPOINTS.c.disabled_at.is_(None)
        )
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
            for endpoint_id, types in self._connection.execute(query)
            if not types or event.type in types
        ]
        if rows:
            self._connection.execute(insert(DELIVERIES), rows)
        return event_id

"""An event as subscribers read it: the same JSON in a webhook and on a stream.

    {"type": "verdict.finalized", "timestamp": "2026-11-21T08:00:00Z",
     "data": {"note_id": "n81", "sequence": 7, "decision": "pass", …}}

`sequence` rises with every event of a note. Who keeps the highest one seen of each note, and drops
what is not above it, is right whatever comes twice or late. After the
register was restored from a backup they must be forgotten, for then numbers are given again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moderation.store import Delivery

TYPES = (
    "verdict.finalized",
    "verdict.changed",
    "appeal.opened",
    "appeal.decided",
    "brake.engaged",
    "flood.quarantined",
)
"""All there are; others may follow, and consumers skip what they do not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one attempt."""

    error: str = ""
    """For people; empty where the event was received."""
    gone: bool = False
    """The receiver wants nothing any more."""

    @property
    def received(self) -> bool:
        """Whether it arrived."""
        return not self.error


def body(delivery: Delivery) -> str:
    """JSON text, the same at every attempt."""
    data: dict[str, Any] = {**delivery.payload, "sequence": delivery.event_id}
    if delivery.note_id:
        data = {"note_id": delivery.note_id} | data
    message = {"type": delivery.type, "timestamp": utc(delivery.at), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def utc(at: datetime) -> str:
    """ISO 8601 with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")

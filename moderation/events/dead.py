"""Dead letters as JSON."""

from __future__ import annotations

from typing import Any

from moderation.events.addresses import shown
from moderation.events.message import utc
from moderation.store import DeadLetter


def dead_letter_json(letter: DeadLetter, *, whole: bool = False) -> dict[str, Any]:
    """A dead letter; with address and payload where it is `whole`."""
    row: dict[str, Any] = {
        "event_id": letter.event_id,
        "endpoint_id": letter.endpoint_id,
        "message_id": letter.message_id,
        "type": letter.type,
        "note_id": letter.note_id,
        "at": utc(letter.at),
        "attempts": letter.attempts,
        "first_error": letter.first_error,
        "last_error": letter.last_error,
    }
    if whole:
        row |= {"url": shown(letter.url), "payload": dict(letter.payload)}
    return row

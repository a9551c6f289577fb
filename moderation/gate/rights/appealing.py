"""An author appeals: against a verdict on an own note, in time, once until it is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moderation.errors import AppealOpen, AppealTooLate, NothingToAppeal, UnknownSubject
from moderation.store import Appeal, NewAppeal, NewEvent, Transaction
from moderation.verdict import Decision

OPENED = "appeal.opened"
DAYS = 30
"""How long after a verdict its author may appeal, unless the platform says otherwise."""
MOST_DAYS = 3_650


def appeal_until(decided_at: datetime, days: int) -> datetime:
    """The last moment at which an author may appeal.

    Args:
        decided_at: when the verdict was given, aware.
        days: as the platform says.
    """
    return decided_at + timedelta(days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An appeal that waits from now on."""

    appeal: Appeal

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP."""
        return _told(self.appeal) | {"at": self.appeal.at.isoformat()}


def open_appeal(
    now: Transaction, verdict_id: int, *, author_id: str, statement: str, days: int = DAYS
) -> Opened:
    """Take an author's appeal; subscribers hear `appeal.opened`.

    Args:
        now: the transaction that holds all of it.
        verdict_id: number of the verdict.
        author_id: who appeals.
        statement: in the author's words.
        days: how long after the verdict that may be.

    Raises:
        UnknownSubject: there is no such verdict on a note of this author.
        NothingToAppeal: the note passed.
        AppealTooLate: the time is over.
        AppealOpen: an appeal by this author waits against this verdict.
    """
    row = now.verdicts_numbered([verdict_id]).get(verdict_id)
    if row is None or row.author_id != author_id:  # the same words for both
        raise UnknownSubject(
            f"there is no verdict `v_{verdict_id}` on a note of this author",
            hint="check `verdict_id` and `author_id`",
        )
    at = datetime.now(UTC)
    if row.verdict.decision is Decision.PASS:
        raise NothingToAppeal("the note passed", hint="there is nothing to appeal")
    if at > appeal_until(row.decided_at, days):
        raise AppealTooLate(
            f"the time to appeal ended {days} days after the verdict",
            hint="submit the note again as a new revision",
        )
    new = NewAppeal(
        verdict_id=verdict_id,
        note_id=row.verdict.note_id,
        author_id=author_id,
        at=at,
        statement=statement,
    )
    opened, is_new = now.open_appeal(new)
    if not is_new:
        raise AppealOpen(
            f"the appeal `a_{opened.appeal_id}` against this verdict is open",
            hint="wait until a person has decided it",
        )
    now.add_event(
        NewEvent(
            type=OPENED,
            note_id=opened.note_id,
            author_id=opened.author_id,
            at=at,
            payload=_told(opened) | {"decision": row.verdict.decision.value, "actor": "author"},
        )
    )
    return Opened(appeal=opened)


def _told(appeal: Appeal) -> dict[str, Any]:
    return {
        "appeal_id": f"a_{appeal.appeal_id}",
        "verdict_id": f"v_{appeal.verdict_id}",
        "note_id": appeal.note_id,
        "state": appeal.state.value,
    }

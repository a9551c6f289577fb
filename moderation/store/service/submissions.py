"""Idempotency: one answer for one key, whatever is asked again, by whomever, while processes die.

The practice of the IETF draft on the `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-
header-07): the same key with the same body gives the stored answer; with another body it is a
mistake of the caller; while the first is still at work, the second has to wait.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import SUBMISSIONS


class Begun(StrEnum):
    """What a key turned out to be."""

    NEW = "new"
    """Nobody is at work on it; the caller is from now on."""
    IN_FLIGHT = "in_flight"
    """Somebody is at work on it."""
    ANSWERED = "answered"
    OTHER_BODY = "other_body"
    """It was used for something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubmission:
    """What is asked under a key."""

    key: str
    body_digest: str
    """`sha256:…` of what was asked: note, pictures and how to register."""
    note_id: str
    author_id: str
    started_at: datetime
    lease_until: datetime
    """Until then others wait for the answer; afterwards this process is taken for dead."""
    expires_at: datetime
    """End of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """How a key was found."""

    begun: Begun
    verdict_id: int | None = None
    """Of the answer; None where there is none yet."""
    answer: Mapping[str, Any] | None = None
    """What it said beside the verdict."""
    lease_until: datetime | None = None


class SubmissionReading(Connected):
    """Questions about keys."""

    def submission(self, key: str, body_digest: str, now: datetime) -> Submission:
        """How a key stands; `NEW` where nothing is known of it."""
        query = select(SUBMISSIONS).where(SUBMISSIONS.c.key == key)
        with self._connected() as connection:
            return _found(connection.execute(query).first(), body_digest, now)


class SubmissionWriting(SubmissionReading, Writing):
    """What is written about keys."""

    def begin_submission(self, new: NewSubmission) -> Submission:
        """Take a key, where nobody has it; else say how it stands."""
        found = self.submission(new.key, new.body_digest, new.started_at)
        if found.begun is Begun.NEW:
            self._connection.execute(delete(SUBMISSIONS).where(SUBMISSIONS.c.key == new.key))
            row = {name: getattr(new, name) for name in NewSubmission.__dataclass_fields__}
            self._connection.execute(insert(SUBMISSIONS), row)
        return found

    def is_mine(self, new: NewSubmission) -> bool:
        """Whether the key is still that of this attempt; False where its lease was too short.

        Another one was at work on it meanwhile, or has answered, and this one must not answer too.
        """
        query = select(SUBMISSIONS.c.started_at, SUBMISSIONS.c.verdict_id).where(
            SUBMISSIONS.c.key == new.key
        )
        row = self._connection.execute(query).first()
        return row is not None and row.started_at == new.started_at and row.verdict_id is None

    def answer_submission(self, key: str, verdict_id: int, answer: Mapping[str, Any]) -> None:
        """Keep the answer."""
        self._connection.execute(
            update(SUBMISSIONS)
            .where(SUBMISSIONS.c.key == key)
            .values(verdict_id=verdict_id, answer=dict(answer))
        )

    def drop_submission(self, new: NewSubmission) -> None:
        """Give a key back that brought no answer."""
        if self.is_mine(new):
            self._connection.execute(delete(SUBMISSIONS).where(SUBMISSIONS.c.key == new.key))

    def drop_expired_submissions(self, now: datetime) -> int:
        """Delete keys whose time is over; returns how many."""
        return self._connection.execute(
            delete(SUBMISSIONS).where(SUBMISSIONS.c.expires_at <= now)
        ).rowcount


def _found(row: Row[Any] | None, body_digest: str, now: datetime) -> Submission:
    if row is None or row.expires_at <= now:
        return Submission(begun=Begun.NEW)
    if row.body_digest != body_digest:
        return Submission(begun=Begun.OTHER_BODY)
    if row.verdict_id is not None:
        return Submission(begun=Begun.ANSWERED, verdict_id=row.verdict_id, answer=row.answer or {})
    if row.lease_until <= now:
        return Submission(begun=Begun.NEW)
    return Submission(begun=Begun.IN_FLIGHT, lease_until=row.lease_until)

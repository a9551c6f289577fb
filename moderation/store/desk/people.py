"""Who is logged in at the desk, and how each person wants it."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from moderation.store.desk.tables import DESK_SESSIONS, DESK_SETTINGS
from moderation.store.redaction import Subject
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tokens import digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSession:
    """Somebody who is logged in: without what proves it."""

    name: str
    role: str
    token_id: str
    """Of the token that was shown: with it the session ends."""
    created_at: datetime
    expires_at: datetime


class PeopleReading(Connected):
    """Questions about people at the desk."""

    def desk_session(self, presented: str) -> DeskSession | None:
        """The session that a cookie names, at its end or not; None where it is none of ours."""
        digest = digest_of(presented)
        query = select(DESK_SESSIONS).where(DESK_SESSIONS.c.digest == digest)
        with self._connected() as connection:
            row = connection.execute(query).first()
        if row is None or not hmac.compare_digest(row.digest, digest):
            return None
        return _session(row)

    def desk_settings(self, name: str) -> Mapping[str, Any]:
        """What a person has set; empty where nothing."""
        query = select(DESK_SETTINGS.c.said).where(DESK_SETTINGS.c.name == name)
        with self._connected() as connection:
            said = connection.execute(query).scalar()
        return said or {}


class PeopleWriting(PeopleReading, Writing):
    """What is written about them."""

    def begin_desk_session(self, session: DeskSession) -> str:
        """Let somebody in; returns the text for the cookie, which is kept nowhere."""
        self._connection.execute(
            delete(DESK_SESSIONS).where(DESK_SESSIONS.c.expires_at <= session.created_at)
        )
        presented = secrets.token_hex(32)
        row = {name: getattr(session, name) for name in DeskSession.__dataclass_fields__}
        self._connection.execute(insert(DESK_SESSIONS), row | {"digest": digest_of(presented)})
        return presented

    def end_desk_session(self, presented: str) -> None:
        """Log somebody out."""
        same = DESK_SESSIONS.c.digest == digest_of(presented)
        self._connection.execute(delete(DESK_SESSIONS).where(same))

    def set_at_desk(self, name: str, said: Mapping[str, Any]) -> None:
        """Keep what a person has set, in place of what was there."""
        same = DESK_SETTINGS.c.name == name
        changed = self._connection.execute(
            update(DESK_SETTINGS).where(same).values(said=dict(said))
        )
        if not changed.rowcount:
            row = {"name": name, "said": dict(said)}
            self._connection.execute(insert(DESK_SETTINGS), row)


def forget_in_settings(connection: Connection, subject: Subject) -> None:
    """Take a subject out of what people have set, as a saved filter may name an author."""
    for row in connection.execute(select(DESK_SETTINGS)).all():
        said = _without(row.said, subject)
        if said != row.said:
            same = DESK_SETTINGS.c.name == row.name
            connection.execute(update(DESK_SETTINGS).where(same).values(said=said))


def _without(said: Any, subject: Subject) -> Any:
    if isinstance(said, str):
        return subject.redact_text(said)
    if isinstance(said, list):
        return [_without(one, subject) for one in said]
    if isinstance(said, dict):
        return {_without(key, subject): _without(value, subject) for key, value in said.items()}
    return said


def _session(row: Row[Any]) -> DeskSession:
    values = {name: getattr(row, name) for name in DeskSession.__dataclass_fields__}
    return DeskSession(**values)

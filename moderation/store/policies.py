"""Policies that verdicts name, as they were: a digest alone says nothing years later.

Allow-lists may name authors. Who is forgotten is no longer named here either, so what is kept of
such a policy does not have the digest any more that it is kept under.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Table, insert, select, update

from moderation.store.redaction import FORGOTTEN
from moderation.store.schema import METADATA, JsonText, PlainText, UtcTime
from moderation.store.service.connected import Connected, Writing

POLICIES = Table(
    "policies",
    METADATA,
    Column("digest", PlainText, primary_key=True),
    Column("kept_at", UtcTime, nullable=False),
    Column("said", JsonText, nullable=False),
    sqlite_strict=True,
)


class PolicyReading(Connected):
    """Questions about policies."""

    def policy_said(self, digest: str) -> dict[str, Any] | None:
        """What a policy said, as `Policy.to_json` has it; None where no verdict was given by it."""
        query = select(POLICIES.c.said).where(POLICIES.c.digest == digest)
        with self._connected() as connection:
            said = connection.execute(query).scalar()
        return None if said is None else dict(said)


class PolicyWriting(PolicyReading, Writing):
    """What is kept of policies."""

    def keep_policy(
        self, digest: str, said: Callable[[], Mapping[str, Any]], *, at: datetime
    ) -> None:
        """Keep what a policy says, once.

        Args:
            digest: as in verdicts.
            said: gives it as JSON; asked only where it is not kept yet.
            at: now.
        """
        known = select(POLICIES.c.digest).where(POLICIES.c.digest == digest)
        if self._connection.execute(known).first() is None:
            row = {"digest": digest, "kept_at": at, "said": said()}
            self._connection.execute(insert(POLICIES), row)


def forget_in_policies(connection: Connection, author_id: str) -> None:
    """Take an author out of the lists of all policies that are kept."""
    for row in connection.execute(select(POLICIES)).all():
        said = _without(row.said, author_id)
        if said != row.said:
            kept = update(POLICIES).where(POLICIES.c.digest == row.digest)
            connection.execute(kept.values(said=said))


def _without(said: Any, author_id: str) -> Any:
    """The same JSON, with another word for the author wherever authors are listed."""
    if isinstance(said, list):
        return [_without(one, author_id) for one in said]
    if not isinstance(said, dict):
        return said
    return {
        key: [FORGOTTEN if one == author_id else one for one in value]
        if key == "authors" and isinstance(value, list)  # elsewhere a number of them
        else _without(value, author_id)
        for key, value in said.items()
    }

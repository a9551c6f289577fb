"""What a register asks of a database; `sqlite` and `postgres` are the two that answer."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection


class Database(Protocol):
    """A register's database, open and up to date."""

    name: str
    """What people may read of where it is; never a secret."""
    opened_at: str | None
    """Step of the schema at which it was found; None where it was made just now."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one snapshot, and never waits for a writer."""

    def writing(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        """A connection that holds the write lock; commits at the end, rolls back on an error."""

    def scrub(self, *, thoroughly: bool) -> None:
        """Take the bytes of deleted rows away; `thoroughly` where that is a choice."""

    def check(self) -> None:
        """Read everything, and fail with `StoreError` on the first fault."""

    def size_bytes(self) -> int:
        """Space that the tables take on the disk."""

    def counters(self, connection: Connection) -> dict[str, int]:
        """Table → highest number ever given to a row; tables that give none are absent."""

    def take_time(self, connection: Connection) -> None:
        """Let this one write take as long as it will; others wait, or are told that it is busy."""

    def after_load(self, connection: Connection, numbers: dict[str, int]) -> None:
        """Go on counting behind these numbers, so that none is ever given again, and be fast."""

    def close(self) -> None:
        """Close all connections."""

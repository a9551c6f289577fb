"""The register at one moment: many questions, one answer to all, and nobody waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from moderation.store.reading import Reading


class Snapshot(Reading):
    """Got from `Register.snapshot`, and of no use after its end."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        yield self._connection

"""What every part of the store that asks or writes stands on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager

from sqlalchemy import Connection


class Connected(ABC):
    """Something with a connection for each question."""

    @abstractmethod
    def _connected(self) -> AbstractContextManager[Connection]:
        """A connection for one question."""


class Writing(Connected):
    """Something that holds the write lock; all it does is committed together."""

    _connection: Connection

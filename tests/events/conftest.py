"""What the tests of events share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit import redis
from kit.receivers import Receiver, receiving

from moderation.store import Register


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis.RedisServer]:
    """A Redis of this session; each test takes a stream of its own."""
    with redis.running() as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register

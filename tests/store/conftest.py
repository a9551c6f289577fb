"""What the store's tests ask of either database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url


@pytest.fixture
def on_disk(request: pytest.FixtureRequest, place: str | Path) -> Callable[[], bytes]:
    """All bytes of the database's files: what somebody reads who steals the disk.

    Of PostgreSQL the files of the database; its write-ahead log is recycled by the server.
    """
    folder = Path(place)
    if isinstance(place, str):
        server = request.getfixturevalue("server")
        number = server.number_of(make_url(place).database)
        folder = server.data / "base" / str(number)

    def read() -> bytes:
        if isinstance(place, str):
            server.admin("CHECKPOINT")
        return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    return read

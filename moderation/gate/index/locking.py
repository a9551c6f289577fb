"""One process at a time writes the snapshots of a folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.image.durable import said_if_unwritable


@contextmanager
def only_one(folder: Path, *, wait: bool) -> Iterator[bool]:
    """True for one process at a time; the lock goes with the process, however it ends."""
    with said_if_unwritable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True

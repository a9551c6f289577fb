"""Files of an index that are whole or refused: written beside, flushed, then renamed into place."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from moderation.errors import IndexCorrupt, StoreUnwritable

MANIFEST = "manifest.json"
"""Replaced last: what it names is in force, all else is left over from a crash."""


def replace_file(path: Path, data: bytes) -> None:
    """Write, flush to disk, then rename into place.

    Raises:
        OSError: the disk is full, read-only or forbidden; the old file is as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A rename must itself reach the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def read_file(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes.

    Raises:
        IndexCorrupt: it is missing, unreadable or longer.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:  # before reading: a damaged file may be of any size
                raise corrupt(f"`{path.name}` has {size:,} bytes, limit {limit:,}")
            return file.read()
    except OSError as error:
        raise corrupt(f"cannot read `{path.name}`: {error.strerror or error}") from error


def corrupt(what: str) -> IndexCorrupt:
    """An error that says what is wrong and what to do."""
    return IndexCorrupt(what, hint="rebuild the index from the register")


@contextlib.contextmanager
def said_if_unwritable(folder: Path) -> Iterator[None]:
    """Turn faults of the disk into `StoreUnwritable`."""
    try:
        yield
    except OSError as error:
        raise StoreUnwritable(
            f"cannot write the index to `{folder}`: {error.strerror or error}",
            hint="free space or correct the permissions, then save again",
        ) from error

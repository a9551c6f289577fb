"""A file is written whole or not at all: a reader never meets half of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from moderation.errors import StoreUnwritable

STDOUT = "-"


class Sink:
    """Where bytes go; a failing disk is a `StoreUnwritable`, whoever calls `write`."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.closed = False

    def write(self, data: bytes) -> int:
        """Write all of `data`; returns its length.

        Raises:
            StoreUnwritable: the disk is full or fails.
        """
        try:
            return self._file.write(data)
        except BrokenPipeError:  # the reader of a pipe has seen enough: the caller's affair
            raise
        except OSError as error:
            raise unwritable(self._name, error) from error

    def flush(self) -> None:
        """Hand everything to the operating system.

        Raises:
            StoreUnwritable: the disk is full or fails.
        """
        try:
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise unwritable(self._name, error) from error


@contextmanager
def whole_file(target: str | Path, *, private: bool = False) -> Iterator[Sink]:
    """Write beside `target` and rename at the end; on any error the old file stays.

    `-` is standard output, which is written as it comes. A `private` file is for the eyes of its
    owner alone (mode 0600) from its first byte on, whatever the mode of the file it replaces.

    Raises:
        StoreUnwritable: the folder is missing or forbidden, or the disk is full.
    """
    if str(target) == STDOUT:
        sink = Sink(sys.stdout.buffer, "standard output")
        yield sink
        sink.flush()
        return
    target = Path(target)
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        draft.unlink(missing_ok=True)  # of a process that was killed, with a mode of its own
        file = open(draft, "wb", opener=_for_its_owner if private else None)  # noqa: SIM115
    except (OSError, ValueError) as error:
        raise unwritable(str(target), error) from error
    try:
        sink = Sink(file, str(target))
        yield sink
        sink.flush()
        _publish(file, draft, target)
    except BaseException:
        with suppress(OSError):
            file.close()
        draft.unlink(missing_ok=True)
        raise


def _for_its_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def _publish(file: BinaryIO, draft: Path, target: Path) -> None:
    try:
        os.fsync(file.fileno())  # before the rename, else a power cut leaves an empty file
        file.close()
        draft.replace(target)
    except OSError as error:
        raise unwritable(str(target), error) from error


def unwritable(name: str | Path, error: Exception) -> StoreUnwritable:
    """The error for a place that cannot be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StoreUnwritable(
        f"cannot write `{name}`: {reason}", hint="check free space, the folder and its permissions"
    )

"""The register: which pictures are known, who showed them first, what was decided.

    folder/register.sqlite3     this module; with `-wal` and `-shm` beside it while in use
    folder/index/               snapshots of the search index, followed from the log

Readers never wait and never block. Writers queue for one lock, so whatever is
looked up and written within one `transaction` is free of races, across threads
and processes. Open a register anew in a forked process; SQLite's connections
do not survive a fork.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from moderation.errors import StoreError
from moderation.store.reading import Reading
from moderation.store.sqlite import Database
from moderation.store.transaction import Transaction

FILE_NAME = "register.sqlite3"
BUSY_TIMEOUT_S = 30.0


class Register(Reading):
    """An open register; also a context manager that closes it."""

    def __init__(self, folder: Path, database: Database) -> None:
        """For `open`, which everybody else should call."""
        self.folder = folder
        self._database = database

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        create: bool = True,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
    ) -> Register:
        """Open the register in `folder`, bringing it up to date; make both if they are missing.

        Files are readable for their owner only, since fingerprints are personal data.

        Args:
            folder: where the register lies.
            create: False refuses a folder without a register.
            busy_timeout_s: how long a write waits for the lock, in seconds.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
            StoreBusy: another process held the lock for too long.
            WrongStoreVersion: of a newer program, or not a register; the file is left as it was.
            StoreError: the file is damaged, or missing while `create` is False.
        """
        path = Path(folder) / FILE_NAME
        if not create and not path.is_file():
            raise StoreError(
                f"no register in `{folder}`", hint="check the path, or register something first"
            )
        return cls(path.parent, Database(path, busy_timeout_s=busy_timeout_s))

    def close(self) -> None:
        """Close the files. A register is of no use afterwards."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold the write lock: commits at the end, and rolls all back on any exception.

        Keep it short, and never open one inside another: the inner waits for the outer.

        Raises:
            StoreBusy: the lock was not free within `busy_timeout_s`.
            StoreUnwritable: the disk is full or read-only; nothing was written.
        """
        with self._database.writing() as connection:
            yield Transaction(connection)

    def scrub(self) -> None:
        """Remove the bytes of deleted rows from the disk, by rewriting the file.

        Forgetting holds for every query at once; this makes it hold for whoever reads the raw
        disk. It takes the write lock for about a second per 100 MB and needs as much free space
        as the file has, so a large archive may prefer to scrub once a night.

        Raises:
            StoreBusy: a long read or write is going on.
            StoreUnwritable: there is not enough space; the register is as before.
        """
        self._database.scrub()

    def integrity_check(self) -> None:
        """Read the whole file, and compare tables with their indexes and references.

        Raises:
            StoreError: the file is damaged; the message has the first fault.
        """
        self._database.check()

    def _connected(self) -> AbstractContextManager[Connection]:
        return self._database.reading()

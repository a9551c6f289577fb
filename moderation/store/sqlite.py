"""All that only SQLite needs: the file, its PRAGMAs, its locks, its error codes.

Three ways to use a connection, told apart by an execution option that the
`begin` event reads: a read sees one snapshot and never waits; a write takes the
write lock at once (`BEGIN IMMEDIATE`: with a deferred BEGIN most of several
simultaneous writers fail with SQLITE_BUSY_SNAPSHOT instead of waiting); upkeep
runs without a transaction, as VACUUM demands.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from moderation.errors import (
    ModerationError,
    StoreBusy,
    StoreError,
    StoreUnwritable,
    UnknownSubject,
    WrongStoreVersion,
)
from moderation.store import migrations
from moderation.store.tables import COUNTED

APPLICATION_ID = 0x4E744774  # "NtGt" in the file's header: how we know our own files
_HASTY = "BEGIN IMMEDIATE, without waiting for the disk"
_DAMAGED_READS = ("SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS")


class Database:
    """A register's SQLite file, open and up to date."""

    def __init__(self, path: Path, *, busy_timeout_s: float) -> None:
        """Open `path`, which may be empty, and take the migration steps it lacks.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
            StoreBusy: the write lock was not free within `busy_timeout_s`.
            WrongStoreVersion: of a newer program, or not a register; the file is untouched.
            StoreError: the file is damaged.
        """
        self.path = path
        self.name = str(path.parent)
        self.opened_at: str | None = None
        self._busy_timeout_s = busy_timeout_s
        _create_privately(path)
        engine = create_engine(
            URL.create("sqlite", database=str(path)), poolclass=QueuePool, max_overflow=-1
        )
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", _on_begin)
        event.listen(engine, "handle_error", self._on_error, retval=True)
        self._engine = engine
        self._closed = False
        try:
            self._prepare_patiently()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one snapshot."""
        with self._opened("BEGIN").connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """A connection that holds the write lock; commits at the end, rolls back on an error.

        Where it need not be durable, the commit does not wait for the disk: processes that die
        lose nothing, and loss of power takes no more than the last such writes.
        """
        engine = self._opened("BEGIN IMMEDIATE" if durable else _HASTY)
        with engine.begin() as connection:
            yield connection

    def scrub(self, *, thoroughly: bool) -> None:
        """Rewrite the file without the bytes of deleted rows, and empty the write-ahead log.

        There is no other way than thoroughly.
        `secure_delete` alone is not enough: when SQLite balances its trees it leaves
        stale copies of rows in the free space of pages, and these survive the row.
        """
        with self._opened(None).connect() as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
        if busy:
            raise StoreBusy(
                f"readers kept `{self.path.name}-wal` in use for {self._busy_timeout_s:g} s",
                hint="scrub again when no long read is running",
            )

    def check(self) -> None:
        """Read the whole file and compare tables with indexes and references.

        Raises:
            StoreError: the file is damaged; the message has the first fault.
        """
        with self.reading() as connection:
            faults = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalars().all()
            orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if faults != ["ok"]:
            raise self._damaged(faults[0])
        if orphans:
            raise self._damaged(f"{len(orphans)} rows of `{orphans[0][0]}` refer to nothing")

    def size_bytes(self) -> int:
        """Space of all files in the register's folder, index snapshots included."""
        files = (path for path in self.path.parent.rglob("*") if path.is_file())
        return sum(path.stat().st_size for path in files)

    def counters(self, connection: Connection) -> dict[str, int]:
        """Table → highest number ever given to a row."""
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        given = {str(name): int(number) for name, number in rows}
        return {name: given.get(name, 0) for name in COUNTED}

    def take_time(self, connection: Connection) -> None:
        """A write takes as long as it takes."""

    def after_load(self, connection: Connection, numbers: dict[str, int]) -> None:
        """Go on counting behind these numbers."""
        connection.exec_driver_sql("DELETE FROM sqlite_sequence")
        for row in numbers.items():
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", row)

    def close(self) -> None:
        """Close all connections; the last one out empties the write-ahead log."""
        self._closed = True
        self._engine.dispose()

    def _opened(self, begin: str | None) -> Engine:
        if self._closed:
            raise StoreError(f"`{self.path.name}` is closed", hint="open the register again")
        return self._engine.execution_options(begin=begin)

    def _prepare_patiently(self) -> None:
        # While another process turns on the write-ahead log, SQLite answers "locked" at once,
        # whatever the busy timeout; so opening brings its own patience.
        deadline = time.monotonic() + self._busy_timeout_s
        while True:
            try:
                return self._prepare()
            except StoreBusy:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _prepare(self) -> None:
        with self.reading() as connection:
            self._refuse_strangers(connection)
            self.opened_at = migrations.revision(connection)
            if self.opened_at == migrations.head():
                return
        with self._opened(None).connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with self.writing() as connection:
            self._refuse_strangers(connection)
            if not migrations.is_current(connection):  # another process may have been faster
                migrations.upgrade(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")

    def _refuse_strangers(self, connection: Connection) -> None:
        mark = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
        tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        if mark != APPLICATION_ID and (mark or tables):
            raise WrongStoreVersion(
                f"`{self.path}` is a database of another program, not a register",
                hint="name another folder for the register",
            )

    def _on_connect(self, connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # the `begin` event says BEGIN, not the driver
        try:
            connection.execute(f"PRAGMA busy_timeout = {round(self._busy_timeout_s * 1000)}")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
        except sqlite3.Error:
            connection.close()  # the pool never learns of it
            raise

    def _on_error(self, context: ExceptionContext) -> BaseException | None:
        error: Any = context.original_exception
        if isinstance(error, ModerationError):
            return error  # a value that cannot be stored, see `schema.PlainText`
        if not isinstance(error, sqlite3.Error):
            return None
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")):
            return StoreBusy(
                f"another process held the write lock of `{self.path.name}` for more than "
                f"{self._busy_timeout_s:g} s",
                hint="try again, or end the process that holds the register",
            )
        if name.startswith(("SQLITE_CORRUPT", *_DAMAGED_READS)):
            return self._damaged(str(error))
        if name.startswith(
            ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_PERM")
        ):
            return _unwritable(self.path, str(error))
        if name == "SQLITE_NOTADB":
            return WrongStoreVersion(
                f"`{self.path}` is not a database", hint="name another folder for the register"
            )
        if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
            return UnknownSubject(
                "the work named is not in the register", hint="add the work in this transaction"
            )
        return StoreError(
            f"`{self.path.name}` refused a statement: {error} ({name or 'no code'})",
            hint="run `moderation register verify`",
        )

    def _damaged(self, fault: str) -> StoreError:
        return StoreError(
            f"`{self.path}` is damaged: {fault}", hint="restore the register from a backup"
        )


def _on_begin(connection: Connection) -> None:
    statement = connection.get_execution_options()["begin"]
    if statement is None:
        return
    if statement == _HASTY:
        connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
        statement = "BEGIN IMMEDIATE"
    elif statement == "BEGIN IMMEDIATE":
        connection.exec_driver_sql("PRAGMA synchronous = FULL")  # survives loss of power too
    connection.exec_driver_sql(statement)


def _create_privately(path: Path) -> None:
    # Fingerprints are personal data. SQLite gives its side files the mode of the main file.
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    # Asked, not tried: to close a file that this process has open elsewhere drops SQLite's locks.
    if not os.access(path, os.W_OK):
        raise _unwritable(path, "read-only file, or a read-only disk")


def _unwritable(path: Path, fault: str) -> StoreUnwritable:
    return StoreUnwritable(
        f"cannot write `{path}`: {fault[:1].lower()}{fault[1:]}",
        hint="free some space, or give the folder to the user of this process",
    )

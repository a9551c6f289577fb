"""A copy of a register's SQLite file, taken while gates write: whole, checked, or not there.

SQLite's online backup reads one snapshot, so that writers neither wait nor show up by halves. The
copy is written beside its place, read again, flushed to the disk, and only then given its name.
Nothing is brought up to date: a copy taken before an upgrade is of the version before. The copy
says that it is one: whoever opens it has to forget again what was forgotten since.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.errors import (
    BadSetting,
    ModerationError,
    StoreBusy,
    StoreError,
    StoreUnwritable,
    WrongStoreVersion,
)
from moderation.store.address import parse_address
from moderation.store.forgotten_list import COPIED, LIST_NAME, mark_of, write_list
from moderation.store.registry import FILE_NAME
from moderation.store.sqlite import APPLICATION_ID

_AT_ONCE = 1_000
"""Pages between two words on progress; 4 MB."""
_BUSY_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A copy that was read again and found whole."""

    file: Path
    bytes: int
    last_seq: int
    """Last entry of the register's log that it holds."""
    schema: str
    """Step of the schema: the program that restores it must know this one."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation store backup --json` writes it."""
        return {
            "file": str(self.file),
            "bytes": self.bytes,
            "last_seq": self.last_seq,
            "schema": self.schema,
        }


def back_up(
    register: str | Path, target: Path, *, progress: Callable[[int], None] | None = None
) -> BackedUp:
    """Copy the database of a register that lies in a folder, while others use it.

    Args:
        register: its folder.
        target: file to write, readable for its owner only; there must be none yet.
        progress: told the number of pages copied so far.

    Raises:
        BadSetting: the register lies on a server.
        StoreUnwritable: the target exists, or cannot be written.
        WrongStoreVersion: the folder holds a database of another program.
        StoreError: there is no register, or it is damaged; no file was made.
    """
    place = parse_address(register)
    if not isinstance(place, Path):
        raise BadSetting(
            f"`{place.name}` lies on a server, which makes its own backups",
            hint="use `pg_dump`, or what keeps the server's other databases",
        )
    source = place / FILE_NAME
    if not source.is_file():
        raise StoreError(f"no register in `{place}`", hint="check the path")
    if os.path.lexists(target):
        raise _exists(target)
    with _part_of(target) as part, _faults_told(source, target):
        _copy(source, part, progress or (lambda _: None))
        _mark(part, place)
        copied = _checked(part, target)
        _remember(source, target)
        _name(part, target)
    return copied


def _mark(part: Path, place: Path) -> None:
    """Let the copy say that it is one: opened, it forgets again what was forgotten since."""
    listed = (place / LIST_NAME).absolute()
    with closing(_connect(part, "mode=rw")) as copy:
        query = "SELECT value FROM meta WHERE key = 'erasure_secret'"
        (secret,) = copy.execute(query).fetchone()
        if not listed.is_file():
            write_list(listed, mark_of(bytes.fromhex(secret)), ())
        said = {"at": datetime.now(UTC).isoformat(), "list": str(listed)}
        row = (COPIED, json.dumps(said))
        copy.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", row)


def _remember(source: Path, target: Path) -> None:
    """Let the register know of the copy, so that a receipt can name it."""
    micros = int(datetime.now(UTC).timestamp() * 1_000_000)
    with closing(_connect(source, "mode=rw")) as register:
        there = "SELECT 1 FROM sqlite_schema WHERE name = 'copies_elsewhere'"
        if register.execute(there).fetchone() is None:
            return  # of a version before: its program does not ask
        register.execute(
            "INSERT OR REPLACE INTO copies_elsewhere (kind, place, at) VALUES ('backup', ?, ?)",
            (str(target.absolute()), micros),
        )


def _copy(source: Path, part: Path, progress: Callable[[int], None]) -> None:
    with closing(_connect(source, "mode=rw")) as reader, closing(_connect(part, "mode=rw")) as copy:
        (mark,) = reader.execute("PRAGMA application_id").fetchone()
        if mark != APPLICATION_ID:
            raise WrongStoreVersion(
                f"`{source}` is a database of another program, not a register",
                hint="name the folder of a register",
            )
        # The copy has no name yet: what a crash leaves of it is never used.
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # now it has its snapshot
        reader.backup(
            copy, pages=_AT_ONCE, progress=lambda _, left, total: progress(total - left), sleep=0.01
        )
        reader.execute("ROLLBACK")


def _checked(part: Path, target: Path) -> BackedUp:
    # Immutable: nothing is made beside it, and no page comes from a cache of the writer.
    with closing(_connect(part, "mode=ro&immutable=1")) as copy:
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check(1)")]
        if faults == ["ok"]:
            faults = [f"{row[0]} refers to nothing" for row in copy.execute(_ORPHANS)] or ["ok"]
        if faults != ["ok"]:
            raise _damaged(target, faults[0])
        (schema,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        (last_seq,) = copy.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
    return BackedUp(file=target, bytes=part.stat().st_size, last_seq=last_seq, schema=schema)


_ORPHANS = "PRAGMA foreign_key_check"


def _name(part: Path, target: Path) -> None:
    _flush(part, os.O_RDWR)
    try:
        os.link(part, target)  # unlike a rename, never over what somebody else has put there
    except FileExistsError:
        raise _exists(target) from None
    except OSError:  # a file system without hard links
        if os.path.lexists(target):
            raise _exists(target) from None
        part.rename(target)
    _flush(target.parent, os.O_RDONLY)


def _flush(path: Path, flags: int) -> None:
    opened = os.open(path, flags)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _part_of(target: Path) -> Iterator[Path]:
    """An empty file beside the target, gone in the end."""
    try:
        opened, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part"
        )
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from error
    os.close(opened)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{how}",
        uri=True,
        isolation_level=None,
        timeout=_BUSY_TIMEOUT_S,
    )


@contextmanager
def _faults_told(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _told(error, source, target) from error
    except OSError as error:
        raise _unwritable(target, error.strerror or str(error)) from error


def _told(error: sqlite3.Error, source: Path, target: Path) -> ModerationError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StoreBusy(
            f"`{source.name}` was locked for more than {_BUSY_TIMEOUT_S:g} s", hint="try again"
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return _unwritable(target, str(error))
    return _damaged(source, str(error))


def _damaged(path: Path, fault: str) -> StoreError:
    return StoreError(
        f"`{path}` is damaged: {fault}", hint="restore the register from an earlier backup"
    )


def _unwritable(target: Path, fault: str) -> StoreUnwritable:
    return StoreUnwritable(
        f"cannot write `{target}`: {fault[:1].lower()}{fault[1:]}",
        hint="free some space, or name a file in another folder",
    )


def _exists(target: Path) -> StoreUnwritable:
    return StoreUnwritable(
        f"`{target}` is there already, and no backup is ever overwritten",
        hint="name a file that does not exist, with the date in it",
    )

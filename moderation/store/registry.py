"""The register: which pictures are known, who showed them first, what was decided.

    folder/register.sqlite3     the default; with `-wal` and `-shm` beside it while in use
    folder/index/               snapshots of the search index, followed from the log
    postgresql://…              the same tables on a server, for gates on several machines;
                                each machine keeps its own snapshots

Readers never wait and never block. Writers queue for one lock, so whatever is
looked up and written within one `transaction` is free of races, across threads
and processes. Open a register anew in a forked process; connections do not
survive a fork.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, delete, select

from moderation.errors import RestoredCopy, StoreError
from moderation.store import erasure, moving, postgres, sqlite
from moderation.store.address import parse_address
from moderation.store.database import Database
from moderation.store.desk.pseudonyms import Pseudonyms, derived, pseudonyms_of, secret_of
from moderation.store.desk.reports import forget_readers
from moderation.store.forgotten_list import COPIED, LIST_NAME, mark_of, read_list, write_list
from moderation.store.moving import MovedTable
from moderation.store.reading import Reading
from moderation.store.records import SubjectKind
from moderation.store.schema import META
from moderation.store.snapshot import Snapshot
from moderation.store.transaction import Transaction

FILE_NAME = "register.sqlite3"
BUSY_TIMEOUT_S = 30.0
_RIGHTS = (
    *("author_links", "bank_entries", "bank_works", "captions", "claims", "log", "rulings"),
    "works",
)
"""Tables that decide, beside pictures, what a note may show."""


class Register(Reading):
    """An open register; also a context manager that closes it."""

    def __init__(self, folder: Path | None, database: Database) -> None:
        """For `open`, which everybody else should call."""
        self.folder = folder
        """Where it lies; None for a register on a server."""
        self.name = database.name
        """What people may read of where it is; never a secret."""
        self.replayed: tuple[int, int] | None = None
        """Of a restored backup: subjects that were forgotten again, and digests on the lists."""
        self._database = database

    @classmethod
    def open(
        cls,
        register: str | Path,
        *,
        create: bool = True,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        forgotten: Sequence[str | Path] | None = None,
    ) -> Register:
        """Open a register, bringing it up to date; make it if it is missing.

        Files are readable for their owner only, since fingerprints are personal data.

        Args:
            register: a folder, made if it is missing; or the URL of a PostgreSQL database that is
                there, see `moderation.store.address`.
            create: False refuses a folder or a database without a register.
            busy_timeout_s: how long a write waits for the lock, in seconds.
            forgotten: lists of what was forgotten (`forgotten.jsonl`), to forget again before
                anything can be found; empty says that nothing was forgotten since the backup was
                made. None looks for the list of a restored backup in its folder, and where the
                register lay.

        Raises:
            RestoredCopy: it is a restored backup, and no list is found.
            BadSetting: a URL of another kind.
            MissingExtra: the driver of the server is not installed.
            StoreUnreachable: no server answers, or it does not let us in.
            StoreUnwritable: the disk is full, read-only or forbidden.
            StoreBusy: another process held the lock for too long.
            WrongStoreVersion: of a newer program, or not a register; it is left as it was.
            StoreError: the file is damaged, or missing while `create` is False.
        """
        place = parse_address(register)
        if not isinstance(place, Path):
            server = postgres.Database(place, create=create, busy_timeout_s=busy_timeout_s)
            opened = cls(None, server)
            if forgotten:
                opened.forget_listed(forgotten)
            return opened
        path = place / FILE_NAME
        if not create and not path.is_file():
            raise StoreError(
                f"no register in `{register}`", hint="check the path, or register something first"
            )
        opened = cls(path.parent, sqlite.Database(path, busy_timeout_s=busy_timeout_s))
        try:
            if forgotten:
                opened.forget_listed(forgotten)
            elif opened._copied() is not None:
                opened._forget_again(nothing=forgotten is not None)
        except BaseException:
            opened.close()
            raise
        return opened

    def forget_listed(self, lists: Sequence[str | Path]) -> tuple[int, int]:
        """Forget again what lists say, in one transaction; a restored backup is then a register.

        Raises:
            StoreError: a list cannot be read, or is of another register; nothing was written.

        Returns:
            How many subjects were there, and how many digests the lists hold.
        """
        mark = self.mark()
        digests = {line["digest"] for path in lists for line in read_list(Path(path), mark)}
        with self._database.writing() as connection:
            self._database.take_time(connection)
            found = erasure.subjects_like(connection, digests) if digests else []
            now = Transaction(connection)
            for kind, name in found:
                is_note = kind is SubjectKind.NOTE
                now.forget_note(name) if is_note else now.forget_author(name)
            readers = forget_readers(connection, digests)  # whom nothing else names
            connection.execute(delete(META).where(META.c.key == COPIED))
        if found or readers:
            self.scrub()
        if self.folder is not None:
            self.list_forgotten(self.folder / LIST_NAME)
        with self.transaction() as now:
            for receipt in now.all_receipts(unfinished=True):
                now.finish_erasure(receipt.receipt_id, (), datetime.now(UTC))
        self.replayed = (len(found) + readers, len(digests))
        return self.replayed

    def list_forgotten(self, path: Path) -> int:
        """Add all receipts to a list that goes with backups; returns how many lines it has.

        Raises:
            StoreError: the list is of another register, or cannot be written.
        """
        return write_list(path, self.mark(), self.all_receipts())

    def mark(self) -> str:
        """Tells the lists of this register, and of its copies, from those of others."""
        with self._connected() as connection:
            return mark_of(secret_of(connection))

    def _copied(self) -> dict[str, Any] | None:
        """What a backup says of itself; None for a register."""
        query = select(META.c.value).where(META.c.key == COPIED)
        with self._connected() as connection:
            said = connection.execute(query).scalar()
        return None if said is None else dict(json.loads(said))

    def _forget_again(self, *, nothing: bool) -> None:
        told = self._copied() or {}
        places = [Path(self.name) / LIST_NAME, Path(told.get("list", LIST_NAME))]
        lists = [] if nothing else [place for place in dict.fromkeys(places) if place.is_file()]
        if not lists and not nothing:
            raise RestoredCopy(
                f"`{self.name}` is a backup of {told.get('at', 'an unknown day')!s:.19}, and the "
                f"list of what was forgotten since is neither there nor at `{places[1]}`",
                hint=f"put the `{LIST_NAME}` that lies beside the backups into its folder, or say "
                "`moderation store forgotten --nothing` where nothing was forgotten",
            )
        self.forget_listed(lists)

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
    def transaction(
        self, *, unhurried: bool = False, durable: bool = True
    ) -> Iterator[Transaction]:
        """Hold the write lock: commits at the end, and rolls all back on any exception.

        Keep it short, and never open one inside another: the inner waits for the outer.

        Args:
            unhurried: True for what may compute for minutes between two questions; a server
                otherwise takes a write for abandoned after two, and rolls it back.
            durable: False for what may be lost with the machine's power, though with no process.

        Raises:
            StoreBusy: the lock was not free within `busy_timeout_s`.
            StoreUnwritable: the disk is full or read-only; nothing was written.
        """
        with self._database.writing(durable=durable) as connection:
            if unhurried:
                self._database.take_time(connection)
            yield Transaction(connection)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Ask many questions of one moment, while others write."""
        with self._connected() as connection:
            yield Snapshot(connection)

    def scrub(self, *, thoroughly: bool = True) -> None:
        """Remove the bytes of deleted rows from the disk, by rewriting what held them.

        Forgetting holds for every query at once; this makes it hold for whoever reads the raw
        disk. It takes the write lock for about a second per 100 MB and needs as much free space
        as the file has, so a large archive may prefer to scrub once a night.

        Args:
            thoroughly: False for what may be done while others work. SQLite knows no such way
                and rewrites its file; PostgreSQL gives the space to later rows, but the bytes
                stay until these come.

        Raises:
            StoreBusy: a long read or write is going on.
            StoreUnwritable: there is not enough space, or the role may not; the register is as
                before.
        """
        self._database.scrub(thoroughly=thoroughly)

    def schema_found(self) -> str | None:
        """Step of the schema at which the register was opened; None if it was made then."""
        return self._database.opened_at

    def move_to(
        self, target: Register, *, progress: Callable[[int], None] | None = None
    ) -> list[MovedTable]:
        """Copy everything into an empty register, and prove that it is equal; see `moving`.

        This register stays as it is: point every gate to the other one before anything more is
        registered here.

        Args:
            target: holds nothing yet.
            progress: told the number of rows done so far.

        Returns:
            Tables with the digest that both registers gave for them.

        Raises:
            BadSetting: both are the same register.
            StoreError: the target holds something, or is not equal in the end; nothing was
                written then.
            StoreBusy: one of the write locks was not free in time.
        """
        return moving.move(self._database, target._database, progress=progress or (lambda _: None))

    def copy_to(self, target: Register) -> None:
        """Fill an empty register with what this one holds at a moment; nobody waits for it.

        Pictures, claims, words, banks, audit and what people answered; no secret, token,
        subscriber, event or key of the service.

        Args:
            target: holds nothing yet; for trials and scans, as numbers are given in both.

        Raises:
            StoreError: the target holds something, or is not equal in the end; nothing was
                written then.
        """
        moving.copy(self._database, target._database)

    def count_rows(self) -> int:
        """Rows of all tables, as `move_to` counts them."""
        return moving.count_rows(self._database)

    def digest_of_rights(self) -> str:
        """Changes whenever who may show what may have changed: reads all claims and captions."""
        return moving.digest_of(self._database, _RIGHTS)

    def size_bytes(self) -> int:
        """Space on the disk: of the whole folder, or of the server's tables and indexes."""
        return self._database.size_bytes()

    def key(self) -> str:
        """Tells registers apart, for names of files about one; 32 hexadecimal digits.

        Made from a secret that each register draws at its making, so that a database that was
        dropped and made anew is another one; and from where it lies, so that a restored copy is.
        """
        return self._derived(f"key of {self.name}")

    def identity(self) -> str:
        """Tells registers apart, the same from wherever one is asked; 32 hexadecimal digits.

        A copy or a backup has that of the original.
        """
        return self._derived("identity")

    def pseudonyms(self) -> Pseudonyms:
        """Names for what leaves this register; a copy or a backup gives the same."""
        with self._connected() as connection:
            return pseudonyms_of(connection)

    def form_key(self) -> str:
        """What words in forms are made from; unlike `identity` it is told to nobody."""
        return self._derived("forms")

    def _derived(self, purpose: str) -> str:
        with self._connected() as connection:
            return derived(secret_of(connection), purpose)

    def integrity_check(self) -> None:
        """Read all that is stored; in SQLite, compare tables with indexes and references too.

        Raises:
            StoreError: it is damaged; the message has the first fault.
        """
        self._database.check()

    def _connected(self) -> AbstractContextManager[Connection]:
        return self._database.reading()

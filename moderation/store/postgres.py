"""All that only PostgreSQL needs: connections, the write lock, upkeep.

**One writer at a time.** Every write starts by taking one advisory lock, which ends with its
transaction. From this follows all that a register promises:

- *Check and register is one operation.* Who holds the lock sees all that earlier holders
  committed, since PostgreSQL makes a commit visible before it gives the locks of its transaction
  back, and since each statement of a READ COMMITTED transaction takes a snapshot of its own. (In
  REPEATABLE READ the snapshot would be that of the statement that waited for the lock, and the
  note that won meanwhile would not be in it.)
- *The log has no late entries.* `log.seq` comes from a sequence, and a sequence alone would let
  entry 8 be committed before entry 7, which whoever had read up to 8 would never see. Here numbers
  are drawn, written and committed under the lock: the order of numbers is the order of commits,
  and a reader who has seen 8 has seen all below that will ever be. Gaps are possible (a rolled
  back transaction does not give its numbers back), and harmless: nobody waits for a number.
  Sequences must not hand out numbers in advance (`CACHE 1`, the default); `check` looks.

The lock belongs to database and schema, so two registers on one server do not wait for each
other. A process that dies gives it back with its connection; a machine that vanishes, after
`ABANDONED_S` without a word.

Reads are REPEATABLE READ, READ ONLY: one snapshot, no waiting. Open a register anew in a forked
process.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, text
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import QueuePool

from moderation.errors import MissingExtra, StoreBusy, StoreError, StoreUnwritable
from moderation.store import migrations, postgres_catalogue
from moderation.store.address import ServerAddress
from moderation.store.postgres_errors import Faults
from moderation.store.tables import TABLES

LOCK_CLASS = 0x4E744774
"""First half of the advisory lock's number, the same as SQLite's application id."""
ABANDONED_S = 120
"""A write whose process says nothing for so long is rolled back by the server."""
CONNECT_S = 10
"""For one address of the server, unless the URL has `connect_timeout`."""
VANISHED = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""A server that is gone without a word is given up after half a minute, not after two hours; unless
the URL says otherwise (seconds; the last one in milliseconds)."""
_ALL = ", ".join(table.name for table in TABLES)
_KEPT, _MORE = 4, 12  # connections of one process; a write takes one of them

_LOCK = text(
    # The settings hold for this transaction, and are made before the lock is waited for.
    "WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', :busy, true),"
    " set_config('idle_in_transaction_session_timeout', :abandoned, true))"
    " SELECT pg_advisory_xact_lock(:kind, hashtext(coalesce(current_schema(), '')))"
    " FROM patience"
)


class Database:
    """A register's PostgreSQL database, open and up to date."""

    def __init__(self, address: ServerAddress, *, create: bool, busy_timeout_s: float) -> None:
        """Connect, and take the migration steps that the tables lack.

        Raises:
            MissingExtra: the driver is not installed.
            StoreUnreachable: no server answers, or it does not let us in.
            StoreUnwritable: tables are to be made or changed, and the role may not.
            StoreBusy: the write lock was not free within `busy_timeout_s`.
            WrongStoreVersion: of a newer program, or not a register; it is left as it was.
            StoreError: there is no register, and `create` is False.
        """
        self.name = address.name
        self.opened_at: str | None = None
        self._busy_timeout_s = busy_timeout_s
        self._turn = threading.Lock()
        self._closed = False
        engine = _engine(address, busy_timeout_s)
        self._faults = Faults(address, busy_timeout_s=busy_timeout_s)
        event.listen(engine, "handle_error", self._on_error, retval=True)
        self._engine = engine
        self._readers = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._writers = engine.execution_options(isolation_level="READ COMMITTED")
        self._upkeep = engine.execution_options(isolation_level="AUTOCOMMIT")
        try:
            self._prepare(create=create)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one snapshot."""
        with self._connected(self._readers) as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """A connection that holds the write lock; commits at the end, rolls back on an error.

        Where it need not be durable, the commit does not wait for the server's disk.
        """
        # Threads of one process queue here, so that those who wait hold no connection.
        if not self._turn.acquire(timeout=self._busy_timeout_s):
            raise self._faults.busy()
        try:
            with self._connected(self._writers) as connection, connection.begin():
                patience = {
                    "busy": str(max(1, round(self._busy_timeout_s * 1000))),
                    "abandoned": str(ABANDONED_S * 1000),
                }
                connection.execute(_LOCK, {"kind": LOCK_CLASS, **patience})
                if not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
        finally:
            self._turn.release()

    def scrub(self, *, thoroughly: bool) -> None:
        """Free the space of deleted rows.

        Thoroughly, each table is rewritten without their bytes, and nobody can use it meanwhile;
        otherwise their space is only given to later rows, and nobody waits. What the write-ahead
        log, replicas and backups hold is the server's to forget.

        Raises:
            StoreBusy: a table was in use for too long.
            StoreUnwritable: `thoroughly`, and the role does not own the tables.
        """
        with self._connected(self._upkeep) as connection:
            if not postgres_catalogue.owns_tables(connection):
                if thoroughly:
                    raise StoreUnwritable(
                        f"the role may not rewrite the tables of `{self.name}`, as it does not "
                        "own them",
                        hint="do it as their owner; what was deleted is out of every search",
                    )
                return  # the server's own autovacuum comes by
            patience = max(1, round(self._busy_timeout_s * 1000))
            connection.exec_driver_sql(f"SET lock_timeout = {patience}")
            try:
                how = "(FULL, ANALYZE)" if thoroughly else "(SKIP_LOCKED)"
                connection.exec_driver_sql(f"VACUUM {how} {_ALL}")
            finally:
                connection.exec_driver_sql("RESET lock_timeout")

    def check(self) -> None:
        """Read every value of every row, and see that no number can be given twice.

        Raises:
            StoreError: a fault; the message has the first one.
        """
        with self.reading() as connection:
            fault = postgres_catalogue.first_fault(connection)
        if fault is not None:
            raise self._faults.damaged(fault)

    def size_bytes(self) -> int:
        """Space of tables and their indexes."""
        with self.reading() as connection:
            return postgres_catalogue.size_bytes(connection)

    def counters(self, connection: Connection) -> dict[str, int]:
        """Table → highest number ever given to a row."""
        return postgres_catalogue.counters(connection)

    def take_time(self, connection: Connection) -> None:
        """Nobody takes this write for abandoned."""
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")

    def after_load(self, connection: Connection, numbers: dict[str, int]) -> None:
        """Go on counting behind these numbers, and tell the planner how large the tables are."""
        postgres_catalogue.set_counters(connection, numbers)
        connection.exec_driver_sql(f"ANALYZE {_ALL}")

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        self._engine.dispose()

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        if self._closed:
            raise StoreError(f"`{self.name}` is closed", hint="open the register again")
        try:
            connection = engine.connect()
        except NoneFree:
            raise StoreBusy(
                f"all {_KEPT + _MORE} connections of this process to `{self.name}` were in use "
                f"for {self._busy_timeout_s:g} s",
                hint="ask less at once, or run more processes",
            ) from None
        with connection:
            yield connection

    def _prepare(self, *, create: bool) -> None:
        with self.reading() as connection:
            postgres_catalogue.refuse_unfit(connection, self.name)
            known = postgres_catalogue.holds_register(connection, self.name)
            if known:
                self.opened_at = migrations.revision(connection)
                if migrations.is_current(connection):
                    return
        if not known and not create:
            raise StoreError(
                f"no register in `{self.name}`", hint="check the URL, or register something first"
            )
        with self.writing() as connection:
            known = postgres_catalogue.holds_register(connection, self.name)
            if not known or not migrations.is_current(connection):  # another may have been faster
                migrations.upgrade(connection)

    def _on_error(self, context: ExceptionContext) -> BaseException | None:
        if context.is_pre_ping:
            return None  # a connection that the server has ended is replaced in silence
        return self._faults.told(context.original_exception)


def _engine(address: ServerAddress, busy_timeout_s: float) -> Engine:
    ours = {"connect_timeout": CONNECT_S, "application_name": "notegate", **VANISHED}
    own = {name: value for name, value in ours.items() if name not in address.url.query}
    arguments: dict[str, Any] = {"client_encoding": "utf8", **own}
    try:
        return create_engine(
            address.url,
            poolclass=QueuePool,
            pool_size=_KEPT,
            max_overflow=_MORE,
            pool_timeout=busy_timeout_s,
            pool_pre_ping=True,
            hide_parameters=True,  # they are personal data
            use_native_hstore=False,
            connect_args=arguments,
        )
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "a register in PostgreSQL needs `psycopg`, which is not installed",
            hint="pip install 'notegate[postgres]'",
        ) from error

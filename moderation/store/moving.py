"""Copying a whole register into an empty one, of the other kind or of the same.

All or nothing: one transaction of the target holds every row, every number that is spent, and the
proof that it is all there; it is committed only when the proof is complete, so a move that was
interrupted has changed nothing and is simply started again. Meanwhile both write locks are held:
a note that was registered in the old place after its table was copied would be lost.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Row,
    Table,
    TableClause,
    Text,
    column,
    delete,
    func,
    insert,
    select,
    table,
)
from sqlalchemy.types import TypeEngine

from moderation.errors import BadSetting, StoreError
from moderation.store.database import Database
from moderation.store.schema import META, JsonText, PlainText, UtcTime
from moderation.store.tables import SERVICE, TABLES

_AT_ONCE = 500
"""Rows in memory; with features and descriptor, about 10 KB each."""
_BINARY = {"sqlite": "BINARY", "postgresql": "C"}
"""Names of the one order of text that both databases know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTable:
    """A table that is the same in both places."""

    name: str
    rows: int
    digest: str
    """SHA-256 over all values of all rows, by primary key; equal in every database."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation store move --json` writes it."""
        return {"name": self.name, "rows": self.rows, "digest": self.digest}


def move(
    source: Database, target: Database, *, progress: Callable[[int], None]
) -> list[MovedTable]:
    """Copy everything, and prove that it is equal. The source stays as it is.

    Args:
        source: what to copy.
        target: holds nothing yet.
        progress: told the number of rows done so far.

    Raises:
        BadSetting: both are the same register.
        StoreError: the target holds something, or what it holds in the end is not equal; nothing
            was written then.
        StoreBusy: one of the write locks was not free in time.
    """
    if _secret(source) == _secret(target):
        raise BadSetting(
            f"`{source.name}` and `{target.name}` are one register, or one is a copy of the other",
            hint="name a new folder or an empty database to move to",
        )
    with source.writing() as old, target.writing() as new:
        source.take_time(old)
        return _filled(TABLES, source, old, target, new, progress)


def copy(source: Database, target: Database) -> list[MovedTable]:
    """As `move`, from one snapshot and without the source's lock: others go on writing there.

    What belongs to the service stays behind, secrets and subscribers above all: nobody is told
    twice, and nothing that opens a door lies in a second place.
    """
    own = [one for one in TABLES if one is not META and one.name not in SERVICE]
    with source.reading() as old, target.writing() as new:
        return _filled(own, source, old, target, new, lambda _: None)


def _filled(
    tables: Sequence[Table],
    source: Database,
    old: Connection,
    target: Database,
    new: Connection,
    progress: Callable[[int], None],
) -> list[MovedTable]:
    target.take_time(new)
    _refuse_filled(new, target.name)
    if META in tables:
        new.execute(delete(META))
    copied: list[MovedTable] = []
    for one in tables:
        done = sum(table.rows for table in copied)
        copied.append(_copied(one, old, new, progress, done))
    numbers = source.counters(old)
    target.after_load(new, numbers)
    _prove_counters(numbers, target.counters(new))
    for one, told in zip(tables, copied, strict=True):
        _prove(told, _told(one, new))
    return copied


def digest_of(database: Database, names: Collection[str]) -> str:
    """Changes with any row of some tables, wherever they lie."""
    with database.reading() as connection:
        told = [_told(one, connection).to_json() for one in TABLES if one.name in names]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def count_rows(database: Database) -> int:
    """How much there is to copy."""
    with database.reading() as connection:
        return sum(_count(connection, one) for one in TABLES)


def _copied(
    one: Table, old: Connection, new: Connection, progress: Callable[[int], None], done: int
) -> MovedTable:
    digest, count = hashlib.sha256(), 0
    for rows in _portions(_rows(old, one)):
        new.execute(insert(_bare(one)), [dict(row._mapping) for row in rows])
        for row in rows:
            digest.update(_encoded(row))
        count += len(rows)
        progress(done + count)
    return MovedTable(name=one.name, rows=count, digest=digest.hexdigest())


def _prove(before: MovedTable, after: MovedTable) -> None:
    if before != after:
        raise StoreError(
            f"table `{before.name}` has {before.rows:,} rows ({before.digest[:12]}…) in the old "
            f"place and {after.rows:,} ({after.digest[:12]}…) in the new one",
            hint="nothing was written; run `moderation register verify` on the old one, try again",
        )


def _prove_counters(before: dict[str, int], after: dict[str, int]) -> None:
    if before != after:
        name = next(name for name in before if before[name] != after.get(name))
        raise StoreError(
            f"`{name}` would go on counting after {after.get(name)} instead of {before[name]}",
            hint="nothing was written; try again",
        )


def _told(one: Table, connection: Connection) -> MovedTable:
    digest, count = hashlib.sha256(), 0
    for row in _rows(connection, one):
        digest.update(_encoded(row))
        count += 1
    return MovedTable(name=one.name, rows=count, digest=digest.hexdigest())


def _encoded(row: Sequence[Any]) -> bytes:
    """One string of bytes for one row: of every value its kind, its length, itself."""
    parts = []
    for value in row:
        if value is None:
            parts.append(b"-")
            continue
        raw = value if isinstance(value, bytes) else str(value).encode()
        parts.append(b"%c%d:%b" % (type(value).__name__[0].encode(), len(raw), raw))
    return b"(" + b"".join(parts) + b")"


def _rows(connection: Connection, one: Table) -> Iterator[Row[Any]]:
    bare = _bare(one)
    order = [_in_binary_order(bare, key, connection) for key in one.primary_key]
    query = select(*bare.c).order_by(*order)
    yield from connection.execute(query, execution_options={"yield_per": _AT_ONCE})


def _in_binary_order(
    bare: TableClause, key: Column[Any], connection: Connection
) -> ColumnElement[Any]:
    named: ColumnElement[Any] = bare.c[key.name]
    if isinstance(key.type, PlainText):
        return named.collate(_BINARY[connection.dialect.name])
    return named


def _bare(one: Table) -> TableClause:
    """The table without our types: rows pass through as the database holds them."""
    return table(one.name, *(column(each.name, _bare_type(each.type)) for each in one.columns))


def _bare_type(of: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(of, UtcTime):
        return BigInteger()
    return Text() if isinstance(of, PlainText | JsonText) else of


def _portions(rows: Iterator[Row[Any]]) -> Iterator[list[Row[Any]]]:
    while portion := list(islice(rows, _AT_ONCE)):
        yield portion


def _refuse_filled(connection: Connection, name: str) -> None:
    for one in TABLES:
        if one is not META and (count := _count(connection, one)):
            raise StoreError(
                f"`{name}` is not empty: `{one.name}` has {count:,} rows, 0 are allowed",
                hint="name a new folder or an empty database to move to",
            )


def _count(connection: Connection, one: Table) -> int:
    return connection.execute(select(func.count()).select_from(one)).scalar_one()


def _secret(database: Database) -> str:
    with database.reading() as connection:
        query = select(META.c.value).where(META.c.key == "erasure_secret")
        return connection.execute(query).scalar_one()

"""What PostgreSQL's catalogue says about a register: is it one, is it sound, how large is it?"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from moderation.errors import BadSetting, WrongStoreVersion
from moderation.store.tables import COUNTED, TABLES

OLDEST = 14
"""Major version of the server; older ones are no longer kept up by their makers."""
_NAMES = [table.name for table in TABLES]
_MARKS = {"alembic_version", "meta", "works", "pictures", "log"}


def refuse_unfit(connection: Connection, name: str) -> None:
    """Make sure that the server can hold a register.

    Raises:
        BadSetting: it is too old, has another encoding, or the schema named does not exist.
    """
    version, encoding, schema = connection.execute(
        text(
            "SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding),"
            " current_schema() FROM pg_database WHERE datname = current_database()"
        )
    ).one()
    if version // 10_000 < OLDEST:
        raise BadSetting(
            f"the server of `{name}` is PostgreSQL {version // 10_000}, "
            f"{OLDEST} or newer is needed",
            hint="upgrade the server",
        )
    if encoding != "UTF8":
        raise BadSetting(
            f"`{name}` has the encoding {encoding}, UTF8 is needed",
            hint="create the database with `ENCODING UTF8`",
        )
    if schema is None:
        raise BadSetting(
            f"no schema of the search path exists in `{name}`",
            hint="create the schema, or correct `search_path`",
        )


def holds_register(connection: Connection, name: str) -> bool:
    """True for a register, False where there is nothing.

    Raises:
        WrongStoreVersion: tables of another program are there.
    """
    found = set(
        connection.execute(
            text(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
                " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
                " AND d.objid = c.oid AND d.deptype = 'e')"
            )
        ).scalars()
    )
    if found and not found >= _MARKS:
        strange = sorted(found)[0]
        raise WrongStoreVersion(
            f"`{name}` holds tables of another program (`{strange:.60}`), not a register",
            hint="give the register a database of its own",
        )
    return bool(found)


def owns_tables(connection: Connection) -> bool:
    """True if the role may do with the tables whatever it likes."""
    query = text(
        "SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), false) FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relname = ANY(:tables)"
    )
    return bool(connection.execute(query, {"tables": _NAMES}).scalar_one())


def size_bytes(connection: Connection) -> int:
    """Space of the tables with their indexes."""
    query = text(
        "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relname = ANY(:tables)"
    )
    return int(connection.execute(query, {"tables": _NAMES}).scalar_one())


def first_fault(connection: Connection) -> str | None:
    """Why the tables cannot be right; None if nothing was found.

    Every value is read, so that the server meets every page (and, with data checksums, checks it).
    Indexes are the server's own affair; `amcheck` compares these.
    """
    for table in TABLES:
        every_value = func.bit_xor(func.hash_record_extended(table.table_valued(), 0))
        connection.execute(select(every_value)).scalar_one()
    given = counters(connection)
    for table in TABLES:
        if table.name not in COUNTED:
            continue
        column = table.c[COUNTED[table.name]]
        highest = connection.execute(select(func.max(column))).scalar_one() or 0
        if highest > given[table.name]:
            return (
                f"`{table.name}` has a row {highest}, and its sequence would give "
                f"{given[table.name] + 1} next"
            )
    ahead = connection.execute(
        text(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()"
            " AND cache_size > 1 LIMIT 1"
        )
    ).scalar()
    if ahead is not None:
        return f"sequence `{ahead}` hands out numbers in advance, the log needs CACHE 1"
    return None


def counters(connection: Connection) -> dict[str, int]:
    """Table → highest number that its sequence ever gave."""
    query = text(
        "SELECT t, coalesce(pg_sequence_last_value(pg_get_serial_sequence(t, c)::regclass), 0)"
        " FROM unnest(CAST(:tables AS text[]), CAST(:columns AS text[])) AS counted (t, c)"
    )
    named = {"tables": list(COUNTED), "columns": list(COUNTED.values())}
    return {table: int(number) for table, number in connection.execute(query, named)}


def set_counters(connection: Connection, numbers: dict[str, int]) -> None:
    """Let sequences go on behind these numbers. Not undone by a rollback, and harmless then."""
    for table, number in numbers.items():
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :number, :called)"),
            {
                "table": table,
                "column": COUNTED[table],
                "number": max(number, 1),
                "called": number > 0,
            },
        )

"""What only a register on a server has: addresses, roles, a network, other programs' tables."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from kit.postgres import PASSWORD, Server
from kit.register_children import in_processes, open_together
from kit.register_rows import a_picture, register_picture
from kit.service_rows import WITHOUT_SERVICE
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from moderation.errors import (
    BadSetting,
    StoreBusy,
    StoreError,
    StoreUnreachable,
    StoreUnwritable,
    WrongStoreVersion,
)
from moderation.store import Register, Transaction
from moderation.store.address import ServerAddress, parse_address
from moderation.store.schema import METADATA


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """Of a database with the tables of a register."""
    with server.database() as url:
        yield url


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """Of a database without any table."""
    with server.database(empty=True) as url:
        yield url


def database_of(url: str) -> str:
    return str(make_url(url).database)


def by_hand(server: Server, url: str, *statements: str) -> None:
    server.admin(*statements, database=database_of(url))


def tables(server: Server, url: str) -> list[str]:
    query = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    return [name for (name,) in server.admin(query, database=database_of(url))]


# Addresses


@pytest.mark.parametrize(
    ("url", "name"),
    [
        pytest.param("postgresql://me:hush@db:5433/notes", "postgresql://db:5433/notes", id="all"),
        pytest.param("postgres://db/notes", "postgresql://db/notes", id="short-scheme"),
        pytest.param("postgresql+psycopg:///notes", "postgresql:///notes", id="local"),
        pytest.param(
            "postgresql:///notes?host=db&password=hush&sslpassword=hush", "postgresql://db/notes",
            id="query",
        ),
    ],
)  # fmt: skip
def test_people_read_place_and_database_only(url: str, name: str) -> None:
    """User, password and options stay out of names, and of what a debugger prints."""
    address = parse_address(url)
    assert isinstance(address, ServerAddress)
    assert address.name == name
    assert "hush" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("sqlite:///hush", id="sqlite"),
        pytest.param("hush://db/notes", id="unknown"),
        pytest.param("postgresql://me:hush@db:54x/notes", id="port"),
        pytest.param("postgresql://me:oh@hush@db/notes", id="at-sign-in-password"),
    ],
)
def test_other_urls_are_refused_without_quoting_them(url: str) -> None:
    """No more than the scheme is repeated."""
    with pytest.raises(BadSetting) as refused:
        parse_address(url)
    assert "hush" not in refused.value.message.replace("`hush`", "") + refused.value.hint
    assert refused.value.__cause__ is None


def test_a_path_is_a_folder() -> None:
    """Whatever it looks like."""
    assert parse_address("postgresql/notes") == Path("postgresql/notes")
    assert parse_address(Path("postgresql://db/notes")) == Path("postgresql:/db/notes")


# Opening


def test_the_steps_make_the_tables_that_the_code_expects(server: Server, empty: str) -> None:
    """The migrated schema and `schema.METADATA` do not differ, indexes and defaults included."""
    Register.open(empty).close()
    engine = create_engine(make_url(empty).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        difference = compare_metadata(context, METADATA)
    engine.dispose()
    assert difference == []


def test_eight_processes_open_a_new_register_at_once(server: Server, empty: str) -> None:
    """All succeed, and the steps are taken once."""
    assert in_processes(8, open_together, empty) == [0] * 8
    counts = "SELECT (SELECT count(*) FROM alembic_version), (SELECT count(*) FROM meta)"
    assert server.admin(counts, database=database_of(empty)) == [(1, 1)]


def test_an_older_register_is_brought_up_to_date(server: Server, url: str) -> None:
    """The missing steps are taken, and what it holds stays."""
    with Register.open(url) as register:
        register_picture(register, a_picture())
    by_hand(
        server,
        url,
        *WITHOUT_SERVICE,
        "DROP TABLE reviews",
        "ALTER TABLE verdicts DROP COLUMN text_digest",
        "UPDATE alembic_version SET version_num = '0005'",
    )
    with Register.open(url) as register:
        stats = register.stats()
    assert (stats.pictures, stats.reviews) == (1, 0)


def test_a_newer_register_is_refused(server: Server, url: str) -> None:
    """An older program never writes into a newer register."""
    by_hand(server, url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(WrongStoreVersion, match="9999"):
        Register.open(url)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE TABLE bookmarks (url text)", id="tables"),
        pytest.param("CREATE TABLE alembic_version (version_num text)", id="alembic"),
        pytest.param("CREATE VIEW works AS SELECT 1 AS x", id="view-of-our-name"),
    ],
)
def test_another_programs_database_is_refused_untouched(
    server: Server, empty: str, statement: str
) -> None:
    """We add no tables to somebody else's."""
    by_hand(server, empty, statement)
    before = tables(server, empty)
    with pytest.raises(WrongStoreVersion, match="another program"):
        Register.open(empty)
    assert tables(server, empty) == before


def test_a_schema_of_its_own_keeps_a_register_apart(server: Server, empty: str) -> None:
    """Named in the URL; two registers in one database know nothing of each other."""
    by_hand(server, empty, "CREATE SCHEMA second AUTHORIZATION notes")
    second = f"{empty}&options=-csearch_path%3Dsecond"
    with Register.open(empty) as one, Register.open(second) as other:
        register_picture(one, a_picture())
        assert (one.stats().pictures, other.stats().pictures) == (1, 0)
        with one.transaction(), other.transaction() as now:  # two locks
            now.add_work()
    with pytest.raises(BadSetting, match="search path"):
        Register.open(f"{empty}&options=-csearch_path%3Dnowhere")


def test_a_missing_register_is_not_made_when_not_wanted(server: Server, empty: str) -> None:
    """`create=False` refuses, and makes no table."""
    with pytest.raises(StoreError, match="no register"):
        Register.open(empty, create=False)
    assert tables(server, empty) == []


def test_a_database_that_cannot_hold_all_text_is_refused(server: Server) -> None:
    """LATIN1 would lose Chinese ids."""
    server.admin("CREATE DATABASE latin OWNER notes TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'")
    try:
        with pytest.raises(BadSetting, match="LATIN1, UTF8"):
            Register.open(server.url("latin"))
    finally:
        server.admin("DROP DATABASE latin WITH (FORCE)")


# Who may not come in


@pytest.mark.parametrize(
    ("database", "role", "password", "hint"),
    [
        pytest.param("postgres", "notes", "wrong-secret", "user and password", id="password"),
        pytest.param("postgres", "nobody-here", "wrong-secret", "user and password", id="role"),
        pytest.param("typo", "notes", "hush%2Fhush%4042", "create the database", id="database"),
    ],
)
def test_who_is_not_let_in_is_told_why_without_the_password(
    server: Server, database: str, role: str, password: str, hint: str
) -> None:
    """Neither message, hint nor the chain of causes quotes it."""
    with pytest.raises(StoreUnreachable) as refused:
        Register.open(server.url(database, role=role, password=password))
    assert hint in refused.value.hint
    assert database in refused.value.message
    error: BaseException | None = refused.value
    while error is not None:
        told = repr(error) + getattr(error, "hint", "")
        assert "wrong-secret" not in told
        assert PASSWORD not in told
        error = error.__cause__ or error.__context__


def test_a_parameter_that_is_none_is_a_setting_to_mend(url: str) -> None:
    """Not a fault of the server."""
    with pytest.raises(BadSetting, match="nonsense"):
        Register.open(f"{url}&nonsense=1")


def test_a_role_with_the_documented_rights_can_work(server: Server, url: str) -> None:
    """It can register, forget and verify; it can neither change tables nor rewrite them."""
    by_hand(
        server,
        url,
        "DROP ROLE IF EXISTS gate",
        "CREATE ROLE gate LOGIN PASSWORD 'g'",
        *GRANTS,
    )
    try:
        with Register.open(server.url(database_of(url), role="gate", password="g")) as register:
            register_picture(register, a_picture())
            with register.transaction() as now:
                now.forget_note("n1")
            register.scrub(thoroughly=False)
            register.integrity_check()
            assert register.stats().pictures == 0
            with pytest.raises(StoreUnwritable, match="own"):
                register.scrub()
        by_hand(
            server,
            url,
            *WITHOUT_SERVICE,
            "DROP TABLE reviews",
            "ALTER TABLE verdicts DROP COLUMN text_digest",
            "UPDATE alembic_version SET version_num = '0005'",
        )
        with pytest.raises(StoreUnwritable, match=r"must be owner|permission denied") as refused:
            Register.open(server.url(database_of(url), role="gate", password="g"))
        assert "owner" in refused.value.hint
    finally:
        by_hand(server, url, "DROP OWNED BY gate", "DROP ROLE gate")


def _documented_grants() -> tuple[str, ...]:
    text = (Path(__file__).parents[2] / "SECURITY.md").read_text(encoding="utf-8")
    (block,) = [part.partition("```")[0] for part in text.split("```sql\n")[1:]]
    return tuple(line for line in block.splitlines() if line.startswith("GRANT"))


GRANTS = _documented_grants()
"""As SECURITY.md gives them."""


# While others work, and when they fail


def test_a_held_lock_is_busy_for_writers_and_nothing_for_readers(url: str) -> None:
    """The second writer waits for its time and says so; opening and reading go on."""
    with Register.open(url) as holder, holder.transaction() as tx:
        tx.add_work()
        with Register.open(url, busy_timeout_s=0.1) as other:
            assert other.stats().works == 0
            with pytest.raises(StoreBusy, match=r"0\.1 s"), other.transaction():
                pass
    with Register.open(url) as register:
        assert register.stats().works == 1


def test_a_reader_of_the_log_never_misses_an_entry(url: str) -> None:
    """Following the log while eight threads write finds every entry, in order, once."""
    with Register.open(url) as register, Register.open(url) as follower:

        def write(author: int) -> None:
            for i in range(12):
                with register.transaction() as now:
                    work = now.add_work()
                    now.add_picture(a_picture(f"a{author}n{i}"), work)
                    if i % 4 == 3:  # numbers drawn and given back leave gaps
                        now.add_picture(a_picture(f"a{author}m{i}"), work)
                    time.sleep(0.002)
                try:
                    with register.transaction() as now:
                        now.add_picture(a_picture(f"lost{author}n{i}"), work)
                        raise KeyError
                except KeyError:
                    pass

        writers = [threading.Thread(target=write, args=(author,)) for author in range(8)]
        for writer in writers:
            writer.start()
        seen: list[int] = []
        while any(writer.is_alive() for writer in writers):
            seen += [entry.seq for entry in follower.log_after(seen[-1] if seen else 0)]
        seen += [entry.seq for entry in follower.log_after(seen[-1])]
        assert seen == [entry.seq for entry in register.log_after(0)]
        assert len(seen) == 8 * 15
        assert seen[-1] > len(seen)


def test_a_restarted_server_is_used_again(server: Server, url: str) -> None:
    """While it is away this is said; afterwards all goes on, with what was committed."""
    with Register.open(url) as register:
        register_picture(register, a_picture())
        server.stop()
        try:
            with pytest.raises(StoreUnreachable) as away, register.transaction():
                pass
            assert "server runs" in away.value.hint
            with pytest.raises(StoreUnreachable):
                register.last_seq()
        finally:
            server.start()
        register_picture(register, a_picture("n2"))
        assert register.stats().pictures == 2


def test_a_crash_of_the_server_loses_what_was_not_committed_only(server: Server, url: str) -> None:
    """The writer is told, and the transaction leaves nothing."""
    with Register.open(url) as register:
        register_picture(register, a_picture())
        try:
            with pytest.raises(StoreUnreachable), register.transaction() as now:
                _crash_within(now, server)
        finally:
            server.start()
        assert register.stats().works == 1


def _crash_within(now: Transaction, server: Server) -> None:
    now.add_work()
    server.admin("CHECKPOINT")  # the tests' server writes lazily
    server.stop(signal.SIGQUIT)
    now.add_work()


def test_numbers_that_would_be_given_twice_are_found(server: Server, url: str) -> None:
    """As after rows were copied by hand, and their sequence was not."""
    with Register.open(url) as register:
        register_picture(register, a_picture())
        register.integrity_check()
        by_hand(server, url, "ALTER SEQUENCE log_seq_seq CACHE 10")
        with pytest.raises(StoreError, match="CACHE 1"):
            register.integrity_check()
        by_hand(server, url, "SELECT setval('pictures_picture_id_seq', 1, false)")
        with pytest.raises(StoreError, match="would give 1 next"):
            register.integrity_check()


def test_errors_of_the_server_quote_no_row(server: Server, url: str) -> None:
    """A detail such as `Key (note_id)=(…)` is personal data."""
    by_hand(server, url, "CREATE UNIQUE INDEX one ON pictures (note_id)")
    with Register.open(url) as register:
        register_picture(register, a_picture("secret-note"))
        with pytest.raises(StoreError) as refused:
            register_picture(register, a_picture("secret-note", 1))
    error: BaseException | None = refused.value
    while error is not None and "psycopg" not in type(error).__module__:
        assert "secret-note" not in str(error)
        error = error.__cause__
    assert "23505" in refused.value.message


@pytest.mark.parametrize(
    ("asked", "wanted"), [("", "30000"), ("tcp_user_timeout=7000", "7000")], ids=["ours", "own"]
)
def test_a_server_that_vanishes_is_given_up(url: str, asked: str, wanted: str) -> None:
    """The driver is told so for each connection, unless the URL says otherwise."""
    sign = "&" if "?" in url else "?"
    with (
        Register.open(f"{url}{sign}{asked}" if asked else url) as register,
        register._connected() as connection,
    ):
        told = connection.connection.driver_connection.info.get_parameters()  # type: ignore[union-attr]
    assert (told["tcp_user_timeout"], told["keepalives_idle"]) == (wanted, "15")

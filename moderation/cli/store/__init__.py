"""`moderation store`: the database below a register."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("migrate", "move", "backup", "forgotten"))
def command() -> None:
    """Look after the database below a register.

    A folder with SQLite is enough for one machine. Gates on several machines share a register on
    a PostgreSQL server.
    """

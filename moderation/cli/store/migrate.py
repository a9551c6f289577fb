"""`moderation store migrate`: bring the tables of a register up to date."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Make the tables of a register, or bring them up to date.

    Opening a register does the same, where it may. On a server the gates' role may not: run this
    as the owner of the database, before the first gate and before those of a new version.

    With --json: `{"register", "from", "to"}`, steps of the schema; `from` is null where there was
    no register.
    """
    from moderation.cli import words
    from moderation.store import Register
    from moderation.store.migrations import head

    with Register.open(register) as opened:
        found, name = opened.schema_found(), opened.name
    screen.json({"register": name, "from": found, "to": head()})
    if found is None:
        said = words.SCHEMA_MADE
    else:
        said = words.SCHEMA_CURRENT if found == head() else words.SCHEMA_CHANGED
    screen.say(said.say(screen.lang, register=name, found=found, head=head()))

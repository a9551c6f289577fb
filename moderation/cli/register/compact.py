"""`moderation register compact`: remove the bytes of what was deleted."""

from __future__ import annotations

import click

from moderation.cli.options import index_option, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@index_option
@speaking
def command(screen: Screen, register: str, index: str | None) -> None:
    """Remove the bytes of what was deleted.

    Rewrites index snapshots and database. Takes the write lock for about a second per 100 MB,
    and as much free space as the file. In PostgreSQL it takes the role that owns the tables.

    With --json: `{"bytes_before", "bytes_after"}` of the whole folder, or of the server's tables
    and this machine's index.
    """
    from moderation.cli import words
    from moderation.gate import Gate

    with Gate.open(register, index=index, create=False) as gate:
        before = gate.size_bytes()
        gate.compact()
        after = gate.size_bytes()
    screen.json({"bytes_before": before, "bytes_after": after})
    screen.say(words.COMPACTED.say(screen.lang, before=before / 1e6, after=after / 1e6))

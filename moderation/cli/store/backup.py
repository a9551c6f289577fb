"""`moderation store backup`: copy the database of a register while gates use it."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@register_option
@speaking
def command(screen: Screen, file: Path, register: str) -> None:
    """Copy a register's SQLite database to FILE.

    FILE must not exist; gates go on meanwhile. It has its name only when it is whole, read again
    and on the disk. To restore, put it as `register.sqlite3` into a new folder; the index is made
    anew from it. It holds personal data. A register on a server is for `pg_dump`.

    With --json: `{"file", "bytes", "last_seq", "schema"}`: the last entry of the log that it
    holds, and the step of the schema.
    """
    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.store import back_up

    with progress(screen, None) as done:
        copied = back_up(register, file, progress=done)
    screen.json(copied.to_json())
    megabytes = copied.bytes / 1e6
    screen.say(
        words.BACKED_UP.say(
            screen.lang, file=copied.file, megabytes=megabytes, last_seq=copied.last_seq
        )
    )

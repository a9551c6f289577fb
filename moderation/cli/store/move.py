"""`moderation store move`: copy a register into an empty one, and prove it."""

from __future__ import annotations

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen


@click.command()
@click.option(
    "--from", "source", type=click.Path(), required=True, metavar="DIR|URL", help="What to copy."
)
@click.option(
    "--to",
    "target",
    type=click.Path(),
    required=True,
    metavar="DIR|URL",
    help="A new folder, or an empty database.",
)
@speaking
def command(screen: Screen, source: str, target: str) -> None:
    """Copy a register into an empty one, and prove that it is equal.

    From a folder to a PostgreSQL database (postgresql://…), or back. All or nothing: one
    transaction holds the copy and its proof, so a move that was interrupted has changed nothing
    and can be started again. Nobody can register anything in either place meanwhile. The old
    register stays as it is; stop the gates before, and start them with the new one.

    With --json: `{"from", "to", "tables": [{"name", "rows", "digest"}]}`; a digest is the SHA-256
    of all values of a table, read back from both databases and found equal.
    """
    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.store import Register

    with Register.open(source, create=False) as old, Register.open(target) as new:
        with progress(screen, old.count_rows()) as done:
            tables = old.move_to(new, progress=done)
        names = {"from": old.name, "to": new.name}
    screen.json(names | {"tables": [table.to_json() for table in tables]})
    head = (words.HEAD_TABLE, words.HEAD_ROWS, words.HEAD_DIGEST)
    screen.table(
        [phrase.say(screen.lang) for phrase in head],
        [(table.name, f"{table.rows:,}", table.digest[:16]) for table in tables],
    )
    rows = sum(table.rows for table in tables)
    screen.say(words.MOVED.say(screen.lang, rows=rows, target=names["to"]))

"""`moderation register add`: take an archive into the register."""

from __future__ import annotations

import click

from moderation.cli.options import outside_option, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("notes")
@register_option
@outside_option
@speaking
def command(screen: Screen, notes: str, register: str, allow_outside: bool) -> None:
    """Register an archive without judging it.

    Of the notes that show a picture the earliest counts as first. NOTES is JSONL (- is standard
    input), Parquet, a tar shard, or a folder of shards or pictures. To add the same notes again
    changes nothing. Exit code 8 where rows or pictures could not be read.

    With --json: `{"notes", "pictures", "failures": [{...}]}`.
    """
    from moderation.archive import count_notes, read_notes
    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.cli.register.failures import end_with
    from moderation.gate import Gate

    reading = read_notes(notes, allow_outside=allow_outside)
    with progress(screen, count_notes(notes)) as done, Gate.open(register) as gate:
        got = gate.register_many(reading, progress=done)
    screen.say(words.REGISTERED.say(screen.lang, notes=got.notes, pictures=got.pictures))
    end_with(screen, got)

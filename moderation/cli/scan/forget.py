"""`moderation scan forget`: take a note or an author out of a scan."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import WrongValue, speaking
from moderation.cli.scan import choices
from moderation.cli.screen import Screen


@click.command()
@choices.out_option
@click.option("--note", "note_id", metavar="ID", help="The note to forget.")
@click.option("--author", "author_id", metavar="ID", help="The author to forget.")
@speaking
def command(screen: Screen, out: Path, note_id: str | None, author_id: str | None) -> None:
    """Take a note or an author out of a scan.

    Observations of every set of detectors lose them; what was paired and judged is removed,
    and can be made again. Forget them in the register too, and take them out of the archive.

    With --json: `{"notes", "pictures", "removed"}`.
    """
    from moderation.cli import scan_words as words
    from moderation.scan import forget_in_scan

    if (note_id is None) == (author_id is None):
        raise WrongValue("name one note or one author", hint="give `--note ID` or `--author ID`")
    found = forget_in_scan(out, note_id=note_id, author_id=author_id)
    screen.json({"notes": found.notes, "pictures": found.pictures, "removed": list(found.removed)})
    screen.say(words.FORGOTTEN.say(screen.lang, notes=found.notes, pictures=found.pictures))
    if found.removed:
        screen.say(words.RUN_AGAIN.say(screen.lang, removed=", ".join(found.removed)))

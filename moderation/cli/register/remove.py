"""`moderation register remove`: take a note's pictures out of the search."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("note")
@register_option
@speaking
def command(screen: Screen, note: str, register: str) -> None:
    """Take a note's pictures out of the search.

    For a note that was taken down; verdicts stay in the audit. To delete personal data, use
    `forget`.

    With --json: `{"note_id", "pictures"}`; 0 pictures where the note was not registered.
    """
    from moderation.cli import words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        pictures = gate.remove(note)
    screen.json({"note_id": note, "pictures": pictures})
    screen.say(words.REMOVED.say(screen.lang, note=note, pictures=pictures))

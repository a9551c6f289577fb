"""`moderation register bank show`: what is on a list."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("bank")
@register_option
@speaking
def command(screen: Screen, bank: str, register: str) -> None:
    """Show what is on a list.

    With reasons, ends, and the numbers of the works that each picture frees.

    With --json: `{"bank", "entries": [{"entry_id", "bank", "title", "reason", "until",
    "added_at", "added_by", "picture_id", "works"}]}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        entries = gate.banks.entries(bank)
    screen.json({"bank": bank, "entries": [entry.to_json() for entry in entries]})
    heads = (
        *(words.HEAD_ENTRY, words.HEAD_TITLE, words.HEAD_UNTIL),
        *(words.HEAD_BY, words.HEAD_WORKS, words.HEAD_REASON),
    )
    screen.table(
        [head.say(screen.lang) for head in heads],
        [
            (
                entry.entry_id,
                entry.title,
                f"{entry.until:%Y-%m-%d %H:%M}" if entry.until else words.FOR_GOOD.say(screen.lang),
                entry.added_by,
                ", ".join(map(str, entry.works)),
                entry.reason,
            )
            for entry in entries
        ],
    )

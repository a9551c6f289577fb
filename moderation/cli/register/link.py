"""`moderation register link`: accounts that belong together."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("author")
@click.argument("linked", nargs=-1, required=True)
@register_option
@speaking
def command(screen: Screen, author: str, linked: tuple[str, ...], register: str) -> None:
    """Link accounts of the same person or company.

    Holds in both directions. A picture that a linked account showed before is no copy.

    With --json: `{"author_id", "linked_ids"}`.
    """
    from moderation.cli import words
    from moderation.gate import Gate

    with Gate.open(register) as gate:
        gate.link_authors(author, linked)
    screen.json({"author_id": author, "linked_ids": list(linked)})
    screen.say(words.LINKED.say(screen.lang, author=author, linked=", ".join(linked)))

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

    Holds in both directions. A picture that a linked account showed before is no copy. Verdicts
    given before follow, as with `claim`.

    With --json: `{"author_id", "linked_ids", "followed": {...}}`, the last as in `claim`.
    """
    from moderation.cli import words
    from moderation.cli.register.following import followed, tell_followed
    from moderation.gate import Gate

    with Gate.open(register) as gate:
        gate.link_authors(author, linked, follow=False)
        told = followed(gate, screen)
    screen.json({"author_id": author, "linked_ids": list(linked), "followed": told.to_json()})
    screen.say(words.LINKED.say(screen.lang, author=author, linked=", ".join(linked)))
    tell_followed(told, screen)

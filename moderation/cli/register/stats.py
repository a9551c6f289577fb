"""`moderation register stats`: how much the register holds."""

from __future__ import annotations

from dataclasses import asdict

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Count what the register holds.

    With --json: `{"notes", "pictures", "works", "claims", "authors", "verdicts", "last_seq",
    "unverified", "captions", "undescribed", "reviews", "recipes": {name: pictures}}`.
    """
    from moderation.cli import words
    from moderation.store import Register

    with Register.open(register, create=False) as opened:  # no need to load the index
        stats, recipes = asdict(opened.stats()), opened.recipes()
    screen.json(stats | {"recipes": recipes})
    named = {words.STATS[name].say(screen.lang): number for name, number in stats.items()}
    screen.facts(named | recipes)

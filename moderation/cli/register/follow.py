"""`moderation register follow`: finish what a killed command left."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Let verdicts follow what was told after them.

    `claim`, `exempt`, `link` and appeals do it at once; this goes on where one of them was killed.
    A service does the same in its sweeps. To do it again changes nothing.

    With --json: `{"freed", "referred", "same", "left", "unknown_policy", "superseded", "unjudged",
    "examples": [{...}]}` as under `followed` of `claim`.
    """
    from moderation.cli.register.following import followed, tell_followed
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        told = followed(gate, screen)
    screen.json(told.to_json())
    tell_followed(told, screen)

"""`moderation register templates find`: look for works that many show."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--policy",
    metavar="NAME|FILE",
    help="Whose `template_proposal` says how many are enough; the default policy where not given.",
)
@speaking
def command(screen: Screen, register: str, policy: str | None) -> None:
    """Look for works that many show.

    An import does it by itself; needed after a change of the policy.

    With --json: `{"works": [N, ...]}`, those that are newly proposed.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, policy=policy, create=False) as gate:
        works = gate.find_templates()
    screen.json({"works": works})
    screen.say(words.FOUND.say(screen.lang, works=len(works)))

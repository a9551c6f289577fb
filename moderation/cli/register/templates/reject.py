"""`moderation register templates reject`: a work stays protected."""

from __future__ import annotations

import click

from moderation.cli.options import by_option, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("work", type=int)
@register_option
@click.option("--reason", required=True, metavar="TEXT", help="Why it is no template.")
@by_option
@speaking
def command(screen: Screen, work: int, register: str, reason: str, by: str) -> None:
    """Keep a proposed work protected.

    WORK is its number in `templates list`. However many show it, it stays protected until a
    person accepts it; it is proposed again only when twice as many do.

    With --json: `{"work_id", "state", "ground", "authors", "proposed_at", "decided_at",
    "decided_by", "reason"}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        proposal = gate.templates.reject(work, reason=reason, by=by)
    screen.json(proposal.to_json())
    screen.say(words.REJECTED.say(screen.lang, work=work))

"""`moderation register templates accept`: everybody may show a work."""

from __future__ import annotations

from datetime import datetime

import click

from moderation.cli.options import by_option, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("work", type=int)
@register_option
@click.option("--reason", required=True, metavar="TEXT", help="Why everybody may show it.")
@click.option(
    "--until",
    type=moment,
    required=True,
    metavar="DATE",
    help="End, excluded. Afterwards it is counted and proposed anew.",
)
@by_option
@speaking
def command(
    screen: Screen, work: int, register: str, reason: str, until: datetime, by: str
) -> None:
    """Let everybody show a proposed work.

    WORK is its number in `templates list`. Copies are still found, and allowed.

    With --json: `{"work_id", "state", "ground", "authors", "proposed_at", "decided_at",
    "decided_by", "reason", "until"}`.
    """
    from moderation.cli import template_words as words
    from moderation.cli.register.bank.results import until_told
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        proposal = gate.templates.accept(work, reason=reason, until=until, by=by)
    screen.json(proposal.to_json() | {"until": until.isoformat()})
    told = until_told(until, screen.lang)
    screen.say(words.ACCEPTED.say(screen.lang, work=work, until=told))

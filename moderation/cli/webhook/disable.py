"""`moderation webhook disable`: tell an endpoint nothing for now."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("number", type=int)
@register_option
@click.option("--reason", default="by an operator", show_default=True, metavar="TEXT", help="Why.")
@speaking
def command(screen: Screen, number: int, register: str, reason: str) -> None:
    """Tell endpoint NUMBER nothing any more.

    What it had not received becomes dead letters.

    With --json: `{"endpoint_id", "dead"}`.
    """
    from moderation.cli import event_words as words
    from moderation.store import Register

    with Register.open(register, create=False) as opened, opened.transaction() as now:
        dead = now.disable_endpoint(number, reason, datetime.now(UTC))
    screen.json({"endpoint_id": number, "dead": dead})
    screen.say(words.WAS_DISABLED.say(screen.lang, number=number, dead=dead))

"""`moderation webhook enable`: tell an endpoint again."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("number", type=int)
@register_option
@speaking
def command(screen: Screen, number: int, register: str) -> None:
    """Tell endpoint NUMBER of what happens from now on.

    What it missed while it was disabled, `moderation dlq replay --endpoint NUMBER` sends where it
    became a dead letter; later events are in the audit only.

    With --json: `{"endpoint_id"}`.
    """
    from moderation.cli import event_words as words
    from moderation.store import Register

    with Register.open(register, create=False) as opened, opened.transaction() as now:
        now.enable_endpoint(number)
    screen.json({"endpoint_id": number})
    screen.say(words.WAS_ENABLED.say(screen.lang, number=number))

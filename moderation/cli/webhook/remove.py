"""`moderation webhook remove`: forget an endpoint."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("number", type=int)
@register_option
@speaking
def command(screen: Screen, number: int, register: str) -> None:
    """Remove endpoint NUMBER with all that it has not received.

    Dead letters included; what happened stays in the audit.

    With --json: `{"endpoint_id", "owed"}`.
    """
    from moderation.cli import event_words as words
    from moderation.store import Register

    with Register.open(register, create=False) as opened, opened.transaction() as now:
        owed = now.remove_endpoint(number)
    screen.json({"endpoint_id": number, "owed": owed})
    screen.say(words.REMOVED.say(screen.lang, number=number, owed=owed))

"""`moderation webhook test`: send one event now, and say what became of it."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("number", type=int)
@register_option
@speaking
def command(screen: Screen, number: int, register: str) -> None:
    """Send an event of type webhook.test to endpoint NUMBER, once.

    It is signed like all others, has sequence 0, is about no note, and leaves no trace in the
    register. Exits with 8 where it was not received.

    With --json: `{"endpoint_id", "received", "error"}`.
    """
    from moderation.cli import event_words as words
    from moderation.errors import PartialBatch
    from moderation.events.delivering import send_test
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        endpoint = opened.endpoint(number)
    outcome = send_test(endpoint)
    screen.json({"endpoint_id": number, "received": outcome.received, "error": outcome.error})
    if outcome.received:
        screen.say(words.TEST_RECEIVED.say(screen.lang, number=number))
        return
    screen.say(words.TEST_FAILED.say(screen.lang, number=number, error=outcome.error))
    raise PartialBatch(
        f"endpoint {number} did not receive the test event",
        hint="see that the receiver is up and answers 2xx",
    )

"""`moderation dlq replay`: try dead letters again."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.dlq.choice import chosen
from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("events", nargs=-1, type=int, metavar="[EVENT]...")
@register_option
@click.option("--endpoint", "endpoint_id", type=int, metavar="N", help="Only of this endpoint.")
@click.option("--all", "every", is_flag=True, help="All dead letters, or all of the endpoint.")
@speaking
def command(
    screen: Screen, events: tuple[int, ...], register: str, endpoint_id: int | None, every: bool
) -> None:
    """Try dead letters again, from the first attempt on.

    Later events of the same note may have been received meanwhile: consumers drop what is not
    above the sequence that they have seen. Letters of a disabled endpoint wait until it is
    enabled.

    With --json: `{"replayed": n}`.
    """
    from moderation.cli import event_words as words
    from moderation.store import Register

    which = chosen(events, endpoint_id, every=every)
    with Register.open(register, create=False) as opened, opened.transaction() as now:
        at = datetime.now(UTC)
        letters = sum(
            now.replay_dead_letters(at, event_id=event_id, endpoint_id=endpoint_id)
            for event_id in which
        )
    screen.json({"replayed": letters})
    screen.say(words.REPLAYED.say(screen.lang, letters=letters))

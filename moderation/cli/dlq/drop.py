"""`moderation dlq drop`: give dead letters up."""

from __future__ import annotations

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
    """Give dead letters up: they are never tried again.

    What happened stays in the audit; only its telling is dropped.

    With --json: `{"dropped": n}`.
    """
    from moderation.cli import event_words as words
    from moderation.store import Register

    which = chosen(events, endpoint_id, every=every)
    with Register.open(register, create=False) as opened, opened.transaction() as now:
        letters = sum(
            now.drop_dead_letters(event_id=event_id, endpoint_id=endpoint_id) for event_id in which
        )
    screen.json({"dropped": letters})
    screen.say(words.DROPPED.say(screen.lang, letters=letters))

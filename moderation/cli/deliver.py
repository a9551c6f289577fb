"""`moderation deliver`: send events to their subscribers."""

from __future__ import annotations

import asyncio
import signal

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option("--once", is_flag=True, help="End as soon as nothing is due, for cron.")
@speaking
def command(screen: Screen, register: str, once: bool) -> None:
    """Send events to the endpoints of `moderation webhook`.

    Until SIGTERM or Ctrl-C. At least once, and in order for each note and endpoint. Any number of
    these processes may run on one register. An attempt is made at once and, where it fails, after
    5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h; then the event is a dead letter, see
    `moderation dlq`. Each hour, events
    that all have received are deleted when they are 30 days old.

    With --json: at the end `{"received", "failed", "dead"}`, counts of attempts.
    """
    from moderation.cli import event_words as words
    from moderation.events.delivering import Delivered, Deliverer
    from moderation.store import Register

    async def deliver(deliverer: Deliverer) -> Delivered:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        return await deliverer.run(stop, once=once)

    with Register.open(register, create=False) as opened:
        done = asyncio.run(deliver(Deliverer(opened)))
    counts = {"received": done.received, "failed": done.failed, "dead": done.dead}
    screen.json(counts)
    screen.say(words.DELIVERED.say(screen.lang, **counts))

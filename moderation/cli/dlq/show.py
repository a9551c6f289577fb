"""`moderation dlq show`: one dead letter with its payload."""

from __future__ import annotations

import json

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("event", type=int)
@register_option
@click.option("--endpoint", "endpoint_id", type=int, metavar="N", help="Only of this endpoint.")
@speaking
def command(screen: Screen, event: int, register: str, endpoint_id: int | None) -> None:
    """Print the dead letters of EVENT with their payload.

    There is one for each endpoint that would not receive it.

    With --json: a list of the objects of `dlq list`, with `url` and `payload`.
    """
    from moderation.errors import UnknownSubject
    from moderation.events.dead import dead_letter_json
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        letters = opened.dead_letters(event_id=event, endpoint_id=endpoint_id)
    if not letters:
        raise UnknownSubject(f"event {event} is no dead letter", hint="see `moderation dlq list`")
    rows = [dead_letter_json(letter, whole=True) for letter in letters]
    screen.json(rows)
    for row in rows:
        payload = json.dumps(row["payload"], ensure_ascii=False, indent=2)
        screen.facts({k: str(v) for k, v in row.items()} | {"payload": payload})

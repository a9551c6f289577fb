"""`moderation webhook list`: who is subscribed."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Print all endpoints; never a secret or a password.

    With --json: a list of `{"endpoint_id", "url", "types", "created_at", "disabled_at",
    "disabled_why"}`; no `types` stand for all.
    """
    from moderation.cli import event_words as words
    from moderation.events.addresses import shown
    from moderation.events.message import utc
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        endpoints = opened.endpoints()
    screen.json(
        [
            {
                "endpoint_id": e.endpoint_id,
                "url": shown(e.url),
                "types": list(e.types),
                "created_at": utc(e.created_at),
                "disabled_at": None if e.disabled_at is None else utc(e.disabled_at),
                "disabled_why": e.disabled_why,
            }
            for e in endpoints
        ]
    )
    if not endpoints:
        screen.say(words.NO_ENDPOINTS.say(screen.lang))
        return
    head = (words.HEAD_ENDPOINT, words.HEAD_ADDRESS, words.HEAD_TYPES, words.HEAD_STATE)
    rows = []
    for e in endpoints:
        state = words.ACTIVE if e.disabled_at is None else words.DISABLED
        types = ", ".join(e.types) or words.ALL_TYPES.say(screen.lang)
        rows.append(
            (e.endpoint_id, shown(e.url), types, state.say(screen.lang, why=e.disabled_why))
        )
    screen.table([phrase.say(screen.lang) for phrase in head], rows)

"""`moderation webhook add`: subscribe an endpoint."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("url")
@register_option
@click.option(
    "--type", "types", multiple=True, metavar="T", help="Only events of this type; repeatable."
)
@click.option(
    "--allow-http", is_flag=True, help="Let it be http:// or redis:// on a network that you trust."
)
@speaking
def command(
    screen: Screen, url: str, register: str, types: tuple[str, ...], allow_http: bool
) -> None:
    """Subscribe URL to what happens from now on.

    A webhook gets a secret, printed this once: whoever has it can tell that an event is ours.
    Types are verdict.finalized, verdict.changed, appeal.opened, appeal.decided, brake.engaged and
    flood.quarantined.

    With --json: `{"endpoint_id", "url", "types", "secret"}`; `secret` is null for a stream.
    """
    from moderation.cli import event_words as words
    from moderation.events.addresses import check_endpoint, check_types, kind_of, shown
    from moderation.events.message import TYPES
    from moderation.events.secrets import new_secret
    from moderation.store import Register

    check_endpoint(url, allow_http=allow_http)
    check_types(types)
    secret = new_secret() if kind_of(url) == "webhook" else ""
    with Register.open(register) as opened, opened.transaction() as now:
        number = now.add_endpoint(url, secret=secret, types=types, at=datetime.now(UTC))
    for name in types:
        if name not in TYPES:
            screen.remark(words.UNKNOWN_TYPE.say(screen.lang, name=name))
    screen.json(
        {
            "endpoint_id": number,
            "url": shown(url),
            "types": sorted(set(types)),
            "secret": secret or None,
        }
    )
    screen.say(words.ADDED.say(screen.lang, number=number, url=shown(url)))
    if secret:
        screen.say(words.SECRET.say(screen.lang, secret=secret))

"""`moderation token revoke`: end a token for good."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("token", metavar="ID")
@register_option
@speaking
def command(screen: Screen, token: str, register: str) -> None:
    """End a token for good.

    ID is that of the list, or the whole token where it was found. Services that run take note
    within 5 seconds.

    With --json: as in `list`.
    """
    from moderation.cli import token_words as words
    from moderation.store import Register

    with Register.open(register, create=False) as opened, opened.transaction() as now:
        revoked = now.revoke_token(token, datetime.now(UTC))
    screen.json(revoked.to_json())
    screen.say(words.REVOKED.say(screen.lang, id=revoked.token_id, name=revoked.name))

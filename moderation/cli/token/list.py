"""`moderation token list`: who may ask the service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import Token


@click.command("list")
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Show all tokens that were ever made, the oldest first.

    With --json: `{"tokens": [{"id", "name", "tenant", "scopes", "created_at", "expires_at",
    "revoked_at"}]}`.
    """
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        found = opened.tokens()
    screen.json({"tokens": [token.to_json() for token in found]})
    if not screen.as_json:
        _show(screen, found, datetime.now(UTC))


def _show(screen: Screen, found: list[Token], at: datetime) -> None:
    from moderation.cli import token_words as words

    if not found:
        screen.say(words.NO_TOKENS.say(screen.lang))
        return
    heads = (
        *(words.HEAD_ID, words.HEAD_NAME, words.HEAD_TENANT, words.HEAD_SCOPES),
        *(words.HEAD_MADE, words.HEAD_ENDS, words.HEAD_STATE),
    )
    screen.table([head.say(screen.lang) for head in heads], [_row(t, at, screen) for t in found])


def _row(token: Token, at: datetime, screen: Screen) -> tuple[object, ...]:
    from moderation.cli import token_words as words

    state = words.LIVE if token.is_live(at) else words.EXPIRED
    if token.revoked_at is not None:
        state = words.IS_REVOKED
    return (
        token.token_id,
        token.name,
        token.tenant,
        " ".join(token.to_json()["scopes"]),
        f"{token.created_at:%Y-%m-%d %H:%M}",
        "–" if token.expires_at is None else f"{token.expires_at:%Y-%m-%d %H:%M}",
        state.say(screen.lang),
    )

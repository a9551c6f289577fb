"""`moderation token create`: make a token, and show it once."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.screen import Screen

SCOPES = ("check", "register", "view", "review", "senior", "admin")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")


def span(value: str) -> timedelta:
    """`90d`, `12h` or `8w`."""
    found = _SPAN.fullmatch(value)
    if found is None:
        raise WrongValue(
            f"`{value:.60}` is no span of time", hint="write hours, days or weeks: 12h, 90d, 8w"
        )
    return int(found[1]) * _UNITS[found[2]]


@click.command()
@register_option
@click.option("--name", required=True, metavar="NAME", help="Who will use it, for the list.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(SCOPES),
    multiple=True,
    required=True,
    help="What for; may be given again. `register` implies `check`, `review` `view`, `admin` all.",
)
@click.option(
    "--tenant",
    default="main",
    show_default=True,
    metavar="NAME",
    help="Whose register it opens, as the settings of the service name it.",
)
@click.option(
    "--expires-in",
    type=span,
    metavar="SPAN",
    help="When it ends, as 12h, 90d or 8w; never where not given.",
)
@speaking
def command(
    screen: Screen,
    register: str,
    name: str,
    scopes: tuple[str, ...],
    tenant: str,
    expires_in: timedelta | None,
) -> None:
    """Make a token, and show it once.

    The token stands alone on standard output, so that it can go straight into a secret store. It
    is kept nowhere: whoever loses it makes another one and revokes this.

    With --json: `{"token", "id", "name", "tenant", "scopes", "created_at", "expires_at",
    "revoked_at"}`.
    """
    from moderation.cli import token_words as words
    from moderation.store import NewToken, Register, Scope

    at = datetime.now(UTC)
    new = NewToken(
        name=name,
        scopes=frozenset(map(Scope, scopes)),
        created_at=at,
        tenant=tenant,
        expires_at=None if expires_in is None else at + expires_in,
    )
    with Register.open(register) as opened, opened.transaction() as now:
        token, shown = now.create_token(new)
    screen.json({"token": shown} | token.to_json())
    screen.say(shown)
    screen.remark(words.CREATED.say(screen.lang, id=token.token_id))

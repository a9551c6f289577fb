"""`moderation register bank expire`: end what a list frees."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import by_option, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("bank")
@register_option
@click.option(
    "--entry",
    "entry_ids",
    type=int,
    multiple=True,
    metavar="N",
    help="Only this picture; may be repeated. All where not given.",
)
@click.option("--at", type=moment, metavar="DATE", help="The end, excluded; now where not given.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit.")
@by_option
@speaking
def command(
    screen: Screen,
    bank: str,
    register: str,
    entry_ids: tuple[int, ...],
    at: datetime | None,
    reason: str,
    by: str,
) -> None:
    """End what a list frees.

    Notes from that date on are judged by the usual rules again; who showed a picture while it
    was free holds no claim to it. The pictures stay on the list.

    With --json: `{"bank", "pictures", "until"}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    end = at or datetime.now(UTC)
    with Gate.open(register, create=False) as gate:
        pictures = gate.banks.expire(bank, at=end, entry_ids=entry_ids, reason=reason, by=by)
    screen.json({"bank": bank, "pictures": pictures, "until": end.isoformat()})
    told = end.date().isoformat()
    screen.say(words.EXPIRED.say(screen.lang, bank=bank, pictures=pictures, at=told))

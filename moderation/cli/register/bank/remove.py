"""`moderation register bank remove`: take pictures off a list."""

from __future__ import annotations

import click

from moderation.cli.options import by_option, register_option, speaking
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
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the audit.")
@by_option
@speaking
def command(
    screen: Screen, bank: str, register: str, entry_ids: tuple[int, ...], reason: str, by: str
) -> None:
    """Take pictures off a list.

    For what should never have been on it; to end what was right, use `expire`. Audit and
    verdicts stay.

    With --json: `{"bank", "pictures"}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        pictures = gate.banks.remove(bank, entry_ids=entry_ids, reason=reason, by=by)
    screen.json({"bank": bank, "pictures": pictures})
    screen.say(words.TAKEN_OUT.say(screen.lang, bank=bank, pictures=pictures))

"""`moderation register bank add`: pictures that everybody may show."""

from __future__ import annotations

from datetime import datetime

import click

from moderation.cli.options import by_option, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("bank")
@click.argument("pictures", nargs=-1, required=True, metavar="PICTURE...")
@register_option
@click.option("--reason", required=True, metavar="TEXT", help="Why everybody may show them.")
@click.option("--until", type=moment, metavar="DATE", help="End, excluded; none where not given.")
@by_option
@speaking
def command(
    screen: Screen,
    bank: str,
    pictures: tuple[str, ...],
    register: str,
    reason: str,
    until: datetime | None,
    by: str,
) -> None:
    """Put pictures into a list of free ones.

    BANK is made if it is new. Registered works that show the same picture are free with it, as
    far as nobody proved them; such a conflict is told. A file that the list has already gets the
    new reason and end. Exit code 8 where a picture could not be read.

    With --json: `{"bank", "entries": [{"entry_id", "bank", "title", "reason", "until",
    "added_at", "added_by", "picture_id", "works", "is_new", "conflicts"}], "failures": [{...}]}`.
    """
    from pathlib import Path

    from moderation.cli import template_words as words
    from moderation.cli.register.bank.results import end_with, until_told
    from moderation.gate import Gate
    from moderation.gate.rights.banks import Banked, images_of

    images = images_of(Path(picture) for picture in pictures)
    with Gate.open(register) as gate:
        results = gate.banks.add(bank, images, reason=reason, until=until, by=by)
    for result in results:
        if not isinstance(result, Banked):
            continue
        entry = result.entry
        said = words.BANKED if result.is_new else words.BANKED_AGAIN
        screen.say(
            said.say(
                screen.lang,
                bank=bank,
                title=entry.title,
                entry=entry.entry_id,
                until=until_told(until, screen.lang),
            )
        )
        for conflict in result.conflicts:
            screen.remark(
                words.CONFLICT.say(
                    screen.lang,
                    author=conflict.author_id,
                    work=conflict.work_id,
                    proof=conflict.proof or "–",
                )
            )
    end_with(screen, bank, results)

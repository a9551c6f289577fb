"""`moderation register bank import`: a list that another register exported."""

from __future__ import annotations

import click

from moderation.cli.options import by_option, register_option, speaking
from moderation.cli.screen import Screen


@click.command("import")
@click.argument("file", type=click.Path())
@register_option
@click.option("--name", metavar="BANK", help="Name here; that of the file where not given.")
@by_option
@speaking
def command(screen: Screen, file: str, register: str, name: str | None, by: str) -> None:
    """Take in a list that `export` wrote.

    With its reasons and ends; - is standard input. Entries without features are suspected, not
    proven, and free nothing that geometry proves. Exit code 8 where entries could not be used.

    With --json: as `bank add`.
    """
    from moderation.archive import read_bank
    from moderation.cli import template_words as words
    from moderation.cli.register.bank.results import end_with
    from moderation.gate import Gate
    from moderation.gate.rights.banks import Banked

    found, rows = read_bank(file)
    bank = found if name is None else name
    with Gate.open(register) as gate:
        results = gate.banks.take(bank, rows, by=by)
    pictures = sum(isinstance(result, Banked) for result in results)
    screen.say(words.IMPORTED.say(screen.lang, bank=bank, pictures=pictures))
    end_with(screen, bank, results)

"""`moderation register import-hashes`: take a list of hashes made elsewhere."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command("import-hashes")
@click.argument("file")
@register_option
@click.option(
    "--recipe",
    default="pdq256_v1",
    show_default=True,
    help="How the hashes were made: pdq256_v1, phash64_v1, dhash64_v1 or whash64_v1.",
)
@speaking
def command(screen: Screen, file: str, register: str, recipe: str) -> None:
    """Register hashes that were made elsewhere.

    What they match is never proven, so it is never blocked. FILE has a hexadecimal hash per
    line, is CSV with a column `hash`, or JSON of indicators; - is standard input. A malformed
    hash stops nothing; exit code 8 says that there was one.

    With --json: `{"notes", "pictures", "failures": [{...}]}`.
    """
    from moderation.archive import read_hashes
    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.cli.register.failures import end_with
    from moderation.gate import Gate

    rows = read_hashes(file, recipe=recipe)
    with progress(screen, None) as done, Gate.open(register) as gate:
        got = gate.register_hashes(rows, progress=done)
    screen.say(words.HASHES_REGISTERED.say(screen.lang, pictures=got.pictures))
    end_with(screen, got)

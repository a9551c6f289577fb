"""`moderation register export-hashes`: hashes of registered pictures as a list for others."""

from __future__ import annotations

from typing import cast

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.screen import Screen


@click.command("export-hashes")
@click.argument("file", type=click.Path())
@register_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "threatexchange", "ncmec"]),
    default="csv",
    show_default=True,
    help="CSV, JSON of indicators, or XML as NCMEC's hash sharing answers.",
)
@click.option(
    "--recipe",
    type=click.Choice(["pdq256_v1", "phash64_v1", "dhash64_v1", "whash64_v1"]),
    default="pdq256_v1",
    show_default=True,
    help="Which hashes.",
)
@click.option("--licence", default="", metavar="TEXT", help="Under which others may use them.")
@click.option("--source", default="", metavar="TEXT", help="Who gives them away.")
@speaking
def command(
    screen: Screen, file: str, register: str, form: str, recipe: str, licence: str, source: str
) -> None:
    """Write registered hashes as a list.

    Each with its recipe, note, author and time, and with the licence and source that you name:
    ids are personal data, so give the list to those only who may have them. No pixels; banks
    have an export of their own. `import-hashes` reads all three forms; JSON above 64 MB is
    refused there, so write large lists as CSV. - is standard output.

    With --json: `{"hashes", "recipe", "format", "path"}`.
    """
    from moderation.archive import HashFormat, HashRow, hash_list, whole_file
    from moderation.cli import words
    from moderation.gate import Gate
    from moderation.gate.imports import registered_hashes
    from moderation.note import MAX_ID_CHARS

    for name, text in (("licence", licence), ("source", source)):
        if len(text) > MAX_ID_CHARS or not text.isprintable():
            raise WrongValue(
                f"`--{name}` has {len(text):,} characters, limit {MAX_ID_CHARS}, or one that "
                "does not print",
                hint="name it in a few words, or by its URL",
            )
    hashes = 0

    def counted(row: HashRow) -> HashRow:
        nonlocal hashes
        hashes += 1
        return row

    with Gate.open(register, create=False) as gate, whole_file(file, private=True) as out:
        rows = registered_hashes(gate.register, recipe, licence=licence, source=source)
        for piece in hash_list(map(counted, rows), cast("HashFormat", form)):
            out.write(piece)
    if file == "-":
        return  # standard output holds the list, and nothing else
    screen.json({"hashes": hashes, "recipe": recipe, "format": form, "path": file})
    screen.say(words.HASHES_EXPORTED.say(screen.lang, hashes=hashes, recipe=recipe, path=file))

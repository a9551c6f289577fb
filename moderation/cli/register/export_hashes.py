"""`moderation register export-hashes`: hashes of registered pictures as a list for others."""

from __future__ import annotations

from typing import cast

import click

from moderation.cli.options import few_words, register_option, speaking
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
@click.option(
    "--licence",
    type=few_words,
    default="",
    metavar="TEXT",
    help="Under which others may use your own: an SPDX id, or words.",
)
@click.option(
    "--source", type=few_words, default="", metavar="TEXT", help="Who gives your own away."
)
@click.option(
    "--from",
    "sources",
    multiple=True,
    metavar="NAME",
    help="Only what came on lists of this source, not your own; may be repeated.",
)
@click.option(
    "--allow-licence",
    "allowed",
    multiple=True,
    metavar="TEXT",
    help="Let out what came under this licence, too, as its list names it; '' for lists that "
    "name none. May be repeated.",
)
@speaking
def command(
    screen: Screen,
    file: str,
    register: str,
    form: str,
    recipe: str,
    licence: str,
    source: str,
    sources: tuple[str, ...],
    allowed: tuple[str, ...],
) -> None:
    """Write registered hashes as a list.

    Each with its recipe, note, author and time: ids are personal data, so give the list to those
    only who may have them. No pixels; banks have an export of their own. `import-hashes` reads all
    three forms; JSON above 64 MB is refused there, so write large lists as CSV. - is standard
    output.

    Your own hashes leave with the licence and source that you name. What you imported leaves with
    those of its list, and only under CC0-1.0, CC-BY, CC-BY-SA, PDDL-1.0, ODC-By-1.0, ODbL-1.0,
    CDLA, MIT or TLP:CLEAR, or a licence that you name. The rest stays, and is counted.

    With --json: `{"hashes", "withheld": [{"source", "licence", "hashes"}], "recipe", "format",
    "path"}`.
    """
    from moderation.archive import HashFormat, HashRow, hash_list, whole_file
    from moderation.cli import words
    from moderation.cli.register.stats import lists_to_json
    from moderation.gate import Gate
    from moderation.gate.hash_exports import Leaving
    from moderation.store import HashTerms

    own = HashTerms(source=source, licence=licence)
    leaving = Leaving(own=own, only=sources, allowed=allowed)
    hashes = 0

    def counted(row: HashRow) -> HashRow:
        nonlocal hashes
        hashes += 1
        return row

    with Gate.open(register, create=False) as gate, whole_file(file, private=True) as out:
        rows = leaving.rows(gate.register, recipe)
        for piece in hash_list(map(counted, rows), cast("HashFormat", form)):
            out.write(piece)
    for terms, number in leaving.withheld.items():
        told = {"source": terms.source or "–", "licence": terms.licence or "–", "hashes": number}
        screen.remark(words.HASHES_WITHHELD.say(screen.lang, **told))
    if file == "-":
        return  # standard output holds the list, and nothing else
    screen.json(
        {
            "hashes": hashes,
            "withheld": lists_to_json(leaving.withheld),
            "recipe": recipe,
            "format": form,
            "path": file,
        }
    )
    screen.say(words.HASHES_EXPORTED.say(screen.lang, hashes=hashes, recipe=recipe, path=file))

"""`moderation register import-hashes`: take a list of hashes made elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from moderation.cli.options import few_words, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.archive import HashRow
    from moderation.finding import ItemFailure

ASSUMED = "pdq256_v1"


class Said:
    """What a list says of its hashes, or leaves unsaid."""

    def __init__(self) -> None:
        self.assumed = 0
        self.unlicensed = 0
        self.terms: Counter[tuple[str, str]] = Counter()

    def noting(self, rows: Iterable[HashRow | ItemFailure]) -> Iterator[HashRow | ItemFailure]:
        """The same rows, noted as they pass."""
        from moderation.archive import HashRow

        for row in rows:
            if isinstance(row, HashRow):
                self.assumed += row.assumed
                self.unlicensed += not row.licence
                if row.source or row.licence:
                    self.terms[row.source, row.licence] += 1
            yield row


@click.command("import-hashes")
@click.argument("file")
@register_option
@click.option(
    "--recipe",
    show_default="as the list says, else pdq256_v1 with a remark",
    help="How the hashes were made: pdq256_v1, phash64_v1, dhash64_v1 or whash64_v1.",
)
@click.option(
    "--licence",
    type=few_words,
    default="",
    metavar="TEXT",
    help="Under which those may be used that do not say: an SPDX id, or words.",
)
@click.option(
    "--source",
    type=few_words,
    default="",
    metavar="TEXT",
    help="Who gave those away that do not say.",
)
@speaking
def command(
    screen: Screen, file: str, register: str, recipe: str | None, licence: str, source: str
) -> None:
    """Register hashes that were made elsewhere.

    What they match is never proven, so it is never blocked. FILE has a hexadecimal hash per
    line, is CSV with a column `hash`, JSON of indicators, or XML as NCMEC's hash sharing answers;
    - is standard input. A list that names another recipe than --recipe, or one that is unknown, is
    refused row by row. A malformed hash stops nothing; exit code 8 says that there was one.

    The register keeps which list a hash came on, by source and licence, and when. What it matches
    is told with them, and it leaves with `export-hashes` only where the licence lets it.

    With --json: `{"notes", "pictures", "failures": [{...}]}`.
    """
    from moderation.archive import read_hashes
    from moderation.cli import words
    from moderation.cli.progress import progress
    from moderation.cli.register.failures import end_with
    from moderation.gate import Gate

    said = Said()
    rows = said.noting(
        read_hashes(file, recipe=recipe, otherwise=ASSUMED, licence=licence, giver=source)
    )
    with progress(screen, None) as done, Gate.open(register) as gate:
        got = gate.register_hashes(rows, progress=done)
    if said.assumed:
        screen.remark(words.RECIPE_ASSUMED.say(screen.lang, hashes=said.assumed, recipe=ASSUMED))
    for (source, licence), hashes in said.terms.items():
        told = {"source": source or "–", "licence": licence or "–", "hashes": hashes}
        screen.remark(words.TERMS_OF_HASHES.say(screen.lang, **told))
    if said.unlicensed:
        screen.remark(words.TERMS_UNSAID.say(screen.lang, hashes=said.unlicensed))
    screen.say(words.HASHES_REGISTERED.say(screen.lang, pictures=got.pictures))
    end_with(screen, got)

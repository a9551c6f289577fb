"""`moderation register bank export`: a list as a file for other registers."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("bank")
@click.argument("file", type=click.Path())
@register_option
@click.option(
    "--with-features",
    is_flag=True,
    help="Also the details that a proof needs; some 8 KB a picture.",
)
@speaking
def command(screen: Screen, bank: str, file: str, register: str, with_features: bool) -> None:
    """Write a list as JSON of hashes.

    No pixels. Without --with-features it frees, in the register that imports it, only what is
    known there as a hash too: a hash alone overrules no proof.

    With --json: `{"bank", "pictures", "path"}`.
    """
    import json

    from moderation.archive import whole_file
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        document = gate.banks.export(bank, with_features=with_features)
    with whole_file(file) as out:
        out.write(json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n")
    pictures = len(document["entries"])
    screen.json({"bank": bank, "pictures": pictures, "path": file})
    screen.say(words.EXPORTED.say(screen.lang, bank=bank, pictures=pictures, path=file))

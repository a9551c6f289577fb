"""`moderation register claim`: a licence, or proof of an earlier author."""

from __future__ import annotations

from datetime import datetime

import click

from moderation.cli.options import image_option, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("note")
@register_option
@image_option
@click.option("--author", required=True, metavar="ID", help="Who claims.")
@click.option(
    "--basis",
    type=click.Choice(["licensed", "external_proof"]),
    required=True,
    help="May use the picture; or proof from outside, which beats every date in the register.",
)
@click.option(
    "--at", type=moment, metavar="DATE", help="Date that the proof shows; now where not given."
)
@click.option("--proof", default="", metavar="TEXT", help="Reference of the licence or proof.")
@speaking
def command(
    screen: Screen,
    note: str,
    register: str,
    image_number: int,
    author: str,
    basis: str,
    at: datetime | None,
    proof: str,
) -> None:
    """Record a licence or an outside proof.

    It holds for the work that the picture of NOTE shows, in whatever note.

    With --json: `{"work_id", "author_id", "at", "basis", "note_id", "image_number", "proof"}`.
    """
    from moderation.cli import words
    from moderation.cli.register.history import claim_to_json
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        claim = gate.claim(note, image_number, author_id=author, basis=basis, at=at, proof=proof)
    screen.json(claim_to_json(claim))
    screen.say(
        words.CLAIMED.say(
            screen.lang,
            author=claim.author_id,
            basis=claim.basis.value,
            note=note,
            number=image_number,
            at=claim.at.date().isoformat(),
        )
    )

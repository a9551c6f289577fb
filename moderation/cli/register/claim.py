"""`moderation register claim`: a licence, a declared original, or proof of an earlier author."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

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
    type=click.Choice(["licensed", "registered", "external_proof"]),
    required=True,
    help="May use the picture; or declared it as original; or proof from outside, which beats "
    "every date in the register. The last two protect it from becoming a template by popularity.",
)
@click.option(
    "--at", type=moment, metavar="DATE", help="Date that the proof shows; now where not given."
)
@click.option("--proof", default="", metavar="TEXT", help="Reference of the licence or proof.")
@click.option(
    "--evidence",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The original file: what it says of its origin is told, and added to the proof.",
)
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
    evidence: Path | None,
) -> None:
    """Record a licence, a declared original or an outside proof.

    It holds for the work that the picture of NOTE shows, in whatever note. An original file with a
    content credential or the camera's data speaks for a claim; whether it is enough, a person
    decides (see `moderation inspect`).

    Outside proof ends an exemption of the work; `templates list` then shows the conflict.

    With --json: `{"work_id", "author_id", "at", "basis", "note_id", "image_number", "proof"}`.
    """
    from moderation.cli import template_words, words
    from moderation.cli.register.history import claim_to_json
    from moderation.gate import Gate
    from moderation.store import ProposalState

    if evidence is not None:
        proof = "; ".join(filter(None, (proof, _told_by(evidence, screen))))
    with Gate.open(register, create=False) as gate:
        claim = gate.claim(note, image_number, author_id=author, basis=basis, at=at, proof=proof)
        proposals = gate.register.proposals(work_ids=[claim.work_id]).values()
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
    if any(proposal.state is ProposalState.CONTESTED for proposal in proposals):
        screen.remark(template_words.CONTESTED.say(screen.lang, work=claim.work_id))


def _told_by(evidence: Path, screen: Screen) -> str:
    """Tell what a file says of its origin; returns it in short, with the file's digest."""
    from moderation.cli.inspect import lines
    from moderation.image.decode import decode_keeping
    from moderation.image.provenance import NOTHING_SAID, read_provenance
    from moderation.image.provenance.credentials import trust_from_environment

    picture, data = decode_keeping(evidence)
    trust = trust_from_environment()
    told = NOTHING_SAID if data is None else read_provenance(data, trust=trust)
    for line in lines(told, screen.lang):
        screen.say(line)
    facts = (f"{name} {value}" for name, value in told.evidence().items())
    return ", ".join([f"file sha256:{picture.sha256}", *facts])

"""`moderation register claim`: a licence, a declared original, or proof of an earlier author."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import image_option, moment, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.note import Claim


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
@click.option("--by", default="", metavar="NAME", help="Who records this, for the audit.")
@click.option("--withdraw", is_flag=True, help="Take back a licence or an outside proof.")
@click.option("--dry-run", is_flag=True, help="Only say what would follow; nothing is written.")
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
    by: str,
    withdraw: bool,
    dry_run: bool,
) -> None:
    """Record a licence, a declared original or an outside proof.

    It holds for the work that the picture of NOTE shows, in whatever note. An original file with a
    content credential or the camera's data speaks for a claim; whether it is enough, a person
    decides (see `moderation inspect`).

    Outside proof ends an exemption of the work; `templates list` then shows the conflict.

    Verdicts given before that rest on the work follow: who is freed is freed at once, and whom it
    would go harder with is brought before a person as a review, never blocked. Subscribers hear
    `verdict.changed`. Killed in the middle, `register follow` goes on.

    With --json: `{"work_id", "author_id", "at", "basis", "note_id", "image_number", "proof",
    "followed": {"freed", "referred", "same", "left", "unknown_policy", "superseded", "unjudged",
    "examples": [{"note_id", "before_id", "verdict_id", "before", "after", "outcome"}]}}`.
    """
    from moderation.cli import template_words, words
    from moderation.cli.register.following import followed, tell_followed
    from moderation.cli.register.history import claim_to_json
    from moderation.gate import Gate
    from moderation.gate.rights.declarations import record_claim, withdraw_claim
    from moderation.store import ProposalState, Transaction

    if evidence is not None:
        proof = "; ".join(filter(None, (proof, _told_by(evidence, screen))))
    at = at or datetime.now(UTC)
    claims: list[Claim] = []

    def tell(now: Transaction) -> None:
        claims.append(
            withdraw_claim(
                now, note, image_number, author_id=author, basis=basis, reason=proof, by=by
            )
            if withdraw
            else record_claim(
                now,
                note,
                image_number,
                author_id=author,
                basis=basis,
                at=at,
                proof=proof,
                by=by,
            )
        )

    with Gate.open(register, create=False) as gate:
        if dry_run:
            told = gate.try_late(tell)
        else:
            with gate.register.transaction() as now:
                tell(now)
            told = followed(gate, screen)
        (claim,) = claims
        proposals = gate.register.proposals(work_ids=[claim.work_id]).values()
    screen.json(claim_to_json(claim) | {"followed": told.to_json()})
    if not dry_run:
        from moderation.cli import late_words

        said = late_words.WITHDRAWN if withdraw else words.CLAIMED
        screen.say(
            said.say(
                screen.lang,
                author=claim.author_id,
                basis=claim.basis.value,
                note=note,
                number=image_number,
                at=claim.at.date().isoformat(),
            )
        )
    tell_followed(told, screen, tried=dry_run)
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

"""`moderation register templates list`: what waits for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.gate.deciding.templates import ProposedWork


@click.command("list")
@register_option
@click.option("--all", "decided", is_flag=True, help="Also what was decided.")
@speaking
def command(screen: Screen, register: str, decided: bool) -> None:
    """Show what waits for a decision.

    `proposed` means that many show it, or try to; `contested`, that outside proof ended an
    exemption. Look at the note named, then `accept` or `reject` the work.

    With --json: `{"proposals": [{"work_id", "state", "ground", "authors", "proposed_at",
    "decided_at", "decided_by", "reason", "note_id", "image_number", "attempts", "until",
    "protected"}]}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        found = gate.templates.proposals(decided=decided)
    screen.json({"proposals": [_to_json(work) for work in found]})
    if not found:
        screen.say(words.NO_PROPOSALS.say(screen.lang))
        return
    heads = (
        *(words.HEAD_WORK, words.HEAD_STATE, words.HEAD_GROUND, words.HEAD_AUTHORS),
        *(words.HEAD_ATTEMPTS, words.HEAD_SEE, words.HEAD_UNTIL, words.HEAD_REASON),
    )
    screen.table([head.say(screen.lang) for head in heads], [_row(work, screen) for work in found])


def _to_json(work: ProposedWork) -> dict[str, Any]:
    return work.proposal.to_json() | {
        "note_id": work.note_id,
        "image_number": work.image_number,
        "attempts": work.attempts,
        "until": work.exempt_until.isoformat() if work.exempt_until else None,
        "protected": work.proposal.was_rejected,
    }


def _row(work: ProposedWork, screen: Screen) -> tuple[object, ...]:
    from moderation.cli import template_words as words
    from moderation.store import ProposalState

    proposal = work.proposal
    state = words.STATES[proposal.state]
    if proposal.state is ProposalState.PROPOSED and proposal.was_rejected:
        state = words.PROTECTED
    return (
        proposal.work_id,
        state.say(screen.lang),
        words.GROUNDS[proposal.ground].say(screen.lang),
        proposal.authors,
        work.attempts,
        f"{work.note_id} #{work.image_number}" if work.note_id else "–",
        f"{work.exempt_until:%Y-%m-%d %H:%M}" if work.exempt_until else "–",
        proposal.reason or "–",
    )

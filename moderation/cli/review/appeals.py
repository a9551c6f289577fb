"""`moderation review appeals`: what authors say, and waits for a person."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=100_000),
    default=100,
    show_default=True,
    metavar="N",
    help="Most appeals to show.",
)
@speaking
def command(screen: Screen, register: str, limit: int) -> None:
    """Show appeals that wait, the oldest first.

    With --json: `{"appeals": [{"appeal_id", "verdict_id", "note_id", "author_id", "at", "state",
    "statement", "decision", "proofs": [{...}]}]}`, the last as in `proof`.
    """
    from moderation.cli import late_words as words
    from moderation.cli.proof_words import proof_lines
    from moderation.explain import decision_word
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        found = opened.open_appeals(limit=limit)
        rows = opened.verdicts_numbered(appeal.verdict_id for appeal in found)
        proofs = opened.proofs(appeal.appeal_id for appeal in found)
    decisions = {number: row.verdict.decision for number, row in rows.items()}
    screen.json(
        {
            "appeals": [
                appeal.to_json()
                | {
                    "decision": decisions[appeal.verdict_id].value,
                    "proofs": [proof.to_json() for proof in proofs[appeal.appeal_id]],
                }
                for appeal in found
            ]
        }
    )
    if screen.as_json:
        return
    if not found:
        screen.say(words.NO_APPEALS.say(screen.lang))
    for appeal in found:
        screen.say(
            words.APPEAL.say(
                screen.lang,
                number=appeal.appeal_id,
                author=appeal.author_id,
                note=appeal.note_id,
                verdict=appeal.verdict_id,
                decision=decision_word(decisions[appeal.verdict_id], screen.lang),
                at=f"{appeal.at:%Y-%m-%d %H:%M}",
            )
        )
        screen.say(f"  {appeal.statement}")
        for proof in proofs[appeal.appeal_id]:
            for line in proof_lines(proof, screen.lang):
                screen.say(f"  {line}")

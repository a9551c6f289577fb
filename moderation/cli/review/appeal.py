"""`moderation review appeal`: what an author says against a verdict, with what they send."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import WrongValue, appeal_days_option, register_option, speaking
from moderation.cli.review.given import proof_bytes, verdict_number
from moderation.cli.screen import Screen

_MOST_CHARS = 4_000


@click.command()
@click.argument("verdict")
@register_option
@click.option("--author", required=True, metavar="ID", help="Who appeals: whose note it is.")
@click.option(
    "--statement", required=True, metavar="TEXT", help="What they say, in their own words."
)
@click.option(
    "--proof",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file that they send, as in `proof`; may be given again.",
)
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="URL",
    help="An earlier publication, kept as text and never opened; may be given again.",
)
@appeal_days_option("--days")
@speaking
def command(
    screen: Screen,
    verdict: str,
    register: str,
    author: str,
    statement: str,
    files: tuple[Path, ...],
    links: tuple[str, ...],
    appeal_days: int,
) -> None:
    """Record an author's appeal against VERDICT.

    VERDICT is its number, as v_42, see `register history`. One appeal waits at a time for each
    verdict and author; a person decides it, at the desk or with `decide`. Proof can also come
    later, with `proof`. Subscribers hear `appeal.opened`.

    With --json: `{"appeal_id", "verdict_id", "note_id", "state", "at", "proofs": [{...}]}`, the
    last as in `proof`.
    """
    from moderation.cli import late_words as words
    from moderation.cli.proof_words import proof_lines
    from moderation.explain import decision_word
    from moderation.gate.rights.appealing import open_appeal
    from moderation.gate.rights.proofs import add_file, add_link, web_address
    from moderation.store import MOST_PROOFS, Register

    number = verdict_number(verdict)
    statement = statement.strip()
    if not 0 < len(statement) <= _MOST_CHARS:
        raise WrongValue(
            f"the statement has {len(statement):,} characters, limit {_MOST_CHARS:,}",
            hint="say in a few sentences why the verdict is not so",
        )
    if len(files) + len(links) > MOST_PROOFS:
        raise WrongValue(
            f"got {len(files) + len(links)} proofs, limit {MOST_PROOFS}",
            hint="send what says most",
        )
    # All that can be wrong is found before anything is written.
    read = [(path.name, proof_bytes(path)) for path in files]
    links = tuple(web_address(link) for link in links)
    with Register.open(register, create=False) as opened:
        with opened.transaction() as now:
            told = open_appeal(now, number, author_id=author, statement=statement, days=appeal_days)
        appeal = told.appeal
        proofs = [add_file(opened, appeal.appeal_id, name, data)[0] for name, data in read]
        proofs += [add_link(opened, appeal.appeal_id, link)[0] for link in links]
        row = opened.verdicts_numbered([number])[number]
    screen.json(told.to_json() | {"proofs": [proof.to_json() for proof in proofs]})
    screen.say(
        words.APPEAL.say(
            screen.lang,
            number=appeal.appeal_id,
            author=appeal.author_id,
            note=appeal.note_id,
            verdict=number,
            decision=decision_word(row.verdict.decision, screen.lang),
            at=f"{appeal.at:%Y-%m-%d %H:%M}",
        )
    )
    for proof in proofs:
        for line in proof_lines(proof, screen.lang):
            screen.say(f"  {line}")

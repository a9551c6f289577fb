"""`moderation review decide`: an appeal is upheld or the verdict overturned."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import WrongValue, moment, register_option, speaking
from moderation.cli.review.appeal_number import appeal_number
from moderation.cli.screen import Screen


@click.command()
@click.argument("appeal")
@register_option
@click.option(
    "--overturned/--upheld",
    default=None,
    help="The verdict is not so; or it stands.",
)
@click.option(
    "--by",
    metavar="NAME",
    envvar="MODERATION_BY",
    show_envvar=True,
    help="Who decides.",
)
@click.option(
    "--reason", default="", metavar="TEXT", help="Why, in a sentence. Do not quote the note."
)
@click.option(
    "--finding",
    "findings",
    multiple=True,
    metavar="KIND",
    help="What is not so, as text.hard_sell; all that the verdict rests on where not given.",
)
@click.option(
    "--first", metavar="AUTHOR", help="The match is right, and this author was first; with --at."
)
@click.option("--at", type=moment, metavar="DATE", help="Date that the proof of --first shows.")
@click.option("--licensed", is_flag=True, help="The match is right, and the author has a licence.")
@click.option("--proof", default="", metavar="TEXT", help="Reference of the licence or proof.")
@speaking
def command(
    screen: Screen,
    appeal: str,
    register: str,
    overturned: bool | None,
    by: str | None,
    reason: str,
    findings: tuple[str, ...],
    first: str | None,
    at: datetime | None,
    licensed: bool,
    proof: str,
) -> None:
    """Decide APPEAL, as a_7, and put right what rests on it.

    An overturned verdict is replaced by a new one, and subscribers hear `verdict.changed` and
    `appeal.decided`. Where the match is right but rights were not, say --first or --licensed: the
    claim is recorded, and verdicts that rest on the work follow. Otherwise the match itself was
    the mistake: pictures that had joined the work by it leave it, the very same file elsewhere is
    freed, and the pair is a counter-example (`pairs`).

    With --json: `{"appeal_id", "note_id", "state", "verdict_id", "before", "after", "review_id",
    "others", "followed": {...}}`, the last as in `register claim`.
    """
    from moderation.cli import late_words as words
    from moderation.cli.register.following import followed, tell_followed
    from moderation.explain import decision_word
    from moderation.finding import FindingKind
    from moderation.gate import Gate
    from moderation.gate.rights.ruling import First, Ruled

    number = appeal_number(appeal)
    if overturned is None:
        raise WrongValue("nothing is decided", hint="give `--upheld` or `--overturned`")
    if not by:
        raise WrongValue(
            "nobody is named who decides", hint="give `--by NAME`, or set MODERATION_BY"
        )
    if (first is None) is not (at is None):
        raise WrongValue("who was first needs a date", hint="give `--first AUTHOR --at DATE`")
    kinds = []
    for finding in findings:
        if finding not in set(FindingKind):
            raise WrongValue(f"unknown finding `{finding:.60}`", hint="write it as image.copy")
        kinds.append(FindingKind(finding))
    ruled = Ruled(
        overturned=overturned,
        by=by,
        reason=reason,
        findings=tuple(kinds),
        first=None
        if first is None
        else First(author_id=first, at=at or datetime.now(UTC), proof=proof),
        licensed=licensed,
        proof=proof,
    )
    with Gate.open(register, create=False) as gate:
        decided = gate.decide_appeal(number, ruled, follow=False)
        told = followed(gate, screen)
    screen.json(decided.to_json() | {"followed": told.to_json()})
    said = words.APPEAL_OVERTURNED if overturned else words.APPEAL_UPHELD
    screen.say(
        said.say(
            screen.lang,
            number=decided.appeal.appeal_id,
            by=by,
            note=decided.appeal.note_id,
            decision=decision_word(decided.after, screen.lang),
            verdict=decided.verdict_id,
        )
    )
    tell_followed(told, screen)

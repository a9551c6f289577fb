"""`moderation scan judge`: a verdict on every note of an archive."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import speaking
from moderation.cli.scan import choices
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.scan import Judged, Referred


@click.command()
@choices.out_option
@choices.beside_option
@choices.policy_options
@choices.without_option
@choices.refer_option
@speaking
def command(
    screen: Screen,
    out: Path,
    register: str | None,
    policy_name: str,
    as_of: datetime | str,
    without: tuple[str, ...],
    refer: int,
) -> None:
    """Give every note a verdict.

    The archive in DIR was observed and paired. Its notes are judged in order of publication, each
    by what was published before it and by all that the register holds, in a copy of the register
    that lies in DIR. Another policy or another day needs neither pictures nor models: judge
    again.

    The register itself is only read. It gets to know of DIR, to forget there too; and with
    `--refer` the most serious notes, whose last verdict there is milder and to which nobody has
    answered, get a review.

    With --json: `{"notes", "known", "failed", "decisions", "verdicts", "register", "referred":
    {"referred", "left", "waiting", "answered", "edited"}}`; the last is null without `--refer`.
    """
    from moderation.cli.tally import partial

    choices.check_left_out(without)
    choices.check_refer(refer, register)
    judged, referred = judge_with_progress(
        screen,
        out,
        register=register,
        policy_name=policy_name,
        as_of=as_of,
        without=without,
        refer=refer,
    )
    screen.json(told(judged, referred))
    say(screen, judged, referred)
    if judged.failed:
        raise partial(judged.failed, judged.notes + judged.failed)


def judge_with_progress(
    screen: Screen,
    out: Path,
    *,
    register: str | None,
    policy_name: str,
    as_of: Any,
    without: tuple[str, ...],
    refer: int,
) -> tuple[Judged, Referred | None]:
    """The stage, with a bar; then what is to be referred."""
    from moderation.cli.progress import progress
    from moderation.policy import Policy
    from moderation.scan import judge, refer_worst

    choices.known_to(register, out, screen)

    policy = Policy.load(policy_name)
    with progress(screen, None) as done:
        judged = judge(
            out,
            policy,
            register=register,
            as_of=as_of,
            without=without,
            progress=lambda now: done(now.notes, known=now.known),
        )
    if not refer or register is None:
        return judged, None
    return judged, refer_worst(
        judged,
        out,
        policy,
        register=register,
        as_of=as_of,
        without=without,
        most=refer,
    )


def told(judged: Judged, referred: Referred | None) -> dict[str, Any]:
    """What machines read."""
    from moderation.verdict import Decision

    return {
        "notes": judged.notes,
        "known": judged.known,
        "failed": judged.failed,
        "decisions": {decision.value: judged.decisions[decision] for decision in Decision},
        "verdicts": str(judged.verdicts),
        "register": str(judged.register),
        "referred": None
        if referred is None
        else {why.value: count for why, count in referred.counts.items()},
    }


def say(screen: Screen, judged: Judged, referred: Referred | None) -> None:
    """What people read."""
    from moderation.cli import scan_words as words
    from moderation.cli.tally import Tally

    tally = Tally()
    tally.decisions = judged.decisions
    screen.say(tally.sentence(screen.lang))
    screen.say(words.VERDICTS_IN.say(screen.lang, file=judged.verdicts))
    screen.say(words.JUDGED_IN.say(screen.lang, folder=judged.register))
    if referred is not None:
        counts = {why.value: count for why, count in referred.counts.items()}
        screen.say(words.REFERRED.say(screen.lang, serious=referred.serious, **counts))

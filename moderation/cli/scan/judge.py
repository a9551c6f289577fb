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
    from moderation.scan import Judged


@click.command()
@choices.out_option
@choices.beside_option
@choices.policy_options
@choices.without_option
@speaking
def command(
    screen: Screen,
    out: Path,
    register: str | None,
    policy_name: str,
    as_of: datetime | str,
    without: tuple[str, ...],
) -> None:
    """Give every note a verdict.

    The archive in DIR was observed and paired. Its notes are judged in order of publication, each
    by what was published before it and by all that the register holds, in a copy of the register
    that lies in DIR; the register itself is only read. Another policy or another day needs
    neither pictures nor models: judge again.

    With --json: `{"notes", "known", "failed", "decisions", "verdicts", "register"}`.
    """
    from moderation.cli.tally import partial

    choices.check_left_out(without)
    judged = judge_with_progress(
        screen, out, register=register, policy_name=policy_name, as_of=as_of, without=without
    )
    screen.json(told(judged))
    say(screen, judged)
    if judged.failed:
        raise partial(judged.failed, judged.notes + judged.failed)


def judge_with_progress(
    screen: Screen, out: Path, *, policy_name: str, as_of: Any, **chosen: Any
) -> Judged:
    """The stage, with a bar."""
    from moderation.cli.progress import progress
    from moderation.policy import Policy
    from moderation.scan import judge

    policy = Policy.load(policy_name)
    with progress(screen, None) as done:
        return judge(
            out,
            policy,
            as_of=as_of,
            progress=lambda now: done(now.notes, known=now.known),
            **chosen,
        )


def told(judged: Judged) -> dict[str, Any]:
    """What machines read."""
    from moderation.verdict import Decision

    return {
        "notes": judged.notes,
        "known": judged.known,
        "failed": judged.failed,
        "decisions": {decision.value: judged.decisions[decision] for decision in Decision},
        "verdicts": str(judged.verdicts),
        "register": str(judged.register),
    }


def say(screen: Screen, judged: Judged) -> None:
    """What people read."""
    from moderation.cli import scan_words as words
    from moderation.cli.tally import Tally

    tally = Tally()
    tally.decisions = judged.decisions
    screen.say(tally.sentence(screen.lang))
    screen.say(words.VERDICTS_IN.say(screen.lang, file=judged.verdicts))
    screen.say(words.JUDGED_IN.say(screen.lang, folder=judged.register))

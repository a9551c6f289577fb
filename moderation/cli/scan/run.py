"""`moderation scan run`: all three stages of a retro scan."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import click

from moderation.cli.options import outside_option, speaking
from moderation.cli.scan import choices, judge, observe, pair
from moderation.cli.screen import Screen


@click.command()
@click.argument("archive")
@choices.out_option
@choices.beside_option
@choices.policy_options
@choices.workers_option
@choices.engine_options
@choices.without_option
@choices.max_duration_option
@choices.shard_rows_option
@choices.refer_option
@outside_option
@speaking
def command(
    screen: Screen,
    archive: str,
    out: Path,
    register: str | None,
    policy_name: str,
    as_of: datetime | str,
    workers: int | None,
    engine_name: str,
    ray_address: str | None,
    without: tuple[str, ...],
    max_duration: float | None,
    shard_rows: int,
    refer: int,
    allow_outside: bool,
) -> None:
    """Observe, pair and judge an archive.

    As `moderation scan observe`, `pair` and `judge`, one after another. Stop it whenever you
    like: the next run does what is missing.

    With --json: `{"observed", "paired", "judged"}`, each as its stage tells it; null for a stage
    that time did not reach.
    """
    from moderation.cli.tally import partial
    from moderation.policy import Policy

    choices.check_left_out(without)
    choices.check_refer(refer, register)
    Policy.load(policy_name)  # a mistake is told now, not after a night of observing
    began = time.monotonic()
    beside = choices.register_for(engine_name, register)
    paired = judged = referred = None
    with choices.engine_named(engine_name, ray_address, archive, out) as (engine, whole, folder):
        looking = {
            "engine": engine,
            "workers": workers or engine.cores(),
            "without": without,
            "allow_outside": allow_outside,
        }
        observed = observe.observe_with_progress(
            screen, whole, folder, shard_rows=shard_rows, max_duration_s=max_duration, **looking
        )
        observe.say(screen, observed)
        if observed.complete:
            spent = time.monotonic() - began
            left = None if max_duration is None else max(0, max_duration - spent)
            paired = pair.pair_with_progress(
                screen, whole, folder, register=beside, max_duration_s=left, **looking
            )
            pair.say(screen, paired)
    if paired is not None and paired.complete:
        judged, referred = judge.judge_with_progress(
            screen,
            out,
            register=register,
            policy_name=policy_name,
            as_of=as_of,
            without=without,
            refer=refer,
        )
        judge.say(screen, judged, referred)
    screen.json(
        {
            "observed": observe.told(observed),
            "paired": None if paired is None else pair.told(paired),
            "judged": None if judged is None else judge.told(judged, referred),
        }
    )
    if observed.failed:
        raise partial(observed.failed, observed.rows)

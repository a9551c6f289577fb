"""`moderation scan observe`: keep what every note and picture of an archive shows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, outside_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.scan import Observed

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: str) -> float:
    """`90s`, `30m`, `8h` or `2d` in seconds."""
    said = re.fullmatch(r"(\d{1,6})([smhd])", value, re.ASCII)
    if said is None:
        raise WrongValue(f"`{value:.60}` is no duration", hint="write it as 90s, 30m, 8h or 2d")
    return float(int(said[1]) * _UNITS[said[2]])


@click.command()
@click.argument("archive")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where observations go, as Parquet.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=os.cpu_count,
    show_default="the cores",
    metavar="N",
    help="Processes; each holds models of its own, some 800 MB.",
)
@click.option(
    "--without",
    multiple=True,
    metavar="DETECTOR",
    help="Leave out a reader of marks, as `lettering`, which costs most.",
)
@click.option(
    "--max-duration",
    type=_duration,
    metavar="TIME",
    help="Begin nothing new after so long, as 90s, 30m or 8h.",
)
@click.option(
    "--shard-rows",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    metavar="N",
    help="Rows written at once; what is under way is lost when all is killed.",
)
@outside_option
@speaking
def command(
    screen: Screen,
    archive: str,
    out: Path,
    workers: int,
    without: tuple[str, ...],
    max_duration: float | None,
    shard_rows: int,
    allow_outside: bool,
) -> None:
    """Keep what notes and pictures show.

    ARCHIVE is JSONL, Parquet, a tar shard, or a folder of shards or pictures. Fingerprints,
    words, marks and findings of the text are kept in DIR as Parquet, without pixels. Neither a
    register nor a policy has a part in it; another model or detector has a folder of its own.

    Stop it whenever you like: the next run does what is missing, and gives the same bytes. A
    row that is no note becomes a row with an error, and the exit code is 8.

    With --json: `{"rows", "known", "failed", "pictures", "undecodable", "unanswered",
    "memory_bytes", "complete", "folder"}`.
    """
    from moderation.archive import count_notes
    from moderation.cli.progress import progress
    from moderation.cli.tally import partial
    from moderation.scan import observe
    from moderation.scan.observation import may_be_left_out

    for name in without:
        if name not in may_be_left_out():
            raise WrongValue(
                f"no reader of marks is called `{name:.60}`",
                hint=f"leave out {', '.join(f'`{one}`' for one in may_be_left_out())}",
            )
    with progress(screen, count_notes(archive)) as done:
        observed = observe(
            archive,
            out,
            workers=workers,
            without=without,
            shard_rows=shard_rows,
            max_duration_s=max_duration,
            allow_outside=allow_outside,
            progress=lambda now: done(now.rows, known=now.known, memory=now.memory),
        )
    _sum_up(screen, observed)
    if observed.failed:
        raise partial(observed.failed, observed.rows)


def _sum_up(screen: Screen, observed: Observed) -> None:
    from moderation.cli import scan_words as words

    screen.json(
        {
            "rows": observed.rows,
            "known": observed.known,
            "failed": observed.failed,
            "pictures": observed.pictures,
            "undecodable": observed.undecodable,
            "unanswered": observed.unanswered,
            "memory_bytes": observed.memory,
            "complete": observed.complete,
            "folder": str(observed.place.folder),
        }
    )
    lang = screen.lang
    new = observed.rows - observed.known
    screen.say(words.OBSERVED.say(lang, rows=observed.rows, new=new, pictures=observed.pictures))
    for count, phrase in (
        (observed.undecodable, words.UNDECODABLE),
        (observed.unanswered, words.UNANSWERED),
    ):
        if count:
            screen.say(phrase.say(lang, count=count))
    if not observed.complete:
        screen.say(words.TIME_IS_UP.say(lang))
    screen.say(words.KEPT_IN.say(lang, folder=observed.place.folder))

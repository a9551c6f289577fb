"""`moderation scan observe`: keep what every note and picture of an archive shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import outside_option, speaking
from moderation.cli.scan import choices
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.scan import Observed


@click.command()
@click.argument("archive")
@choices.out_option
@choices.workers_option
@choices.engine_options
@choices.without_option
@choices.max_duration_option
@choices.shard_rows_option
@outside_option
@speaking
def command(
    screen: Screen,
    archive: str,
    out: Path,
    workers: int | None,
    engine_name: str,
    ray_address: str | None,
    without: tuple[str, ...],
    max_duration: float | None,
    shard_rows: int,
    allow_outside: bool,
) -> None:
    """Keep what notes and pictures show.

    ARCHIVE is JSONL, Parquet, a tar shard, a folder of shards or pictures, or the URL of one.
    Fingerprints,
    words, marks and findings of the text are kept in DIR as Parquet, without pixels. Neither a
    register nor a policy has a part in it; another model or detector has a folder of its own.

    Stop it whenever you like: the next run does what is missing, and gives the same bytes. A
    row that is no note becomes a row with an error, and the exit code is 8.

    With --json: `{"rows", "known", "failed", "pictures", "undecodable", "unanswered",
    "memory_bytes", "complete", "folder"}`.
    """
    from moderation.cli.tally import partial

    choices.check_left_out(without)
    with choices.engine_named(engine_name, ray_address, archive, out) as (engine, whole, folder):
        observed = observe_with_progress(
            screen,
            whole,
            folder,
            engine=engine,
            workers=workers or engine.cores(),
            without=without,
            shard_rows=shard_rows,
            max_duration_s=max_duration,
            allow_outside=allow_outside,
        )
    screen.json(told(observed))
    say(screen, observed)
    if observed.failed:
        raise partial(observed.failed, observed.rows)


def observe_with_progress(screen: Screen, archive: str, out: Path, **chosen: Any) -> Observed:
    """The stage, with a bar."""
    from moderation.archive import count_notes
    from moderation.cli.progress import progress
    from moderation.scan import observe

    with progress(screen, count_notes(archive)) as done:
        return observe(
            archive,
            out,
            progress=lambda now: done(now.rows, known=now.known, memory=now.memory),
            **chosen,
        )


def told(observed: Observed) -> dict[str, Any]:
    """What machines read."""
    return {
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


def say(screen: Screen, observed: Observed) -> None:
    """What people read."""
    from moderation.cli import scan_words as words

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

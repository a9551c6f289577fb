"""`moderation scan pair`: what every picture shows of those published before it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import outside_option, speaking
from moderation.cli.scan import choices
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.scan import Paired


@click.command()
@click.argument("archive")
@choices.out_option
@choices.beside_option
@choices.workers_option
@choices.engine_options
@choices.without_option
@choices.max_duration_option
@outside_option
@speaking
def command(
    screen: Screen,
    archive: str,
    out: Path,
    register: str | None,
    workers: int | None,
    engine_name: str,
    ray_address: str | None,
    without: tuple[str, ...],
    max_duration: float | None,
    allow_outside: bool,
) -> None:
    """Prove what pictures show of earlier ones.

    ARCHIVE is the one that was observed in DIR. Candidates come from hashes, descriptors and
    shared details; a picture that has some is decoded again and compared with them, as at the
    gate. Pictures of the register count whenever they were published, those of the archive
    where they were published before.

    Stop it whenever you like: the next run does what is missing, and gives the same bytes.

    With --json: `{"pictures", "known", "decoded", "tried", "showing", "matches", "unanswered",
    "memory_bytes", "descriptors_found", "descriptors_of", "complete", "folder"}`: of the ten
    nearest descriptors of some pictures, those that a search finds.
    """
    choices.check_left_out(without)
    beside = choices.register_for(engine_name, register)
    with choices.engine_named(engine_name, ray_address, archive, out) as (engine, whole, folder):
        paired = pair_with_progress(
            screen,
            whole,
            folder,
            register=beside,
            engine=engine,
            workers=workers or engine.cores(),
            without=without,
            max_duration_s=max_duration,
            allow_outside=allow_outside,
        )
    screen.json(told(paired))
    say(screen, paired)


def pair_with_progress(screen: Screen, archive: str, out: Path, **chosen: Any) -> Paired:
    """The stage, with a bar."""
    from moderation.cli import scan_words as words
    from moderation.cli.progress import progress
    from moderation.scan import pair

    choices.known_to(chosen.get("register"), out, screen)
    with progress(screen, None) as done:
        return pair(
            archive,
            out,
            laying_out=lambda: screen.remark(words.LAYING_OUT.say(screen.lang)),
            progress=lambda now: done(now.counts.pictures, known=now.known, memory=now.memory),
            **chosen,
        )


def told(paired: Paired) -> dict[str, Any]:
    """What machines read."""
    return asdict(paired.counts) | {
        "known": paired.known,
        "memory_bytes": paired.memory,
        "descriptors_found": paired.described.found,
        "descriptors_of": paired.described.of,
        "complete": paired.complete,
        "folder": str(paired.place.folder),
    }


def say(screen: Screen, paired: Paired) -> None:
    """What people read."""
    from moderation.cli import scan_words as words

    lang, counts = screen.lang, paired.counts
    new = counts.pictures - paired.known
    screen.say(words.PAIRED.say(lang, pictures=counts.pictures, new=new))
    screen.say(words.SHOWING.say(lang, showing=counts.showing, tried=counts.decoded))
    described = paired.described
    if described.of:
        share = described.found / described.of
        screen.say(words.RECALL.say(lang, found=described.found, of=described.of, share=share))
    if counts.unanswered:
        screen.say(words.NOT_SEARCHED.say(lang, count=counts.unanswered))
    if not paired.complete:
        screen.say(words.TIME_IS_UP.say(lang))
    screen.say(words.KEPT_IN.say(lang, folder=paired.place.folder))

"""`moderation model train note-reader`: the recipe of the note reader."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen
from moderation.cli.training import (
    needing_extra,
    out_option,
    seed_option,
    tell,
    work_option,
)


@click.command()
@click.option(
    "--base",
    required=True,
    metavar="PATH_OR_ID",
    help="Encoder to start from: a packed e5 network, or a folder or hub id for `transformers`.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Labelled notes of your community: notes.jsonl.gz.",
)
@click.option(
    "--datasets",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("datasets"),
    show_default=True,
    metavar="DIR",
    help="Written notes and labels by digest, as in the repository.",
)
@click.option(
    "--moderators",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    metavar="FILE",
    help="Rows of `moderation review export`; may be given again.",
)
@out_option
@work_option("note-reader", "Keeps what was learnt.")
@click.option(
    "--passes",
    type=click.IntRange(min=1),
    default=4,
    show_default=True,
    metavar="N",
    help="How often each note is read.",
)
@seed_option(2)
@speaking
def command(
    screen: Screen,
    base: str,
    data: Path | None,
    datasets: Path | None,
    moderators: tuple[Path, ...],
    out: Path,
    work: Path,
    passes: int,
    seed: int,
) -> None:
    """Train the note reader on labelled notes.

    Needs the extra `train`; forty minutes on one core for seven thousand notes. A quarter of
    the notes is set apart first, to calibrate with and to say in metrics.json how good it is;
    then it learns from all. No text is in the model folder but pieces of words.

    With --json: `{"model": path, "recipe": name}`.
    """
    with needing_extra():
        from moderation.training.reader_course import CoursePlan, train
        from moderation.training.reader_learner import LearningPlan
    from moderation.text.note_reader import NoteReader

    plan = CoursePlan(
        base=base,
        data=data,
        datasets=datasets,
        moderators=moderators,
        out=out,
        work=work,
        learning=LearningPlan(passes=passes, seed=seed),
    )
    train(plan, screen.remark)
    tell(screen, out, NoteReader.open(out).recipe)

"""`moderation model train copy-descriptor`: the recipe of the learned copy descriptor."""

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
    "--images",
    required=True,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Pictures to learn from. Three in ten, by their names, are kept for measuring.",
)
@click.option(
    "--teacher",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="NPZ",
    help="A stronger network's vectors, beside the train.csv that names their rows.",
)
@out_option
@work_option("copy-descriptor", "Caches and checkpoints.")
@click.option(
    "--views",
    type=click.IntRange(min=1),
    default=60_000,
    show_default=True,
    metavar="N",
    help="Copies to make and learn from.",
)
@click.option(
    "--hours",
    type=click.FloatRange(min=0, min_open=True),
    metavar="H",
    help="Learn no longer than this.",
)
@seed_option(1)
@speaking
def command(
    screen: Screen,
    images: Path,
    teacher: Path | None,
    out: Path,
    work: Path,
    views: int,
    hours: float | None,
    seed: int,
) -> None:
    """Train the copy descriptor on pictures of your own.

    Needs the extra `train` and some thousand pictures; an hour or more on one core. Nothing of
    the pictures is in the model folder.

    With --json: `{"model": path, "recipe": name}`.
    """
    with needing_extra():
        from moderation.training.descriptor import Plan, train
    from moderation.image.descriptor import Describer

    plan = Plan(
        images=images, teacher=teacher, out=out, work=work, views=views, hours=hours, seed=seed
    )
    train(plan, screen.remark)
    tell(screen, out, Describer.open(out).recipe)

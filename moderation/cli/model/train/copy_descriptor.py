"""`moderation model train copy-descriptor`: the recipe of the learned copy descriptor."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen


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
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Gets the model folder; its name is the model's.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("work/copy-descriptor"),
    show_default=True,
    metavar="DIR",
    help="Caches and checkpoints. A stopped training goes on from there.",
)
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
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="Of every draw.",
)
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
    from moderation.cli import words
    from moderation.errors import MissingExtra

    try:
        from moderation.training.descriptor import Plan, train
    except ImportError as error:
        raise MissingExtra(
            f"training needs `{error.name}`, which is not installed",
            hint="pip install 'notegate[train]'",
        ) from None
    from moderation.image.descriptor import Describer

    plan = Plan(
        images=images, teacher=teacher, out=out, work=work, views=views, hours=hours, seed=seed
    )
    train(plan, screen.remark)
    recipe = Describer.open(out).recipe
    screen.json({"model": str(out), "recipe": recipe})
    screen.say(words.TRAINED.say(screen.lang, recipe=recipe, path=out))

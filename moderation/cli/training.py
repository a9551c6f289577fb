"""What every training has in common: where it writes, what it keeps, its chance, its extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from moderation.cli.screen import Screen

Command = Callable[..., None]


def out_option(function: Command) -> Command:
    """`--out`: the folder that becomes the model."""
    return click.option(
        "--out",
        required=True,
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Gets the model folder; its name is the model's.",
    )(function)


def work_option(folder: str, keeps: str) -> Callable[[Command], Command]:
    """`--work`: what a stopped training goes on from."""
    return click.option(
        "--work",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path("work") / folder,
        show_default=True,
        metavar="DIR",
        help=f"{keeps} A stopped training goes on from there.",
    )


def seed_option(default: int) -> Callable[[Command], Command]:
    """`--seed`: the shipped model was learnt with the default."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=default,
        show_default=True,
        metavar="N",
        help="Of every draw.",
    )


@contextmanager
def needing_extra() -> Iterator[None]:
    """Around the imports of a training.

    Raises:
        MissingExtra: one of its packages is not installed.
    """
    from moderation.errors import MissingExtra

    try:
        yield
    except ImportError as error:
        raise MissingExtra(
            f"training needs `{error.name}`, which is not installed",
            hint="pip install 'notegate[train]'",
        ) from None


def tell(screen: Screen, out: Path, recipe: str) -> None:
    """What was made."""
    from moderation.cli import words

    screen.json({"model": str(out), "recipe": recipe})
    screen.say(words.TRAINED.say(screen.lang, recipe=recipe, path=out))

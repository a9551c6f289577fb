"""`moderation register bank`: lists of pictures that are free to show."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    package=__name__,
    names=("add", "list", "show", "expire", "remove", "export", "import"),
)
def command() -> None:
    """Keep lists of pictures that are free to show.

    Templates, memes, a brand's press pictures, stickers, frames of apps. Only the part of a
    picture that a list frees is free, until its end, and proof from outside wins over a list.
    """

"""`moderation model`: what gives the answers."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("list", "evaluate", "train"))
def command() -> None:
    """See what gives the answers, with versions."""

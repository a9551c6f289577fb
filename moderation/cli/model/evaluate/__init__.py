"""`moderation model evaluate`: how good the answers are, on pictures of one's own."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("copies", "note-reader"))
def command() -> None:
    """Measure the answers on pictures and notes of your own."""

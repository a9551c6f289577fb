"""`moderation model train`: the recipes of the shipped models, to run again on other pictures."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("copy-descriptor", "note-reader"))
def command() -> None:
    """Train a model on material of your own."""

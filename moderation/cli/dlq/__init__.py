"""`moderation dlq`: events that an endpoint would not receive."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("list", "show", "replay", "drop"))
def command() -> None:
    """Look after events that an endpoint would not receive.

    A dead letter blocks nothing: later events of its note went on. It keeps its payload until it
    is replayed or dropped.
    """

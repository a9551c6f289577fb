"""`moderation index`: parts of the search index in processes of their own."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("serve",))
def command() -> None:
    """Hold a share of the search index.

    For registers whose pictures do not fit into one machine's memory: each shard holds a share,
    and gates ask all of them.
    """

"""`moderation scan`: look at a whole archive again."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("observe",))
def command() -> None:
    """Look at a whole archive again.

    In stages that can be stopped at any time. The first one keeps what every note and
    picture shows, whatever the register and the policy of the day. To judge an archive, use
    `moderation check`.
    """

"""`moderation webhook`: who is told of verdicts."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    package=__name__,
    names=("add", "list", "test", "disable", "enable", "remove"),
)
def command() -> None:
    """Choose who is told of verdicts and what changes them.

    An endpoint is a webhook (https://…, signed by Standard Webhooks 1.0) or a Redis stream
    (rediss://HOST/DB?stream=NAME&maxlen=N). `moderation deliver` sends.
    """

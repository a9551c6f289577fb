"""`moderation token`: who may ask the service."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("create", "revoke", "list"))
def command() -> None:
    """Say who may ask the service, and what for.

    Tokens lie in the main register, as digests: a token is shown once, when it is made.
    """

"""`moderation policy`: read and compare policies."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("list", "show", "check", "diff"))
def command() -> None:
    """Read and compare policies.

    A policy is dated data that says what follows from a finding: a shipped name or a TOML file.
    Its digest stands for its meaning: comments and order do not change it.
    """

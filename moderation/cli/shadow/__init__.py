"""`moderation shadow`: what another policy would have decided."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(cls=LazyGroup, package=__name__, names=("report",))
def command() -> None:
    """Compare the live policy with others that ran beside it.

    A shadow judges the same findings as the live policy for a share of the notes, and never
    acts. `moderation check --shadow` and the Python API start one.
    """

"""`moderation register templates`: works that many show."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    package=__name__,
    names=("list", "accept", "reject", "find", "history"),
)
def command() -> None:
    """Decide about pictures that many show.

    A picture that many unrelated authors have shown is proposed as a template. Until a person
    decides, one more showing waits for review and accuses nobody; a picture that many only
    tried to show stays protected.
    """

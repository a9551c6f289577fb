"""`moderation review`: what people answer to verdicts, and what is learnt from it."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    package=__name__,
    names=(
        *("record", "list", "export", "report", "appeal", "appeals", "proof"),
        *("decide", "letter", "decisions", "pairs"),
    ),
)
def command() -> None:
    """Record what people answer to verdicts, and learn from it.

    An answer changes no verdict and no threshold. It is kept beside the verdict, and exported as
    rows to learn from: thresholds move by a policy or by a new version of a model, never by
    themselves. What readers report brings a note before a person. An appeal that is decided does
    change its verdict, and what rests on it.
    """

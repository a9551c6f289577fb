"""`moderation register`: fill, ask and clear the register of pictures."""

from __future__ import annotations

import click

from moderation.cli.lazy import LazyGroup


@click.group(
    cls=LazyGroup,
    package=__name__,
    names=(
        "add",
        "import-hashes",
        "export-hashes",
        "claim",
        "link",
        "exempt",
        "follow",
        "bank",
        "templates",
        "remove",
        "forget",
        "stats",
        "verify",
        "compact",
        "history",
    ),
)
def command() -> None:
    """Fill, ask and clear the register of pictures.

    It knows which pictures were seen, and who showed them first.
    To be first in the register is no proof of authorship; `claim` records better proof.
    """

"""`moderation policy list`: the shipped policies."""

from __future__ import annotations

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen


@click.command()
@speaking
def command(screen: Screen) -> None:
    """List the shipped policies.

    With --json: `[{"name", "title", "digest"}]`.
    """
    from moderation.cli import words
    from moderation.policy import Policy
    from moderation.policy.named import shipped_names

    policies = [Policy.named(name) for name in shipped_names()]
    screen.json([{"name": p.name, "title": p.title, "digest": p.digest} for p in policies])
    heads = (words.HEAD_NAME, words.HEAD_TITLE, words.HEAD_DIGEST)
    screen.table(
        [head.say(screen.lang) for head in heads],
        [(p.name, p.title, p.digest[: len("sha256:") + 12]) for p in policies],
    )

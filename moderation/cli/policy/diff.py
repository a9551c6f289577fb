"""`moderation policy diff`: what changes when one policy replaces another."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from moderation.cli.options import moment, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option(
    "--as-of",
    type=moment,
    metavar="DATE",
    help="Compare what is in force then; now where not given.",
)
@speaking
def command(screen: Screen, old: str, new: str, as_of: datetime | None) -> None:
    """Say what changes when NEW replaces OLD.

    Each is a shipped name or a file.

    With --json: `{"old", "new", "as_of", "changes": [{"subject", "before", "after"}]}`.
    """
    from moderation.cli import words
    from moderation.policy import Policy, diff

    found = diff(Policy.load(old), Policy.load(new), as_of=as_of or datetime.now(UTC))
    screen.json(found.to_json())
    if not found:
        at = found.as_of.date().isoformat()
        screen.say(words.SAME_RULES.say(screen.lang, at=at))
        return
    screen.table(
        [words.HEAD_SUBJECT.say(screen.lang), found.old, found.new],
        [(change.subject, change.before, change.after) for change in found.changes],
    )

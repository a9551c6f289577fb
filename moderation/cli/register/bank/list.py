"""`moderation register bank list`: which lists there are."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Show which lists there are.

    With --json: `{"banks": [{"bank", "pictures", "in_force"}]}`.
    """
    from datetime import UTC, datetime

    from moderation.cli import template_words as words
    from moderation.store import Register

    now = datetime.now(UTC)
    with Register.open(register, create=False) as opened:
        entries = opened.bank_entries()
    banks: dict[str, list[bool]] = {}
    for entry in entries:
        banks.setdefault(entry.bank, []).append(entry.holds(now))
    rows = [
        {"bank": bank, "pictures": len(holds), "in_force": sum(holds)}
        for bank, holds in sorted(banks.items())
    ]
    screen.json({"banks": rows})
    if not rows:
        screen.say(words.NO_BANKS.say(screen.lang))
        return
    heads = (words.HEAD_BANK, words.HEAD_PICTURES, words.HEAD_IN_FORCE)
    screen.table([head.say(screen.lang) for head in heads], [list(row.values()) for row in rows])

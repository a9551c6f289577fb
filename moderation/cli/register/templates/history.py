"""`moderation register templates history`: who decided what, when and why."""

from __future__ import annotations

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option("--work", type=int, metavar="N", help="Only about this work.")
@click.option("--bank", metavar="BANK", help="Only about this list.")
@speaking
def command(screen: Screen, register: str, work: int | None, bank: str | None) -> None:
    """Show who decided what, when and why.

    About works, exemptions and banks. Nothing is ever taken out of it.

    With --json: `{"rulings": [{"at", "by", "action", "subject", "reason", "detail"}]}`.
    """
    from moderation.cli import template_words as words
    from moderation.gate.deciding.templates import subject_of
    from moderation.store import Register

    if work is not None and bank is not None:
        raise WrongValue("a work and a bank are two subjects", hint="give one of the two")
    subject = bank if work is None else subject_of(work)
    with Register.open(register, create=False) as opened:
        rulings = opened.rulings(subject)
    screen.json({"rulings": [ruling.to_json() for ruling in rulings]})
    if not rulings:
        screen.say(words.NO_RULINGS.say(screen.lang))
        return
    heads = (
        *(words.HEAD_WHEN, words.HEAD_BY, words.HEAD_ACTION),
        *(words.HEAD_SUBJECT, words.HEAD_REASON, words.HEAD_DETAIL),
    )
    screen.table(
        [head.say(screen.lang) for head in heads],
        [
            (
                f"{ruling.at:%Y-%m-%d %H:%M}",
                ruling.by or "–",
                ruling.action,
                ruling.subject,
                ruling.reason or "–",
                ", ".join(f"{name} {value}" for name, value in ruling.detail.items()),
            )
            for ruling in rulings
        ],
    )

"""`moderation register exempt`: a work that everybody may show."""

from __future__ import annotations

from datetime import datetime

import click

from moderation.cli.options import image_option, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@click.argument("note")
@register_option
@image_option
@click.option("--reason", required=True, metavar="TEXT", help="Why everybody may show it.")
@click.option(
    "--until", type=moment, metavar="DATE", help="End of the exemption; none where not given."
)
@click.option("--by", default="", metavar="NAME", help="Who decides this, for the audit.")
@speaking
def command(
    screen: Screen,
    note: str,
    register: str,
    image_number: int,
    reason: str,
    until: datetime | None,
    by: str,
) -> None:
    """Let everybody show a work: a template, a meme.

    The work is what the picture of NOTE shows. Copies are still found, and allowed. For pictures
    that are in no note, use `bank add`. Verdicts given before follow, as with `claim`.

    With --json: `{"note_id", "image_number", "reason", "until", "followed": {...}}`, the last as
    in `claim`.
    """
    from moderation.cli import words
    from moderation.cli.register.following import followed, tell_followed
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        gate.exempt(note, image_number, reason=reason, until=until, by=by, follow=False)
        told = followed(gate, screen)
    end = until.isoformat() if until else None
    screen.json(
        {
            "note_id": note,
            "image_number": image_number,
            "reason": reason,
            "until": end,
            "followed": told.to_json(),
        }
    )
    ends = words.UNTIL.say(screen.lang, at=until.date().isoformat()) if until else ""
    screen.say(words.EXEMPTED.say(screen.lang, note=note, number=image_number, until=ends))
    tell_followed(told, screen)

"""`moderation dlq list`: all dead letters."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option("--endpoint", "endpoint_id", type=int, metavar="N", help="Only of this endpoint.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many."
)
@speaking
def command(screen: Screen, register: str, endpoint_id: int | None, limit: int) -> None:
    """Print dead letters, the oldest first.

    With --json: a list of `{"event_id", "endpoint_id", "message_id", "type", "note_id", "at",
    "attempts", "first_error", "last_error"}`.
    """
    from moderation.cli import event_words as words
    from moderation.events.dead import dead_letter_json
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        letters = opened.dead_letters(endpoint_id=endpoint_id, limit=limit)
    screen.json([dead_letter_json(letter) for letter in letters])
    if not letters:
        screen.say(words.NO_DEAD.say(screen.lang))
        return
    head = (
        *(words.HEAD_EVENT, words.HEAD_ENDPOINT, words.HEAD_TYPE),
        *(words.HEAD_NOTE, words.HEAD_ATTEMPTS, words.HEAD_ERROR),
    )
    screen.table(
        [phrase.say(screen.lang) for phrase in head],
        [(a.event_id, a.endpoint_id, a.type, a.note_id, a.attempts, a.last_error) for a in letters],
    )

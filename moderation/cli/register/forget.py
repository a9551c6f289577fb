"""`moderation register forget`: delete all that a note or an author brought."""

from __future__ import annotations

import sys

import click

from moderation.cli.options import WrongValue, index_option, register_option, speaking
from moderation.cli.screen import Screen, plain


@click.command()
@register_option
@index_option
@click.option("--note", "note_id", metavar="ID", help="The note to forget.")
@click.option("--author", "author_id", metavar="ID", help="The author to forget.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@speaking
def command(
    screen: Screen,
    register: str,
    index: str | None,
    note_id: str | None,
    author_id: str | None,
    yes: bool,
) -> None:
    """Delete all that a note or an author brought.

    Pictures, claims, links and own verdicts go. Holds for the next query of every process.
    Prints a receipt that does not name the subject. Asks first; where nobody can be asked,
    --yes is needed.

    With --json: the receipt, `{"receipt_id", "at", "subject", "counts", "register_seq",
    "digest"}`.
    """
    from moderation.cli import words
    from moderation.gate import Gate

    given = note_id if note_id is not None else author_id
    if given is None or (note_id is not None and author_id is not None):
        raise WrongValue("name one note or one author", hint="give `--note ID` or `--author ID`")
    if not yes:
        _ask(screen, given, is_note=note_id is not None)
    with Gate.open(register, index=index, create=False) as gate:
        receipt = gate.forget(note_id=note_id, author_id=author_id)
    screen.json(receipt.to_json())
    screen.say(words.FORGOTTEN.say(screen.lang))
    shown = receipt.to_json()
    counts = ", ".join(f"{name} {number:,}" for name, number in receipt.counts.items())
    screen.facts(shown | {"counts": counts})


def _ask(screen: Screen, subject: str, *, is_note: bool) -> None:
    from moderation.cli import words

    if not sys.stdin.isatty():
        raise WrongValue(
            "nobody is there to confirm that this cannot be undone", hint="give `--yes`"
        )
    kind = words.SUBJECT_NOTE if is_note else words.SUBJECT_AUTHOR
    question = words.FORGET.say(screen.lang, kind=kind.say(screen.lang), subject=subject)
    click.confirm(plain(question), abort=True, err=True)

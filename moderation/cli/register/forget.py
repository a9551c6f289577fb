"""`moderation register forget`: delete all that a note or an author brought."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, index_option, register_option, speaking
from moderation.cli.screen import Screen, plain

if TYPE_CHECKING:
    from moderation.gate import Gate
    from moderation.store import Place


@click.command()
@register_option
@index_option
@click.option("--note", "note_id", metavar="ID", help="The note to forget.")
@click.option("--author", "author_id", metavar="ID", help="The author to forget.")
@click.option(
    "--scan",
    "scans",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of a scan to forget it in as well, beside those that the register knows.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@speaking
def command(
    screen: Screen,
    register: str,
    index: str | None,
    note_id: str | None,
    author_id: str | None,
    scans: tuple[Path, ...],
    yes: bool,
) -> None:
    """Delete all that a note or an author brought.

    Pictures, claims, links and own verdicts go. Holds for the next query of every process.
    Prints a receipt that does not name the subject. Asks first; where nobody can be asked,
    --yes is needed.

    Scans made with the register are reached, too. Backups are not: the receipt names them, and a
    list of digests beside them sees to it that whoever opens one forgets again first. Killed in
    the middle, say the same again.

    With --json: the receipt, `{"receipt_id", "at", "subject", "counts", "register_seq",
    "digest", "places": [{"kind", "place", "state", "counts", "at", "hint"}], "done_at"}`; a state
    is `reached`, `not_reached` or `replayed`.
    """
    from moderation.cli import late_words, words
    from moderation.gate import Gate

    given = note_id if note_id is not None else author_id
    if given is None or (note_id is not None and author_id is not None):
        raise WrongValue("name one note or one author", hint="give `--note ID` or `--author ID`")
    if not yes:
        _ask(screen, given, is_note=note_id is not None)
    with Gate.open(register, index=index, create=False) as gate:
        places = _in_scans(gate, scans, note_id, author_id)
        receipt = gate.forget(note_id=note_id, author_id=author_id, places=places)
    screen.json(receipt.to_json())
    screen.say(words.FORGOTTEN.say(screen.lang))
    shown = receipt.to_json()
    counts = ", ".join(f"{name} {number:,}" for name, number in receipt.counts.items())
    facts = {name: value for name, value in shown.items() if name not in ("places", "done_at")}
    screen.facts(facts | {"counts": counts})
    for place in receipt.places:
        screen.say(
            late_words.PLACE.say(
                screen.lang,
                kind=place.kind,
                place=place.place,
                state=late_words.REACH[place.state].say(screen.lang, hint=place.hint),
            )
        )


def _in_scans(
    gate: Gate, given: tuple[Path, ...], note_id: str | None, author_id: str | None
) -> list[Place]:
    """What went from the folders of scans; first of all, while the subject's name is at hand."""
    from moderation.errors import StoreError
    from moderation.gate.rights.forgetting import SCAN_FORGET
    from moderation.scan.forgetting import forget_in_scan
    from moderation.store import Place, Reach
    from moderation.store.elsewhere import SCAN

    known = [Path(one.place) for one in gate.register.elsewhere() if one.kind == SCAN]
    there = [path for path in known if path.is_dir()]
    places = []
    for out in dict.fromkeys([*(path.absolute() for path in given), *there]):
        try:
            gone = forget_in_scan(out, note_id=note_id, author_id=author_id)
        except StoreError as error:
            hint = f"{error.message}; {SCAN_FORGET}"
            place = Place(kind=SCAN, place=str(out), state=Reach.NOT_REACHED, hint=hint)
        else:
            counts = {"notes": gone.notes, "pictures": gone.pictures}
            place = Place(kind=SCAN, place=str(out), state=Reach.REACHED, counts=counts)
        places.append(place)
    return places


def _ask(screen: Screen, subject: str, *, is_note: bool) -> None:
    from moderation.cli import words

    if not sys.stdin.isatty():
        raise WrongValue(
            "nobody is there to confirm that this cannot be undone", hint="give `--yes`"
        )
    kind = words.SUBJECT_NOTE if is_note else words.SUBJECT_AUTHOR
    question = words.FORGET.say(screen.lang, kind=kind.say(screen.lang), subject=subject)
    click.confirm(plain(question), abort=True, err=True)

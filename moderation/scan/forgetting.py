"""A note or an author taken out of a scan: no row names them, nothing of their pictures is left.

Observations are rewritten, shard by shard; what was paired and judged from them is removed, since
it names the pictures of others' matches, and can be made again. A row that is forgotten stays as a
row that is no note, so that the rest keeps its place and a second run does not look at it again.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from moderation.errors import BadNote
from moderation.finding import ItemFailure
from moderation.image.durable import said_if_unwritable
from moderation.scan.place import Place, Receipt, alone_in
from moderation.scan.tables import NOTES, PICTURES, TABLES, failure_row, table_of

FORGOTTEN = ItemFailure(
    code="forgotten",
    message="the note was forgotten on request",
    hint="take it out of the archive too: other detectors would observe it again",
)
_MADE = ("paired", "judged")
"""What is made of observations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What went."""

    notes: int = 0
    pictures: int = 0
    """Observations, in all folders of detectors together."""
    removed: tuple[str, ...] = ()
    """What was made of them: folders of `OUT`."""


def forget_in_scan(
    out: Path, *, note_id: str | None = None, author_id: str | None = None
) -> Forgotten:
    """Take a note or an author out of the folder of a scan. Run it again if it was interrupted.

    Args:
        out: the folder.
        note_id: the note; or
        author_id: the author.

    Raises:
        BadNote: not exactly one of the two is given.
        StoreBusy: a scan writes there.
        StoreUnwritable: the disk is full or fails.
    """
    if (note_id is None) == (author_id is None):
        raise BadNote(
            "a scan forgets exactly one of a note and an author", hint="name one of the two"
        )
    column, value = ("note_id", note_id) if note_id is not None else ("author_id", author_id)
    found = Forgotten()
    made = [folder for name in _MADE for folder in sorted((Path(out) / name).glob("*=*"))]
    with ExitStack() as stack:
        for folder in made:
            stack.enter_context(alone_in(folder))
        for folder in sorted((Path(out) / "observed").glob("detectors=*")):
            place = Place(folder, TABLES)
            stack.enter_context(place.held())
            for number in place.numbers():
                found = _forget(place, number, column, str(value), found)
        if not found.notes:
            return found
        removed = [name for name in _MADE if (Path(out) / name).is_dir()]
        with said_if_unwritable(out):
            for name in removed:
                shutil.rmtree(Path(out) / name)
    return replace(found, removed=tuple(removed))


def _forget(place: Place, number: int, column: str, value: str, found: Forgotten) -> Forgotten:
    notes = place.read("notes", number)
    theirs = pc.fill_null(pc.equal(notes[column], value), False)
    rows = [row for row, is_theirs in enumerate(theirs.to_pylist()) if is_theirs]
    receipt = place.receipt(number)
    if not rows or receipt is None:  # a shard without one is observed again anyway
        return found
    pictures = place.read("pictures", number)
    kept = pictures.filter(pc.invert(pc.is_in(pictures["note_row"], pa.array(rows, pa.int32()))))
    said: list[dict[str, Any]] = notes.to_pylist()
    for row in rows:
        said[row] = failure_row(FORGOTTEN)
    gone = len(pictures) - len(kept)
    counts = dict(receipt.counts)
    counts["failed"] += len(rows)
    counts["pictures"] -= gone
    sizes = place.write(number, {"notes": table_of(said, NOTES), "pictures": kept.cast(PICTURES)})
    place.receive(number, Receipt(digest=receipt.digest, counts=counts, bytes=sizes))
    return replace(found, notes=found.notes + len(rows), pictures=found.pictures + gone)

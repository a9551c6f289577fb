"""A note or an author taken out of a scan: no row names them, nothing of their pictures is left.

Observations are rewritten, shard by shard; what was paired and judged from them is removed, since
it names the pictures of others' matches, and can be made again. A row that is forgotten stays as a
row that is no note, so that the rest keeps its place and a second run does not look at it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
    made = [Path(out) / name for name in _MADE if (Path(out) / name).is_dir()]
    places = [Place(one, TABLES) for one in sorted((Path(out) / "observed").glob("detectors=*"))]
    with ExitStack() as stack:
        for folder in made:
            for one in sorted(folder.glob("*=*")):
                stack.enter_context(alone_in(one))
        for place in places:
            stack.enter_context(place.held())
        held = [
            (place, number, rows)
            for place in places
            for number in _shards(place)
            if (rows := _rows(place, number, column, str(value)))
        ]
        if not held:
            return Forgotten()
        # First what names them as evidence: whoever is interrupted finds the rest again.
        with said_if_unwritable(out):
            for folder in made:
                shutil.rmtree(folder)
        return Forgotten(
            notes=sum(len(rows) for _, _, rows in held),
            pictures=sum(_rewrite(*one) for one in held),
            removed=tuple(folder.name for folder in made),
        )


def _shards(place: Place) -> Iterator[int]:
    """Shards that are whole; of what is not, nobody can say whom it names, so it goes."""
    for number in place.numbers():
        if place.receipt(number) is None:
            place.drop(number)
        else:
            yield number


def _rows(place: Place, number: int, column: str, value: str) -> list[int]:
    theirs = pc.equal(place.read("notes", number, [column])[column], value)
    return [row for row, is_theirs in enumerate(theirs.to_pylist()) if is_theirs]


def _rewrite(place: Place, number: int, rows: list[int]) -> int:
    """Take rows of notes out of a shard; how many pictures went with them."""
    receipt = place.receipt(number)
    if receipt is None:
        raise RuntimeError(f"shard {number} lost its receipt while its folder was held")
    notes: list[dict[str, Any]] = place.read("notes", number).to_pylist()
    for row in rows:
        notes[row] = failure_row(FORGOTTEN)
    pictures = place.read("pictures", number)
    kept = pictures.filter(pc.invert(pc.is_in(pictures["note_row"], pa.array(rows, pa.int32()))))
    gone = len(pictures) - len(kept)
    counts = dict(receipt.counts)
    counts["failed"] += len(rows)
    counts["pictures"] -= gone
    sizes = place.write(number, {"notes": table_of(notes, NOTES), "pictures": kept.cast(PICTURES)})
    place.receive(number, Receipt(digest=receipt.digest, counts=counts, bytes=sizes))
    return gone

"""One shard of an archive paired, in a worker: search, decode what has candidates, prove."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from moderation.errors import StoreError
from moderation.finding import ItemFailure
from moderation.gate.looking.opened import unanswered
from moderation.gate.looking.search import Proven, is_worth_a_proof, proven_among
from moderation.image.decode import decode
from moderation.image.ownership import DETECTOR as COPIES
from moderation.note import Note
from moderation.scan.nominating import Nominator
from moderation.scan.read_back import Row, query_of
from moderation.scan.shards import Item
from moderation.scan.tables import pair_row, unpaired_row


@dataclass(slots=True, kw_only=True)
class Counts:
    """What pairing some pictures came to."""

    pictures: int = 0
    decoded: int = 0
    """That had a candidate."""
    tried: int = 0
    """Candidates that were compared."""
    showing: int = 0
    """Pictures that show an earlier one."""
    matches: int = 0
    unanswered: int = 0
    """Pictures that could not be searched for."""


def pair_rows(
    shard: int,
    items: Sequence[Item],
    rows: Sequence[Row],
    nominator: Nominator,
    deadly: Collection[int],
) -> tuple[list[dict[str, Any]], Counts]:
    """Rows of pairs for the rows of pictures of a shard.

    Args:
        shard: its number.
        items: its notes, and failures in place of rows that are none.
        rows: its pictures, as observed.
        nominator: what is searched.
        deadly: rows of notes that nobody survives.

    Raises:
        StoreError: register or layout cannot be used. All else becomes a failure of its picture.
    """
    found, counts = [], Counts()
    for place, row in zip(nominator.places(shard), rows, strict=True):
        number = nominator.number(place)
        note = items[row["note_row"]]
        if not isinstance(note, Note):  # the shard's digest says that it is one
            raise TypeError(f"row {row['note_row']} of shard {shard} is no note")
        counts.pictures += 1
        try:
            if row["note_row"] in deadly:
                found.append(unpaired_row(row, number, _given_up(note, row)))
                counts.unanswered += 1
                continue
            proven, digests = _proven(note, place, row, nominator)
        except StoreError:
            raise
        except Exception as error:
            failure = unanswered(error, COPIES, note, row["image_number"])
            found.append(unpaired_row(row, number, failure))
            counts.unanswered += 1
            continue
        found.append(pair_row(row, number, proven, digests))
        counts.decoded += bool(digests)
        counts.tried += len(digests)
        counts.showing += bool(proven.matches)
        counts.matches += len(proven.matches)
    return found, counts


def _proven(
    note: Note, place: int, row: Row, nominator: Nominator
) -> tuple[Proven, dict[int, str]]:
    """What came of a picture, and digests of what it was compared with."""
    seen = query_of(row)
    choice = nominator.choice(place, row, seen)
    known = nominator.known([candidate.picture_id for candidate in choice.candidates])
    digests = {
        candidate.picture_id: known[candidate.picture_id].fingerprint.sha256
        for candidate in choice.candidates
        if candidate.picture_id in known
        and is_worth_a_proof(seen, choice, candidate, known[candidate.picture_id])
    }
    if not digests:  # nothing to decode the picture for
        return Proven(matches=(), works=choice.works, left_out=choice.left_out(())), digests
    picture = decode(note.images[row["image_number"]])
    return proven_among(query_of(row, picture), choice, lambda _: known), digests


def _given_up(note: Note, row: Row) -> ItemFailure:
    return ItemFailure(
        code="worker_died",
        message=f"whoever compares `{note.id}` dies, twice",
        hint="look at its pictures with `moderation inspect`, and report the one that crashes it",
        detector=COPIES.partition("@")[0],
        note_id=note.id,
        image_number=row["image_number"],
    )

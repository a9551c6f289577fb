"""Some notes of an archive as the rows of what they show. Pure: the same rows give the same.

`observe_batch` is the whole of the first stage for whoever has a machinery of their own, as Ray
Data or a loop over Parquet: a batch of notes in, a batch of observations out, row for row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from moderation.archive import notes_in_batch
from moderation.finding import FindingKind, ItemFailure
from moderation.image.descriptor import Describer
from moderation.note import Note
from moderation.scan.observation import observe_note
from moderation.scan.shards import Item, row_of
from moderation.scan.tables import NOTES, PICTURES, Row, failure_row, note_row, picture_rows

Batch = TypeVar("Batch", pa.RecordBatch, pa.Table)

_SEEN = "seen"
_OF_THE_SHARD = "note_row"

OBSERVATIONS = pa.schema(
    [
        *NOTES,
        (_SEEN, pa.list_(pa.struct([one for one in PICTURES if one.name != _OF_THE_SHARD]))),
    ]
)
"""The columns of a note, and in `seen` those of its readable pictures."""


@dataclass(slots=True, kw_only=True)
class ObservedRows:
    """What some notes show, and how much of it there is."""

    notes: list[Row] = field(default_factory=list)
    """One for each item, in their order."""
    pictures: list[Row] = field(default_factory=list)
    """One for each readable picture, in the order of notes."""
    failed: int = 0
    """Items that are no notes."""
    undecodable: int = 0
    unanswered: int = 0
    """Answers that detectors owe."""


def observe_batch(
    notes: Batch, *, folder: str | Path | None = None, without: Collection[str] = ()
) -> Batch:
    """Look at a batch of notes; nothing is read but their pictures, nothing is kept.

    Args:
        notes: record batch or table with the columns that `moderation.archive.read_notes` reads
            from Parquet; pictures as bytes, or as paths within `folder`.
        folder: where paths start and what they may not leave; None for the working folder.
        without: names of detectors that are left out, as `lettering`.

    Returns:
        The same kind, with a row for each of `notes` in its order and the columns of
        `OBSERVATIONS`. A row that is no note has an `error_code`, and a note that came before in
        this batch is none.

    Raises:
        BadArchive: a column that every note needs is missing.
        ArtifactError: a model is missing or damaged.
    """
    root = Path(folder or "")
    items = list(notes_in_batch(notes, root))
    found = observed_rows(items, [row_of(item, root) for item in items], without=without)
    seen: list[list[Row]] = [[] for _ in items]
    for row in found.pictures:
        seen[row[_OF_THE_SHARD]].append(row)
    rows = [row | {_SEEN: pictures} for row, pictures in zip(found.notes, seen, strict=True)]
    return type(notes).from_pylist(rows, schema=OBSERVATIONS)


def observed_rows(
    items: Sequence[Item],
    said: Iterable[dict[str, Any]],
    *,
    without: Collection[str] = (),
    around: Callable[[Note], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> ObservedRows:
    """Look at each note, in this process.

    Args:
        items: notes, and failures in place of rows that are none.
        said: JSON of each.
        without: names of detectors that are left out.
        around: entered while a note is looked at.

    Raises:
        ArtifactError: a model is missing or damaged.
    """
    found = ObservedRows()
    for item, row in zip(items, said, strict=True):
        if isinstance(item, ItemFailure):
            found.notes.append(failure_row(item))
            found.failed += 1
            continue
        with around(item):
            examined = observe_note(item, describer(), without=without)
        found.pictures += picture_rows(examined, len(found.notes))
        found.notes.append(note_row(examined, row))
        found.unanswered += len(examined.failures)
        found.undecodable += sum(
            finding.kind is FindingKind.IMAGE_UNDECODABLE for finding in examined.findings
        )
    return found


@cache
def describer() -> Describer:
    """Opened once in each process."""
    return Describer.open()

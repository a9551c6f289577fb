"""What the first notes of an archive say of all of it: pictures a note, bytes and time of each."""

from __future__ import annotations

import io
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from moderation.archive import read_notes
from moderation.note import Note, NoteImage
from moderation.scan.costs import Costs

LOOKED_AT = 200
"""Notes of which pictures are counted, and their sizes taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Means over the first notes of an archive."""

    notes: int
    pictures: int
    costs: Costs
    """With what was measured here in place of what ships."""

    @property
    def pictures_a_note(self) -> float:
        """On average; 0 where there is no note."""
        return self.pictures / max(1, self.notes)


def sampled(
    archive: str | Path,
    costs: Costs,
    *,
    observe: int = 0,
    without: Collection[str] = (),
    allow_outside: bool = False,
) -> Sample:
    """Look at the first notes of an archive.

    Args:
        archive: as `moderation.archive.read_notes` takes it.
        costs: to be replaced where the archive tells better.
        observe: first notes to be observed in this process, to see how long that takes; 0 for
            none. Without a picture among them, nothing is replaced.
        without: readers of marks that are left out.
        allow_outside: let paths of pictures leave the archive.

    Raises:
        BadArchive: it cannot be read.
        ArtifactError: a model is missing or damaged.
    """
    items = islice(read_notes(archive, allow_outside=allow_outside), max(LOOKED_AT, observe))
    notes = pictures = 0
    sizes: list[int] = []
    seen: list[Note] = []
    for item in items:
        if not isinstance(item, Note):
            continue
        notes += 1
        pictures += len(item.images)
        sizes += [size for image in item.images if (size := _size(image)) is not None]
        if len(seen) < observe:
            seen.append(item)
    if sizes:
        told = f"the archive: {len(sizes):,} pictures of its first {notes:,} notes"
        costs = costs.replaced({"picture_bytes": sum(sizes) / len(sizes)}, told)
    if any(note.images for note in seen):
        costs = _observed(seen, costs, without)
    return Sample(notes=notes, pictures=pictures, costs=costs)


def _size(image: NoteImage) -> int | None:
    if image.data is not None:
        return len(image.data)
    try:
        if image.file is not None:
            return int(image.file.stamp()[0])
        return None if image.path is None else Path(image.path).stat().st_size
    except (OSError, ValueError):
        return None


def _observed(notes: list[Note], costs: Costs, without: Collection[str]) -> Costs:
    import pyarrow.parquet as pq

    from moderation.image.descriptor import Describer
    from moderation.image.hashing import PDQ256
    from moderation.scan.observation import may_be_left_out, observe_note
    from moderation.scan.tables import PICTURES, picture_rows, table_of

    describer = Describer.open()
    observe_note(notes[0], describer, without=without)  # opens models, which is done once
    began = time.process_time()
    rows = []
    for number, note in enumerate(notes):
        rows += picture_rows(observe_note(note, describer, without=without), number)
    took = time.process_time() - began
    if not rows:
        return costs
    file = io.BytesIO()
    pq.write_table(table_of(rows, PICTURES), file, compression="zstd")
    codes = sum(len(row["view_codes"]) // PDQ256.bytes for row in rows)
    told = f"measured here: {len(rows):,} pictures of the first {len(notes):,} notes"
    # All readers were in it, so none is added; who leaves one out says so when measuring.
    readers = {f"observe_{name}_s": 0.0 for name in may_be_left_out()}
    measured = {
        "observe_s": took / len(rows),
        "observed_bytes": file.tell() / len(rows),
        "codes": codes / len(rows),
        **{name: value for name, value in readers.items() if name in costs.each},
    }
    return costs.replaced(measured, told)

"""Notes of an observed and paired archive, in order of publication, each with all that is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from moderation.errors import BadArchive
from moderation.finding import ItemFailure
from moderation.scan.in_order import SHARDS_AT_HAND, InOrder
from moderation.scan.inputs import TABLE, Inputs
from moderation.scan.read_back import Row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObservedNote:
    """One row of the archive that is a note."""

    row: Row
    pictures: Sequence[tuple[Row, Row]]
    """What was observed of each readable picture, and what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shard:
    notes: Sequence[Row]
    pictures: Mapping[int, Sequence[tuple[Row, Row]]]
    """By row of the note."""


class ObservedNotes:
    """Reads them from the tables of the stages before."""

    def __init__(self, inputs: Inputs, order: InOrder) -> None:
        """For `of`, which everybody else should call."""
        self._inputs = inputs
        self._order = order
        self._shard = lru_cache(SHARDS_AT_HAND)(self._read)

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """All notes of a scan.

        Raises:
            BadArchive: some shard is not paired with these inputs.
        """
        if missing := inputs.missing():
            raise BadArchive(
                f"{len(missing)} of {len(inputs.receipts)} shards are not paired",
                hint="run `moderation scan pair` to its end first, with the same options",
            )
        return cls(inputs, InOrder.notes(inputs.observed, len(inputs.receipts)))

    def __len__(self) -> int:
        """Notes; rows that are none are left out."""
        return len(self._order)

    def after(self, count: int) -> Iterator[ObservedNote]:
        """All but the first so many notes, the earliest published first."""
        places = (array[count:].tolist() for array in (self._order.part, self._order.row))
        for number, row in zip(*places, strict=True):
            shard = self._shard(number)
            yield ObservedNote(row=shard.notes[row], pictures=shard.pictures.get(row, ()))

    def failures(self) -> Iterator[ItemFailure]:
        """Rows that are no notes, in the order of the archive."""
        columns = ["error_code", "error_message", "error_hint", "line", "note_id"]
        for number, receipt in enumerate(self._inputs.receipts):
            if receipt.counts["failed"]:
                for row in self._inputs.observed.read("notes", number, columns).to_pylist():
                    if row["error_code"] is not None:
                        yield ItemFailure(
                            code=row["error_code"],
                            message=row["error_message"],
                            hint=row["error_hint"],
                            line=row["line"],
                            note_id=row["note_id"] or "",
                        )

    def _read(self, number: int) -> _Shard:
        observed, paired = self._inputs.observed, self._inputs.place
        pictures: dict[int, list[tuple[Row, Row]]] = defaultdict(list)
        rows = observed.read("pictures", number).to_pylist()
        for picture, pair in zip(rows, paired.read(TABLE, number).to_pylist(), strict=True):
            pictures[picture["note_row"]].append((picture, pair))
        notes = observed.read("notes", number).to_pylist()
        return _Shard(notes=notes, pictures=dict(pictures))

"""The pictures of an observed archive in order of publication, wherever their rows lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.scan.place import Place

SHARDS_AT_HAND = 64
"""Shards in memory: archives are mostly in order of time, or nearly so."""
_LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class InOrder:
    """Where each row of a table lies, the earliest published first."""

    observed: Place
    table: str
    part: NDArray[np.int32]
    """int32 [n]: shard of each."""
    row: NDArray[np.int32]
    """int32 [n]: its row there."""

    @classmethod
    def pictures(cls, observed: Place, shards: int) -> Self:
        """All pictures; of equal times in the archive's order, without a time at the end."""
        return cls._of(observed, "pictures", shards)

    @classmethod
    def notes(cls, observed: Place, shards: int) -> Self:
        """All notes, in the same order; rows that are none are left out."""
        return cls._of(observed, "notes", shards)

    @classmethod
    def _of(cls, observed: Place, table: str, shards: int) -> Self:
        failed = "error_code" if table == "notes" else None
        places: list[tuple[int, int]] = []
        times: list[int] = []
        for number in range(shards):
            columns = ["published_at", *([failed] if failed else [])]
            for row, said in enumerate(observed.read(table, number, columns).to_pylist()):
                if failed is None or said[failed] is None:
                    places.append((number, row))
                    times.append(_instant(said["published_at"]))
        order = np.argsort(np.array(times, np.int64), kind="stable")
        found = np.array(places, np.int32).reshape(-1, 2)[order]
        return cls(observed=observed, table=table, part=found[:, 0], row=found[:, 1])

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.part)

    def rows(self, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
        """Every row in order, of all columns or of some."""
        shard_of = lru_cache(SHARDS_AT_HAND)(
            lambda number: self.observed.read(self.table, number, columns).to_pylist()
        )
        for shard, row in zip(self.part.tolist(), self.row.tolist(), strict=True):
            yield shard_of(shard)[row]


def _instant(at: datetime | None) -> int:
    """Microseconds since 1970."""
    return _LAST if at is None else int(at.timestamp() * 1_000_000)

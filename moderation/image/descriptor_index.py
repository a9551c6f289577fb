"""Descriptors of registered pictures → the nearest by cosine.

What was added of late is compared whole, which up to `FLAT_MOST` descriptors costs less than
everything around it. Above that, saving packs the descriptors into lists around centroids, on
disk and mapped into memory, and a search reads the likeliest lists only. A removal holds for the
next search: among the late ones the bytes go at once, in the lists the number is passed over until
a quarter is gone or somebody compacts.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import InputError, RecipeMismatch
from moderation.image.descriptor_lists import (
    ID,
    opened,
    shapes_of,
    sorted_anew,
    with_more,
)
from moderation.image.descriptor_search import (
    HALF,
    Codes,
    FlatCodes,
    Found,
    Ids,
    PackedCodes,
    Rounding,
    nearest_of,
)
from moderation.image.durable import corrupt, said_if_unwritable
from moderation.image.mapped import (
    Manifest,
    Part,
    Shape,
    read_manifest,
    stored,
    write_manifest,
)

FLAT_MOST = 100_000
"""Descriptors compared one by one; above, their time would show beside the rest of a check."""

_TAIL_SHARE = 1 / 8  # of all; packing again costs time in proportion to all
_TAIL_MOST = 250_000  # which a search compares in 5 ms a view, however many there are in all
_DEAD_SHARE = 0.25
_RETRAIN_GROWTH = 4
_PROBES = 24
_WIDEST = 4_096
_LONGEST = 1.001
_NONE = np.empty(0, np.int64)

Vectors = NDArray[np.float32]
"""float32 [n, d], unit rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DescriptorHit:
    """One descriptor near a query."""

    query_row: int
    """Row of the query in the array searched for."""
    id: int
    cosine: float
    """−1–1; of rounded descriptors, so some hundred-thousandths off."""


class DescriptorIndex:
    """Search among the descriptors of one model. Safe to use from several threads.

    Ids are unique: a picture has one descriptor.
    """

    def __init__(self, recipe: str, dimensions: int, *, flat_most: int = FLAT_MOST) -> None:
        """Start empty.

        Args:
            recipe: name of the model.
            dimensions: length of its descriptors.
            flat_most: descriptors that may be compared one by one before any are packed.

        Raises:
            InputError: no length for a descriptor.
        """
        if not 1 <= dimensions <= _WIDEST:
            raise InputError(
                f"`dimensions` must lie in 1–{_WIDEST}, got {dimensions}",
                hint="correct the model's description",
            )
        self.recipe, self.dimensions, self.flat_most = recipe, dimensions, flat_most
        self.seq = 0
        """Sequence number of the register's log up to which this index is complete."""
        self._lock = threading.Lock()  # FAISS moves its memory when it grows
        self._rounding = Rounding(dimensions)
        self._tail = FlatCodes(self._rounding.width)
        self._packed: PackedCodes | None = None
        self._stored: Part = {}
        self._dead = _NONE  # sorted; rows of the packed ones that are removed
        self._trained_on = 0
        self._purge = False

    def __len__(self) -> int:
        """Number of descriptors that a search can find."""
        with self._lock:
            return len(self._tail) + self._packed_live()

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add descriptors float32 [n, d] under ids int64 [n]; the next search finds them.

        Raises:
            RecipeMismatch: the descriptors have not the length of the index's.
            InputError: not one id for each, or no unit vector.
        """
        codes = self._rounding.codes(self._checked(vectors))
        ids = np.asarray(ids, np.int64)
        if ids.shape != (len(codes),):
            raise InputError(
                f"got ids {list(ids.shape)} for {len(codes)} descriptors",
                hint="give each descriptor one id",
            )
        with self._lock:
            self._tail.add(ids, codes)

    def remove(self, ids: Ids) -> None:
        """Remove descriptors, at once; ids that have none are passed over."""
        ids = np.asarray(ids, np.int64)
        if not len(ids):
            return
        with self._lock:
            self._tail.remove(ids)
            if self._packed is not None:
                self._dead = np.union1d(self._dead, self._packed.rows_of(ids))

    def compact(self) -> None:
        """Let the next `save` write no byte of what was removed."""
        with self._lock:
            self._purge = True

    def search(self, vectors: Vectors, limit: int, floor: float = -1.0) -> list[DescriptorHit]:
        """The nearest of each query float32 [q, d], by row, cosine and id.

        Args:
            vectors: queries.
            limit: most hits of each row, at least 1.
            floor: least cosine.

        Raises:
            RecipeMismatch: the queries have not the length of the index's descriptors.
            InputError: `limit` is below 1, or a query is no unit vector.
        """
        rows, ids, products = self.nearest(vectors, limit, floor)
        cosines = np.clip(products, -1, 1)
        return [
            DescriptorHit(query_row=row, id=id_, cosine=cosine)
            for row, id_, cosine in zip(rows.tolist(), ids.tolist(), cosines.tolist(), strict=True)
        ]

    def nearest(
        self, vectors: Vectors, limit: int, floor: float = -1.0, *, everywhere: bool = False
    ) -> Found:
        """As `search`, in arrays, with products that rounding may leave a trifle above 1.

        With `everywhere`, all lists are read: exact, and as slow as that.

        Raises:
            RecipeMismatch, InputError: as `search` does.
        """
        queries = self._rounding.queries(self._checked(vectors))
        if limit < 1:
            raise InputError(f"`limit` must be at least 1, got {limit}", hint="raise `limit`")
        with self._lock:
            found = [self._tail.search(queries, limit)]
            if self._packed is not None:
                found.append(self._packed.search(queries, limit, self._dead, everywhere=everywhere))
        return nearest_of(found, limit, floor)

    def contents(self) -> dict[int, bytes]:
        """Id → rounded descriptor of everything that a search can find."""
        with self._lock:
            parts = [self._tail.contents(), *self._live_lists()]
            return {
                id_: code.tobytes()
                for ids, codes in parts
                for id_, code in zip(ids.tolist(), codes, strict=True)
            }

    def rounded(self, vector: NDArray[np.float32]) -> bytes:
        """A descriptor float32 [d] as `contents` tells it."""
        return self._rounding.codes(self._checked(vector[np.newaxis])).tobytes()

    def save(self, folder: Path) -> None:
        """Write a snapshot, whole or not at all; one process at a time.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """
        with self._lock, said_if_unwritable(folder):
            self._pack(folder)
            ids, codes = self._tail.contents()
            shapes = _tail_shapes(self._rounding.width)
            arrays: dict[str, NDArray[Any]] = {"ids": ids, "halves": codes, "dead": self._dead}
            late = {kind: stored(folder, kind, shapes[kind], [arrays[kind]]) for kind in arrays}
            parts = [late, self._stored] if self._stored else [late]
            numbers = {"dimensions": self.dimensions, "trained_on": self._trained_on}
            write_manifest(
                folder,
                Manifest(recipe=self.recipe, seq=self.seq, numbers=numbers, parts=tuple(parts)),
            )
            self._purge = False

    @classmethod
    def load(
        cls,
        folder: Path,
        recipe: str,
        dimensions: int,
        *,
        flat_most: int = FLAT_MOST,
        known: DescriptorIndex | None = None,
    ) -> DescriptorIndex:
        """Read a snapshot.

        Args:
            folder: where it lies.
            recipe: name of the model whose descriptors it must hold.
            dimensions: their length.
            flat_most: as for a new index.
            known: an index whose files need not be read again.

        Raises:
            IndexCorrupt: a file is missing, damaged or not the one promised.
            RecipeMismatch: the snapshot holds descriptors of another model.
        """
        index = cls(recipe, dimensions, flat_most=flat_most)
        shapes = (_tail_shapes(index._rounding.width), shapes_of(index._rounding.width))
        trusted = known._stored.values() if known is not None else ()
        manifest = read_manifest(folder, recipe, shapes, known=trusted)
        if manifest.numbers.get("dimensions") != dimensions:
            raise RecipeMismatch(
                f"the index holds descriptors of length {manifest.numbers.get('dimensions')}, "
                f"`{recipe}` has {dimensions}",
                hint="rebuild the index from the register",
            )
        index.seq = manifest.seq
        index._trained_on = manifest.numbers.get("trained_on", 0)
        late, *packed = manifest.parts or ({},)
        if set(late) != set(shapes[0]) or [set(part) for part in packed] not in (
            [],
            [set(shapes[1])],
        ):
            raise corrupt(f"the snapshot has {len(manifest.parts)} parts, wanted a tail and lists")
        ids, codes, dead = (late[kind].array for kind in ("ids", "halves", "dead"))
        if len(ids) != len(codes):
            raise corrupt(
                f"`{late['ids'].name}` has {len(ids)} rows, "
                f"`{late['halves'].name}` has {len(codes)}"
            )
        index._tail.add(ids, codes)
        for part in packed:
            index._open(folder, part, dead.copy())
        held = 0 if index._packed is None else len(index._packed)
        if len(dead) and not (dead[0] >= 0 and dead[-1] < held and (np.diff(dead) > 0).all()):
            raise corrupt(f"`{late['dead'].name}` names what is in no list")
        return index

    def _checked(self, vectors: Vectors) -> Vectors:
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimensions:
            raise RecipeMismatch(
                f"got descriptors {list(vectors.shape)}, `{self.recipe}` has "
                f"[n, {self.dimensions}]",
                hint="describe the pictures with the model of the index",
            )
        # Longer ones would not stay within the exact numbers.
        if not (np.linalg.norm(vectors, axis=1) < _LONGEST).all():
            raise InputError(
                "a descriptor is longer than 1, or holds a value that is no number",
                hint="check the model; its answers must be unit vectors",
            )
        return vectors

    def _packed_live(self) -> int:
        return 0 if self._packed is None else len(self._packed) - len(self._dead)

    def _live_lists(self) -> Iterator[tuple[Ids, Codes]]:
        return iter(()) if self._packed is None else self._packed.lists(self._dead)

    def _pack(self, folder: Path) -> None:
        """Write the lists anew where they have outgrown the rest, or hold what must go."""
        total = len(self._tail) + self._packed_live()
        if len(self._tail) > max(self.flat_most, min(_TAIL_SHARE * total, _TAIL_MOST)):
            if self._packed is None or total > _RETRAIN_GROWTH * self._trained_on:
                self._trained_on = total
                tail = iter([self._tail.contents()])
                part = sorted_anew(folder, chain(tail, self._live_lists()), total)
            else:
                part = with_more(folder, self._packed, self._dead, self._tail.contents())
            self._open(folder, part)
            self._tail = FlatCodes(self._rounding.width)
        elif self._packed is not None and self._must_go(folder):
            nothing = _NONE, np.empty((0, self._rounding.width), HALF)
            self._open(folder, with_more(folder, self._packed, self._dead, nothing))

    def _must_go(self, folder: Path) -> bool:
        dead = len(self._dead)
        # Files that somebody cleared away held what the newer snapshot no longer does.
        there = all(array.is_in(folder) for array in self._stored.values())
        held = self._packed_live() + dead
        return not there or dead > _DEAD_SHARE * held or (self._purge and dead > 0)

    def _open(self, folder: Path, part: Part, dead: Ids = _NONE) -> None:
        if not len(part["lists"].array):  # all removed
            self._packed, self._stored, self._dead = None, {}, _NONE
            return
        packed = opened(folder, part, probes=_PROBES)
        self._packed, self._stored, self._dead = packed, part, dead


def _tail_shapes(width: int) -> dict[str, Shape]:
    return {"ids": ID, "halves": Shape(dtype=HALF, width=width), "dead": ID}

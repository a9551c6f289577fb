"""Codes of registered pictures → every one within a Hamming radius, exactly.

A search compares with every code (`hash_scan`): at a million
codes that is faster than a multi-index that must probe eight variants of each picture, and
it is never approximate. Added here are ids, and deletion that works at once.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import InputError, RecipeMismatch
from moderation.image.durable import corrupt, said_if_unwritable
from moderation.image.hash_scan import scanned
from moderation.image.hashing import HashRecipe
from moderation.image.mapped import Manifest, Shape, read_manifest, stored, write_manifest

Codes = NDArray[np.uint8]
"""uint8 [n, bytes]: packed hashes of one recipe."""

Near = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Rows of queries, ids, and bits that differ: int64 [n] each."""

_DEAD_SHARE = 0.25  # above it the index is compacted: the dead cost time in every search


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexHit:
    """One code within the radius of one query."""

    query_row: int
    """Row of the query in the array searched for."""
    id: int
    distance_bits: int


class HashIndex:
    """Exact search among the codes of one recipe. Safe to use from several threads.

    Ids need not be unique: the codes of one picture's variants may share one.
    """

    def __init__(self, recipe: HashRecipe) -> None:
        self.recipe = recipe
        self.seq = 0
        """Sequence number of the register's log up to which this index is complete."""
        self._lock = threading.Lock()  # arrays are put elsewhere when they grow
        self._restart(np.empty((0, recipe.bytes), np.uint8), np.empty(0, np.int64))

    def __len__(self) -> int:
        """Number of codes that a search can find."""
        return self._count - self._dead

    def add(self, ids: NDArray[np.int64], codes: Codes) -> None:
        """Add codes uint8 [n, bytes] under ids int64 [n]; the next search finds them.

        Raises:
            RecipeMismatch: The codes have not the recipe's length.
            InputError: Not one id for each code.
        """
        codes = self._checked(codes)
        ids = np.asarray(ids, dtype=np.int64)
        if ids.shape != (len(codes),):
            raise InputError(
                f"got ids {list(ids.shape)} for {len(codes)} codes", hint="give each code one id"
            )
        with self._lock:
            self._reserve(self._count + len(codes))
            new = slice(self._count, self._count + len(codes))
            self._codes[new], self._ids[new], self._live[new] = codes, ids, True
            self._count += len(codes)

    def remove(self, ids: NDArray[np.int64]) -> int:
        """Remove every code of these ids, at once; returns how many codes that were."""
        with self._lock:
            live = self._live[: self._count]
            doomed = live & np.isin(self._ids[: self._count], np.asarray(ids, dtype=np.int64))
            removed = int(doomed.sum())
            live[doomed] = False
            self._dead += removed
            if self._dead > _DEAD_SHARE * self._count:
                self._restart(*self._survivors())
        return removed

    def compact(self) -> None:
        """Give back the memory of removed codes; happens by itself above a quarter."""
        with self._lock:
            self._restart(*self._survivors())

    def search(self, codes: Codes, radius_bits: int, limit: int | None = None) -> list[IndexHit]:
        """Every code at most `radius_bits` away from each query uint8 [q, bytes].

        Hits are in order of query row, distance and id; `limit` keeps the first of each row.

        Raises:
            RecipeMismatch: The queries have not the recipe's length.
            InputError: The radius or the limit is out of range.
        """
        rows, ids, bits = self.near(codes, radius_bits, limit)
        return [
            IndexHit(query_row=row, id=id_, distance_bits=distance)
            for row, id_, distance in zip(rows.tolist(), ids.tolist(), bits.tolist(), strict=True)
        ]

    def near(self, codes: Codes, radius_bits: int, limit: int | None = None) -> Near:
        """As `search`, in arrays.

        Raises:
            RecipeMismatch, InputError: as `search` does.
        """
        codes = self._checked(codes)
        if not 0 <= radius_bits <= self.recipe.bits:
            raise InputError(
                f"`radius_bits` must lie in 0–{self.recipe.bits}, got {radius_bits}",
                hint="PDQ copies lie within 31 bits",
            )
        if limit is not None and limit < 1:
            raise InputError(f"`limit` must be at least 1, got {limit}", hint="raise `limit`")
        if not len(codes):
            return nearest_of([], limit)
        with self._lock:
            rows, places, bits = scanned(codes, self._codes[: self._count], radius_bits)
            live = self._live[places]
            found = rows[live], self._ids[places][live], bits[live]
        return nearest_of([found], limit)

    def latest(self, most: int) -> dict[int, bytes]:
        """As `contents`, of those that were added last."""
        with self._lock:
            places = np.flatnonzero(self._live[: self._count])[-most:].tolist()
            return {int(self._ids[i]): bytes(self._codes[i]) for i in places}

    def contents(self) -> dict[int, bytes]:
        """Id → code of everything that a search can find, to compare with the register."""
        with self._lock:
            codes, ids = self._survivors()
        return dict(zip(ids.tolist(), map(bytes, codes), strict=True))

    def save(self, folder: Path) -> None:
        """Write a snapshot of the live codes, whole or not at all; one process at a time.

        Raises:
            StoreUnwritable: The disk is full, read-only or forbidden.
        """
        with self._lock:
            codes, ids = self._survivors()
            seq = self.seq
        shapes = _shapes(self.recipe)
        with said_if_unwritable(folder):
            part = {
                kind: stored(folder, kind, shapes[kind], [rows])
                for kind, rows in (("codes", codes), ("ids", ids))
            }
            manifest = Manifest(recipe=self.recipe.name, seq=seq, numbers={}, parts=(part,))
            write_manifest(folder, manifest)

    @classmethod
    def load(cls, folder: Path, recipe: HashRecipe) -> HashIndex:
        """Read a snapshot.

        Raises:
            IndexCorrupt: A file is missing, damaged, oversized or not the one promised.
            RecipeMismatch: The snapshot holds codes of another recipe.
        """
        manifest = read_manifest(folder, recipe.name, [_shapes(recipe)])
        if len(manifest.parts) != 1:
            raise corrupt(f"the index of `{recipe.name}` has {len(manifest.parts)} parts, wanted 1")
        codes, ids = (manifest.parts[0][kind].array for kind in ("codes", "ids"))
        if len(codes) != len(ids):
            raise corrupt(f"the index of `{recipe.name}` has {len(codes)} codes, {len(ids)} ids")
        index = cls(recipe)
        index._restart(np.array(codes), np.array(ids))
        index.seq = manifest.seq
        return index

    def _checked(self, codes: Codes) -> Codes:
        codes = np.ascontiguousarray(codes)
        if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != self.recipe.bytes:
            raise RecipeMismatch(
                f"got codes {codes.dtype} {list(codes.shape)}, "
                f"`{self.recipe.name}` needs uint8 [n, {self.recipe.bytes}]",
                hint="hash the pictures with the recipe of the index",
            )
        return codes

    def _survivors(self) -> tuple[Codes, NDArray[np.int64]]:
        live = np.flatnonzero(self._live[: self._count])
        return self._codes[live], self._ids[live]

    def _restart(self, codes: Codes, ids: NDArray[np.int64]) -> None:
        self._count = len(ids)
        self._dead = 0
        self._codes, self._ids = codes, ids
        self._live = np.ones(len(ids), dtype=bool)

    def _reserve(self, count: int) -> None:
        # Doubling, so that adding one code at a time stays cheap.
        if count > len(self._ids):
            room = max(count, 2 * len(self._ids), 1024)
            self._codes = _moved(self._codes, room)
            self._ids = _moved(self._ids, room)
            self._live = _moved(self._live, room)


def nearest_of(found: Sequence[Near], limit: int | None) -> Near:
    """All that several indexes have found, as if one had: by row, distance and id.

    `limit` keeps the first of each row; each of the indexes must have kept as many.
    """
    empty = (np.empty(0, np.int64),) * 3
    rows, ids, bits = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    order = np.lexsort((ids, bits, rows))
    rows, ids, bits = rows[order], ids[order], bits[order]
    if limit is not None:
        rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
        rows, ids, bits = rows[rank < limit], ids[rank < limit], bits[rank < limit]
    return rows, ids, bits


def _moved(rows: NDArray[Any], room: int) -> NDArray[Any]:
    moved = np.empty((room, *rows.shape[1:]), rows.dtype)  # takes memory only where it is written
    moved[: len(rows)] = rows
    return moved


def _shapes(recipe: HashRecipe) -> dict[str, Shape]:
    return {"codes": Shape(dtype="u1", width=recipe.bytes), "ids": Shape(dtype="<i8")}

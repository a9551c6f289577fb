"""All pairs of codes within a Hamming radius, between two large sets, exactly.

Multi-index hashing (Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with multi-index
hashing", 2014): a code is cut into 16 bands of 16 bits. Of two codes that differ in at most 31
bits some band differs in at most one, or they would differ in two bits of each. So codes are
sorted into lists by one band after another, and a query is compared with those in its own list
and in the 16 lists one bit away. The lists are FAISS's, where codes of one list lie side by side:
comparing is then nearly all there is to do.

A search for a single picture is faster by comparing with everything, see `index`; this is for
joining an archive with itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import faiss
import numpy as np
from numpy.typing import NDArray

from moderation.errors import InputError
from moderation.image.hashing import PDQ256
from moderation.image.index import Codes

BANDS = 16
MOST_RADIUS_BITS = 2 * BANDS - 1
"""Farther apart, two codes may differ in two bits of every band."""

_BAND_BITS = PDQ256.bits // BANDS
_LISTS = 1 << _BAND_BITS
_FLIPS = np.concatenate([[0], 1 << np.arange(_BAND_BITS)])
_AT_ONCE = 1 << 18  # queries whose finds are held in memory before they are thinned out
_COMPARED_AT_ONCE = 30_000_000  # and comparisons: where all codes are alike, each is a find


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairs:
    """Rows of two sets that are near each other, in order of the first, then of the second."""

    queries: NDArray[np.int64]
    """int64 [n]: row of the query."""
    known: NDArray[np.int64]
    """int64 [n]: row among the known codes."""
    bits: NDArray[np.int64]
    """int64 [n]: how many differ."""

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.bits)

    @classmethod
    def none(cls) -> Self:
        """No pair."""
        empty = np.empty(0, np.int64)
        return cls(queries=empty, known=empty, bits=empty)


def joined(
    queries: Codes,
    known: Codes,
    radius_bits: int,
    *,
    before: NDArray[np.int64] | None = None,
    nearest: int | None = None,
    first: int = 0,
) -> Pairs:
    """Every pair of a query and a known code at most `radius_bits` apart.

    Args:
        queries: uint8 [q, 32]; may be mapped from a file, it is read once for each band.
        known: uint8 [n, 32].
        radius_bits: 0–31.
        before: int64 [q]; of each query only pairs with known rows below this are of interest.
            None for all.
        nearest: most pairs to keep of each query, the nearest; None for all.
        first: beside these, so many of the lowest known rows are kept, however far.

    Raises:
        InputError: the radius is out of range, or the codes are of another length.
    """
    if not 0 <= radius_bits <= MOST_RADIUS_BITS:
        raise InputError(
            f"`radius_bits` must lie in 0–{MOST_RADIUS_BITS}, got {radius_bits}",
            hint="search farther picture by picture, with `HashIndex`",
        )
    for codes in (queries, known):
        if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != PDQ256.bytes:
            raise InputError(
                f"got codes {codes.dtype} {list(codes.shape)}, wanted uint8 [n, {PDQ256.bytes}]",
                hint="join PDQ hashes",
            )
    if not len(queries) or not len(known):
        return Pairs.none()
    probes = 1 if radius_bits < BANDS else len(_FLIPS)
    found = []
    for band in range(BANDS):
        lists = _Lists(band, known, probes)
        for start in range(0, len(queries), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            for portion in lists.near(queries[some], radius_bits):
                kept = portion
                if before is not None:
                    kept = _of(portion, portion.known < before[some][portion.queries])
                kept = _thinned(kept, nearest, first)
                found.append(Pairs(queries=kept.queries + start, known=kept.known, bits=kept.bits))
    return _thinned(_once(found, len(known)), nearest, first)


class _Lists:
    """Known codes by the value of one band; in each list in order of their rows."""

    def __init__(self, band: int, known: Codes, probes: int) -> None:
        self._band, self._probes = band, probes
        self._lists = _empty_lists(probes)
        values = _values(band, known)
        sizes = np.bincount(values, minlength=_LISTS)
        every = np.arange(_LISTS)
        self._compared = sum(sizes[every ^ flip] for flip in _FLIPS[:probes])
        rows = np.argsort(values, kind="stable")
        codes, values = np.ascontiguousarray(known[rows]), values[rows].astype(np.int64)
        pointers = (faiss.swig_ptr(array) for array in (codes, rows, values))
        self._lists.add_core(len(rows), *pointers)

    def near(self, queries: Codes, radius_bits: int) -> Iterator[Pairs]:
        """What these lists tell of queries uint8 [q, 32], some of them at a time."""
        values = _values(self._band, queries)
        order = np.argsort(values, kind="stable")  # so that lists come from the cache
        wanted = values[order, np.newaxis].astype(np.int64) ^ _FLIPS[np.newaxis, : self._probes]
        compared = np.cumsum(self._compared[values[order]])
        cuts = np.searchsorted(compared, np.arange(0, compared[-1], _COMPARED_AT_ONCE), "right")
        for rows in np.split(np.arange(len(order)), np.unique(cuts[1:])):
            starts, bits, found = self._lists.range_search_preassigned(
                np.ascontiguousarray(queries[order[rows]]),
                radius_bits + 1,  # FAISS finds distances strictly below
                wanted[rows],
                np.zeros((len(rows), self._probes), np.int32),
            )
            counts = np.diff(starts.astype(np.int64)).astype(np.int64)
            yield Pairs(
                queries=np.repeat(order[rows], counts), known=found, bits=bits.astype(np.int64)
            )


def _empty_lists(probes: int) -> Any:
    nobody = faiss.IndexBinaryFlat(PDQ256.bits)  # is never asked which list: the band says it
    lists = faiss.IndexBinaryIVF(nobody, PDQ256.bits, _LISTS)
    lists.is_trained = True
    lists.nprobe = probes
    return lists


def _values(band: int, codes: Codes) -> NDArray[np.uint16]:
    """Of 16 bits, which sort by their digits: many times as fast as wider ones."""
    first = band * _BAND_BITS // 8
    return np.left_shift(codes[:, first], 8, dtype=np.uint16) | codes[:, first + 1]


def _once(found: list[Pairs], count: int) -> Pairs:
    """Each pair once, however many bands found it."""
    every = np.concatenate([pairs.queries * count + pairs.known for pairs in found])
    bits = np.concatenate([pairs.bits for pairs in found])
    keys, places = np.unique(every, return_index=True)
    return Pairs(queries=keys // count, known=keys % count, bits=bits[places])


def _thinned(pairs: Pairs, nearest: int | None, first: int) -> Pairs:
    if nearest is None or not len(pairs):
        return pairs
    kept = np.zeros(len(pairs), bool)
    for most, keys in (
        (nearest, (pairs.known, pairs.bits, pairs.queries)),
        (first, (pairs.known, pairs.queries)),
    ):
        order = np.lexsort(keys)
        in_order = pairs.queries[order]
        rank = np.arange(len(order)) - np.searchsorted(in_order, in_order)
        kept[order[rank < most]] = True
    return _of(pairs, kept)


def _of(pairs: Pairs, kept: NDArray[np.bool_]) -> Pairs:
    return Pairs(queries=pairs.queries[kept], known=pairs.known[kept], bits=pairs.bits[kept])

"""All pairs of codes within a Hamming radius, between two large sets, exactly.

Multi-index hashing (Norouzi, Punjani, Fleet, "Fast exact search in Hamming space with multi-index
hashing", 2014): a code is cut into 16 bands of 16 bits. Of two codes that differ in at most 31
bits some band differs in at most one, or they would differ in two bits of each. So codes are
sorted into lists by the first bits of one band after another, and a query is compared with the
known ones of its own list and of each list one bit away (`hash_bands`).

There, 64 bits are compared and not 256. Bands stand in a ring, and differ in less than two bits on
average; so there is one from which on every run of bands does (the cycle lemma), and the four that
begin with it differ in at most seven bits together. Hardly any strangers do.

All on one thread: calls are short, and several threads would wait for each other's lock in between.

A search for a single picture is faster by comparing with everything, see `index`; this is for
joining an archive with itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.errors import InputError
from moderation.image.hash_bands import BANDS, Lists, alike, list_bits
from moderation.image.hashing import PDQ256
from moderation.image.index import Codes

MOST_RADIUS_BITS = 2 * BANDS - 1
"""Farther apart, two codes may differ in two bits of every band."""

_AT_ONCE = 1 << 24  # queries that are sorted together: some 16 bytes each


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
    flips = int(radius_bits >= BANDS)
    bits = list_bits(min(len(queries), _AT_ONCE), len(known), flips)
    found = [Pairs.none()]
    for band in range(BANDS):
        there = Lists(known, band, bits)
        for start in range(0, len(queries), _AT_ONCE):
            asked = Lists(queries[start : start + _AT_ONCE], band, bits)
            for rows, places in alike(asked, there, flips):
                near = _near(queries, known, rows + start, places, radius_bits, before)
                found.append(_thinned(near, nearest, first))
    return _thinned(_once(found, len(known)), nearest, first)


def _near(
    queries: Codes,
    known: Codes,
    rows: NDArray[np.int64],
    places: NDArray[np.int64],
    radius_bits: int,
    before: NDArray[np.int64] | None,
) -> Pairs:
    """Of rows that are alike in some bands, those that are near each other as a whole."""
    if before is not None:
        early = places < before[rows]
        rows, places = rows[early], places[early]
    bits = np.bitwise_count(queries[rows] ^ known[places]).sum(axis=1, dtype=np.int64)
    return _of(Pairs(queries=rows, known=places, bits=bits), bits <= radius_bits)


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

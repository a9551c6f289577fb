"""Codes in lists by the first bits of one band, and which of two such sets of lists are alike.

Alike are two codes whose bands differ in at most `flips` bits, and whose 64 bits from the band on
differ in few: all that a list holds beside the row is these 64 bits. The codes of a list, and all
that it is to be compared with, are compared in one call of FAISS; Python is busy with lists, not
with codes, so there are the fewer of them, the fewer codes there are: see `list_bits`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import faiss
import numpy as np
from numpy.typing import NDArray

from moderation.image.hashing import PDQ256

Rows = NDArray[np.int64]

BANDS = 16
BAND_BITS = PDQ256.bits // BANDS

_WORD_BANDS = 4  # that are compared
_WORD_BYTES = _WORD_BANDS * BAND_BITS // 8
_COMPARED_AT_ONCE = 1 << 18  # their distances stay in a core's cache
_EIGHT = 8  # answers that are looked at together, as one word
_HELD = 1 << 18  # finds that are told together
_COMPARISON_NS, _LIST_NS = 0.25, 15_000.0  # of one core, roughly: they choose how many lists


def list_bits(queries: int, known: int, flips: int) -> int:
    """How many first bits of a band make the number of a list, for so many codes."""

    def nanoseconds(bits: int) -> float:
        lists = 2.0**bits
        compared = queries * known * (1 + flips * bits) / lists
        return compared * _COMPARISON_NS + lists * _LIST_NS

    return min(range(BAND_BITS + 1), key=nanoseconds)


class Lists:
    """Codes by the first bits of one band; in each list in order of their rows."""

    def __init__(self, codes: NDArray[np.uint8], band: int, bits: int) -> None:
        """Sort codes uint8 [n, 32]."""
        columns = (band * BAND_BITS // 8 + np.arange(_WORD_BYTES)) % PDQ256.bytes
        words = np.ascontiguousarray(codes[:, columns])
        values = np.left_shift(words[:, 0], 8, dtype=np.uint16) | words[:, 1]
        values >>= np.uint16(BAND_BITS - bits)
        self.rows: Rows = np.argsort(values, kind="stable")  # of 16 bits: sorted by their digits
        self.sizes: Rows = np.bincount(values, minlength=1 << bits)
        self.starts: Rows = np.cumsum(self.sizes) - self.sizes
        self.words = words.view(np.uint64)[self.rows].view(np.uint8)
        """uint8 [n, 8], list by list."""
        edges = [*self.starts.tolist(), len(codes)]
        self.slices = [slice(*pair) for pair in pairwise(edges)]

    def __len__(self) -> int:
        """Number of lists."""
        return len(self.sizes)


def alike(queries: Lists, known: Lists, flips: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows of queries, and of known codes that are like them.

    Args:
        queries: lists of the same band and bits as `known`.
        known: what they are compared with.
        flips: bits of each band that may differ on average, 0 or 1: as many in this one, and one
            less than it takes for more in all that are compared.

    Yields:
        int64 [n] each, some hundred thousand at a time.
    """
    numbers = np.flatnonzero(queries.sizes)
    near = np.array([0] + [1 << bit for bit in range(len(known).bit_length() - 1)] * flips)
    sizes = known.sizes[numbers[:, np.newaxis] ^ near]
    ends = np.cumsum(sizes, axis=1)
    shifts = known.starts[numbers[:, np.newaxis] ^ near] - (ends - sizes)
    compared = _Compared(most_bits=_WORD_BANDS * (flips + 1) - 1)
    words, slices, every_flip = known.words, known.slices, near.tolist()
    found: list[_Found] = []
    held = 0
    for place, number in enumerate(numbers.tolist()):
        asked = queries.words[queries.slices[number]]
        there = np.concatenate([words[slices[number ^ flip]] for flip in every_flip])
        for first in range(0, len(there), _COMPARED_AT_ONCE):
            some = there[first : first + _COMPARED_AT_ONCE]
            at_once = _COMPARED_AT_ONCE // len(some)
            for row in range(0, len(asked), at_once):
                hits, answers = compared.near(asked[row : row + at_once], some)
                if len(hits):
                    found.append((place, row, first, len(some), hits, answers))
                    held += len(hits)
                if held >= _HELD:
                    yield _rows(queries, known, numbers, ends, shifts, found)
                    found, held = [], 0
    if held:
        yield _rows(queries, known, numbers, ends, shifts, found)


class _Compared:
    """Answers to comparisons, eight of them a word: hardly any says yes."""

    def __init__(self, most_bits: int) -> None:
        self._most_bits = most_bits
        self._distances = np.empty(_COMPARED_AT_ONCE, np.int32)
        self._pointer = faiss.swig_ptr(self._distances)
        self._near = np.zeros((_COMPARED_AT_ONCE // _EIGHT + 1) * _EIGHT, bool)
        self._eights = self._near.view(np.uint64)

    def near(
        self, asked: NDArray[np.uint8], there: NDArray[np.uint8]
    ) -> tuple[Rows, NDArray[np.uint64]]:
        """Which eights of all pairs hold near ones, and these eights."""
        count = len(asked) * len(there)
        faiss.hammings(  # type: ignore[attr-defined]
            faiss.swig_ptr(asked),
            faiss.swig_ptr(there),
            len(asked),
            len(there),
            _WORD_BYTES,
            self._pointer,
        )
        np.less_equal(self._distances[:count], self._most_bits, out=self._near[:count])
        self._near[count : count + _EIGHT] = False
        eights = self._eights[: -(-count // _EIGHT)]
        (hits,) = (eights != 0).nonzero()
        return hits, eights[hits]


_Found = tuple[int, int, int, int, Rows, NDArray[np.uint64]]
"""Place of a list's number, first query, first known word, how many of these, and what is near."""


def _rows(
    queries: Lists, known: Lists, numbers: Rows, ends: Rows, shifts: Rows, found: list[_Found]
) -> tuple[Rows, Rows]:
    *columns, hits, eights = zip(*found, strict=True)
    hit, one = np.concatenate(eights).view(bool).reshape(-1, _EIGHT).nonzero()
    counts = [len(each) for each in hits]
    place, row, first, width = (np.repeat(column, counts)[hit] for column in columns)
    query, there = np.divmod(np.concatenate(hits)[hit] * _EIGHT + one, width)
    query += row + queries.starts[numbers[place]]
    there += first
    neighbour = np.zeros(len(there), np.int64)
    beyond = np.flatnonzero(there >= ends[place, 0])  # most are in the list itself
    neighbour[beyond] = (ends[place[beyond]] <= there[beyond, np.newaxis]).sum(axis=1)
    return queries.rows[query], known.rows[there + shifts[place, neighbour]]

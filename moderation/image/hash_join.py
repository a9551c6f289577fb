"""All pairs of codes within a Hamming radius, between two large sets, exactly.

Every code has keys such that of two near ones some key is equal, see `hash_keys`. By one key after
another, known codes are sorted into lists and queries compared with those in their own, see
`hash_lists`. How many keys there are, and how long, depends on how many codes there are: more and
longer ones for more, so that what is compared does not grow with the square.

Known codes that are equal are one code until the end: that a picture was published a million times
costs nothing but telling so.

A search for a single picture is faster by comparing with everything, see `index`; this is for
joining an archive with itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from moderation.errors import InputError
from moderation.image.hash_keys import Part, scheme
from moderation.image.hash_lists import Lists, Rows, Words, word_at, words_of
from moderation.image.hashing import PDQ256
from moderation.image.index import Codes

MOST_RADIUS_BITS = 31
"""Farther apart, the keys that a pair needs are so short or so many that comparing is cheaper."""

_AT_ONCE = 1 << 22  # queries, or as many as are known: lists are made anew for each portion
_HELD = 1 << 22  # finds, before they are thinned out
_ODD = np.uint64(0xD6E8FEB86659FD93)


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
        queries: uint8 [q, 32]; may be mapped from a file, it is read once.
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
    words = words_of(known)
    distinct = _Distinct(words)
    found = _Found(distinct, nearest, first)
    parts = scheme(radius_bits, len(queries), len(distinct)).parts
    limits = np.full(len(queries), len(known)) if before is None else before
    portion = max(_AT_ONCE, len(known))
    with ThreadPoolExecutor(faiss.omp_get_max_threads()) as threads:
        for start in range(0, len(queries), portion):
            some = slice(start, start + portion)
            own = words if queries is known else words_of(queries[some])
            search = _Search(own, limits[some], distinct, radius_bits)
            for part in parts:
                for pairs in search.by(part, threads):
                    found.add(pairs, start)
    return found.told(limits)


class _Distinct:
    """Known codes, each once, in order of their first rows."""

    def __init__(self, words: Words) -> None:
        """Of words uint64 [4, n]."""
        count = words.shape[1]
        row_bits = np.uint64((count - 1).bit_length())
        mixed = np.zeros(count, np.uint64)
        for word in words:
            mixed = (mixed ^ word) * _ODD
            mixed ^= mixed >> np.uint64(32)
        mixed = ((mixed >> row_bits) << row_bits) | np.arange(count, dtype=np.uint64)
        mixed.sort()
        rows = (mixed & ((np.uint64(1) << row_bits) - np.uint64(1))).view(np.int64)
        new = np.zeros(count, bool)  # those that seem so and are not cost time, nothing else
        new[0] = True
        for word in words:
            in_order = word.take(rows)
            new[1:] |= in_order[1:] != in_order[:-1]
        firsts = rows[new]
        self.first = np.sort(firsts)
        """int64 [m]: lowest row of each."""
        self.words = words if len(firsts) == count else words[:, self.first]
        """uint64 [4, m]."""
        numbers = np.empty(count, np.int64)
        numbers[rows] = np.searchsorted(self.first, firsts)[np.cumsum(new) - 1]
        self._counts = np.bincount(numbers)
        self._starts = np.cumsum(self._counts) - self._counts
        self._rows = np.argsort(numbers, kind="stable")

    def __len__(self) -> int:
        """How many differ."""
        return len(self.first)

    def rows(self, pairs: Pairs, most: int | None) -> Pairs:
        """Pairs with distinct codes as pairs with rows, of each code at most so many lowest."""
        counts = self._counts[pairs.known]
        if most is not None:
            counts = np.minimum(counts, most)
        of = np.repeat(np.arange(len(pairs)), counts)
        nth = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
        return Pairs(
            queries=pairs.queries[of],
            known=self._rows[self._starts[pairs.known[of]] + nth],
            bits=pairs.bits[of],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """A portion of queries among the distinct known codes."""

    words: Words
    limits: Rows
    distinct: _Distinct
    radius_bits: int

    def by(self, part: Part, threads: ThreadPoolExecutor) -> Iterator[Pairs]:
        """What the keys of a part find, each pair once."""
        known = word_at(self.distinct.words, part.begin)
        same = self.words is self.distinct.words
        queries = known if same else word_at(self.words, part.begin)

        def by_key(key: int) -> list[Pairs]:
            lists = Lists(part, key, known)
            return [self._near(*rows) for rows in lists.near(queries)]

        for found in threads.map(by_key, range(len(part))):
            yield from found

    def _near(self, queries: Rows, known: Rows) -> Pairs:
        earlier = self.distinct.first[known] < self.limits[queries]
        queries, known = queries[earlier], known[earlier]
        bits = np.zeros(len(queries), np.int64)
        for mine, theirs in zip(self.words, self.distinct.words, strict=True):
            bits += np.bitwise_count(mine[queries] ^ theirs[known])
        near = bits <= self.radius_bits
        return Pairs(queries=queries[near], known=known[near], bits=bits[near])


class _Found:
    """Pairs with distinct codes, thinned out whenever they have doubled."""

    def __init__(self, distinct: _Distinct, nearest: int | None, first: int) -> None:
        self._distinct, self._nearest, self._first = distinct, nearest, first
        self._pairs: list[Pairs] = []
        self._held, self._most = 0, _HELD

    def add(self, pairs: Pairs, start: int) -> None:
        """Of a portion that begins with this query."""
        if not len(pairs):
            return
        self._pairs.append(Pairs(queries=pairs.queries + start, known=pairs.known, bits=pairs.bits))
        self._held += len(pairs)
        if self._held > self._most:
            self._pairs = [self._thin()]
            self._held = len(self._pairs[0])
            self._most = max(_HELD, 2 * self._held)

    def told(self, limits: Rows) -> Pairs:
        """Every pair with a row below its query's limit."""
        if not self._pairs:
            return Pairs.none()
        most = None if self._nearest is None else max(self._nearest, self._first)
        pairs = self._distinct.rows(self._thin(), most)
        pairs = _of(pairs, pairs.known < limits[pairs.queries])
        order = np.lexsort((pairs.known, pairs.queries))
        return _thinned(_of(pairs, order), self._nearest, self._first)

    def _thin(self) -> Pairs:
        # A query's nearest rows are of its nearest codes, and its first rows of the first codes.
        return _thinned(_once(self._pairs, len(self._distinct)), self._nearest, self._first)


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


def _of(pairs: Pairs, kept: NDArray[np.bool_] | Rows) -> Pairs:
    return Pairs(queries=pairs.queries[kept], known=pairs.known[kept], bits=pairs.bits[kept])

"""Codes in lists by one key, and what in the list of a query is near it by one word of 64 bits.

NumPy has no loop of its own, so each step is done for thousands of codes: known ones are sorted by
a hash of their key, a query's list is found in a table of where lists begin, and windows of
neighbouring words are compared with the words of queries, first as wide as most lists are, then
twice as wide for those that have more.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from moderation.image.hash_keys import WORD_BITS, Part
from moderation.image.hashing import PDQ256
from moderation.image.index import Codes

Words = NDArray[np.uint64]
Rows = NDArray[np.int64]

_WORDS = PDQ256.bits // WORD_BITS
# A picture's neighbouring bits are alike: parts that are samples of all of it make even lists.
_ORDER = np.random.default_rng(256).permutation(PDQ256.bits)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # golden section, odd: multiplied, the upper bits are even
_SPARE_BITS = 2  # of a list's number beyond those of the key: strangers seldom share a list
_QUERIES = 1 << 19  # that are looked up together, in order of their lists; a power of two
_CODES = 1 << 14  # whose bits are put in order together
_COMPARED = 1 << 13  # words that are compared together: what stays in a core's cache
_FINDS = 1 << 18  # that are told together, and not held longer


def words_of(codes: Codes) -> Words:
    """uint64 [4, n] of codes uint8 [n, 32]: their bits, in an order of our own."""
    words = np.empty((_WORDS, len(codes)), np.uint64)
    for start in range(0, len(codes), _CODES):
        bits = np.unpackbits(codes[start : start + _CODES], axis=1)[:, _ORDER]
        packed = np.ascontiguousarray(np.packbits(bits, axis=1))
        words[:, start : start + len(packed)] = packed.view(">u8").T
    return words


def word_at(words: Words, begin: int) -> Words:
    """uint64 [n]: 64 bits from bit `begin` on, around the ring; a view where they are a word."""
    word, shift = divmod(begin, WORD_BITS)
    if not shift:
        return np.ascontiguousarray(words[word])
    after = words[(word + 1) % _WORDS] >> np.uint64(WORD_BITS - shift)
    return (words[word] << np.uint64(shift)) | after


class Lists:
    """Known codes by one key of a part."""

    def __init__(self, part: Part, key: int, word: Words) -> None:
        """Sort.

        Args:
            part: that `word` begins at.
            key: which of its keys.
            word: uint64 [n] of known codes.
        """
        self._part, self._key, self._word = part, key, word
        row_bits = max(1, (len(word) - 1).bit_length())
        mask = part.masks[key]
        bits = max(1, min(int(np.bitwise_count(mask)) + _SPARE_BITS, row_bits))
        self._shift = np.uint64(WORD_BITS - bits)
        # The list's number in the upper bits, the row in the lower ones: one sort, no payload.
        numbered = self._spread(word)
        numbered |= np.arange(len(word), dtype=np.uint64)
        numbered.sort()
        sizes = np.bincount((numbered >> self._shift).astype(np.int64), minlength=1 << bits)
        self._starts = np.zeros(len(sizes) + 1, np.int32 if len(word) < 1 << 31 else np.int64)
        np.cumsum(sizes, out=self._starts[1:])
        numbered &= np.uint64((1 << row_bits) - 1)
        self._rows = numbered.view(np.int64)
        typical = len(word) * (0.5 ** int(np.bitwise_count(mask)) + 0.5**bits)
        self._most_width = max(0, int(sizes.max() - 1).bit_length())  # of a window, by twos
        self._width = min(self._most_width, max(0, round(np.log2(typical))))
        self._sorted = np.zeros(len(word) + (1 << self._most_width), np.uint64)
        np.take(word, self._rows, out=self._sorted[: len(word)], mode="clip")

    def near(self, word: Words) -> Iterator[tuple[Rows, Rows]]:
        """Queries' and known rows that share this key and none before it in the part.

        Args:
            word: uint64 [q] of queries.

        Yields:
            Some of them; of each pair this word differs in at most as many bits as a part allows.
        """
        queries: list[Rows] = []
        places: list[Rows] = []
        held = 0
        for start in range(0, len(word), _QUERIES):
            for some, there in self._compared(word[start : start + _QUERIES]):
                queries.append(some + start)
                places.append(there)
                held += len(some)
                if held >= _FINDS:
                    yield self._own(word, np.concatenate(queries), np.concatenate(places))
                    queries, places, held = [], [], 0
        if held:
            yield self._own(word, np.concatenate(queries), np.concatenate(places))

    def _spread(self, word: Words) -> Words:
        """Number of the list in the upper bits, nothing in the lower ones."""
        numbers = word & self._part.masks[self._key]
        numbers *= _SPREAD
        numbers >>= self._shift
        numbers <<= self._shift
        return numbers

    def _compared(self, word: Words) -> Iterator[tuple[Rows, Rows]]:
        """Rows of these queries and places in the sorted known words, whatever lists they end."""
        numbers = self._spread(word)
        numbers |= np.arange(len(word), dtype=np.uint64)
        numbers.sort()  # so that memory is read in order
        order = (numbers & np.uint64(_QUERIES - 1)).view(np.int64)
        lists = (numbers >> self._shift).view(np.int64)
        begins: Rows = self._starts.take(lists).astype(np.int64)
        ends: Rows = self._starts.take(lists + 1).astype(np.int64)
        sizes = ends - begins
        word = word.take(order)
        rows = np.arange(len(word))
        width, done = self._width, 0
        while len(rows):
            step = max(1, _COMPARED >> width)
            for start in range(0, len(rows), step):
                some = rows[start : start + step]
                hits = self._windows(begins.take(some) + done, word.take(some), width)
                if len(hits):
                    yield (
                        order.take(some.take(hits >> width)),
                        begins.take(some.take(hits >> width)) + done + (hits & ((1 << width) - 1)),
                    )
            done += 1 << width
            rows = rows[sizes.take(rows) > done]
            width = min(width + 1, self._most_width)

    def _windows(self, begins: Rows, word: Words, width: int) -> Rows:
        """Where in [queries, 2 ** width] known words that begin there are near, as flat places."""
        each = 1 << width
        # Windows overlap, as items of so many bytes: NumPy copies each in one go.
        windows: NDArray[np.void] = np.ndarray(
            (len(self._sorted) - each + 1,), f"V{8 * each}", self._sorted, strides=(8,)
        )
        differ = windows[begins].view(np.uint64).reshape(-1, each)
        np.bitwise_xor(differ, word[:, np.newaxis], out=differ)
        bits = np.bitwise_count(differ)
        if not self._key:
            return np.flatnonzero(bits <= self._part.most_bits)
        # Equal words share the first key too: a code need not find itself by every other again.
        bits -= np.uint8(1)  # of 0 it makes 255
        return np.flatnonzero(bits < self._part.most_bits)

    def _own(self, word: Words, queries: Rows, places: Rows) -> tuple[Rows, Rows]:
        """Without what other lists or earlier keys of this part hold."""
        real = places < len(self._rows)  # behind the last list there is nobody
        queries, known = queries[real], self._rows[places[real]]
        differ = word[queries] ^ self._word[known]
        kept = (differ & self._part.masks[self._key]) == 0
        queries, known, differ = queries[kept], known[kept], differ[kept]
        for mask in self._part.masks[: self._key]:
            kept = (differ & mask) != 0
            if not kept.all():
                queries, known, differ = queries[kept], known[kept], differ[kept]
        return queries, known

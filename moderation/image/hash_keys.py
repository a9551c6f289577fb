"""Keys of hashes such that of any two near ones some key is equal: the arithmetic of a join.

**Parts.** Let s₁ + s₂ + … = r + 1. Of two codes at most r bits apart, some part differs in fewer
than its sᵢ bits, or all parts together would differ in r + 1.

**Keys of a part** (Pagh, "CoveringLSH: Locality-sensitive hashing without false negatives", 2018).
Each bit of a part is dealt a vector m ≠ 0 of s bits, and each vector v ≠ 0 of s bits makes a key:
the bits whose m has an odd number of ones in common with v. Fewer than s vectors m lie in a space
that has an orthogonal v ≠ 0, and its key leaves out every bit that differs. So 2ˢ - 1 keys of
about half of the bits find what is near. Few large parts have many long keys, which few strangers
share; many small ones have few short keys: `scheme` takes what is cheapest for so many codes.

**The part to begin with.** Parts stand in a ring. As the differences dᵢ - sᵢ sum up to less than
nothing, there is a part from which on every partial sum around the ring is less than nothing
(the cycle lemma). So whatever a key of a part finds may be dropped unless the 64 bits that begin
there differ in fewer bits than the parts they touch may: of strangers, hardly any pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from moderation.image.hashing import PDQ256

WORD_BITS = 64
MOST_VECTOR_BITS = 8
"""s of a part: with more, the keys would outnumber what they save for any number of codes."""
# Nanoseconds of one core, roughly: they choose between schemes that are all exact.
_KNOWN_NS, _QUERY_NS, _COMPARISON_NS = 50.0, 50.0, 6.0


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A run of bits and its keys."""

    begin: int
    """First bit, in 0–255."""
    most_bits: int
    """The 64 bits from there on, around the ring, differ in no more of a pair found here."""
    masks: NDArray[np.uint64]
    """uint64 [2ˢ - 1]: what bits of these 64 make up each key, the first one highest."""

    def __len__(self) -> int:
        """Number of keys."""
        return len(self.masks)


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """Parts whose keys together find every pair within a radius."""

    parts: tuple[Part, ...]
    share: float
    """Of strangers (random codes), how many keys two have in common on average."""

    @property
    def keys(self) -> int:
        """Of one code."""
        return sum(map(len, self.parts))

    def nanoseconds(self, queries: int, known: int) -> float:
        """About what a join costs one core."""
        each = _KNOWN_NS * known + _QUERY_NS * queries
        return self.keys * each + self.share * queries * known * _COMPARISON_NS


def scheme(radius_bits: int, queries: int, known: int) -> Scheme:
    """The cheapest for so many codes.

    Args:
        radius_bits: 0–255.
        queries: codes that are searched with.
        known: codes that are searched among.
    """
    return min(schemes(radius_bits), key=lambda one: one.nanoseconds(queries, known))


@lru_cache(maxsize=256)
def schemes(radius_bits: int) -> tuple[Scheme, ...]:
    """All there are to choose from, fewer parts with more keys first; each is exact."""
    least = -(-(radius_bits + 1) // MOST_VECTOR_BITS)
    return tuple(_dealt(radius_bits, parts) for parts in range(least, radius_bits + 2))


def _dealt(radius_bits: int, count: int) -> Scheme:
    """So many parts, alike, each bit dealt to where it keeps most strangers apart."""
    wanted = radius_bits + 1
    sizes = [wanted // count + (part < wanted % count) for part in range(count)]
    odd = [_odd(size) for size in sizes]
    lengths = [np.zeros(len(one)) for one in odd]
    vectors: list[list[int]] = [[] for _ in sizes]
    gains = [one.sum(axis=1) for one in odd]  # by vector of the next bit
    most = [float(one.max()) for one in gains]
    for _ in range(min(PDQ256.bits, WORD_BITS * count)):
        part = most.index(max(most))
        vector = int(gains[part].argmax())
        vectors[part].append(vector)
        lengths[part] += odd[part][vector]
        gains[part] = odd[part] @ 0.5 ** lengths[part]
        most[part] = float(gains[part].max()) if len(vectors[part]) < WORD_BITS else 0.0
    begins = np.cumsum([0, *map(len, vectors)])
    places = np.uint64(1) << np.arange(WORD_BITS - 1, -1, -1, dtype=np.uint64)
    parts = []
    for part, dealt in enumerate(vectors):
        touched = np.searchsorted(np.cumsum(np.roll([*map(len, vectors)], -part)), WORD_BITS) + 1
        most_bits = int(np.sum(np.roll(sizes, -part)[:touched])) - 1
        kept = odd[part][dealt].astype(np.uint64)  # [bits, keys]
        masks = (kept * places[: len(dealt), np.newaxis]).sum(axis=0, dtype=np.uint64)
        parts.append(Part(int(begins[part]), most_bits, masks))
    return Scheme(tuple(parts), float(sum((0.5**one).sum() for one in lengths)))


def _odd(size: int) -> NDArray[np.float64]:
    """[2ˢ - 1, 2ˢ - 1]: 1 where two vectors have an odd number of ones in common."""
    vectors = np.arange(1, 1 << size)
    return (np.bitwise_count(vectors[:, np.newaxis] & vectors) & 1).astype(np.float64)

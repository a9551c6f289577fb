"""Grams: stretches of one to three characters, each worth a weight.

The plain half of the note reader. Every gram falls into one of a fixed number of buckets by a hash
of its characters (feature hashing, Weinberger et al. 2009), so no list of grams is kept, and none
of anybody's words is in the model. Frequencies are damped and weighted by rarity, and the vector of
a note has length 1 (TF-IDF).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load

BUCKET_BITS = 17
BUCKETS = 1 << BUCKET_BITS
LONGEST = 3

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SPREAD = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_DROP = np.uint64(64 - BUCKET_BITS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grams:
    """Every gram of a text, in its order."""

    buckets: NDArray[np.int64]
    """[n]."""
    starts: NDArray[np.int64]
    """[n] code points."""
    ends: NDArray[np.int64]
    """[n]."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Case is no matter, and blanks and line ends of any number are one blank."""
        small = (c.lower() if len(c.lower()) == 1 else c for c in text)
        codes = np.array([32 if c.isspace() else ord(c) for c in small], np.uint64)
        places = np.arange(len(codes))
        if len(codes):
            kept = (codes != 32) | (np.concatenate([[0], codes[:-1]]) != 32)
            codes, places = codes[kept], places[kept]
        buckets, starts, ends = [], [], []
        for length in range(1, min(LONGEST, len(codes)) + 1):
            count = len(codes) - length + 1
            mixed = np.full(count, length, np.uint64)
            for i in range(length):
                mixed = (mixed ^ codes[i : i + count]) * _MIX
                mixed ^= mixed >> _HALF
            buckets.append(((mixed * _SPREAD) >> _DROP).astype(np.int64))
            starts.append(places[:count])
            ends.append(places[length - 1 :] + 1)
        if not buckets:
            nothing = np.zeros(0, np.int64)
            return cls(buckets=nothing, starts=nothing, ends=nothing)
        return cls(
            buckets=np.concatenate(buckets),
            starts=np.concatenate(starts),
            ends=np.concatenate(ends),
        )

    def row(self, rarity: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The text as a vector of length 1: buckets, ascending, and their values.

        Args:
            rarity: float32 [buckets].
        """
        used, times = np.unique(self.buckets, return_counts=True)
        values = (1 + np.log(times)).astype(np.float32) * rarity[used]
        return used, values / max(float(np.linalg.norm(values)), 1e-6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GramWeights:
    """What each bucket and each signal adds to the scores of a note."""

    rarity: NDArray[np.float32]
    """[buckets]: logarithm of how few notes have it."""
    weights: NDArray[np.int8]
    """[buckets, k]."""
    scale: NDArray[np.float32]
    """[k]: what one step of `weights` is worth."""
    signals: NDArray[np.float32]
    """[signals, k]."""
    offset: NDArray[np.float32]
    """[k]."""

    @classmethod
    def from_bytes(cls, data: bytes, signals: int, answers: int) -> Self:
        """Out of a safetensors file.

        Raises:
            ValueError: it is none, or its shapes are others.
        """
        try:
            found = load(data)
            weights = cls(
                rarity=found["rarity"].astype(np.float32),
                weights=found["weights"],
                scale=found["scale"],
                signals=found["signals"],
                offset=found["offset"],
            )
        except Exception as error:  # safetensors has its own exceptions
            raise ValueError(f"holds no weights of grams: {error}") from None
        shapes = tuple(
            x.shape for x in (weights.rarity, weights.weights, weights.scale, weights.signals)
        )
        wanted = ((BUCKETS,), (BUCKETS, answers), (answers,), (signals, answers))
        if shapes != wanted or weights.offset.shape != (answers,):
            raise ValueError(f"got weights {shapes}, wanted {wanted}")
        return weights

    def of_grams(self, grams: Grams) -> NDArray[np.float64]:
        """float64 [n, k]: what each gram of a text adds; repeated ones share what they add."""
        used, values = grams.row(self.rarity)
        if not len(used):
            return np.zeros((0, len(self.scale)))
        place = np.searchsorted(used, grams.buckets)
        times = np.bincount(place, minlength=len(used))
        each = (values / times)[:, None] * (self.weights[used] * self.scale)
        return each[place].astype(np.float64)

    def of_signals(self, seen: NDArray[np.float32]) -> NDArray[np.float64]:
        """float64 [signals, k]: what each signal adds."""
        return (self.signals * seen[:, None]).astype(np.float64)

"""Local features of registered pictures → those that share many with a query.

Hashes find a picture that is shown whole; this finds one that is shown in part: a crop, a cell of
a collage, a picture under a caption. Each stored descriptor is filed under one key in each of
`TABLES` tables. A key is the signs of `KEY_BITS` random projections, so two descriptors meet with
a probability that grows with their likeness (Charikar, "Similarity estimation techniques from
rounding algorithms", STOC 2002). Every key that a query shares with a picture is a vote; keys
that many pictures hold count for less. Votes only nominate: geometry has the last word.

Entries lie in sorted segments that double in size, so that one more picture costs little and a
search looks into few.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.image.hashing import HashRecipe
from moderation.image.local_features import LocalFeatures
from moderation.image.products import products
from moderation.image.snapshot import Snapshot, read_snapshot, write_snapshot

FEATURE_KEYS = HashRecipe(name="sift_keys_v1", bits=32)
"""What snapshots hold: one key and one picture number an entry."""
TABLES = 6
KEY_BITS = 24

_MAX_SHARED = 1_000  # a key that more pictures hold says nothing, and would cost the most
_DEAD_SHARE = 0.25

Keys = NDArray[np.uint32]
"""uint32: the table's number above the `KEY_BITS` of the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureHit:
    """A picture that shares keys with the query."""

    id: int
    votes: float
    """Shared keys, each weighted by 1 / √(pictures that hold it)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Segment:
    keys: Keys
    """uint32 [n], sorted."""
    ids: NDArray[np.int64]
    """int64 [n]."""


class FeatureIndex:
    """Votes among the local features of registered pictures. Safe to use from many threads."""

    def __init__(self) -> None:
        self.seq = 0
        """Sequence number of the register's log up to which this index is complete."""
        self._lock = threading.Lock()
        self._segments: list[_Segment] = []
        self._dead: set[int] = set()

    def __len__(self) -> int:
        """Number of entries, those of removed pictures included until they are dropped."""
        return sum(len(segment.ids) for segment in self._segments)

    def add(self, ids: Sequence[int], features: Sequence[LocalFeatures]) -> None:
        """Add the features of each picture; the next search finds them."""
        keys = [np.unique(keys_of(f.descriptors)) for f in features]
        if not sum(map(len, keys)):
            return
        owners = np.repeat(np.array(ids, np.int64), [len(k) for k in keys])
        with self._lock:
            self._segments.append(_sorted_segment(np.concatenate(keys), owners))
            while len(self._segments) > 1 and (
                len(self._segments[-2].keys) <= 2 * len(self._segments[-1].keys)
            ):
                last, before = self._segments.pop(), self._segments.pop()
                self._segments.append(_merged([before, last]))

    def remove(self, ids: Sequence[int]) -> None:
        """Remove pictures, at once."""
        if not ids:
            return
        with self._lock:
            self._dead.update(ids)
            dead = sum(int(self._is_dead(segment).sum()) for segment in self._segments)
            if dead > _DEAD_SHARE * len(self):
                self._drop_dead()

    def compact(self) -> None:
        """Give back the memory of removed pictures; happens by itself above a quarter."""
        with self._lock:
            self._drop_dead()

    def search(self, query: LocalFeatures, limit: int) -> list[FeatureHit]:
        """Pictures that share most with the query or with its mirror image, most votes first."""
        with self._lock:
            segments, dead = list(self._segments), np.array(sorted(self._dead), np.int64)
        best: dict[int, float] = {}
        for state in (query, query.mirrored()):
            ids, votes = _count(segments, np.unique(keys_of(state.descriptors)))
            alive = ~np.isin(ids, dead)
            ids, votes = ids[alive], votes[alive]
            for i in np.argsort(-votes, kind="stable")[:limit]:
                number = int(ids[i])
                best[number] = max(best.get(number, 0.0), float(votes[i]))
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        return [FeatureHit(id=number, votes=votes) for number, votes in ranked[:limit]]

    def contents(self) -> dict[int, bytes]:
        """Id → its sorted keys, to compare with the register."""
        with self._lock:
            self._drop_dead()
            whole = _merged(self._segments)
        order = np.lexsort((whole.keys, whole.ids))
        ids, keys = whole.ids[order], whole.keys[order]
        numbers, starts = np.unique(ids, return_index=True)
        pieces = np.split(keys, starts[1:])
        return {int(n): piece.tobytes() for n, piece in zip(numbers, pieces, strict=False)}

    def save(self, folder: Path) -> None:
        """Write a snapshot, whole or not at all; one process at a time.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """
        with self._lock:
            self._drop_dead()
            whole, seq = _merged(self._segments), self.seq
        codes = whole.keys.astype("<u4").view(np.uint8).reshape(-1, FEATURE_KEYS.bytes)
        snapshot = Snapshot(recipe=FEATURE_KEYS, codes=codes, ids=whole.ids, seq=seq)
        write_snapshot(folder, snapshot)

    @classmethod
    def load(cls, folder: Path) -> FeatureIndex:
        """Read a snapshot.

        Raises:
            IndexCorrupt: a file is missing, damaged, oversized or not the one promised.
            RecipeMismatch: the snapshot holds keys of another recipe.
        """
        snapshot = read_snapshot(folder, FEATURE_KEYS)
        index = cls()
        index.seq = snapshot.seq
        if len(snapshot.ids):
            keys = np.ascontiguousarray(snapshot.codes).view("<u4").ravel().astype(np.uint32)
            index._segments = [_sorted_segment(keys, snapshot.ids)]
        return index

    def _is_dead(self, segment: _Segment) -> NDArray[np.bool_]:
        return np.isin(segment.ids, np.array(sorted(self._dead), np.int64))

    def _drop_dead(self) -> None:
        if self._dead:
            alive = [(segment, ~self._is_dead(segment)) for segment in self._segments]
            kept = [_Segment(keys=s.keys[live], ids=s.ids[live]) for s, live in alive]
            self._segments = [segment for segment in kept if len(segment.ids)]
            self._dead.clear()


def keys_of(descriptors: NDArray[np.uint8]) -> Keys:
    """Keys of descriptors uint8 [n, 128]: uint32 [n × TABLES].

    Exact on every machine: sums of small whole numbers do not round.
    """
    sides = products(descriptors.astype(np.float32), _PLANES) > 0
    keys = sides.reshape(-1, TABLES, KEY_BITS) @ (1 << np.arange(KEY_BITS, dtype=np.int64))
    return (keys + (np.arange(TABLES) << KEY_BITS)).astype(np.uint32).ravel()


def _count(segments: list[_Segment], keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ids that hold any of the keys, and their votes."""
    ranges = [
        (np.searchsorted(s.keys, keys, "left"), np.searchsorted(s.keys, keys, "right"))
        for s in segments
    ]
    holders = sum((high - low for low, high in ranges), np.zeros(len(keys), np.int64))
    weights = np.where(holders <= _MAX_SHARED, 1 / np.sqrt(np.maximum(holders, 1)), 0)
    ids, votes = [np.empty(0, np.int64)], [np.empty(0)]
    for segment, (low, high) in zip(segments, ranges, strict=True):
        count = np.where(weights > 0, high - low, 0)
        places = np.repeat(low - np.cumsum(count) + count, count) + np.arange(count.sum())
        ids.append(segment.ids[places])
        votes.append(np.repeat(weights, count))
    distinct, which = np.unique(np.concatenate(ids), return_inverse=True)
    total: NDArray[np.float64] = np.zeros(len(distinct))
    np.add.at(total, which, np.concatenate(votes))
    return distinct, total


def _sorted_segment(keys: Keys, ids: NDArray[np.int64]) -> _Segment:
    order = np.argsort(keys, kind="stable")
    return _Segment(keys=keys[order], ids=ids[order])


def _merged(segments: list[_Segment]) -> _Segment:
    return _sorted_segment(
        np.concatenate([np.empty(0, np.uint32), *(s.keys for s in segments)]),
        np.concatenate([np.empty(0, np.int64), *(s.ids for s in segments)]),
    )


def _planes() -> NDArray[np.float32]:
    """Projections float32 [TABLES × KEY_BITS, 128] of +1 and −1, as many of each.

    Balanced, since descriptors are nowhere near zero mean; from a hash function, since random
    generators change between versions and stored keys must not.
    """
    planes = np.full((TABLES * KEY_BITS, 128), -1, np.float32)
    for i, plane in enumerate(planes):
        digest = hashlib.shake_256(f"{FEATURE_KEYS.name}/{i}".encode()).digest(256)
        plane[np.argsort(np.frombuffer(digest, "<u2"), kind="stable")[:64]] = 1
    return planes


_PLANES = _planes()

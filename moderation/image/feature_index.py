"""Local features of registered pictures → those that share many with a query.

Hashes find a picture that is shown whole; this finds one that is shown in part: a crop, a cell of
a collage, a picture under a caption. Each stored descriptor is filed under one key in each of
`TABLES` tables. A key is the signs of `KEY_BITS` random projections, so two descriptors meet with
a probability that grows with their likeness (Charikar, "Similarity estimation techniques from
rounding algorithms", STOC 2002). Every key that a query shares with a picture is a vote; keys
that many pictures hold count for less. Votes only nominate: geometry has the last word.

Entries lie in sorted segments that double in size, so that one more picture costs little and a
search looks into few. A picture has some 400 entries, 5 KB: saving puts them on disk, mapped into
memory, and only what came since is held in memory.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.image.durable import corrupt, said_if_unwritable
from moderation.image.feature_segments import (
    SHAPES,
    Keys,
    Segment,
    in_order,
    merged,
    merged_on_disk,
    on_disk,
)
from moderation.image.hashing import HashRecipe
from moderation.image.local_features import LocalFeatures
from moderation.image.mapped import (
    Manifest,
    Shape,
    read_manifest,
    stored,
    write_manifest,
)
from moderation.image.products import products

FEATURE_KEYS = HashRecipe(name="sift_keys_v1", bits=32)
"""What snapshots hold: one key and one picture number an entry."""
TABLES = 6
KEY_BITS = 24

_MAX_SHARED = 1_000  # a key that more pictures hold says nothing, and would cost the most
_DEAD_SHARE = 0.25
_SPARSE = 16  # ids up to so many times the entries found are summed in an array, not sorted

_DEAD = {"dead": Shape(dtype="<i8")}
_NONE = np.empty(0, np.int64)
_NO_KEYS = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureHit:
    """A picture that shares keys with the query."""

    id: int
    votes: float
    """Shared keys, each weighted by 1 / √(pictures that hold it)."""


class FeatureIndex:
    """Votes among the local features of registered pictures. Safe to use from many threads."""

    def __init__(self) -> None:
        self.seq = 0
        """Sequence number of the register's log up to which this index is complete."""
        self._lock = threading.Lock()
        self._stored: list[Segment] = []
        self._late: list[Segment] = []
        self._pictures = 0  # with entries in the stored segments, removed ones included
        self._late_pictures = 0
        self._dead = _NONE  # sorted; ids that stored segments may hold
        self._purge = False

    def __len__(self) -> int:
        """Number of entries, those of removed pictures included until they are dropped."""
        return sum(map(len, self._segments()))

    def add(self, ids: Sequence[int], features: Sequence[LocalFeatures]) -> None:
        """Add the features of each picture; the next search finds them."""
        keys = [np.unique(keys_of(f.descriptors)) for f in features]
        owners = np.repeat(np.array(ids, np.int64), [len(k) for k in keys])
        self.add_keys(np.concatenate([_NO_KEYS, *keys]), owners)

    def add_keys(self, keys: Keys, ids: NDArray[np.int64]) -> None:
        """Add keys uint32 [n] of pictures int64 [n], each pair once.

        The id of a picture that was held before is never used again.
        """
        if not len(keys):
            return
        with self._lock:
            pictures = np.unique(ids)
            if _among(pictures, self._dead).any():  # removed before there was anything of it
                self._dead = np.setdiff1d(self._dead, pictures)
            self._late_pictures += len(pictures)
            self._late.append(in_order(keys, ids))
            while len(self._late) > 1 and len(self._late[-2]) <= 2 * len(self._late[-1]):
                last, before = self._late.pop(), self._late.pop()
                self._late.append(merged([before, last]))

    def remove(self, ids: Sequence[int]) -> None:
        """Remove pictures, at once."""
        if not ids:
            return
        gone = np.array(sorted(set(ids)), np.int64)
        with self._lock:
            late = [np.intersect1d(gone, segment.ids) for segment in self._late]
            if any(map(len, late)):
                kept = [segment.without(gone) for segment in self._late]
                self._late = [segment for segment in kept if len(segment)]
                self._late_pictures -= sum(map(len, late))
                gone = np.setdiff1d(gone, np.concatenate(late))
            if self._stored:
                self._dead = np.union1d(self._dead, gone)

    def compact(self) -> None:
        """Let the next `save` write no entry of removed pictures; else above a quarter."""
        with self._lock:
            self._purge = True

    def search(self, query: LocalFeatures, limit: int) -> list[FeatureHit]:
        """Pictures that share most with the query or with its mirror image, most votes first."""
        states = states_of(query)
        return self.votes([(keys, weights_of(self.holders(keys))) for keys in states], limit)

    def holders(self, keys: Keys) -> NDArray[np.int64]:
        """How many pictures hold each key: int64 [n], removed ones included until dropped."""
        with self._lock:
            segments = self._segments()
        found = np.zeros(len(keys), np.int64)
        for segment in segments:
            found += segment.ends_of(keys) - segment.starts_of(keys)
        return found

    def votes(
        self, states: Sequence[tuple[Keys, NDArray[np.float64]]], limit: int
    ) -> list[FeatureHit]:
        """Pictures with the most votes in any of the states, most first, equal ones by number.

        A picture's votes are summed in the order of its keys, so they do not depend on what else
        the index holds.

        Args:
            states: distinct keys uint32 [n] of a query, ascending, and the weight of each; those
                of weight 0 are passed over.
            limit: most pictures.
        """
        with self._lock:
            segments, dead = self._segments(), self._dead
        best: dict[int, float] = {}
        for keys, weights in states:
            ids, votes = _count(segments, keys, weights)
            alive = ~_among(ids, dead)
            ids, votes = ids[alive], votes[alive]
            for i in _strongest(votes, limit):
                number = int(ids[i])
                best[number] = max(best.get(number, 0.0), float(votes[i]))
        return most_voted([FeatureHit(id=n, votes=v) for n, v in best.items()], limit)

    def holds(self, number: int, features: LocalFeatures) -> bool:
        """Whether a picture is filed under every key of these features."""
        keys = np.unique(keys_of(features.descriptors))
        with self._lock:
            segments, dead = self._segments(), self._dead
        if _among(np.array([number]), dead).any():
            return False
        found = 0
        for segment in segments:
            low = np.searchsorted(segment.keys, keys, "left")
            high = np.searchsorted(segment.keys, keys, "right")
            found += sum(
                bool((segment.ids[a:b] == number).any()) for a, b in zip(low, high, strict=True)
            )
        return found == len(keys)

    def contents(self) -> dict[int, bytes]:
        """Id → its sorted keys, to compare with the register."""
        with self._lock:
            whole = merged(self._segments()).without(self._dead)
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
        with self._lock, said_if_unwritable(folder):
            segments = [*self._stored, *self._late]
            if self._must_rewrite(folder):
                segments = [merged_on_disk(folder, segments, self._dead)]
                self._pictures -= len(self._dead)
                self._dead = _NONE
            elif self._late:
                # As many as are not much larger than all that follow them.
                first = len(segments) - 1
                while first and len(segments[first - 1]) <= 2 * sum(map(len, segments[first:])):
                    first -= 1
                first = min(first, len(self._stored))
                late = merged_on_disk(folder, segments[first:], _NONE)
                segments = [*segments[:first], late]
            stored_parts = [s.stored for s in segments if s.stored is not None and len(s)]
            numbers = {"pictures": max(0, self._pictures + self._late_pictures)}
            dead = stored(folder, "dead", _DEAD["dead"], [self._dead])
            write_manifest(
                folder,
                Manifest(
                    recipe=FEATURE_KEYS.name,
                    seq=self.seq,
                    numbers=numbers,
                    parts=({"dead": dead}, *stored_parts),
                ),
            )
            self._stored = [segment for segment in segments if len(segment)]
            self._pictures, self._late_pictures = numbers["pictures"], 0
            self._late, self._purge = [], False

    @classmethod
    def load(cls, folder: Path, *, known: FeatureIndex | None = None) -> FeatureIndex:
        """Read a snapshot.

        Args:
            folder: where it lies.
            known: an index whose files need not be read again.

        Raises:
            IndexCorrupt: a file is missing, damaged, oversized or not the one promised.
            RecipeMismatch: the snapshot holds keys of another recipe.
        """
        trusted = [] if known is None else [s.stored for s in known._stored if s.stored]
        manifest = read_manifest(
            folder,
            FEATURE_KEYS.name,
            (_DEAD, SHAPES),
            known=[array for part in trusted for array in part.values()],
        )
        dead, *segments = manifest.parts or ({},)
        if set(dead) != set(_DEAD) or any(set(part) != set(SHAPES) for part in segments):
            raise corrupt(f"the snapshot has {len(manifest.parts)} parts, wanted `dead` and keys")
        index = cls()
        index.seq = manifest.seq
        index._stored = [on_disk(part) for part in segments]
        index._pictures = manifest.numbers.get("pictures", 0)
        index._dead = dead["dead"].array.copy()
        return index

    def _segments(self) -> list[Segment]:
        return [*self._stored, *self._late]

    def _must_rewrite(self, folder: Path) -> bool:
        # Files that somebody cleared away held what the newer snapshot no longer does.
        there = all(
            array.is_in(folder) for s in self._stored if s.stored for array in s.stored.values()
        )
        dead = len(self._dead)
        return not there or dead > _DEAD_SHARE * self._pictures or (self._purge and dead > 0)


def keys_of(descriptors: NDArray[np.uint8]) -> Keys:
    """Keys of descriptors uint8 [n, 128]: uint32 [n × TABLES].

    A key has the table's number above the `KEY_BITS` of the signs.
    Exact on every machine: sums of small whole numbers do not round.
    """
    sides = products(descriptors.astype(np.float32), _PLANES) > 0
    keys = sides.reshape(-1, TABLES, KEY_BITS) @ (1 << np.arange(KEY_BITS, dtype=np.int64))
    return (keys + (np.arange(TABLES) << KEY_BITS)).astype(np.uint32).ravel()


def states_of(query: LocalFeatures) -> list[Keys]:
    """Distinct keys of a query and of its mirror image, ascending."""
    return [np.unique(keys_of(state.descriptors)) for state in (query, query.mirrored())]


def weights_of(holders: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a shared key counts that so many pictures hold: float64 [n]."""
    return np.where(holders <= _MAX_SHARED, 1 / np.sqrt(np.maximum(holders, 1)), 0)


def most_voted(hits: Sequence[FeatureHit], limit: int) -> list[FeatureHit]:
    """The first of all that several indexes have found, each picture in one of them."""
    return sorted(hits, key=lambda hit: (-hit.votes, hit.id))[:limit]


def _count(
    segments: list[Segment], keys: Keys, weights: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ids that hold any of the keys, and their votes."""
    keys, weights = keys[weights > 0], weights[weights > 0]
    ids, votes = [np.empty(0, np.int64)], [np.empty(0)]
    for segment in segments:
        low = segment.starts_of(keys)
        count = segment.ends_of(keys) - low
        places = np.repeat(low - np.cumsum(count) + count, count) + np.arange(count.sum())
        ids.append(segment.ids[places])
        votes.append(np.repeat(weights, count))
    return _summed(np.concatenate(ids), np.concatenate(votes))


def _summed(
    ids: NDArray[np.int64], votes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Each id once, ascending, and the sum of its votes, which are all above 0."""
    if len(ids) and ids.max() < _SPARSE * len(ids):  # as registers number them: no sort
        total = np.bincount(ids, votes).astype(np.float64)
        held: NDArray[np.int64] = np.flatnonzero(total).astype(np.int64)
        return held, total[held]
    distinct, which = np.unique(ids, return_inverse=True)
    return distinct, np.bincount(which, votes, len(distinct)).astype(np.float64)


def _strongest(votes: NDArray[np.float64], limit: int) -> NDArray[np.intp]:
    """Places of the most votes, most first, the earlier of two that are equal."""
    places = np.arange(len(votes))
    if 0 < limit < len(votes):
        places = np.flatnonzero(votes >= np.partition(votes, -limit)[-limit])
    return places[np.argsort(-votes[places], kind="stable")][:limit]


def _among(ids: NDArray[np.int64], dead: NDArray[np.int64]) -> NDArray[np.bool_]:
    """`np.isin` for sorted `dead`, of which there may be many more than ids."""
    if not len(dead):
        return np.zeros(len(ids), bool)
    return dead[np.minimum(np.searchsorted(dead, ids), len(dead) - 1)] == ids


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

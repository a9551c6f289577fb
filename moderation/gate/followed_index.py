"""The search indexes, following the register's log: hashes by recipe, and local features.

The log is the truth. The index in memory is brought up to it before every search, so an addition
or a deletion by any process holds for the next query of every other. Snapshots on disk only save
the time of reading the log from its start; a damaged or foreign one is rebuilt from the register.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moderation.errors import IndexCorrupt, RecipeMismatch, StoreUnwritable
from moderation.image.feature_index import FEATURE_KEYS, FeatureIndex, keys_of
from moderation.image.hashing import RECIPES, HashRecipe, hamming_matrix, recipe_named
from moderation.image.index import HashIndex
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import MIN_VOTES, Candidate, radius_for
from moderation.image.query import Query
from moderation.store import LogEntry, LogOp, Register
from moderation.store.reading import Reading

SHARING = 24
"""Pictures that shared features may nominate for one query."""
_ENTRIES_AT_ONCE = 5_000  # with features, 8 KB each
_NEW_ENTRIES_WORTH_SAVING = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether index and log agree."""

    last_seq: int
    """Last entry of the log."""
    pictures: Mapping[str, int]
    """Recipe → pictures in the register."""
    missing: int
    """In the register, not in an index."""
    surplus: int
    """In an index, not in the register."""
    different: int
    """In both, with another hash or other features."""
    rebuilt: bool
    """The snapshot on disk was of no use, and the index was made anew from the register."""

    @property
    def ok(self) -> bool:
        """True if every search sees exactly what the register holds."""
        return self.missing == self.surplus == self.different == 0

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register verify --json` writes it."""
        return {
            "ok": self.ok,
            "last_seq": self.last_seq,
            "pictures": dict(self.pictures),
            "missing": self.missing,
            "surplus": self.surplus,
            "different": self.different,
            "rebuilt": self.rebuilt,
        }


class FollowedIndex:
    """Hashes and features of all registered pictures. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        """Start from the snapshots in `folder`, where there are any."""
        self.seq = 0
        """Last entry of the log that searches take into account."""
        self.rebuilt = False
        self._folder = folder
        self._lock = threading.RLock()
        self._hashes: dict[str, HashIndex] = {}
        self._features = FeatureIndex()
        self._saved_seq = 0
        self._misleading = False
        """The snapshot on disk tells of another history than the register's."""
        self._load()

    def catch_up(self, register: Reading) -> int:
        """Follow the log to its end; returns the last entry taken into account."""
        with self._lock:
            if self.seq > register.last_seq():
                # The register is older than the snapshot: it was restored from a backup.
                self._forget_snapshots()
            while entries := register.log_after(self.seq, limit=_ENTRIES_AT_ONCE):
                self._apply(entries)
            return self.seq

    def near(self, query: Query) -> list[Candidate]:
        """Every registered picture with a near hash."""
        with self._lock:
            indexes = [index for index in self._hashes.values() if len(index)]
        return [
            _near(query, index.recipe, hit.query_row, hit.id, hit.distance_bits)
            for index in indexes
            for hit in index.search(query.codes_for(index.recipe), radius_for(index.recipe))
        ]

    def sharing(self, query: Query) -> list[Candidate]:
        """Registered pictures that share most local features, wherever in the picture they are."""
        with self._lock:
            features = self._features
        if not len(features):
            return []
        hits = features.search(query.verifiable().features, SHARING)
        return [
            Candidate(picture_id=hit.id, votes=hit.votes) for hit in hits if hit.votes >= MIN_VOTES
        ]

    def save(self, register: Reading, *, wait: bool = False) -> None:
        """Write snapshots of the register's present state.

        Args:
            register: followed once more first, so that nothing deleted is written back.
            wait: False leaves it to the process that is saving just now, if there is one.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """
        with self._lock, _only_one(self._folder, wait=wait) as alone:
            if not alone:
                return
            self.catch_up(register)
            for name, recipe in RECIPES.items():
                if name in self._hashes or (self._folder / name).is_dir():
                    index = self._hashes.setdefault(name, HashIndex(recipe))
                    index.seq = self.seq
                    index.save(self._folder / name)
            self._features.seq = self.seq
            self._features.save(self._folder / FEATURE_KEYS.name)
            self._saved_seq = self.seq
            self._misleading = False

    def is_worth_saving(self) -> bool:
        """True if reading the log from the last snapshot has become slow, or it is of no use."""
        return self._misleading or self.seq - self._saved_seq >= _NEW_ENTRIES_WORTH_SAVING

    def compact(self, register: Reading) -> None:
        """Drop what was deleted from memory and from the disk.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """
        with self._lock:
            self.catch_up(register)
            for index in self._hashes.values():
                index.compact()
            self._features.compact()
            self.save(register, wait=True)

    def verify(self, register: Register) -> Verification:
        """Compare every code with the register's, in one consistent state of both."""
        with register.transaction() as now, self._lock:
            self.catch_up(now)
            pictures = now.recipes()
            found = {name: index.contents() for name, index in self._hashes.items()}
            compared = [
                _compared(dict(now.live_codes(name)), found.get(name, {}))
                for name in sorted(pictures.keys() | found.keys())
            ]
            compared.append(_compared(_keys_by_picture(now), self._features.contents()))
            missing, surplus, different = (sum(column) for column in zip(*compared, strict=True))
            return Verification(
                last_seq=self.seq,
                pictures=pictures,
                missing=missing,
                surplus=surplus,
                different=different,
                rebuilt=self.rebuilt,
            )

    def _load(self) -> None:
        names = [name for name in RECIPES if (self._folder / name).is_dir()]
        if not names:
            return
        try:
            for name in names:
                self._hashes[name] = HashIndex.load(self._folder / name, RECIPES[name])
            self._features = FeatureIndex.load(self._folder / FEATURE_KEYS.name)
        except (IndexCorrupt, RecipeMismatch):
            self._forget_snapshots()
            return
        seqs = {self._features.seq, *(index.seq for index in self._hashes.values())}
        if len(seqs) > 1:  # of different ages after a crash between two of them
            self._forget_snapshots()
        else:
            self.seq = self._saved_seq = seqs.pop()

    def _forget_snapshots(self) -> None:
        self._hashes.clear()
        self._features = FeatureIndex()
        self.seq = self._saved_seq = 0
        self.rebuilt = self._misleading = True

    def _apply(self, entries: Sequence[LogEntry]) -> None:
        # A picture is added once and removed at most once, so removals may come last.
        for name in {entry.recipe for entry in entries}:
            of_recipe = [entry for entry in entries if entry.recipe == name]
            added, codes = _additions(of_recipe, recipe_named(name))
            index = self._hashes.setdefault(name, HashIndex(recipe_named(name)))
            if len(added):
                index.add(added, codes)
            index.remove(np.array(_removals(of_recipe), np.int64))
        detailed = [
            (e.picture_id, LocalFeatures.from_bytes(e.features)) for e in entries if e.features
        ]
        self._features.add([number for number, _ in detailed], [found for _, found in detailed])
        self._features.remove(_removals(entries))
        self.seq = entries[-1].seq


def near_among(query: Query, entries: Iterable[LogEntry]) -> list[Candidate]:
    """Near hashes among a few additions to the log, compared one by one."""
    entries = list(entries)
    found = []
    for name in {entry.recipe for entry in entries}:
        recipe = recipe_named(name)
        ids, codes = _additions([e for e in entries if e.recipe == name], recipe)
        if not len(ids):
            continue
        distances = hamming_matrix(query.codes_for(recipe), codes)
        rows, columns = np.nonzero(distances <= radius_for(recipe))
        found += [
            _near(query, recipe, int(row), int(ids[column]), int(distances[row, column]))
            for row, column in zip(rows, columns, strict=True)
        ]
    return found


def _near(query: Query, recipe: HashRecipe, row: int, picture_id: int, bits: int) -> Candidate:
    view, mirrored = query.origin_of(recipe, row)
    return Candidate(picture_id=picture_id, distance_bits=bits, view=view, mirrored=mirrored)


def _keys_by_picture(register: Reading) -> dict[int, bytes]:
    keys = {
        number: np.unique(keys_of(LocalFeatures.from_bytes(features).descriptors)).tobytes()
        for number, features in register.live_features()
    }
    return {number: key for number, key in keys.items() if key}


def _compared(wanted: dict[int, bytes], found: dict[int, bytes]) -> tuple[int, int, int]:
    """(missing, surplus, different)."""
    both = wanted.keys() & found.keys()
    return (
        len(wanted.keys() - found.keys()),
        len(found.keys() - wanted.keys()),
        sum(found[number] != wanted[number] for number in both),
    )


def _removals(entries: Iterable[LogEntry]) -> list[int]:
    return [entry.picture_id for entry in entries if entry.op is LogOp.REMOVE]


def _additions(
    entries: Iterable[LogEntry], recipe: HashRecipe
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.uint8]]]:
    added = [(e.picture_id, e.code) for e in entries if e.op is LogOp.ADD and e.code is not None]
    codes = np.frombuffer(b"".join(code for _, code in added), np.uint8)
    return np.array([i for i, _ in added], np.int64), codes.reshape(-1, recipe.bytes)


@contextmanager
def _only_one(folder: Path, *, wait: bool) -> Iterator[bool]:
    """True for one process at a time; the lock goes with the process, however it ends."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("a")
    except OSError as error:
        raise StoreUnwritable(
            f"cannot write the index to `{folder}`: {error.strerror or error}",
            hint="free space or correct the permissions, then save again",
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True

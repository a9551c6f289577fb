"""The search indexes, following the register's log: hashes, local features and descriptors.

The log is the truth. The index in memory is brought up to it before every search, so an addition
or a deletion by any process holds for the next query of every other. Snapshots on disk only save
the time of reading the log from its start, and the memory for what is mapped from them; a damaged
or foreign one is rebuilt from the register.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from moderation.errors import IndexCorrupt, RecipeMismatch, StoreUnwritable
from moderation.gate.index.entries import additions, removals, with_descriptors
from moderation.gate.index.locking import only_one
from moderation.gate.index.nominated import (
    ALIKE,
    SHARING_MUCH,
    Nominated,
    Sought,
    alike_candidates,
    near_candidates,
    sharing_candidates,
)
from moderation.gate.index.trust import doubt
from moderation.gate.index.verification import (
    Verification,
    descriptors_compared,
    differences,
    keys_by_picture,
)
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import FEATURE_KEYS, FeatureIndex
from moderation.image.hashing import RECIPES, recipe_named
from moderation.image.index import HashIndex
from moderation.image.local_features import LocalFeatures
from moderation.image.mapped import head_of
from moderation.image.matching import MIN_COSINE, NEAREST, Candidate, radius_for
from moderation.image.query import Query
from moderation.store import LogEntry, Register, Share
from moderation.store.reading import Reading

DESCRIPTORS = "descriptors"
"""Folder of their snapshot."""
log = logging.getLogger(__name__)

_ENTRIES_AT_ONCE = 5_000  # with features, 8 KB each
_ENTRIES_IN_MEMORY = 50_000  # not yet on disk, 5 KB each
_NEW_ENTRIES_WORTH_SAVING = 1_000


@dataclass(slots=True, kw_only=True)
class _Indexes:
    """What is searched; all complete up to one entry of the log."""

    hashes: dict[str, HashIndex] = field(default_factory=dict)
    """By recipe."""
    features: FeatureIndex = field(default_factory=FeatureIndex)
    descriptors: DescriptorIndex | None = None
    """None until a picture has one: its length is known only then."""
    seq: int = 0


class FollowedIndex:
    """The `SearchIndex` of one process: all that it searches is in its memory or mapped there."""

    def __init__(
        self, folder: Path, *, share: Share | None = None, features_only: bool = False
    ) -> None:
        """Start from the snapshots in `folder`, where there are any.

        Args:
            folder: for snapshots of this register and share alone.
            share: of the registered pictures; None for all.
            features_only: hashes and descriptors are somebody else's matter.
        """
        self._features_only = features_only
        self.rebuilt = False
        self.folder = folder
        self.share = share
        self._lock = threading.RLock()
        self._now = _Indexes()
        self._saved_seq = 0
        self._saving = False
        self._misleading = False
        """The snapshot on disk tells of another history than the register's."""
        self._doubted = False
        """What came from the snapshot was not yet compared with the register."""
        try:
            self._now = self._loaded()
            self._saved_seq = self.seq
            self._doubted = self.seq > 0
        except (IndexCorrupt, RecipeMismatch) as error:
            self._forget_snapshots(error.message)

    @property
    def seq(self) -> int:
        """Last entry of the log that searches take into account."""
        return self._now.seq

    def catch_up(self, register: Reading) -> int:
        """Follow the log to its end; returns the last entry taken into account."""
        with self._lock:
            if self.seq > (last := register.last_seq()):
                # The register is older than the snapshot: it was restored from a backup.
                self._forget_snapshots(f"it reaches up to entry {self.seq} of a log of {last}")
            self._follow(register)
            if self._now.descriptors is None and self._describes(register):
                # The others already knew these entries.
                self._forget_snapshots("that of the descriptors is missing")
                self._follow(register)
            while self._doubted:
                now = self._now
                why = doubt(register, now.hashes, now.features, now.descriptors, self.share)
                if why is not None and self.seq == register.last_seq():
                    self._forget_snapshots(why)
                self._doubted = why is not None and self._doubted  # others may have added meanwhile
                self._follow(register)
            return self.seq

    def _describes(self, register: Reading) -> bool:
        return not self._features_only and register.descriptor_recipe(share=self.share) is not None

    def _loaded(self, known: _Indexes | None = None) -> _Indexes:
        names = [name for name in RECIPES if (self.folder / name).is_dir()]
        there = names or (self._features_only and (self.folder / FEATURE_KEYS.name).is_dir())
        return _loaded(self.folder, names, known) if there else _Indexes()

    def _follow(self, register: Reading) -> None:
        # Nothing of the log comes late, so what lies before its end now is of other shares.
        passed = register.last_seq() if self.share else 0
        while entries := register.log_after(self.seq, limit=_ENTRIES_AT_ONCE, share=self.share):
            self._apply(entries)
            if self.seq - self._saved_seq >= _ENTRIES_IN_MEMORY:
                self._write_early()
        self._now.seq = max(self.seq, passed)

    @property
    def place(self) -> str:
        """The folder of its snapshots."""
        return str(self.folder)

    def look_up(self, query: Query, sought: Sought = Sought.ALL) -> Nominated:
        """All that the indexes nominate; nothing of them is ever absent."""
        near = [] if sought is Sought.DETAILS else self.near(query)
        others = [] if sought is Sought.HASHES else [*self.sharing(query), *self.alike(query)]
        return Nominated(near=near, others=others)

    def near(self, query: Query) -> list[Candidate]:
        """Registered pictures with a near hash, the nearest of each view."""
        return [
            candidate
            for index in self.hashes()
            for candidate in near_candidates(
                query,
                index.recipe,
                index.search(
                    query.codes_for(index.recipe), radius_for(index.recipe), limit=NEAREST
                ),
            )
        ]

    def hashes(self) -> list[HashIndex]:
        """Those that hold any, always in one order."""
        with self._lock:
            held = self._now.hashes
        return [held[name] for name in RECIPES if name in held and len(held[name])]

    def features(self) -> FeatureIndex:
        """Of local features."""
        with self._lock:
            return self._now.features

    def descriptors(self) -> DescriptorIndex | None:
        """Of descriptors; None until a picture has one."""
        with self._lock:
            return self._now.descriptors

    def sharing(self, query: Query) -> list[Candidate]:
        """Registered pictures that share most local features, wherever in the picture they are."""
        features = self.features()
        if not len(features):
            return []
        return sharing_candidates(features.search(query.verifiable().features, SHARING_MUCH))

    def alike(self, query: Query) -> list[Candidate]:
        """Registered pictures with the descriptors nearest to those of the picture or its parts.

        None for a picture that was not described, or is flat.
        """
        descriptors, vectors = self.descriptors(), query.telling_descriptors()
        if descriptors is None or not len(vectors):
            return []
        return alike_candidates(descriptors.search(vectors, ALIKE, MIN_COSINE))

    def save(self, register: Reading, *, wait: bool = False) -> None:
        """Write snapshots of the register's present state.

        Args:
            register: followed once more first, so that nothing deleted is written back.
            wait: False leaves it to the process that is saving just now, if there is one.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """
        with self._lock, only_one(self.folder, wait=wait) as alone:
            if not alone:
                return
            self._saving = True
            try:
                self._adopt()
                self.catch_up(register)
                self._write()
            finally:
                self._saving = False

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
            for index in self._now.hashes.values():
                index.compact()
            self._now.features.compact()
            if self._now.descriptors is not None:
                self._now.descriptors.compact()
            self.save(register, wait=True)

    def size_bytes(self) -> int:
        """Space of the snapshots."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sum(path.stat().st_size for path in files)

    def verify(self, register: Register) -> Verification:
        """Compare every code with the register's, in one consistent state of both."""
        share = self.share
        with register.transaction(unhurried=True) as now, self._lock:
            self.catch_up(now)
            pictures, held = now.recipes(share=share), self._now
            found = {name: index.contents() for name, index in held.hashes.items()}
            missing, surplus, different = differences(
                [
                    *(
                        (dict(now.live_codes(name, share=share)), found.get(name, {}))
                        for name in sorted(pictures.keys() | found.keys())
                    ),
                    (keys_by_picture(now, share), held.features.contents()),
                    descriptors_compared(now, held.descriptors, share),
                ]
            )
            return Verification(
                last_seq=self.seq,
                pictures=pictures,
                undescribed=now.stats().undescribed,
                missing=missing,
                surplus=surplus,
                different=different,
                rebuilt=self.rebuilt,
            )

    def close(self) -> None:
        """Nothing is held that has to be given back."""

    def _forget_snapshots(self, why: str) -> None:
        log.warning("the snapshot of the index is made anew from the register: %s", why)
        self._now = _Indexes()
        self._saved_seq = 0
        self._doubted = False
        self.rebuilt = self._misleading = True

    def _adopt(self) -> None:
        """Go on from another process's snapshot, so that both map the same files."""
        if self._misleading or not (self.folder / FEATURE_KEYS.name).exists():
            return  # or nobody has written one yet
        try:
            if head_of(self.folder / FEATURE_KEYS.name)[1] != self._saved_seq:
                self._now = self._loaded(self._now)
                self._saved_seq = self.seq
                self._doubted = True
        except (IndexCorrupt, RecipeMismatch) as error:
            # What is in memory is sound, and takes its place.
            log.warning("the snapshot of another process is replaced: %s", error.message)

    def _write_early(self) -> None:
        """A long log is not held in memory until its end."""
        with suppress(StoreUnwritable), ExitStack() as stack:
            if self._saving or stack.enter_context(only_one(self.folder, wait=False)):
                self._write()

    def _write(self) -> None:
        now = self._now
        for name, recipe in RECIPES.items():
            if name in now.hashes or (self.folder / name).is_dir():
                index = now.hashes.setdefault(name, HashIndex(recipe))
                index.seq = now.seq
                index.save(self.folder / name)
        if now.descriptors is not None:
            now.descriptors.seq = now.seq
            now.descriptors.save(self.folder / DESCRIPTORS)
        else:
            shutil.rmtree(self.folder / DESCRIPTORS, ignore_errors=True)
        now.features.seq = now.seq
        now.features.save(self.folder / FEATURE_KEYS.name)
        self._saved_seq = now.seq
        self._misleading = False

    def _apply(self, entries: Sequence[LogEntry]) -> None:
        # A picture is added once and removed at most once, so removals may come last.
        now = self._now
        detailed = [
            (e.picture_id, LocalFeatures.from_bytes(e.features)) for e in entries if e.features
        ]
        now.features.add([number for number, _ in detailed], [found for _, found in detailed])
        now.features.remove(removals(entries))
        if not self._features_only:
            self._apply_whole(entries)
        now.seq = entries[-1].seq

    def _apply_whole(self, entries: Sequence[LogEntry]) -> None:
        now = self._now
        for name in {entry.recipe for entry in entries}:
            of_recipe = [entry for entry in entries if entry.recipe == name]
            added, codes = additions(of_recipe, recipe_named(name))
            index = now.hashes.setdefault(name, HashIndex(recipe_named(name)))
            if len(added):
                index.add(added, codes)
            index.remove(np.array(removals(of_recipe), np.int64))
        now.descriptors = with_descriptors(entries, now.descriptors)


def _loaded(folder: Path, names: Sequence[str], known: _Indexes | None) -> _Indexes:
    """What the snapshots hold, of hashes those of some recipes.

    Raises:
        IndexCorrupt: one is missing, damaged, or older than another.
        RecipeMismatch: one is of something else.
    """
    found = _Indexes(
        hashes={name: HashIndex.load(folder / name, RECIPES[name]) for name in names},
        features=FeatureIndex.load(
            folder / FEATURE_KEYS.name, known=known.features if known else None
        ),
    )
    seqs = {found.features.seq, *(index.seq for index in found.hashes.values())}
    if (folder / DESCRIPTORS).is_dir():
        recipe, _, numbers = head_of(folder / DESCRIPTORS)
        found.descriptors = DescriptorIndex.load(
            folder / DESCRIPTORS,
            recipe,
            numbers.get("dimensions", 0),
            known=known.descriptors if known else None,
        )
        seqs.add(found.descriptors.seq)
    if len(seqs) > 1:  # a crash between two of them
        raise IndexCorrupt(
            f"the snapshots reach up to {len(seqs)} different entries of the log",
            hint="rebuild the index from the register",
        )
    found.seq = seqs.pop()
    return found

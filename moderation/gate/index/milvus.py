"""Hashes and descriptors in Milvus, for teams that run one; local features beside them.

Whoever asks first after a change follows the log on behalf of all: additions and removals are
written to the collections, then the number of the last entry. Writing an entry twice changes
nothing. A gate that lags adds no picture that is gone, as the log gives no hash of such a one.

Milvus has nothing that counts shared keys by how rare they are, so the index of local features
stays in each gate, with snapshots in its folder.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation.errors import BadSetting, RecipeMismatch
from moderation.gate.index.entries import additions, removals
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.milvus_collections import (
    Collection,
    MilvusDescriptors,
    MilvusHashes,
    connected,
    told_if_unreachable,
)
from moderation.gate.index.nominated import (
    ALIKE,
    Nominated,
    Sought,
    alike_candidates,
    near_candidates,
)
from moderation.gate.index.verification import Verification, differences, keys_by_picture
from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_index import DescriptorHit
from moderation.image.hashing import RECIPES
from moderation.image.index import IndexHit
from moderation.image.matching import MIN_COSINE, NEAREST, Candidate, radius_for
from moderation.image.query import Query
from moderation.store import LogEntry, LogOp, Register
from moderation.store.reading import Reading

log = logging.getLogger(__name__)

_ENTRIES_AT_ONCE = 1_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_STATE_WIDTH = 7  # seq in three numbers, length of descriptors, the register's identity in three
_DIGITS = 1 << 20  # of each number; a float32 holds them exactly


class MilvusIndex:
    """The `SearchIndex` whose hashes and descriptors lie in Milvus."""

    def __init__(
        self, uri: str, name: str, register: Register, *, folder: Path, token: str, place: str
    ) -> None:
        """Open the collections; those that are missing are made.

        Args:
            uri: of the server, or a file for the embedded one.
            name: what the collections' names begin with.
            register: whose pictures they hold.
            folder: for snapshots of the local features.
            token: `USER:PASSWORD`, or empty.
            place: what people are told of it.

        Raises:
            BadSetting: collections of that name are of another register.
            MissingExtra: the client is not installed.
            IndexUnreachable: the server does not answer.
        """
        if not _NAME.fullmatch(name):
            raise BadSetting(
                f"`{name:.60}` cannot be a name in Milvus", hint="use letters, digits and _"
            )
        self.place = place
        self.rebuilt = False
        self._name = name
        self._local = FollowedIndex(folder, features_only=True)
        self._client = connected(uri, token, place)
        self._lock = threading.RLock()
        self._seq = 0
        identity = register.identity()
        self._mark = [int(identity[at : at + 5], 16) for at in (0, 5, 10)]
        self._hashes: dict[str, MilvusHashes] = {}
        self._descriptors: MilvusDescriptors | None = None
        with self._telling():
            self._state = Collection(self._client, f"{name}_state", width=_STATE_WIDTH)
            self._doubted = self._read_state() > 0
            self._open_what_is_there()

    @property
    def seq(self) -> int:
        """Last entry of the log that searches take into account."""
        return min(self._seq, self._local.seq)

    def catch_up(self, register: Reading) -> int:
        """Follow the log to its end, for all who use these collections."""
        with self._lock, self._telling():
            self._local.catch_up(register)
            last = register.last_seq()
            if self._seq < last:  # somebody else may have followed it meanwhile
                self._seq = self._read_state()
            if self._seq > last:
                self._start_anew(f"they reach up to entry {self._seq} of a log of {last}")
            self._follow(register)
            if self._doubted:
                self._doubted = False
                if (why := self._doubt(register)) is not None:
                    self._start_anew(why)
                    self._follow(register)
            return self.seq

    def look_up(self, query: Query, sought: Sought = Sought.ALL) -> Nominated:
        """What the collections and the local features nominate."""
        with self._telling():
            near = [] if sought is Sought.DETAILS else self._near(query)
            if sought is Sought.HASHES:
                return Nominated(near=near)
            return Nominated(near=near, others=[*self._local.sharing(query), *self._alike(query)])

    def is_worth_saving(self) -> bool:
        """Only the local features are saved here."""
        return self._local.is_worth_saving()

    def save(self, register: Reading, *, wait: bool = False) -> None:
        """Write a snapshot of the local features; Milvus keeps its own."""
        self._local.save(register, wait=wait)

    def compact(self, register: Reading) -> None:
        """Drop what was deleted here, and tell Milvus to do so.

        The embedded server cannot be told: there, what was deleted is found no more, and its bytes
        go when the file is made anew.
        """
        self.catch_up(register)
        self._local.compact(register)
        for collection in self._collections():
            with contextlib.suppress(Exception):
                self._client.compact(collection.name)

    def verify(self, register: Register) -> Verification:
        """Compare every code and descriptor with the register's."""
        with register.transaction(unhurried=True) as now, self._lock, self._telling():
            self.catch_up(now)
            pictures = now.recipes()
            names = sorted(pictures.keys() | self._hashes.keys())
            held = {n: self._hashes[n].contents() if n in self._hashes else {} for n in names}
            stored = dict(now.live_descriptors())
            mine = self._descriptors
            wanted = (
                stored
                if mine is None
                else {number: mine.rounded(from_bytes(data)) for number, data in stored.items()}
            )
            missing, surplus, different = differences(
                [
                    *((dict(now.live_codes(n)), held[n]) for n in names),
                    (keys_by_picture(now, None), self._local.features().contents()),
                    (wanted, {} if mine is None else mine.contents()),
                ]
            )
            return Verification(
                last_seq=self.seq,
                pictures=pictures,
                undescribed=now.stats().undescribed,
                missing=missing,
                surplus=surplus,
                different=different,
                rebuilt=self.rebuilt or self._local.rebuilt,
            )

    def size_bytes(self) -> int:
        """Of the local features; what Milvus needs, it tells its own operators."""
        return self._local.size_bytes()

    def close(self) -> None:
        """Give back the connection."""
        with contextlib.suppress(Exception):
            self._client.close()

    def _telling(self) -> contextlib.AbstractContextManager[None]:
        return told_if_unreachable(self.place)

    def _collections(self) -> list[Collection]:
        found = [hashes.collection for hashes in self._hashes.values()]
        return found + ([self._descriptors.collection] if self._descriptors is not None else [])

    # Following

    def _follow(self, register: Reading) -> None:
        while entries := register.log_after(self._seq, limit=_ENTRIES_AT_ONCE):
            self._apply(entries)
            self._seq = entries[-1].seq
            self._write_state()

    def _apply(self, entries: Sequence[LogEntry]) -> None:
        for name in {entry.recipe for entry in entries}:
            of_recipe = [entry for entry in entries if entry.recipe == name]
            hashes = self._hashes_of(name)
            ids, codes = additions(of_recipe, hashes.recipe)
            hashes.add(ids, codes)
            hashes.collection.remove(removals(of_recipe))
        added = [e for e in entries if e.op is LogOp.ADD and e.descriptor]
        if added:
            vectors = np.stack([from_bytes(entry.descriptor or b"") for entry in added])
            found = self._described(vectors.shape[1])
            found.add(np.array([entry.picture_id for entry in added], np.int64), vectors)
        if self._descriptors is not None:
            self._descriptors.collection.remove(removals(entries))

    def _hashes_of(self, name: str) -> MilvusHashes:
        if name not in self._hashes:
            collection = f"{self._name}_{name}"
            self._hashes[name] = MilvusHashes(self._client, collection, RECIPES[name])
        return self._hashes[name]

    def _described(self, dimensions: int) -> MilvusDescriptors:
        if self._descriptors is None:
            collection = f"{self._name}_descriptors"
            self._descriptors = MilvusDescriptors(self._client, collection, dimensions)
        if self._descriptors.dimensions != dimensions:
            raise RecipeMismatch(
                f"descriptors in Milvus have length {self._descriptors.dimensions}, "
                f"in the register {dimensions}",
                hint="remove the collections; they are made anew from the register",
            )
        return self._descriptors

    # What the collections tell of themselves

    def _read_state(self) -> int:
        rows = dict(self._state.rows())
        if not rows:
            return 0
        high, middle, low, dimensions, *mark = (int(number) for number in rows[0])
        if mark != self._mark:
            raise BadSetting(
                f"the collections `{self._name}_…` at {self.place} are of another register",
                hint="give each register a name of its own",
            )
        if dimensions:
            self._described(dimensions)
        return (high * _DIGITS + middle) * _DIGITS + low

    def _write_state(self) -> None:
        high, low = divmod(self._seq, _DIGITS)
        high, middle = divmod(high, _DIGITS)
        dimensions = 0 if self._descriptors is None else self._descriptors.dimensions
        row = np.array([high, middle, low, dimensions, *self._mark], np.float32)
        self._state.put([0], [row])

    def _open_what_is_there(self) -> None:
        for name in RECIPES:
            if self._client.has_collection(f"{self._name}_{name}"):
                self._hashes_of(name)

    def _doubt(self, register: Reading) -> str | None:
        there = register.recipes()
        for name in sorted(there.keys() | self._hashes.keys()):
            count = len(self._hashes_of(name).collection)
            if count != there.get(name, 0) and self._seq == register.last_seq():
                return f"`{name}` holds {count} hashes, the register {there.get(name, 0)}"
        return None

    def _start_anew(self, why: str) -> None:
        log.warning("the collections in Milvus are made anew from the register: %s", why)
        for collection in (*self._collections(), self._state):
            self._client.drop_collection(collection.name)
        self._hashes, self._descriptors = {}, None
        self._state = Collection(self._client, f"{self._name}_state", width=_STATE_WIDTH)
        self._seq, self.rebuilt = 0, True

    # Searching

    def _near(self, query: Query) -> list[Candidate]:
        found = []
        for name, recipe in RECIPES.items():
            if name in self._hashes:
                codes = query.codes_for(recipe)
                near = self._hashes[name].near(codes, radius_for(recipe), NEAREST)
                hits = (
                    IndexHit(query_row=row, id=number, distance_bits=bits)
                    for row, number, bits in zip(*(c.tolist() for c in near), strict=True)
                )
                found += near_candidates(query, recipe, hits)
        return found

    def _alike(self, query: Query) -> list[Candidate]:
        vectors = query.telling_descriptors()
        if self._descriptors is None or not len(vectors):
            return []
        rows, ids, products = self._descriptors.nearest(vectors, ALIKE, MIN_COSINE)
        cosines = np.clip(products, -1, 1)
        columns: Any = (rows.tolist(), ids.tolist(), cosines.tolist())
        return alike_candidates(
            DescriptorHit(query_row=row, id=number, cosine=cosine)
            for row, number, cosine in zip(*columns, strict=True)
        )

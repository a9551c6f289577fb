"""One picture of an archive → what it may be a copy of, from all three indexes.

As at the gate, with two differences: nothing published later is nominated, unless a register holds
it; and what is nominated brings along the earliest picture of its family, so that of many copies
the first showing is among those compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import groupby, islice

import numpy as np

from moderation.gate.index.nominated import ALIKE, SHARING, SHARING_MUCH
from moderation.gate.looking.choice import Choice, choose, ranked
from moderation.gate.looking.search import known_picture
from moderation.image.hashing import DIHEDRAL
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import MIN_COSINE, MIN_VOTES, SURE_VOTES, Candidate, KnownPicture
from moderation.image.query import Query
from moderation.scan import indexes
from moderation.scan.in_order import SHARDS_AT_HAND
from moderation.scan.layout import Layout, note_key
from moderation.scan.place import Place
from moderation.scan.read_back import Row, known_of
from moderation.store import Register

_DEEPER = 8  # times what the gate asks for: some of it was published later


class Nominator:
    """Searches a layout. For one process."""

    def __init__(self, layout: Layout, observed: Place, register: Register | None) -> None:
        self.layout = layout
        self._register = register
        self._features, self._descriptors = indexes.opened(
            layout.folder, layout.recipe, layout.described.dimensions
        )
        self._shard = lru_cache(SHARDS_AT_HAND)(
            lambda number: observed.read("pictures", number).to_pylist()
        )

    def places(self, shard: int) -> list[int]:
        """Places of a shard's pictures, in the order of its rows."""
        places = np.flatnonzero(self.layout.arrays.part == shard)
        return [int(i) for i in places[np.argsort(self.layout.arrays.row[places])]]

    def number(self, place: int) -> int:
        """What a picture is called in matches: the register's number, where it has one."""
        return int(self.layout.arrays.twin[place]) or self.layout.first + place

    def choice(self, place: int, row: Row, query: Query) -> Choice:
        """What a picture is to be compared with.

        Args:
            place: of the picture.
            row: its observation.
            query: the same; its pixels are not asked for.
        """
        candidates = ranked(self.nominated(place, row, query))
        works = self._works(candidate.picture_id for candidate in candidates)
        return choose(candidates, works, own=self._own(works, row), free=self._free)

    def nominated(self, place: int, row: Row, query: Query) -> list[Candidate]:
        """All that the three indexes nominate, as far as it counts."""
        return [*self._near(place), *self._sharing(place, row), *self._alike(place, query)]

    def known(self, numbers: Collection[int]) -> dict[int, KnownPicture]:
        """Pictures by their numbers.

        Raises:
            IndexCorrupt: what is stored of one is damaged.
            StoreError: the register cannot be read.
        """
        found: dict[int, KnownPicture] = {}
        for number in numbers:
            if number >= self.layout.first:
                found[number] = known_of(self._row(number), number)
        held = [number for number in numbers if number < self.layout.first]
        if self._register is not None and held:
            rows = self._register.pictures(held)
            found |= {number: known_picture(row) for number, row in rows.items()}
        return found

    def _near(self, place: int) -> Iterator[Candidate]:
        arrays = self.layout.arrays
        start, end = np.searchsorted(arrays.near_place, [place, place + 1])
        for i in range(start, end):
            view, state = divmod(int(arrays.near_code[i]), len(DIHEDRAL))
            for number in self._counted(int(arrays.near_number[i]), place):
                yield Candidate(
                    picture_id=number,
                    distance_bits=int(arrays.near_bits[i]),
                    view=view,
                    mirrored=DIHEDRAL[state].mirrored,
                )

    def _sharing(self, place: int, row: Row) -> Iterator[Candidate]:
        if not row["features"] or not len(self._features):
            return
        features = LocalFeatures.from_bytes(row["features"])
        hits = self._features.search(features, _DEEPER * SHARING_MUCH)
        counted = ((hit, self._counted(hit.id, place)) for hit in hits)
        counts = ((hit, numbers) for hit, numbers in counted if numbers)
        for rank, (hit, numbers) in enumerate(islice(counts, SHARING_MUCH)):
            if hit.votes >= (MIN_VOTES if rank < SHARING else SURE_VOTES):
                for number in numbers:
                    yield Candidate(picture_id=number, votes=hit.votes)

    def _alike(self, place: int, query: Query) -> Iterator[Candidate]:
        vectors = query.telling_descriptors()
        if self._descriptors is None or not len(vectors):
            return
        hits = self._descriptors.search(vectors, _DEEPER * ALIKE, MIN_COSINE)
        for _, of_view in groupby(hits, key=lambda hit: hit.query_row):
            counted = ((hit, self._counted(hit.id, place)) for hit in of_view)
            counts = ((hit, numbers) for hit, numbers in counted if numbers)
            for rank, (hit, numbers) in enumerate(islice(counts, ALIKE)):
                for number in numbers:
                    yield Candidate(picture_id=number, cosine=hit.cosine, place=rank)

    def _counted(self, number: int, place: int) -> list[int]:
        """What is nominated and the first of its family, if they count for this picture."""
        first = number
        if number >= self.layout.first:
            first = int(self.layout.arrays.family[number - self.layout.first])
        own = self.layout.first + place
        return [one for one in dict.fromkeys((number, first)) if one < own]

    def _works(self, numbers: Iterable[int]) -> dict[int, int]:
        """Number → the register's work, below zero; else its family in the archive."""
        every = list(numbers)
        first, family = self.layout.first, self.layout.arrays.family
        works = {number: int(family[number - first]) for number in every if number >= first}
        held = [number for number in every if number < first]
        if self._register is not None and held:
            of_register = self._register.works_of(held)
            works |= {number: -work for number, work in of_register.items()}
        return works

    def _free(self, works: Collection[int]) -> set[int]:
        if self._register is None:
            return set()
        listed = self._register.bank_entries_of(-work for work in works if work < 0)
        return {-work for work in listed}

    def _own(self, numbers: Collection[int], row: Row) -> set[int]:
        """Those of the same note of the same author, as earlier revisions."""
        first, key = self.layout.first, note_key(row)
        own = {n for n in numbers if n >= first and self.layout.arrays.note[n - first] == key}
        if self._register is not None and any(number < first for number in numbers):
            held = self._register.pictures_of_note(row["note_id"])
            own |= {one.picture_id for one in held if one.author_id == row["author_id"]}
        return own

    def _row(self, number: int) -> Row:
        place = number - self.layout.first
        shard = self._shard(int(self.layout.arrays.part[place]))
        found: Row = shard[int(self.layout.arrays.row[place])]
        return found

"""What an index nominates for one picture, and what a part of it that did not answer leaves open.

Hits of the three indexes become candidates here, the same way wherever the indexes lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby

from moderation.errors import IndexUnreachable
from moderation.finding import Cause
from moderation.image.descriptor_index import DescriptorHit
from moderation.image.feature_index import FeatureHit
from moderation.image.hashing import HashRecipe
from moderation.image.index import IndexHit
from moderation.image.matching import MIN_VOTES, SURE_VOTES, Candidate
from moderation.image.query import Query

SHARING = 24
"""Pictures that shared features may nominate for one query."""
SHARING_MUCH = 64
"""As many where they share so much that chance is unlikely."""
ALIKE = 8
"""Pictures that the descriptor of one view may nominate."""


class Sought(Enum):
    """What a question is for."""

    ALL = auto()
    """Whatever may be a copy."""
    HASHES = auto()
    """Near hashes only, which is enough to group an archive by work."""
    DETAILS = auto()
    """All but near hashes: what has to be asked again where the log has moved on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A part of the index that has not answered: what it holds was not searched."""

    name: str
    """For people, as `shard 2/3 at 10.0.0.2:7070`."""
    cause: Cause
    told: str
    """What happened, as `had not answered within 250 ms`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominated:
    """Candidates for one picture."""

    near: Sequence[Candidate] = ()
    """By hash."""
    others: Sequence[Candidate] = ()
    """By shared features, then by descriptor."""
    absent: tuple[Absent, ...] = ()
    """Empty where all that is registered was searched."""


def unreachable(absent: Sequence[Absent]) -> IndexUnreachable:
    """The error for what cannot be done without every part."""
    return IndexUnreachable(
        "; ".join(f"{part.name} {part.told}" for part in absent),
        hint="see that every part of the index runs and can be reached, and try again",
    )


def near_candidates(query: Query, recipe: HashRecipe, hits: Iterable[IndexHit]) -> list[Candidate]:
    """Registered pictures with a near hash, in order of the hits."""
    return [near_candidate(query, recipe, hit.query_row, hit.id, hit.distance_bits) for hit in hits]


def near_candidate(
    query: Query, recipe: HashRecipe, row: int, picture_id: int, bits: int
) -> Candidate:
    """A registered picture whose hash is so near to that of a row of the query's codes."""
    view, mirrored = query.origin_of(recipe, row)
    return Candidate(picture_id=picture_id, distance_bits=bits, view=view, mirrored=mirrored)


def sharing_candidates(hits: Sequence[FeatureHit]) -> list[Candidate]:
    """Pictures that share most, of as many hits as `SHARING_MUCH`, most votes first."""
    return [
        Candidate(picture_id=hit.id, votes=hit.votes)
        for rank, hit in enumerate(hits)
        if hit.votes >= (MIN_VOTES if rank < SHARING else SURE_VOTES)
    ]


def alike_candidates(hits: Iterable[DescriptorHit]) -> list[Candidate]:
    """Pictures with the nearest descriptors, of hits in order of views and cosines."""
    return [
        Candidate(picture_id=hit.id, cosine=hit.cosine, place=place)
        for _, of_view in groupby(hits, key=lambda hit: hit.query_row)
        for place, hit in enumerate(of_view)
    ]

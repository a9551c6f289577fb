"""Candidate + Fingerprint → Match, or nothing.

A candidate is what the index says: a hash is near. Three kinds of proof make it a match:
geometry on local features; where a picture has too little detail for that, a hash that agrees
almost bit for bit; where only a hash was ever known, a near hash, which stays unverified.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import PDQ256, HashRecipe
from moderation.image.query import Query
from moderation.image.verify import MIN_FEATURES, Proof, verify
from moderation.match import Basis, Direction, Match, Polygon

CANDIDATE_RADIUS_BITS = 80
"""For PDQ with features: geometry has the last word, so the hash need only be nearer than chance.
Farther out, unrelated photographs begin to come in."""
MIN_VOTES = 3.0
"""Of shared features; chance gives most pictures fewer."""
SURE_VOTES = 12.0
"""So many shared features are worth a proof whatever the descriptors say."""
NEAREST = 2_000
"""Pictures with a near hash that are looked up for one query: all flat ones share theirs."""
MIN_COSINE = 0.3
"""Of copy descriptors. A copy that can be proven lies above it in 98 of 101 cases, and seven
pictures of two thousand do by chance."""
HASH_ONLY_RADIUS_BITS = {"pdq256_v1": 31, "phash64_v1": 8, "dhash64_v1": 6, "whash64_v1": 4}
"""By recipe, where nothing but a hash is known. PDQ: the radius its authors recommend."""
NEAR_EXACT_BITS = 8
"""A re-encoded picture stays within this many bits."""
MIN_EXACT_QUALITY = 30
"""A hash of lower quality says nothing: black pictures all have the same one."""
MIN_EXACT_FEATURES = 4
"""A hash of a plain gradient has quality, but everybody's gradient has the same one."""
MIN_SCORE = 0.5
"""A match is at least as likely a copy as not."""

_NEAR_EXACT_SCORE = 0.85  # sure enough for a person to look, not for a machine to block
_HASH_ONLY_SCORE = 0.8
_SAME_SHARE = 0.8
_MIN_SHARE = 0.1  # a shared logo or sticker is small in both pictures
_FRAME: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An index says "maybe"; says nothing about truth."""

    picture_id: int
    distance_bits: int | None = None
    """Between the nearest hashes; None where no hash is near."""
    votes: float = 0.0
    """Of shared local features; 0 where something else nominated it."""
    cosine: float | None = None
    """Of the nearest descriptors; None where no descriptor nominated it."""
    place: int = 0
    """How many pictures are more alike to the same view; 0 where no descriptor nominated it."""
    view: int = 0
    """Number in `Query.views` of the view whose hash is near; 0 is the whole picture."""
    mirrored: bool = False

    @property
    def bits(self) -> int:
        """For sorting: `distance_bits`, or more than any where it is None."""
        return PDQ256.bits + 1 if self.distance_bits is None else self.distance_bits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownPicture:
    """A registered picture, as a match names it."""

    fingerprint: Fingerprint
    picture_id: int = 0
    note_id: str = ""
    image_number: int = 0
    author_id: str = ""
    published_at: datetime | None = None


def radius_for(recipe: HashRecipe) -> int:
    """How far from the query the index is asked to look, in bits."""
    return CANDIDATE_RADIUS_BITS if recipe == PDQ256 else HASH_ONLY_RADIUS_BITS[recipe.name]


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate for each picture: its nearest hash, most votes, best place, highest cosine."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        known = best.setdefault(candidate.picture_id, candidate)
        nearer = min(known, candidate, key=lambda c: (c.bits, c.view))
        alike = [c for c in (known, candidate) if c.cosine is not None]
        best[candidate.picture_id] = replace(
            nearer,
            votes=max(known.votes, candidate.votes),
            cosine=max((c.cosine for c in alike if c.cosine is not None), default=None),
            place=min((c.place for c in alike), default=0),
        )
    return list(best.values())


def match(query: Query, original: KnownPicture, candidate: Candidate) -> Match | None:
    """Prove or drop a candidate."""
    known = original.fingerprint
    detailed = min(known.quality, query.quality) >= MIN_EXACT_QUALITY
    if known.features is None:
        if not detailed or candidate.bits > HASH_ONLY_RADIUS_BITS[known.recipe.name]:
            return None
        return _by_hash(query, original, candidate, Basis.HASH_ONLY, _HASH_ONLY_SCORE)
    if len(known.features) >= MIN_FEATURES:
        proof = verify(query.verifiable(), known.features, known.code)
        if proof is None or proof.score < MIN_SCORE or _is_small(proof):
            return None
        return _by_geometry(query, original, candidate, proof)
    detailed = detailed and len(known.features) >= MIN_EXACT_FEATURES
    if not detailed or candidate.view or candidate.bits > NEAR_EXACT_BITS:
        return None
    return _by_hash(query, original, candidate, Basis.NEAR_EXACT_HASH, _NEAR_EXACT_SCORE)


def _is_small(proof: Proof) -> bool:
    return max(proof.alignment.share_of_query, proof.alignment.share_of_original) < _MIN_SHARE


def _by_geometry(query: Query, original: KnownPicture, candidate: Candidate, proof: Proof) -> Match:
    found = proof.alignment
    a, b, tx, c, d, ty = (float(x) for x in found.affine.ravel())
    return Match(
        note_id=original.note_id,
        image_number=original.image_number,
        author_id=original.author_id,
        published_at=original.published_at,
        picture_id=original.picture_id,
        score=proof.score,
        share_of_query=found.share_of_query,
        share_of_original=found.share_of_original,
        transform=(a, b, tx, c, d, ty),
        region_query=_in_fractions(found.region_query, query.picture.source_size),
        region_original=_in_fractions(found.region_original, original.fingerprint.size),
        inliers=found.inliers,
        distance_bits=candidate.distance_bits,
        cosine=query.cosine_to(original.fingerprint),
        direction=direction_of(found.share_of_query, found.share_of_original),
        mirrored=found.mirrored,
        basis=Basis.GEOMETRY,
        query_size=query.picture.source_size,
        original_size=original.fingerprint.size,
    )


def _by_hash(
    query: Query, original: KnownPicture, candidate: Candidate, basis: Basis, score: float
) -> Match:
    region = _box_in_fractions(query.views[candidate.view].box, query.picture.pixels.shape)
    share = _area(region)
    return Match(
        note_id=original.note_id,
        image_number=original.image_number,
        author_id=original.author_id,
        published_at=original.published_at,
        picture_id=original.picture_id,
        score=score,
        share_of_query=share,
        share_of_original=1.0,
        transform=None,
        region_query=region,
        region_original=_FRAME,
        inliers=0,
        distance_bits=candidate.distance_bits,
        cosine=query.cosine_to(original.fingerprint),
        direction=direction_of(share, 1.0),
        mirrored=candidate.mirrored,
        basis=basis,
        query_size=query.picture.source_size,
        original_size=original.fingerprint.size,
    )


def direction_of(share_of_query: float, share_of_original: float) -> Direction:
    """Which picture holds which, from the shares that lie in the matched region."""
    whole_query, whole_original = share_of_query > _SAME_SHARE, share_of_original > _SAME_SHARE
    if whole_query and whole_original:
        return Direction.SAME
    if whole_query:
        return Direction.QUERY_IN_ORIGINAL
    if whole_original:
        return Direction.ORIGINAL_IN_QUERY
    return Direction.OVERLAP


def _in_fractions(region: NDArray[np.float64], size: tuple[int, int]) -> Polygon:
    fractions = np.clip(region / np.maximum(size, 1), 0, 1)
    return tuple((float(x), float(y)) for x, y in fractions)


def _box_in_fractions(box: tuple[int, int, int, int], shape: tuple[int, ...]) -> Polygon:
    height, width = shape[:2]
    x0, y0, x1, y1 = box[0] / width, box[1] / height, box[2] / width, box[3] / height
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def _area(box: Polygon) -> float:
    (x0, y0), _, (x1, y1), _ = box
    return (x1 - x0) * (y1 - y0)

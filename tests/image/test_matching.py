"""Candidate → match: three kinds of proof, each with its limits."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit import pictures
from kit.notes import MORNING, photo, portrait

from moderation import compare
from moderation.image.decode import decode
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import DHASH64, PDQ256, PHASH64, WHASH64, HashRecipe, hash_with
from moderation.image.matching import (
    CANDIDATE_RADIUS_BITS,
    HASH_ONLY_RADIUS_BITS,
    MIN_SCORE,
    NEAR_EXACT_BITS,
    Candidate,
    KnownPicture,
    direction_of,
    match,
    merged,
    radius_for,
)
from moderation.image.query import Query
from moderation.match import Basis, Direction, Match

RECIPES = [PDQ256, PHASH64, DHASH64, WHASH64]


def hash_of(pixels: np.ndarray, recipe: HashRecipe = PDQ256, **changes: Any) -> KnownPicture:
    """What is known of a picture that was hashed elsewhere."""
    values: dict[str, Any] = {
        "recipe": recipe,
        "code": hash_with(recipe, pixels),
        "quality": 100,
        "size": (0, 0),
        "features": None,
    }
    return KnownPicture(fingerprint=Fingerprint(**values | changes), note_id="listed")


def candidate(bits: int, **changes: Any) -> Candidate:
    return Candidate(**{"picture_id": 1, "distance_bits": bits} | changes)


def query_of(pixels: np.ndarray) -> Query:
    return Query.of(decode(pixels))


def edits() -> list[Any]:
    """What people do to a picture before posting it again."""
    cat = photo("chelsea")
    return [
        pytest.param(cat.copy(), Direction.SAME, id="as-it-is"),
        pytest.param(pictures.recompressed(cat, 40), Direction.SAME, id="jpeg-40"),
        pytest.param(pictures.scaled(cat, 0.6), Direction.SAME, id="smaller"),
        pytest.param(pictures.mirrored(cat), Direction.SAME, id="mirrored"),
        pytest.param(np.rot90(cat).copy(), Direction.SAME, id="quarter-turn"),
        pytest.param(pictures.filtered(cat), Direction.SAME, id="filter"),
        pytest.param(pictures.watermarked(cat), Direction.SAME, id="watermark"),
        pytest.param(pictures.cropped(cat, 0.6), Direction.QUERY_IN_ORIGINAL, id="crop"),
        pytest.param(pictures.bordered(cat, 0.2), Direction.ORIGINAL_IN_QUERY, id="frame"),
        pytest.param(pictures.screenshot(cat), Direction.ORIGINAL_IN_QUERY, id="screenshot"),
        pytest.param(
            pictures.collage([portrait("coffee"), portrait("chelsea")]),
            Direction.OVERLAP,
            id="collage-cell",
        ),
    ]


@pytest.mark.parametrize(("edited", "direction"), edits())
def test_an_edited_copy_is_proven_by_geometry(edited: np.ndarray, direction: Direction) -> None:
    """With its direction, its share, and regions inside both frames."""
    found = compare(edited, photo("chelsea"))
    assert found is not None
    assert (found.basis, found.direction, found.verified) == (Basis.GEOMETRY, direction, True)
    assert MIN_SCORE <= found.score <= 1
    assert 0 <= found.share_of_query <= 1.001
    assert 0 <= found.share_of_original <= 1.001
    for polygon in (found.region_query, found.region_original):
        assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in polygon)
    assert (found.note_id, found.author_id, found.picture_id) == ("", "", 0)


def test_the_match_says_that_it_is_mirrored() -> None:
    """For whoever lays the two over each other."""
    found = compare(pictures.mirrored(photo("chelsea")), photo("chelsea"))
    assert found is not None
    assert found.mirrored


def test_the_transform_leads_from_query_to_original() -> None:
    """A point of a crop lands where it was cut from, in pixels of the source."""
    cat = photo("chelsea")
    height, width = cat.shape[:2]
    found = compare(pictures.scaled(pictures.cropped(cat, 0.7, 1.0, 0.0), 0.8), cat)
    assert found is not None
    assert found.transform is not None
    a, b, tx, c, d, ty = found.transform
    assert (a, d) == (pytest.approx(1 / 0.8, rel=0.03), pytest.approx(1 / 0.8, rel=0.03))
    assert (tx, ty) == (pytest.approx(0.3 * width, abs=6), pytest.approx(0, abs=6))
    assert (b, c) == (pytest.approx(0, abs=0.03), pytest.approx(0, abs=0.03))
    assert found.query_size == (round(0.8 * round(0.7 * width)), round(0.8 * round(0.7 * height)))
    assert found.original_size == (width, height)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(photo("motorcycle_left"), photo("motorcycle_right"), id="two-photos-of-one"),
        pytest.param(photo("motorcycle_right"), photo("motorcycle_left"), id="and-back"),
        pytest.param(photo("chelsea"), photo("coffee"), id="unrelated"),
        pytest.param(
            pictures.text_card(["ten ideas for", "a small kitchen"]),
            pictures.text_card(["my week in", "Chengdu, day two"]),
            id="cards-of-one-template",
        ),
        pytest.param(
            pictures.text_card(["day 1", "rice and eggs"]),
            pictures.text_card(["day 2", "noodles"]),
            id="cards-of-one-series",
        ),
        pytest.param(pictures.flat((0, 0, 0)), pictures.flat((0, 0, 0)), id="black"),
        pytest.param(pictures.gradient(), pictures.gradient(), id="gradient"),
        pytest.param(pictures.gradient(90), pictures.gradient(90), id="gradient-across"),
        pytest.param(pictures.flat((255, 255, 255)), pictures.flat((0, 0, 0)), id="white-on-black"),
        pytest.param(
            pictures.flat((9, 9, 9), 1, 1), pictures.flat((9, 9, 9), 1, 1), id="one-pixel"
        ),
    ],
)
def test_look_alikes_never_match(one: np.ndarray, other: np.ndarray) -> None:
    """Another photograph of the same thing, and another text on one template, are own works."""
    assert compare(one, other) is None


@pytest.mark.parametrize("quality", [90, 50])
def test_the_same_card_encoded_again_matches(quality: int) -> None:
    """Cards are copied too."""
    card = pictures.text_card(["ten ideas for", "a small kitchen"])
    found = compare(pictures.recompressed(card, quality), card)
    assert found is not None
    assert found.direction is Direction.SAME


# Flat pictures: a hash that agrees almost bit for bit


def soft(seed: int = 1) -> np.ndarray:
    """Blurred light with a hash of full quality and no detail for geometry."""
    light = np.random.default_rng(seed).uniform(0, 255, (6, 6, 3)).astype(np.float32)
    return np.clip(cv2.resize(light, (600, 600), interpolation=cv2.INTER_CUBIC), 0, 255).astype(
        np.uint8
    )


def soft_original() -> KnownPicture:
    return KnownPicture(fingerprint=query_of(soft()).fingerprint())


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        pytest.param({"bits": 0}, Basis.NEAR_EXACT_HASH, id="equal"),
        pytest.param({"bits": NEAR_EXACT_BITS}, Basis.NEAR_EXACT_HASH, id="at-the-limit"),
        pytest.param({"bits": NEAR_EXACT_BITS + 1}, None, id="beyond-it"),
        pytest.param({"bits": 0, "view": 1}, None, id="only-a-part"),
    ],
)
def test_flat_pictures_match_by_a_near_exact_hash(
    changes: dict[str, int], basis: Basis | None
) -> None:
    """Verified, but never sure enough to block."""
    original = soft_original()
    assert original.fingerprint.features is not None
    assert len(original.fingerprint.features) < 16
    found = match(query_of(soft()), original, candidate(**changes))
    assert (found.basis if found else None) is basis
    if found is not None:
        assert found.verified
        assert found.score < 0.9
        assert (found.transform, found.direction) == (None, Direction.SAME)


# Hashes made elsewhere


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.name)
def test_a_listed_hash_matches_within_its_radius_only(recipe: HashRecipe) -> None:
    """Unverified, with the whole frame as its region."""
    limit = HASH_ONLY_RADIUS_BITS[recipe.name]
    query, known = query_of(photo("chelsea")), hash_of(photo("chelsea"), recipe)
    found = match(query, known, candidate(limit))
    assert found is not None
    assert (found.basis, found.verified, found.transform) == (Basis.HASH_ONLY, False, None)
    assert (found.note_id, found.distance_bits) == ("listed", limit)
    assert match(query, known, candidate(limit + 1)) is None


def test_a_flat_picture_meets_no_listed_hash() -> None:
    """Every black picture has the same hash: neither side may be without detail."""
    assert match(query_of(pictures.flat((0, 0, 0))), hash_of(photo("coffee")), candidate(0)) is None
    known = hash_of(photo("coffee"), quality=10)
    assert match(query_of(photo("coffee")), known, candidate(0)) is None


def test_a_listed_hash_found_in_a_part_has_that_part_as_its_region() -> None:
    """A collage that holds a listed picture is more than it."""
    query = query_of(pictures.bordered(photo("coffee"), 0.25))
    view = next(i for i, v in enumerate(query.views) if v.name == "frame")
    found = match(query, hash_of(photo("coffee")), candidate(4, view=view, mirrored=True))
    assert found is not None
    assert found.direction is Direction.ORIGINAL_IN_QUERY
    assert found.share_of_query == pytest.approx(1 / 1.5**2, abs=0.05)
    assert found.mirrored


def test_known_facts_reach_the_match() -> None:
    """Who showed it where and when."""
    fingerprint = query_of(photo("coffee")).fingerprint()
    known = KnownPicture(
        fingerprint=fingerprint,
        picture_id=7,
        note_id="n1",
        image_number=2,
        author_id="alice",
        published_at=MORNING,
    )
    found = match(query_of(photo("coffee")), known, candidate(0))
    assert found is not None
    facts = (found.picture_id, found.note_id, found.image_number, found.author_id)
    assert facts == (7, "n1", 2, "alice")
    assert found.published_at == MORNING
    assert Match.from_json(found.to_json()).to_json() == found.to_json()


# Small things


@given(st.floats(0, 1), st.floats(0, 1))
def test_direction_turns_with_the_sides(query: float, original: float) -> None:
    """Seen from the other picture, a crop is what it was cut from."""
    turned = {
        Direction.QUERY_IN_ORIGINAL: Direction.ORIGINAL_IN_QUERY,
        Direction.ORIGINAL_IN_QUERY: Direction.QUERY_IN_ORIGINAL,
    }
    there, back = direction_of(query, original), direction_of(original, query)
    assert turned.get(there, there) is back


candidates = st.builds(
    Candidate,
    picture_id=st.integers(1, 4),
    distance_bits=st.none() | st.integers(0, 9),
    votes=st.integers(0, 3).map(float),
    view=st.integers(0, 2),
    cosine=st.none() | st.integers(3, 9).map(lambda tenths: tenths / 10),
    place=st.integers(0, 3),
)


@given(st.lists(candidates, max_size=12), st.randoms(use_true_random=False))
def test_a_picture_is_one_candidate(some: list[Candidate], rng: Any) -> None:
    """With its nearest hash and its most votes, in whatever order they were found."""
    kept = {c.picture_id: c for c in merged(some)}
    assert len(merged(some)) == len(kept) == len({c.picture_id for c in some})
    for number, c in kept.items():
        of_picture = [x for x in some if x.picture_id == number]
        assert c.bits == min(x.bits for x in of_picture)
        assert c.votes == max(x.votes for x in of_picture)
        assert c.place == min((x.place for x in of_picture if x.cosine is not None), default=0)
        assert (c.distance_bits, c.view) in {(x.distance_bits, x.view) for x in of_picture}
    rng.shuffle(some)
    assert {c.picture_id: c for c in merged(some)} == kept


def test_a_candidate_without_a_hash_is_never_near() -> None:
    """Shared features alone lead to geometry, not to a match by hash."""
    shared = Candidate(picture_id=1, votes=99.0)
    assert match(query_of(photo("coffee")), hash_of(photo("coffee")), shared) is None
    assert match(query_of(soft()), soft_original(), shared) is None
    known = KnownPicture(fingerprint=query_of(photo("coffee")).fingerprint())
    found = match(query_of(photo("coffee")), known, shared)
    assert found is not None
    assert (found.basis, found.distance_bits) == (Basis.GEOMETRY, None)


def test_only_pictures_with_features_are_sought_far_away() -> None:
    """Geometry has the last word there; a bare hash must be near by itself."""
    assert radius_for(PDQ256) == CANDIDATE_RADIUS_BITS > HASH_ONLY_RADIUS_BITS[PDQ256.name]
    for recipe in (PHASH64, DHASH64, WHASH64):
        assert radius_for(recipe) == HASH_ONLY_RADIUS_BITS[recipe.name]

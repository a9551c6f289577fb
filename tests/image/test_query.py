"""What is looked up of a picture, and what the register would keep of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from kit import pictures
from kit.notes import photo

from moderation.image.decode import decode
from moderation.image.hashing import (
    DHASH64,
    PDQ256,
    PHASH64,
    WHASH64,
    HashRecipe,
    hamming_matrix,
    hash_with,
)
from moderation.image.local_features import LocalFeatures
from moderation.image.query import MIN_QUALITY, Query

NEAR_BITS = 31


def query_of(pixels: np.ndarray, *, whole_only: bool = False) -> Query:
    return Query.of(decode(pixels), whole_only=whole_only)


def nearest_row(query: Query, pixels: np.ndarray) -> tuple[int, int]:
    """(row, distance) of the code of the query that is nearest to the hash of `pixels`."""
    code = hash_with(PDQ256, decode(pixels).pixels)[np.newaxis]
    distances = hamming_matrix(query.codes, code)[:, 0]
    return int(distances.argmin()), int(distances.min())


def test_the_whole_picture_comes_first() -> None:
    """Its upright hash is row 0, at distance 0 from what the register keeps of the same file."""
    query = query_of(photo("chelsea"))
    assert np.array_equal(query.codes[0], query.fingerprint().code)
    assert query.codes.shape == (8 * len(query.views), PDQ256.bytes)
    assert query.origin_of(PDQ256, 0) == (0, False)


def test_a_mirrored_picture_is_found_by_a_mirrored_row() -> None:
    """The row says so, for the match to tell."""
    query = query_of(pictures.mirrored(photo("coffee")))
    row, distance = nearest_row(query, photo("coffee"))
    assert distance <= NEAR_BITS
    assert query.origin_of(PDQ256, row) == (0, True)


def test_a_framed_picture_is_found_by_a_view_inside() -> None:
    """The row says which view."""
    query = query_of(pictures.bordered(photo("coffee"), 0.2))
    row, distance = nearest_row(query, photo("coffee"))
    assert distance <= NEAR_BITS
    view, mirrored = query.origin_of(PDQ256, row)
    assert view > 0
    assert not mirrored


def test_only_the_whole_picture_may_be_flat() -> None:
    """A flat view hashes to noise; the whole is kept so that there always is something."""
    cup = photo("coffee")
    half = np.concatenate([cup, np.full_like(cup, 250)], axis=1)
    assert query_of(half).quality >= MIN_QUALITY
    for flat in (pictures.flat(), pictures.flat((0, 0, 0)), pictures.flat((7, 7, 7), 1, 1)):
        query = query_of(flat)
        assert (len(query.views), query.quality) == (1, 0)


def test_an_archive_is_looked_up_whole() -> None:
    """Views are for copies that hide; grouping an archive does without."""
    collage = pictures.collage([photo("coffee"), photo("chelsea")])
    assert len(query_of(collage, whole_only=True).views) == 1
    assert len(query_of(collage).views) > 1


@pytest.mark.parametrize("recipe", [PHASH64, DHASH64, WHASH64], ids=lambda r: r.name)
def test_hashes_of_other_makers_are_asked_for_upright_and_mirrored(recipe: HashRecipe) -> None:
    """Two codes, of the whole picture."""
    query = query_of(photo("coffee"))
    codes = query.codes_for(recipe)
    assert codes.shape == (2, recipe.bytes)
    assert np.array_equal(codes[0], hash_with(recipe, query.picture.pixels))
    assert np.array_equal(
        codes[1], hash_with(recipe, np.ascontiguousarray(query.picture.pixels[:, ::-1]))
    )
    assert [query.origin_of(recipe, row) for row in (0, 1)] == [(0, False), (0, True)]


def test_a_fingerprint_has_no_pixels_and_survives_the_register() -> None:
    """Under 8 KB of features; what comes back proves the same places."""
    fingerprint = query_of(photo("chelsea")).fingerprint()
    assert fingerprint.features is not None
    data = fingerprint.features.to_bytes()
    assert len(data) < 8192
    again = LocalFeatures.from_bytes(data)
    assert np.array_equal(again.descriptors, fingerprint.features.descriptors)
    assert np.allclose(again.points, fingerprint.features.points, atol=0.01)
    height, width = photo("chelsea").shape[:2]
    assert fingerprint.size == again.size == (width, height)
    assert len(fingerprint.sha256) == 64


def test_fine_features_are_made_once_for_all_threads() -> None:
    """They cost more than all the rest together."""
    query = query_of(photo("coffee"))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: query.verifiable(), range(8)))
    assert all(one is made[0] for one in made)

"""The transform between a picture and its copy is found, whatever similarity made the copy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.photographs import photograph
from kit.pictures import flat

from moderation.image.alignment import Alignment, align
from moderation.image.local_features import query_features, stored_features
from moderation.image.plane import apply, inverse

TOLERANCE = 0.02
"""Of the original's long side, at every corner."""


def size_of(pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def aligned(query, original) -> Alignment | None:
    return align(
        query_features(query, size_of(query)), stored_features(original, size_of(original))
    )


def corners(size: tuple[int, int]):
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=float)


def corner_error(alignment: Alignment, truth, size: tuple[int, int], side: int) -> float:
    """Largest distance of a query corner from where it belongs, over the original's side."""
    found, wanted = apply(alignment.affine, corners(size)), apply(truth, corners(size))
    return float(np.linalg.norm(found - wanted, axis=1).max()) / side


def moved(pixels, matrix, size: tuple[int, int]):
    """The picture under the transform from original to query, and the transform back."""
    query = cv2.warpAffine(pixels, matrix, size, flags=cv2.INTER_AREA, borderValue=(127, 127, 127))
    back = np.linalg.inv(np.concatenate([matrix, [[0, 0, 1]]]))[:2]
    return query, back


def centred(size: tuple[int, int], *, degrees=0.0, zoom=1.0, stretch=1.0, mirror=False):
    """float64 [2, 3] that turns and scales about the middle of a picture."""
    width, height = size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    matrix = np.concatenate([turn, [[0, 0, 1]]])
    matrix = np.diag([stretch, 1.0, 1.0]) @ matrix
    if mirror:
        matrix = np.array([[-1.0, 0, width * stretch - 1], [0, 1, 0], [0, 0, 1]]) @ matrix
    return matrix[:2], (round(width * stretch), height)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"mirror": True},
        {"degrees": 5},
        {"degrees": -15},
        {"degrees": 90},
        {"degrees": 180},
        {"zoom": 0.5},
        {"zoom": 1.8},
        {"stretch": 1.25},
        {"stretch": 0.8},
        {"mirror": True, "degrees": 20, "zoom": 0.7},
    ],
    ids=[
        "same",
        "mirror",
        "turn 5",
        "turn -15",
        "turn 90",
        "turn 180",
        "half size in its frame",
        "middle, enlarged",
        "wider",
        "narrower",
        "mirror, turn and shrink",
    ],
)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "hopper"])
def test_a_known_transform_is_found(name: str, change) -> None:
    """Corners land within two percent of the side, and the mirror is told."""
    pixels = photograph(name)
    matrix, size = centred(size_of(pixels), **change)
    query, truth = moved(pixels, matrix, size)
    found = aligned(query, pixels)
    assert found is not None
    assert found.mirrored is change.get("mirror", False)
    assert corner_error(found, truth, size_of(query), max(size_of(pixels))) < TOLERANCE


@pytest.mark.parametrize("name", ["astronaut", "china", "motorcycle_left"])
def test_a_crop_is_placed(name: str) -> None:
    """Half of the area lies where it was cut out, and the shares say so."""
    pixels = photograph(name)
    width, height = size_of(pixels)
    w, h = round(width * 0.7), round(height * 0.7)
    x, y = round(width * 0.2), round(height * 0.1)
    found = aligned(np.ascontiguousarray(pixels[y : y + h, x : x + w]), pixels)
    truth = np.array([[1.0, 0, x], [0, 1, y]])
    assert found is not None
    assert corner_error(found, truth, (w, h), max(width, height)) < TOLERANCE
    assert found.share_of_query > 0.95
    assert found.share_of_original == pytest.approx(0.49, abs=0.04)


def test_a_picture_inside_another_is_placed() -> None:
    """The shares and the region in the query name the place of the smaller picture."""
    pixels = photograph("astronaut")
    ground = photograph("china").copy()
    small = cv2.resize(pixels, (260, 260), interpolation=cv2.INTER_AREA)
    ground[100:360, 300:560] = small
    found = aligned(ground, pixels)
    assert found is not None
    assert found.share_of_original > 0.95
    assert found.share_of_query == pytest.approx(
        260 * 260 / (ground.shape[0] * ground.shape[1]), abs=0.02
    )
    assert np.allclose(found.region_query.min(axis=0), [300, 100], atol=8)
    assert np.allclose(found.region_query.max(axis=0), [560, 360], atol=8)


@pytest.mark.parametrize("side_px", [400, 451, 512, 640], ids=str)
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "rocket"])
def test_a_picture_holds_all_of_itself(name: str, side_px: int) -> None:
    """Frames whose edges all but coincide still overlap as a whole."""
    pixels = photograph(name, side_px)
    found = aligned(pixels, pixels)
    assert found is not None
    assert found.share_of_query > 0.99
    assert found.share_of_original > 0.99
    identity = np.array([[1.0, 0, 0], [0, 1, 0]])
    assert corner_error(found, identity, size_of(pixels), side_px) < TOLERANCE


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(["astronaut", "chelsea", "coffee", "rocket", "china", "hopper"]),
    degrees=st.floats(-180, 180),
    zoom=st.floats(0.6, 1.6),
    mirror=st.booleans(),
)
def test_any_similarity_is_found(name: str, degrees: float, zoom: float, mirror: bool) -> None:
    """Angle, scale and mirror in any combination leave corners within two percent."""
    pixels = photograph(name)
    matrix, size = centred(size_of(pixels), degrees=degrees, zoom=zoom, mirror=mirror)
    query, truth = moved(pixels, matrix, size)
    found = aligned(query, pixels)
    assert found is not None
    assert found.mirrored is mirror
    assert corner_error(found, truth, size, max(size_of(pixels))) < TOLERANCE


def test_the_same_answer_every_time() -> None:
    """There is nothing random in it."""
    query, original = photograph("motorcycle_left"), photograph("motorcycle_right")
    first, second = aligned(query, original), aligned(query, original)
    assert first is not None
    assert second is not None
    assert np.array_equal(first.affine, second.affine)
    assert first.inliers == second.inliers


def test_inverse_undoes_apply() -> None:
    """There and back again is where it started."""
    affine = np.array([[0.8, -0.3, 40.0], [0.25, 1.1, -7.0]])
    points = np.random.default_rng(0).uniform(0, 900, (20, 2))
    assert np.allclose(apply(inverse(affine), apply(affine, points)), points)


@pytest.mark.parametrize(
    ("query", "original"),
    [("astronaut", "coffee"), ("chelsea", "china"), ("rocket", "hopper"), ("flower", "coffee")],
    ids=lambda name: name,
)
def test_unrelated_photographs_hardly_align(query: str, original: str) -> None:
    """Chance finds no transform, or one with a handful of inliers."""
    found = aligned(photograph(query), photograph(original))
    assert found is None or found.inliers < 8


@pytest.mark.parametrize(
    "pixels",
    [flat(), flat(width=1, height=1), flat(width=2000, height=3)],
    ids=["flat", "1x1", "ribbon"],
)
def test_pictures_without_detail_do_not_align(pixels) -> None:
    """No features, no transform, no error."""
    assert aligned(pixels, pixels) is None
    assert aligned(pixels, photograph("coffee")) is None
    assert aligned(photograph("coffee"), pixels) is None

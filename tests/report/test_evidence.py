"""Evidence pictures: outlines and differences lie where the match says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from kit.verdicts import a_match

from moderation.image.difference import difference
from moderation.match import Basis
from moderation.report import aligned_difference, draw_difference, draw_evidence
from moderation.report.evidence import PANEL_SIDE_PX, outlined, scaled_down

AMBER = (255, 176, 0)


SIZE = (400, 300)


def scenery(width=400, height=300, seed=5):
    """A smooth random picture with detail of every size."""
    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (4, 9, 23):
        coarse = rng.uniform(0, 255, (cells, cells, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(total / 3, 0, 255).astype(np.uint8)


def crop_match(box, size, zoom=1.0):
    """The match of a crop `box` (left, top, right, bottom), enlarged by `zoom`."""
    left, top, right, bottom = box
    width, height = size
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return a_match(
        transform=(1 / zoom, 0, left, 0, 1 / zoom, top),
        region_original=tuple((x / width, y / height) for x, y in corners),
        query_size=(round((right - left) * zoom), round((bottom - top) * zoom)),
        original_size=size,
    )


def test_the_outline_lies_on_the_border_of_the_region():
    """A known crop: amber on its four sides, the picture untouched elsewhere."""
    picture = np.full((300, 400, 3), 30, np.uint8)
    match = crop_match((100, 60, 300, 240), SIZE)
    out = outlined(picture, match.region_original)
    for x, y in ((100, 150), (300, 150), (200, 60), (200, 239)):
        assert tuple(out[y, x]) == AMBER
    changed = np.any(out != picture, axis=2)
    changed[54:247, 94:307] = False
    assert not changed.any()
    assert not np.any(out[70:230, 110:290] != 30)


def test_the_outline_follows_the_scale_of_the_picture():
    """Fractions: half the picture, half the coordinates."""
    match = crop_match((100, 60, 300, 240), SIZE)
    out = outlined(np.full((150, 200, 3), 30, np.uint8), match.region_original)
    assert tuple(out[75, 50]) == AMBER
    assert tuple(out[30, 100]) == AMBER


@pytest.mark.parametrize("region", [(), ((0.1, 0.1),), ((float("nan"), 0),) * 4], ids=len)
def test_a_region_that_is_none_draws_nothing(region):
    """A hash-only match has no region, a hostile file anything."""
    picture = scenery()
    assert np.array_equal(outlined(picture, region), picture)


@pytest.mark.parametrize("zoom", [1.0, 2.0, 0.5])
@pytest.mark.parametrize("shrink", [1.0, 0.5], ids=["as_matched", "smaller_decode"])
def test_a_true_copy_is_dark_inside_and_pale_outside(zoom, shrink):
    """Whatever the crop's zoom, and whatever size both are shown at."""
    original = scenery()
    box = (100, 60, 300, 240)
    match = crop_match(box, (400, 300), zoom)
    query = cv2.resize(original[60:240, 100:300], None, fx=zoom, fy=zoom)
    shown = [
        cv2.resize(p, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        for p in (query, original)
    ]
    out = aligned_difference(*shown, match)
    left, top, right, bottom = (round(v * shrink) for v in box)
    assert out.shape == shown[1].shape
    assert out[top + 6 : bottom - 6, left + 6 : right - 6].mean() < 20
    assert out[: top - 4].min() >= 180
    assert out[:, : left - 4].min() >= 180


def test_what_was_pasted_on_the_copy_lights_up():
    """A patch is bright in its place and nowhere else."""
    original = scenery()
    query = original.copy()
    query[100:140, 50:120] = 255 - query[100:140, 50:120] // 4
    out = aligned_difference(query, original, a_match(query_size=SIZE, original_size=SIZE))
    brightness = out.max(axis=2)
    assert brightness[105:135, 55:115].mean() > 150
    assert brightness[160:, 140:].max() < 20


def test_a_mirrored_copy_is_laid_right_way_round():
    """The transform turns it back."""
    original = scenery()
    match = a_match(
        transform=(-1, 0, 399, 0, 1, 0),
        mirrored=True,
        query_size=(400, 300),
        original_size=(400, 300),
    )
    assert aligned_difference(original[:, ::-1].copy(), original, match).max() < 20


@pytest.mark.parametrize("mirrored", [False, True])
def test_near_exact_hashes_lay_frame_on_frame(mirrored):
    """No transform is needed where whole frames were compared."""
    original = scenery()
    query = cv2.resize(original[:, ::-1] if mirrored else original, (200, 150))
    match = a_match(basis=Basis.NEAR_EXACT_HASH, transform=None, mirrored=mirrored)
    assert aligned_difference(query, original, match)[8:-8, 8:-8].mean() < 25


def test_a_hash_alone_gives_no_difference():
    """Nothing says how to lay one on the other."""
    match = a_match(basis=Basis.HASH_ONLY, transform=None)
    assert aligned_difference(scenery(), scenery(), match) is None


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1e30], ids=str)
def test_a_senseless_transform_is_survived(value):
    """Results are read from files, too."""
    aligned_difference(scenery(), scenery(), a_match(transform=(value,) * 6))


def test_the_evidence_holds_query_original_and_difference():
    """Three panels in a row, each as given, on paper."""
    original = scenery()
    query = original[60:240, 100:300]
    out = draw_evidence(query, original, crop_match((100, 60, 300, 240), SIZE))
    assert out.dtype == np.uint8
    assert out.shape[1] >= 200 + 400 + 400
    top = 44
    assert np.array_equal(out[top + 90, 16 + 100], query[90, 100])
    assert len(draw_evidence(query, None, a_match())[0]) < len(out[0]) / 2


def test_the_difference_is_drawn_with_what_was_changed_outlined():
    """Query, original and map in a row; the outline is red, and around the patch alone."""
    original = scenery()
    query = original.copy()
    query[100:140, 50:120] = 255 - query[100:140, 50:120] // 4
    changed = difference(query, original, a_match(query_size=SIZE, original_size=SIZE))
    assert len(changed.regions) == 1
    out = draw_difference(query, original, changed)
    assert out.shape[1] >= 3 * 400
    shown = out[44 : 44 + 300, 16 : 16 + 400]
    outline = np.argwhere(np.all(shown == (255, 64, 64), axis=2))
    assert np.abs(outline.min(axis=0) - (100, 50)).max() <= 4
    assert np.abs(outline.max(axis=0) - (139, 119)).max() <= 4
    untouched = draw_difference(original, original, changed)[44 : 44 + 300, 16 : 16 + 400]
    assert np.array_equal(untouched[200:], original[200:])


@pytest.mark.parametrize("shape", [(1, 1, 3), (3000, 2, 3), (1200, 1600, 3)], ids=str)
def test_any_size_is_drawn(shape):
    """From one pixel to a long screenshot."""
    picture = np.zeros(shape, np.uint8)
    out = draw_evidence(
        picture, picture, a_match(query_size=shape[1::-1], original_size=shape[1::-1])
    )
    assert max(out.shape[0] - 100, 0) <= PANEL_SIDE_PX


def test_pictures_are_never_enlarged():
    """A thumbnail shows no invented pixels."""
    small = scenery(40, 30)
    assert scaled_down(small, 480) is small
    assert scaled_down(scenery(), 100).shape == (75, 100, 3)

"""Views of a picture under check: what is worth looking up beside the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import pictures

from moderation.image.hashing import pdq_dihedral
from moderation.image.views import View, ViewName, hash_views, query_views


@st.composite
def any_pixels(draw: st.DrawFn) -> np.ndarray:
    """Flat, noisy or drawn pictures of any shape, some with bands laid over them."""
    height, width = draw(st.integers(1, 300)), draw(st.integers(1, 300))
    kind = draw(st.sampled_from(["flat", "noise", "scene"]))
    if kind == "flat":
        pixels = np.full((height, width, 3), draw(st.integers(0, 255)), np.uint8)
    elif kind == "noise":
        pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    else:
        pixels = pictures.scene(draw(st.integers(0, 3)), max(8, width), max(8, height))
    for _ in range(draw(st.integers(0, 3))):
        y, x = draw(st.integers(0, height)), draw(st.integers(0, width))
        pixels[y : y + draw(st.integers(1, 40))] = draw(st.integers(0, 255))
        pixels[:, x : x + draw(st.integers(1, 40))] = draw(st.integers(0, 255))
    return pixels


@settings(max_examples=150, deadline=None)
@given(any_pixels(), st.integers(1, 30))
def test_any_picture_gives_whole_first_and_boxes_inside(pixels: np.ndarray, most: int) -> None:
    """Nothing a community uploads may break the search, or make it cost more than agreed."""
    height, width = pixels.shape[:2]
    views = query_views(pixels, most=most)
    assert views[0] == View(name=ViewName.WHOLE, box=(0, 0, width, height))
    assert len(views) <= most
    for x0, y0, x1, y1 in (v.box for v in views):
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height
    assert views == query_views(pixels.copy(), most=most)


def test_whole_hashes_as_the_picture_itself() -> None:
    """A copy nobody changed is found at distance 0."""
    pixels = pictures.scene(3)
    codes, qualities = hash_views(pixels, query_views(pixels, most=1))
    wanted, quality = pdq_dihedral(pixels)
    assert np.array_equal(codes[0], wanted)
    assert qualities.tolist() == [quality]


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (3, 3)], ids=["row", "column", "tiny"])
def test_pictures_too_thin_to_divide_are_looked_up_whole(shape: tuple[int, int]) -> None:
    """There is nothing in them to cut out."""
    assert len(query_views(np.zeros((*shape, 3), np.uint8))) == 1

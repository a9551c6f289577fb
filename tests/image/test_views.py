"""Views of a picture under check: what is worth looking up beside the whole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import layouts, pictures
from kit.photographs import PHOTOGRAPHS, photograph

from moderation.image.hashing import hamming, pdq, pdq_dihedral
from moderation.image.views import View, ViewName, hash_views, query_views

Box = tuple[int, int, int, int]


def edge_error(found: Box, wanted: Box) -> float:
    """Largest error of an edge as a share of the wanted box's side."""
    sides = wanted[2] - wanted[0], wanted[3] - wanted[1]
    return max(
        abs(a - b) / sides[i % 2] for i, (a, b) in enumerate(zip(found, wanted, strict=True))
    )


def nearest(pixels: np.ndarray, box: Box) -> View:
    """The view that meets a box best, of the picture as it is stored: recompressed."""
    views = query_views(pictures.recompressed(pixels, 85))
    return min(views, key=lambda v: edge_error(v.box, box))


# What holds for any picture


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
    height, width = pixels.shape[:2]
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


@pytest.mark.parametrize(
    "shape", [(600, 12000), (12000, 600), (40, 3000)], ids=["wide", "long", "ribbon"]
)
def test_extreme_shapes_stay_within_the_limit(shape: tuple[int, int]) -> None:
    """A stitched screenshot of a whole article is still one query."""
    pixels = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    pixels[shape[0] // 3 : shape[0] // 2] = 255
    assert 1 <= len(query_views(pixels, most=5)) <= 5


@pytest.mark.parametrize("shape", [(1, 500), (500, 1), (3, 3)], ids=["row", "column", "tiny"])
def test_pictures_too_thin_to_divide_are_looked_up_whole(shape: tuple[int, int]) -> None:
    """There is nothing in them to cut out."""
    assert len(query_views(np.zeros((*shape, 3), np.uint8))) == 1


def test_views_differ_from_each_other() -> None:
    """Two views that show nearly the same would be paid for twice."""
    page, _ = layouts.collage([photograph(n) for n in PHOTOGRAPHS], layouts.grid(3, 3), gutter=12)
    boxes = [v.box for v in query_views(page)]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
            height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
            areas = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (a, b))
            assert width * height <= 0.96 * (areas - width * height)


# Cost


def test_plain_photos_give_few_views() -> None:
    """Nearly all pictures of a community are plain, and each view costs a hash and a search."""
    counts = {name: len(query_views(photograph(name))) for name in PHOTOGRAPHS}
    assert max(counts.values()) <= 10, counts
    assert np.median(list(counts.values())) <= 4, counts


# Where the picture is


@pytest.mark.parametrize(
    ("colour", "widths"),
    [
        pytest.param(layouts.WHITE, (40, 40, 40), id="white"),
        pytest.param(layouts.BLACK, (30, 60, 30), id="black"),
        pytest.param((245, 190, 205), (50, 50, 50), id="pink"),
        pytest.param((248, 240, 225), (30, 30, 130), id="polaroid"),
        pytest.param(layouts.BLACK, (300, 0, 300), id="letterbox"),
    ],
)
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_frame_is_taken_off(
    name: str, colour: layouts.Colour, widths: tuple[int, int, int]
) -> None:
    """Framing a copy does not hide it: the view without frame hashes as the original."""
    original = photograph(name)
    page, box = layouts.framed(original, colour, *widths)
    view = nearest(page, box)
    assert edge_error(view.box, box) <= 0.02
    assert view.name is ViewName.FRAME
    x0, y0, x1, y1 = view.box
    assert hamming(pdq(page[y0:y1, x0:x1]).bits, pdq(original).bits) <= 31


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_round_corners_do_not_hide_the_frame(name: str) -> None:
    """Edges are straight between the corners, which is enough."""
    page, box = layouts.rounded(photograph(name), layouts.WHITE, 50, 30)
    assert edge_error(nearest(page, box).box, box) <= 0.02


@pytest.mark.parametrize("size", [(900, 1600), (1080, 1440), (1080, 1080)], ids=str)
@pytest.mark.parametrize("name", ["coffee", "chelsea", "china"])
def test_blurred_surroundings_are_taken_off(name: str, size: tuple[int, int]) -> None:
    """Editors fill a format with a blurred copy of the picture: nothing there is flat."""
    page, box = layouts.blurred(photograph(name), *size)
    assert edge_error(nearest(page, box).box, box) <= 0.02


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("text_px", [500, 0], ids=["text below", "no text"])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "china", "hopper"])
def test_photo_is_found_in_a_screenshot(name: str, text_px: int, dark: bool) -> None:
    """The app around it, bars and text included, is no part of the picture."""
    page, box = layouts.phone(photograph(name), dark=dark, text_px=text_px)
    assert edge_error(nearest(page, box).box, box) <= 0.02


@pytest.mark.parametrize(
    ("gutter", "colour"),
    [
        pytest.param(12, layouts.WHITE, id="white"),
        pytest.param(12, layouts.BLACK, id="black"),
        pytest.param(4, layouts.WHITE, id="thin"),
        pytest.param(0, layouts.WHITE, id="none"),
    ],
)
@pytest.mark.parametrize(
    ("places", "size"),
    [
        pytest.param(layouts.grid(1, 2), (1080, 720), id="1x2"),
        pytest.param(layouts.grid(2, 1), (1080, 1440), id="2x1"),
        pytest.param(layouts.grid(2, 2), (1080, 1440), id="2x2"),
        pytest.param(layouts.grid(1, 3), (1440, 640), id="1x3"),
        pytest.param(layouts.grid(3, 3), (1080, 1080), id="3x3"),
        pytest.param(layouts.ONE_LARGE_TWO_SMALL, (1080, 1080), id="mixed"),
    ],
)
def test_every_cell_of_a_collage_is_a_view(
    places: list[tuple[float, float, float, float]],
    size: tuple[int, int],
    gutter: int,
    colour: layouts.Colour,
) -> None:
    """With a gutter or without, each cell may be somebody's picture.

    Not so where a picture is white at its own edge: it cannot be told from a white gutter.
    """
    names = ["astronaut", "chelsea", "coffee", "china", "flower", "hopper", "motorcycle_left"] * 2
    cells = [photograph(name) for name in names[: len(places)]]
    page, boxes = layouts.collage(cells, places, size, gutter, colour)
    views = query_views(pictures.recompressed(page, 85))
    errors = [min(edge_error(v.box, box) for v in views) for box in boxes]
    assert max(errors) <= 0.02


@pytest.mark.parametrize(
    ("x", "y", "rim"), [(60, 80, 0), (420, 700, 0), (300, 420, 8)], ids=["top", "low", "rim"]
)
@pytest.mark.parametrize(
    ("name", "ground"), [("coffee", "china"), ("astronaut", "flower"), ("chelsea", "coffee")]
)
def test_picture_in_picture_is_found(name: str, ground: str, x: int, y: int, rim: int) -> None:
    """Laid anywhere on another photograph, at half of its width."""
    page, box = layouts.inset(photograph(name), photograph(ground), 560, x, y, rim)
    assert edge_error(nearest(page, box).box, box) <= 0.02


@pytest.mark.parametrize("gutter", [12, 0], ids=["gutter", "seam"])
def test_cells_of_a_collage_in_a_screenshot_are_views(gutter: int) -> None:
    """Re-posters take screenshots of collages."""
    cells = [photograph(name) for name in ("astronaut", "coffee", "chelsea", "china")]
    inner, boxes = layouts.collage(cells, layouts.grid(2, 2), (1080, 1080), gutter)
    page, (left, top, right, _) = layouts.phone(inner)
    share = (right - left) / inner.shape[1]
    views = query_views(pictures.recompressed(page, 85))
    for x0, y0, x1, y1 in boxes:
        box = tuple(
            round(v * share) + o for v, o in zip((x0, y0, x1, y1), (left, top) * 2, strict=True)
        )
        assert min(edge_error(v.box, box) for v in views) <= 0.02


@pytest.mark.parametrize(
    ("edge", "value"), [("top", 255), ("left", 0)], ids=["white sky", "black night"]
)
def test_flat_edge_of_a_photo_costs_no_more_than_a_view(edge: str, value: int) -> None:
    """What may be a border or the photo's own sky is looked up both ways."""
    pixels = photograph("coffee").copy()
    height, width = pixels.shape[:2]
    if edge == "top":
        pixels[: height // 3] = value
    else:
        pixels[:, : width // 2] = value
    views = query_views(pixels)
    assert views[0].box == (0, 0, width, height)
    assert len(views) <= 5
    for x0, y0, x1, y1 in (v.box for v in views):
        assert (x1 - x0) * (y1 - y0) >= 0.1 * width * height


# Hashes


def test_whole_hashes_as_the_picture_itself() -> None:
    """A copy nobody changed is found at distance 0."""
    pixels = pictures.scene(3)
    codes, qualities = hash_views(pixels, query_views(pixels, most=1))
    wanted, quality = pdq_dihedral(pixels)
    assert np.array_equal(codes[0], wanted)
    assert qualities.tolist() == [quality]


def test_each_view_hashes_as_its_cut_out_part() -> None:
    """In the order of the views; a part below 512 px as the large picture it was cut from."""
    names = ("astronaut", "coffee", "chelsea", "china")
    cells = [photograph(name) for name in names]
    page, _ = layouts.collage(cells, layouts.grid(2, 2), (720, 720), gutter=12)
    views = query_views(page)
    codes, qualities = hash_views(page, views)
    assert codes.shape == (len(views), 8, 32)
    assert any(max(v.box[2] - v.box[0], v.box[3] - v.box[1]) < 512 for v in views)
    for view, code, quality in zip(views, codes, qualities, strict=True):
        x0, y0, x1, y1 = view.box
        part = view.name is not ViewName.WHOLE
        wanted, wanted_quality = pdq_dihedral(page[y0:y1, x0:x1].copy(), part=part)
        assert np.array_equal(code, wanted)
        assert quality == wanted_quality


def test_no_views_give_no_codes() -> None:
    """An empty list keeps its shape."""
    codes, qualities = hash_views(pictures.scene(0), [])
    assert codes.shape == (0, 8, 32)
    assert qualities.shape == (0,)

"""Seams and bands, each by itself: what counts as pasted, what as flat."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import layouts, pictures
from kit.photographs import photograph

from moderation.image.borders import Bands, area, overlap, parts, trimmed
from moderation.image.panels import SEAM, Panel, _read, panels

Box = tuple[int, int, int, int]
FACTOR = 3
boxes = st.tuples(*[st.integers(0, 40)] * 2, *[st.integers(41, 90)] * 2)


def seams(page: np.ndarray) -> list[Panel]:
    """Panels of a page and no other ground than the page."""
    height, width = (side // FACTOR for side in page.shape[:2])
    small = cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA)
    return panels(page, small, FACTOR, [(0, 0, page.shape[1], page.shape[0])])


def two(left: str, right: str, share: float = 0.5, blur: float = 0.0) -> np.ndarray:
    """Two photographs side by side on 900 × 600, without a gutter."""
    places = [(0, 0, share, 1), (share, 0, 1, 1)]
    page, _ = layouts.collage([photograph(left), photograph(right)], places, (900, 600))
    return cv2.GaussianBlur(page, (0, 0), blur) if blur else page


# Seams


@pytest.mark.parametrize("share", [0.3, 0.5, 0.62], ids=str)
@pytest.mark.parametrize(
    ("left", "right"), [("astronaut", "coffee"), ("chelsea", "china"), ("flower", "chelsea")]
)
def test_seam_is_set_to_the_pixel(left: str, right: str, share: float) -> None:
    """A cell's hash is only as good as its edges."""
    at = round(900 * share)
    found = seams(pictures.recompressed(two(left, right, share), 80))
    assert min(abs(p.box[2] - at) for p in found if p.box[0] == 0) <= 2
    assert min(abs(p.box[0] - at) for p in found if p.box[2] == 900) <= 2


def test_soft_change_is_no_seam() -> None:
    """Light fades over many pixels; what was pasted ends at one."""
    sharp, soft = seams(two("astronaut", "coffee")), seams(two("astronaut", "coffee", blur=8))
    assert any(abs(p.box[2] - 450) <= 2 for p in sharp)
    assert not any(abs(p.box[2] - 450) <= 12 for p in soft)


def test_faint_seam_is_accepted_only_where_one_is_expected() -> None:
    """Collages are cut in halves and thirds: there less evidence will do."""

    photo = photograph("china")
    half = photo.shape[1] // 2

    def found(at: int) -> bool:
        page = photo.copy()
        for y in range(0, len(page), 56):  # seen along a third of its length
            page[y : y + 20, :at] = 255 - page[y : y + 20, :at]
        return any(abs(p.box[2] - at) <= 2 for p in seams(page))

    assert found(half)
    assert not found(half - 60)


def test_cells_come_before_pairs_of_cells() -> None:
    """Two cells together have four good sides as well; the line between them gives them away."""
    names = ("astronaut", "coffee", "chelsea", "china")
    page, wanted = layouts.collage([photograph(n) for n in names], layouts.grid(2, 2), (900, 900))
    found = seams(page)
    first = [p.box for p in found[:4]]
    assert all(max(overlap(box, cell) for box in first) > 0.97 for cell in wanted)
    assert all(p.crossing < SEAM for p in found[:4])
    assert all(SEAM <= p.seam <= 1 for p in found)


@pytest.mark.parametrize(
    "pixels",
    [
        pytest.param(pictures.flat(), id="flat"),
        pytest.param(pictures.gradient(30), id="gradient"),
        pytest.param(
            np.random.default_rng(0).integers(0, 256, (600, 480, 3), dtype=np.uint8), id="noise"
        ),
    ],
)
def test_nothing_is_pasted_where_nothing_is(pixels: np.ndarray) -> None:
    """No lines in a wall, in the sky or in noise."""
    assert seams(pixels) == []


# Flat bands


def test_band_of_another_colour_ends_the_rim() -> None:
    """A white frame around a black letterbox is taken off in two steps, not one."""
    inner = pictures.bordered(pictures.scene(1, 120, 90), 0.2)
    page = cv2.copyMakeBorder(inner, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=(255, 255, 255, 0))
    box, colours = trimmed(Bands(page), (0, 0, page.shape[1], page.shape[0]))
    assert box[0] >= 9
    assert box[1] >= 9
    assert any(colour.min() > 250 for colour in colours)


def test_parts_of_a_page_are_its_pictures() -> None:
    """Rows first, then columns: the reading order."""
    cells = [pictures.scene(i, 120, 160) for i in range(4)]
    page = pictures.collage(cells, columns=2, cell_px=120, gutter_px=8)
    found = list(parts(Bands(page), (0, 0, page.shape[1], page.shape[0]), smallest=20))
    whole = [p.box for p in found if p.whole]
    assert whole == [
        (8, 8, 128, 168),
        (136, 8, 256, 168),
        (8, 176, 128, 336),
        (136, 176, 256, 336),
    ]
    assert not found[0].whole


def test_room_reaches_over_a_white_edge_of_the_picture_itself() -> None:
    """A product on white ends where its cell ends, not where the product does."""
    product = np.full((160, 120, 3), 255, np.uint8)
    product[50:160, 20:100] = pictures.scene(5, 80, 110)
    page = pictures.collage([pictures.scene(1, 120, 160), product], cell_px=120, gutter_px=8)
    found = [p for p in parts(Bands(page), (0, 0, *page.shape[1::-1]), smallest=20) if p.whole]
    assert found[1].box[1] == 58
    assert found[1].room[1] == 8


def test_flat_page_has_no_parts() -> None:
    """A picture of one colour is all rim."""
    bands = Bands(pictures.flat(width=90, height=60))
    assert trimmed(bands, (0, 0, 90, 60))[0] == (0, 0, 90, 60)
    assert [p.box for p in parts(bands, (0, 0, 90, 60), smallest=10)] == [(0, 0, 90, 60)]


# Boxes


@settings(deadline=None)
@given(boxes, boxes)
def test_overlap_is_a_share_and_symmetric(a: Box, b: Box) -> None:
    """One for the same box, zero for boxes apart."""
    assert 0 <= overlap(a, b) == overlap(b, a) <= 1
    assert overlap(a, a) == 1
    apart = (a[0] + 100, a[1], a[2] + 100, a[3])
    assert overlap(a, apart) == 0
    assert area(apart) == area(a)


@given(
    st.lists(st.integers(3, 117), min_size=1, max_size=12),
    st.integers(3, 6),
    st.integers(0, 2**32 - 1),
)
def test_lines_read_at_once_are_read_as_one_by_one(
    places: list[int], reach: int, seed: int
) -> None:
    """Where the rims cut their windows, too."""
    rng = np.random.default_rng(seed)
    lines = np.cumsum(rng.integers(-9, 10, (40, 120, 3)), axis=1).astype(np.uint8)
    for (column, sums), at in zip(_read(lines, places, reach), places, strict=True):
        [(alone, its_sums)] = _read(lines, [at], reach)
        assert column == alone
        assert np.array_equal(sums, its_sums)

"""Where a copy was changed, and that a copy which was not changed has no such place."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import pictures
from kit.photographs import photograph
from kit.verdicts import a_match

from moderation import compare
from moderation.image.difference import (
    MAP_SIDE_PX,
    MOST_REGIONS,
    Difference,
    Place,
    Region,
    difference,
    place_of,
)
from moderation.match import Basis

NAMES = ("astronaut", "coffee", "rocket", "china")
WHOLE = a_match(query_size=(0, 0), original_size=(0, 0))
"""One frame lies on the other, at whatever size."""


def captioned(pixels):
    """A line of yellow letters with dark edges near the top; its box in fractions."""
    out = pixels.copy()
    height, width = out.shape[:2]
    size, words = width / 400, "MY SUMMER LOOK"
    font, thick = cv2.FONT_HERSHEY_DUPLEX, max(1, round(3 * size))
    (w, h), below = cv2.getTextSize(words, font, size, thick)
    x, y = round(0.06 * width), round(0.05 * height) + h
    cv2.putText(out, words, (x, y), font, size, (20, 20, 20), 2 * thick, cv2.LINE_AA)
    cv2.putText(out, words, (x, y), font, size, (255, 240, 60), thick, cv2.LINE_AA)
    edge = thick
    box = (x - edge, y - h - edge, x + w + edge, y + min(below, edge) + edge)
    return out, tuple(v / s for v, s in zip(box, (width, height) * 2, strict=True))


def stickered(pixels, x=0.7, y=0.6, radius=0.1):
    """A red disc; its box in fractions."""
    out = pixels.copy()
    height, width = out.shape[:2]
    centre, r = (round(x * width), round(y * height)), round(radius * width)
    cv2.circle(out, centre, r, (230, 60, 90), -1, cv2.LINE_AA)
    cv2.circle(out, (centre[0] - r // 3, centre[1]), r // 8, (255, 255, 255), -1, cv2.LINE_AA)
    left, top, right, bottom = centre[0] - r, centre[1] - r, centre[0] + r, centre[1] + r
    return out, (left / width, top / height, right / width, bottom / height)


def overlap(a, b):
    """Intersection over union of two boxes."""
    wide = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    high = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return wide * high / (sum(areas) - wide * high)


def found(query, original):
    match = compare(query, original)
    assert match is not None
    got = difference(query, original, match)
    assert got is not None
    return got


# Changed


@pytest.mark.parametrize("name", NAMES)
def test_a_caption_is_one_region(name):
    """Also once it was filtered, made smaller and compressed: the box is that of the letters."""
    original = photograph(name)
    query, box = captioned(original)
    query = pictures.recompressed(pictures.filtered(pictures.scaled(query, 0.6)), 60)
    got = found(query, original)
    assert overlap(got.regions[0].box, box) > 0.6
    assert got.regions[0].share > 0.9 * got.share
    assert place_of(got.regions) is Place.TOP


@pytest.mark.parametrize("turn", [lambda p: p[:, ::-1], lambda p: np.rot90(p)], ids=["flip", "90"])
def test_a_sticker_on_a_turned_copy(turn):
    """The box is where the query shows it, not where the original would."""
    original = photograph("coffee")
    query, box = stickered(np.ascontiguousarray(turn(original)), x=0.75, y=0.7)
    got = found(query, original)
    assert len(got.regions) == 1
    assert overlap(got.regions[0].box, box) > 0.8
    assert place_of(got.regions) is Place.BOTTOM_RIGHT


def test_a_mark_that_was_taken_off():
    """The query is clean, and yet it was changed."""
    clean = photograph("china")
    height, width = clean.shape[:2]
    marked = clean.copy()
    corner = (round(0.7 * width), round(0.93 * height))
    cv2.putText(marked, "@author", corner, cv2.FONT_HERSHEY_SIMPLEX, width / 800, (255,) * 3, 2)
    mask = np.any(marked != clean, axis=2).astype(np.uint8)
    erased = cv2.inpaint(marked, cv2.dilate(mask, np.ones((5, 5))), 3, cv2.INPAINT_TELEA)
    y, x = np.nonzero(mask)
    box = (x.min() / width, y.min() / height, x.max() / width, y.max() / height)
    got = found(erased, marked)
    assert len(got.regions) == 1
    assert overlap(got.regions[0].box, box) > 0.7


def test_in_a_crop_the_share_is_of_what_both_show():
    """The same sticker is more of a crop, and lies elsewhere in it."""
    original = photograph("astronaut")
    query, _ = stickered(original, x=0.5, y=0.5)
    whole = found(query, original)
    part = found(pictures.cropped(query, 0.6, 0.5, 0.5), original)
    assert part.share == pytest.approx(whole.share / 0.36, rel=0.1)


# Not changed


BENIGN = {
    "jpeg 75": lambda p: pictures.recompressed(p, 75),
    "jpeg 20": lambda p: pictures.recompressed(p, 20),
    "half size": lambda p: pictures.scaled(p, 0.5),
    "blur": lambda p: cv2.GaussianBlur(p, (0, 0), 1.5),
    "filter": lambda p: pictures.filtered(p, 0.8, 1.15),
    "turned": lambda p: pictures.rotated(p, 5),
    "crop": lambda p: pictures.cropped(p, 0.6, 0.2, 0.7),
    "frame": lambda p: pictures.bordered(p, 0.15),
    "screenshot": lambda p: pictures.recompressed(pictures.screenshot(p), 60),
}


@pytest.mark.parametrize("edit", BENIGN.values(), ids=BENIGN.keys())
def test_a_copy_as_a_whole_has_no_changed_place(edit):
    """What is done to all of a picture, or outside it, is no change of a place."""
    for name in ("astronaut", "rocket"):
        original = photograph(name)
        assert found(edit(original), original).share < 0.01, name


def test_a_picture_and_itself_are_black():
    """Nothing but the rounding of the transform."""
    original = photograph("chelsea")
    got = found(original, original)
    assert (got.share, got.regions) == (0.0, ())
    assert got.map.max() <= 8


def test_a_screen_photographed_aslant_is_nudged_into_place():
    """An affine transform cannot hold perspective; without the nudge every edge lights up."""
    original = photograph("coffee")
    height, width = original.shape[:2]
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    aslant = np.float32([[20, 12], [width - 9, 0], [width, height - 14], [4, height]])
    query = cv2.warpPerspective(
        original, cv2.getPerspectiveTransform(corners, aslant), (width, height)
    )
    assert found(query, original).share < 0.05


# Not a copy


def test_two_views_of_one_scene_differ_everywhere():
    """They are no match; laid on each other by force, much is changed and none of it hidden."""
    left, right = photograph("motorcycle_left"), photograph("motorcycle_right")
    got = difference(left, right, WHOLE)
    assert got is not None
    assert got.share > 0.15
    itself = difference(left, left, WHOLE)
    assert itself is not None
    assert itself.share == 0


def test_the_same_answer_every_time():
    """Regions and map."""
    original = photograph("coffee")
    query, _ = captioned(pictures.rotated(original, 3))
    match = compare(query, original)
    assert match is not None
    one, two = (difference(query, original, match) for _ in range(2))
    assert one is not None
    assert two is not None
    assert one.to_json() == two.to_json()
    assert np.array_equal(one.map, two.map)


# Any match at all


def test_a_hash_alone_says_nothing():
    """Nothing says how to lay one on the other."""
    picture = photograph("coffee")
    match = replace(WHOLE, basis=Basis.HASH_ONLY, transform=None)
    assert difference(picture, picture, match) is None


@pytest.mark.parametrize("mirrored", [False, True])
def test_near_exact_hashes_lay_frame_on_frame(mirrored):
    """No transform is needed where whole frames were compared."""
    original = photograph("coffee")
    query, box = stickered(np.ascontiguousarray(original[:, ::-1]) if mirrored else original)
    match = replace(WHOLE, basis=Basis.NEAR_EXACT_HASH, transform=None, mirrored=mirrored)
    got = difference(query, original, match)
    assert got is not None
    assert overlap(got.regions[0].box, box) > 0.8


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1e30, -1e-30], ids=str)
def test_a_senseless_transform_says_nothing(value):
    """Matches are read from files, too."""
    picture = pictures.scene(1, 60, 80)
    assert difference(picture, picture, replace(WHOLE, transform=(value,) * 6)) is None


def test_flat_pictures_differ_by_their_colour_nowhere():
    """One colour for another is a tone, not a place."""
    got = difference(pictures.flat((10, 10, 10)), pictures.flat((200, 90, 90)), WHOLE)
    assert got is not None
    assert got.regions == ()


numbers = st.floats(-3, 3, allow_nan=False)
shifts = st.floats(-80, 80, allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(numbers, numbers, shifts, numbers, numbers, shifts),
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 700), st.integers(1, 90)),
    st.integers(0, 3),
)
def test_whatever_the_match_the_answer_keeps_its_bounds(transform, query, original, seed):
    """Shares, boxes and map are within what they promise."""
    rng = np.random.default_rng(seed)
    pair = [rng.integers(0, 256, (*shape, 3), np.uint8) for shape in (query, original)]
    got = difference(*pair, replace(WHOLE, transform=transform))
    if got is not None:
        _check(got)


def _check(got: Difference) -> None:
    assert 0 <= got.share <= 1
    assert len(got.regions) <= MOST_REGIONS
    assert max(got.map.shape) <= MAP_SIDE_PX
    assert got.map.dtype == np.uint8
    assert sum(region.share for region in got.regions) <= got.share + 1e-9
    shares = [region.share for region in got.regions]
    assert shares == sorted(shares, reverse=True)
    for region in got.regions:
        left, top, right, bottom = region.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1


# In words


@pytest.mark.parametrize(
    ("box", "place"),
    [
        ((0.0, 0.0, 1.0, 0.3), Place.TOP),
        ((0.7, 0.7, 1.0, 1.0), Place.BOTTOM_RIGHT),
        ((0.4, 0.4, 0.6, 0.6), Place.MIDDLE),
        ((0.0, 0.4, 0.3, 0.6), Place.LEFT),
        ((0.0, 0.0, 1.0, 1.0), Place.ALL_OVER),
        ((0.0, 0.4, 1.0, 0.6), Place.MIDDLE),
    ],
)
def test_the_place_of_one_region(box, place):
    """Thirds of the query, where most of the change is in one of them."""
    assert place_of([Region(box=box, share=0.1)]) is place


def test_the_place_of_several_is_where_most_is():
    """A large caption below outweighs a small sticker above; two alike are all over."""
    below = Region(box=(0.1, 0.8, 0.9, 0.95), share=0.1)
    above = Region(box=(0.1, 0.0, 0.9, 0.15), share=0.02)
    assert place_of([below, above]) is Place.BOTTOM
    assert place_of([Region(box=above.box, share=0.1), below]) is Place.ALL_OVER
    assert place_of([]) is Place.ALL_OVER


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0%"), (0.004, "<1%"), (0.01, "1%"), (0.07, "7%")]
)
def test_a_small_share_is_not_said_to_be_none(share, said):
    """A handle in a corner is half a percent."""
    assert Difference(share=share, regions=(), map=np.zeros((1, 1), np.uint8)).share_said() == said

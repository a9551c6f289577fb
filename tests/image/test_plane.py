"""Transforms are undone by their inverse; clipping never loses what is inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.image.plane import apply, apply_plane, area, clip, fit, flip, frame_of, inverse

sides = st.integers(1, 5000)


@st.composite
def similarities(draw):
    """float64 [2, 3]: any turn, a zoom of 1/5 to 5, any shift within a picture."""
    angle, zoom = draw(st.floats(-np.pi, np.pi)), draw(st.floats(0.2, 5))
    x, y = draw(st.floats(-3000, 3000)), draw(st.floats(-3000, 3000))
    c, s = zoom * np.cos(angle), zoom * np.sin(angle)
    return np.array([[c, -s, x], [s, c, y]])


POINTS = np.random.default_rng(0).uniform(0, 900, (40, 2))


@given(similarities())
def test_the_inverse_undoes_a_transform(affine) -> None:
    """There and back again is where it started."""
    assert np.allclose(apply(inverse(affine), apply(affine, POINTS)), POINTS, atol=1e-6)


@given(similarities(), st.booleans())
def test_least_squares_finds_the_transform_of_exact_points(affine, similarity: bool) -> None:
    """Also as an affine transform, which a similarity is."""
    found = fit(POINTS, apply(affine, POINTS), similarity=similarity)
    assert found is not None
    assert np.allclose(found, affine, atol=1e-5)


def test_points_on_a_line_give_no_affine_transform() -> None:
    """Nothing is known of what lies beside the line."""
    line = np.stack([np.arange(9.0), 2 * np.arange(9.0)], axis=1)
    assert fit(line, line, similarity=False) is None


@given(sides, sides)
def test_a_frame_clipped_by_itself_is_whole(width: int, height: int) -> None:
    """Edges that coincide cut nothing away."""
    frame = frame_of((width, height))
    assert area(clip(frame, frame)) == pytest.approx(width * height, rel=1e-5)


@given(similarities(), sides, sides)
def test_a_clipped_polygon_lies_in_both(affine, width: int, height: int) -> None:
    """No corner outside the frame, no more area than either."""
    frame = frame_of((width, height))
    polygon = apply(affine, frame_of((400, 300)))
    inside = clip(polygon, frame)
    slack = 1e-6 * max(width, height, 1000)
    assert np.all(inside >= -slack)
    assert np.all(inside <= np.array([width, height]) + slack)
    assert area(inside) <= min(area(polygon), width * height) * 1.001 + 1


@given(similarities(), sides, sides)
def test_overlap_is_the_same_seen_from_either_side(affine, width: int, height: int) -> None:
    """Clipping A by B and B by A give one region, in two scales."""
    a, b = frame_of((400, 300)), frame_of((width, height))
    there = area(clip(apply(affine, a), b))
    back = area(clip(apply(inverse(affine), b), a))
    zoom = abs(np.linalg.det(affine[:, :2]))
    # A sliver of less than a few pixels is lost in float32.
    assert there == pytest.approx(back * zoom, rel=0.01, abs=20 * max(1, zoom))


def test_a_frame_far_away_leaves_nothing() -> None:
    """Empty, with no area."""
    far = frame_of((10, 10)) + 1000
    assert len(clip(far, frame_of((100, 100)))) == 0
    assert area(clip(far, frame_of((100, 100)))) == 0


def test_a_flip_is_its_own_inverse() -> None:
    """In pixel centres: the first column becomes the last."""
    mirror = flip((640, 480))
    assert np.allclose(mirror @ mirror, np.eye(3))
    assert np.allclose(apply_plane(mirror, np.array([[0.0, 7.0]])), [[639, 7]])

"""A rough alignment becomes a surer one, and never out of nothing."""

from __future__ import annotations

import numpy as np
import pytest
from kit.photographs import photograph
from kit.pictures import collage, flat

from moderation.image.alignment import Alignment, align
from moderation.image.local_features import LocalFeatures, stored_features
from moderation.image.plane import apply, frame_of
from moderation.image.rereading import QueryPicture
from moderation.image.second_look import look_again
from moderation.training.attacks import Pixels, caption, reencode

OTHERS = ("coffee", "china", "chelsea", "rocket", "hopper")


def size_of(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def stored(name: str) -> LocalFeatures:
    return stored_features(photograph(name), size_of(photograph(name)))


def read(pixels: Pixels) -> QueryPicture:
    return QueryPicture.of(pixels, size_of(pixels))


def rough(query: QueryPicture, name: str) -> Alignment:
    found = align(query.features, stored(name))
    assert found is not None
    return found


def small_cell() -> Pixels:
    """The astronaut as one of nine."""
    cells = [photograph(name) for name in (*OTHERS[:4], "astronaut", *OTHERS[:4])]
    return reencode(collage(cells, columns=3, cell_px=300), 70)


def test_a_small_cell_gains_details() -> None:
    query = read(small_cell())
    first = rough(query, "astronaut")
    closer = look_again(query, stored("astronaut"), first)
    assert closer is not None
    assert closer.inliers > 1.2 * first.inliers
    assert closer.residual < 0.002


def test_the_place_stays_the_same() -> None:
    query = read(caption(photograph("astronaut"), np.random.default_rng(3)))
    first = rough(query, "astronaut")
    closer = look_again(query, stored("astronaut"), first)
    assert closer is not None
    moved = apply(closer.affine, frame_of(query.size)) - apply(first.affine, frame_of(query.size))
    assert np.abs(moved).max() < 0.02 * max(query.size)
    assert closer.mirrored == first.mirrored


def test_a_mirrored_copy_stays_mirrored() -> None:
    query = read(np.ascontiguousarray(photograph("chelsea")[:, ::-1]))
    closer = look_again(query, stored("chelsea"), rough(query, "chelsea"))
    assert closer is not None
    assert closer.mirrored
    assert closer.inliers >= 60


def test_a_crooked_first_guess_is_set_right() -> None:
    """Two per cent off, as an alignment on five details may be."""
    query = read(photograph("astronaut"))
    first = rough(query, "astronaut")
    shift = np.eye(3)
    shift[:2, 2] = 0.02 * max(query.size)
    whole = np.concatenate([first.affine, [[0, 0, 1]]])
    crooked = Alignment(
        **{name: getattr(first, name) for name in Alignment.__dataclass_fields__}
        | {"affine": (shift @ whole)[:2], "plane": shift @ first.plane}
    )
    closer = look_again(query, stored("astronaut"), crooked)
    assert closer is not None
    corners = frame_of(query.size)
    assert np.abs(apply(closer.affine, corners) - corners).max() < 0.01 * max(query.size)


@pytest.mark.parametrize("name", OTHERS)
def test_nothing_is_found_in_another_photograph(name: str) -> None:
    """Laid over by the whole frame, another photograph has the details nowhere near."""
    query = read(photograph("astronaut"))
    first = rough(query, "astronaut")
    closer = look_again(query, stored(name), first)
    assert closer is None or closer.inliers < 12


def test_an_empty_query_has_no_second_look() -> None:
    first = rough(read(photograph("astronaut")), "astronaut")
    assert look_again(read(flat(width=512, height=512)), stored("astronaut"), first) is None


def test_the_same_pictures_give_the_same_answer() -> None:
    query = read(small_cell())
    first = rough(query, "astronaut")
    once, again = (look_again(query, stored("astronaut"), first) for _ in range(2))
    assert once is not None
    assert again is not None
    assert np.array_equal(once.plane, again.plane)

"""The added attacks and the dials: same seed, same picture; stronger means farther."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from kit.photographs import photograph

from moderation.training import community_attacks, layout_attacks, pixel_attacks
from moderation.training.attacks import ATTACKS
from moderation.training.strengths import DIALS
from moderation.training.suite import ADDED, SUITE

OTHERS = ("coffee", "china", "rocket")
MEASURED_BY_DISTANCE = (
    "blur",
    "jpeg",
    "noise",
    "salt and pepper",
    "pixelise",
    "moiré",
    "brightness",
    "darkness",
    "contrast",
    "beauty filter",
    "slimming",
    "blend",
    "picture pasted over",
    "stripes",
)
"""Dials that keep the size, so that distance from the original can be taken pixel by pixel."""


def others():
    return [photograph(name, 320) for name in OTHERS]


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_suite_has_the_fitted_attacks_first_and_no_name_twice() -> None:
    """Reports are read by name, and the fitted ones are told apart."""
    assert SUITE == ATTACKS + ADDED
    assert len({attack.name for attack in SUITE}) == len(SUITE)
    assert len({attack.family for attack in SUITE}) >= 31


@pytest.mark.parametrize("attack", ADDED, ids=[a.name for a in ADDED])
def test_an_added_attack_changes_the_picture_and_nothing_else(attack) -> None:
    """A new uint8 picture; the caller's own stays as it was; the seed decides all."""
    pixels = photograph("chelsea", 400)
    before = pixels.copy()
    once, again = (attack.apply(pixels, rng(), others()) for _ in range(2))
    assert once.dtype == np.uint8
    assert once.ndim == 3
    assert once.shape[2] == 3
    assert min(once.shape[:2]) >= 64
    assert np.array_equal(pixels, before)
    assert np.array_equal(once, again)
    assert once.shape != pixels.shape or not np.array_equal(once, pixels)


@pytest.mark.parametrize("attack", SUITE, ids=[a.name for a in SUITE])
@pytest.mark.parametrize("size", [(70, 900), (900, 70), (64, 64)], ids=["tall", "wide", "small"])
def test_odd_sizes_are_no_obstacle(attack, size) -> None:
    """A user's folder holds anything."""
    pixels = cv2.resize(photograph("coffee", 400), size, interpolation=cv2.INTER_AREA)
    changed = attack.apply(pixels, rng(), others())
    assert changed.dtype == np.uint8
    assert changed.size > 0


@pytest.mark.parametrize("dial", DIALS, ids=[d.name for d in DIALS])
def test_every_position_of_a_dial_differs(dial) -> None:
    """Four to six strengths, each another picture, each the same again."""
    assert 4 <= len(dial.values) <= 6
    pixels = photograph("coffee", 600)
    before = pixels.copy()
    results = [dial.at(value).apply(pixels, rng(), others()) for value in dial.values]
    again = [dial.at(value).apply(pixels, rng(), others()) for value in dial.values]
    assert all(np.array_equal(a, b) for a, b in zip(results, again, strict=True))
    assert len({result.tobytes() for result in results}) == len(dial.values)
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("name", MEASURED_BY_DISTANCE)
def test_a_dial_goes_from_mild_to_severe(name) -> None:
    """Each position is farther from the original than the one before."""
    dial = next(d for d in DIALS if d.name == name)
    pixels = photograph("astronaut", 300)
    distances = [
        float(cv2.absdiff(dial.at(v).apply(pixels, rng(), others()), pixels).mean())
        for v in dial.values
    ]
    assert distances == sorted(distances)
    assert distances[0] < distances[-1]


@pytest.mark.parametrize(("rows", "columns"), [(2, 1), (2, 2), (3, 4)])
def test_no_tile_stays_in_its_place(rows, columns) -> None:
    """All tiles are there again, each somewhere else."""
    pixels = np.zeros((rows * 10, columns * 10, 3), np.uint8)
    for i in range(rows * columns):
        y, x = i // columns * 10, i % columns * 10
        pixels[y : y + 10, x : x + 10] = i + 1
    shuffled = layout_attacks.split_and_shuffle(pixels, rng(), rows, columns)
    assert sorted(shuffled[::10, ::10, 0].ravel()) == list(range(1, rows * columns + 1))
    assert np.all(shuffled[::10, ::10, 0] != pixels[::10, ::10, 0])


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_stickers_cover_about_the_share_that_was_asked_for(share) -> None:
    """On average; stickers overlap and differ in size."""
    grey = np.full((600, 450, 3), 128, np.uint8)
    covered = [
        float(np.any(community_attacks.sticker_pack(grey, rng(i), share) != 128, axis=2).mean())
        for i in range(6)
    ]
    assert 0.55 * share < np.mean(covered) < 1.4 * share


@pytest.mark.parametrize("n", [2, 3, 6])
def test_a_picture_cut_in_tiles_can_be_put_together_again(n) -> None:
    """Gutters are white, tiles untouched."""
    pixels = photograph("coffee", 300)
    height, width = pixels.shape[0] // n * n, pixels.shape[1] // n * n
    cut = community_attacks.grid_cut(pixels, n)
    gutter = (cut.shape[1] - width) // (n + 1)
    step_y, step_x = height // n + gutter, width // n + gutter
    rows = [
        np.hstack(
            [
                cut[gutter + r * step_y :, gutter + c * step_x :][: height // n, : width // n]
                for c in range(n)
            ]
        )
        for r in range(n)
    ]
    assert np.array_equal(np.vstack(rows), pixels[:height, :width])


def test_slimming_keeps_the_frame_straight() -> None:
    """The edges stay, the middle moves."""
    pixels = photograph("hopper", 300)
    slimmer = pixel_attacks.slim(pixels, 0.1)
    change = cv2.absdiff(slimmer, pixels).mean(axis=2)
    assert change[:, :2].mean() < 4
    assert change[:2].mean() < 4
    assert change[change.shape[0] // 2].mean() > 8

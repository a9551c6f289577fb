"""Attacks and look-alikes are the same for the same seed, and pictures of sane size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.photographs import photograph

from moderation.training.attacks import ATTACKS
from moderation.training.lookalikes import poster, text_card
from moderation.training.varied import varied_copy

OTHERS = ("coffee", "china", "rocket")


def others():
    return [photograph(name, 320) for name in OTHERS]


def test_names_are_unique() -> None:
    """Reports are read by name."""
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=[a.name for a in ATTACKS])
def test_an_attack_changes_the_picture_and_nothing_else(attack) -> None:
    """A new uint8 picture; the caller's own stays as it was; the seed decides all."""
    pixels = photograph("chelsea", 400)
    before = pixels.copy()
    once, again = (attack.apply(pixels, np.random.default_rng(3), others()) for _ in range(2))
    assert once.dtype == np.uint8
    assert once.ndim == 3
    assert once.shape[2] == 3
    assert min(once.shape[:2]) >= 64
    assert np.array_equal(pixels, before)
    assert np.array_equal(once, again)
    assert once.shape != pixels.shape or not np.array_equal(once, pixels)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_copies_repeat_with_their_seed(seed: int) -> None:
    """Any draw works, and gives the same picture again."""
    pixels = photograph("astronaut", 300)
    name, copy = varied_copy(pixels, np.random.default_rng(seed), others())
    name_again, copy_again = varied_copy(pixels, np.random.default_rng(seed), others())
    assert name == name_again
    assert np.array_equal(copy, copy_again)
    assert copy.dtype == np.uint8


def test_random_copies_differ_in_kind() -> None:
    """Twenty draws use many ways, not one."""
    pixels = photograph("astronaut", 300)
    rng = np.random.default_rng(0)
    names = {varied_copy(pixels, rng, others())[0] for _ in range(20)}
    assert len(names) > 10


@pytest.mark.parametrize("template", range(4))
def test_cards_of_one_template_share_the_frame_only(template: int) -> None:
    """Header and border agree to the pixel; the body differs."""
    one, other = text_card(template, 1), text_card(template, 2)
    assert np.array_equal(one[:120], other[:120])
    body = (one[150:1000] != other[150:1000]).any(axis=2).mean()
    assert body > 0.02
    assert np.array_equal(text_card(template, 1), one)


def test_posters_of_one_layout_share_the_frame_only() -> None:
    """The banner agrees; product and price differ."""
    one = poster(0, 1, photograph("coffee", 320))
    other = poster(0, 2, photograph("rocket", 320))
    assert np.array_equal(one[:140], other[:140])
    assert (one[250:860, 90:810] != other[250:860, 90:810]).any(axis=2).mean() > 0.5

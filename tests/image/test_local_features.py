"""Local features are small, the same every time, and survive storage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.photographs import photograph
from kit.pictures import flat, scene

from moderation.errors import IndexCorrupt
from moderation.image.local_features import (
    QUERY_FEATURES,
    STORED_FEATURES,
    LocalFeatures,
    _in_turns,
    descriptors_at,
    flat_share,
    query_features,
    stored_features,
)
from moderation.image.verify import PAGE
from moderation.training.attacks import reencode
from moderation.training.lookalikes import quiet_card


def size_of(pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def stored(pixels) -> LocalFeatures:
    return stored_features(pixels, size_of(pixels))


def cosines(a, b):
    a, b = a.astype(float), b.astype(float)
    return (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))


def same(a: LocalFeatures, b: LocalFeatures) -> bool:
    return (
        a.size == b.size
        and np.array_equal(a.points, b.points)
        and np.array_equal(a.scales, b.scales)
        and np.array_equal(a.angles, b.angles)
        and np.array_equal(a.descriptors, b.descriptors)
    )


@st.composite
def any_features(draw) -> LocalFeatures:
    """Features of any picture size, at any place, scale and angle that a detector may give."""
    count, seed = draw(st.integers(0, STORED_FEATURES)), draw(st.integers(0, 2**32 - 1))
    width, height = draw(st.integers(1, 12_000)), draw(st.integers(1, 12_000))
    rng = np.random.default_rng(seed)
    side = max(width, height)
    return LocalFeatures(
        points=(rng.random((count, 2)) * (width, height)).astype(np.float32),
        scales=(side * 2 ** rng.uniform(-9, -0.5, count)).astype(np.float32),
        angles=rng.uniform(0, 360, count).astype(np.float32),
        descriptors=rng.integers(0, 16, (count, 128), dtype=np.uint8),
        size=(width, height),
    )


# Storage


@given(any_features())
def test_storage_keeps_features_up_to_rounding(features: LocalFeatures) -> None:
    """Descriptors come back exactly, places within 1/60000, scales within 2 %, angles within 1°."""
    back = LocalFeatures.from_bytes(features.to_bytes())
    assert back.size == features.size
    assert np.array_equal(back.descriptors, features.descriptors)
    assert np.all(np.abs(back.points - features.points) <= max(features.size) / 60_000)
    assert np.all(np.abs(back.scales / features.scales - 1) < 0.02)
    turn = np.abs(back.angles - features.angles)
    assert np.all(np.minimum(turn, 360 - turn) <= 1)


@given(any_features())
def test_storing_what_was_stored_changes_nothing(features: LocalFeatures) -> None:
    """A register may be copied again and again without its features drifting."""
    once = LocalFeatures.from_bytes(features.to_bytes())
    assert same(LocalFeatures.from_bytes(once.to_bytes()), once)


@pytest.mark.parametrize("name", ["astronaut", "china", "hopper"])
def test_a_picture_needs_less_than_eight_kilobytes(name: str) -> None:
    """What the register keeps of a detailed photograph fits the budget."""
    features = stored(photograph(name))
    assert 80 < len(features) <= STORED_FEATURES
    assert len(features.to_bytes()) < 8_000


def _cut(data: bytes) -> bytes:
    return data[:-1]


def _grown(data: bytes) -> bytes:
    return data + b"\0"


def _renamed(data: bytes) -> bytes:
    return b"SFT9" + data[4:]


def _recounted(data: bytes) -> bytes:
    return data[:4] + b"\xff\xff" + data[6:]


def _beheaded(data: bytes) -> bytes:
    return data[:9]


def _emptied(_data: bytes) -> bytes:
    return b""


@pytest.mark.parametrize(
    "damage",
    [_cut, _grown, _renamed, _recounted, _beheaded, _emptied],
    ids=["cut", "grown", "other magic", "other count", "header only in part", "empty"],
)
def test_damaged_bytes_are_refused(damage) -> None:
    """Bytes that `to_bytes` did not write are an `IndexCorrupt`, never features."""
    data = stored(photograph("chelsea")).to_bytes()
    with pytest.raises(IndexCorrupt) as caught:
        LocalFeatures.from_bytes(damage(data))
    assert caught.value.hint


@given(st.binary(max_size=300))
def test_noise_is_refused_or_read_whole(data: bytes) -> None:
    """No bytes make the reader fail in another way."""
    try:
        features = LocalFeatures.from_bytes(data)
    except IndexCorrupt:
        return
    assert len(features.to_bytes()) == len(data)


# Extraction


@pytest.mark.parametrize("extract", [stored_features, query_features], ids=["stored", "query"])
def test_the_same_picture_gives_the_same_features(extract) -> None:
    """Two extractions agree bit by bit, also from many threads at once."""
    pixels = photograph("astronaut")
    first = extract(pixels, size_of(pixels))
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _: extract(pixels, size_of(pixels)), range(4)))
    assert all(same(first, other) for other in again)


def test_counts_are_bounded() -> None:
    """However much detail there is, the budget holds."""
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype=np.uint8)
    assert len(stored(noise)) == STORED_FEATURES
    assert len(query_features(noise, size_of(noise))) == QUERY_FEATURES


def test_features_are_spread_over_the_picture() -> None:
    """A corner full of detail does not take the places of the rest."""
    pixels = scene(3, 800, 800)
    rng = np.random.default_rng(0)
    pixels[:200, :200] = rng.integers(0, 256, (200, 200, 3), dtype=np.uint8)
    points = stored(pixels).points
    assert np.all(points < 200, axis=1).mean() < 0.35


@given(st.lists(st.integers(0, 9), max_size=60), st.randoms(use_true_random=False))
def test_cells_take_turns(cells, random) -> None:
    """Every cell's first before any cell's second; within a turn as they were ordered."""
    order = list(range(len(cells)))
    random.shuffle(order)
    seen: dict[int, int] = {}
    turns = {}
    for i in order:
        turns[i] = seen[cells[i]] = seen.get(cells[i], 0) + 1
    slowly = sorted(order, key=lambda i: turns[i])
    assert _in_turns(np.array(order, np.intp), np.array(cells, np.intp)).tolist() == slowly


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket", "hopper"])
def test_photographs_are_not_flat(name: str) -> None:
    """Ground that looks even still changes; a page has nothing on most of it."""
    assert flat_share(photograph(name)) < PAGE


def test_pages_are_flat_however_they_are_stored() -> None:
    """White, dark or in JPEG; of noise nothing is flat."""
    for template in range(12):
        for quality in (95, 40):
            assert flat_share(reencode(quiet_card(template, 1), quality)) > PAGE
    assert flat_share(flat(240)) == 1
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert flat_share(noise) < 0.1


def test_the_flat_share_is_kept() -> None:
    """In the header, where registers of before have a zero."""
    features = stored(quiet_card(3, 1))
    data = features.to_bytes()
    assert LocalFeatures.from_bytes(data).flat == features.flat == features.mirrored().flat > 0
    assert LocalFeatures.from_bytes(data[:10] + bytes(2) + data[12:]).flat == 0


def test_places_are_given_in_pixels_of_the_source() -> None:
    """A reduced decode and the full one name the same places."""
    pixels = photograph("astronaut", 512)
    width, height = size_of(pixels)
    plain = stored_features(pixels, (width, height))
    larger = stored_features(pixels, (3 * width, 3 * height))
    assert np.allclose((larger.points + 0.5) / 3 - 0.5, plain.points, atol=0.01)
    assert np.allclose(larger.scales / 3, plain.scales, rtol=1e-4)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_mirrored_features_are_those_of_the_flipped_picture(name: str) -> None:
    """`mirrored` gives, without pixels, what an extraction from the flipped picture gives."""
    pixels = photograph(name)
    flipped = np.ascontiguousarray(pixels[:, ::-1])
    wanted = query_features(flipped, size_of(flipped))
    found = query_features(pixels, size_of(pixels)).mirrored()
    apart = np.linalg.norm(found.points[:, None] - wanted.points[None], axis=2)
    turn = np.abs(found.angles[:, None] - wanted.angles[None])
    turn = np.minimum(turn, 360 - turn)
    rescaled = np.abs(np.log2(found.scales[:, None] / wanted.scales[None]))
    near = (apart < 2) & (turn < 10) & (rescaled < 0.2)
    twins = np.flatnonzero(near.any(axis=1))
    assert len(twins) > 0.6 * len(found)
    partners = near[twins].argmax(axis=1)
    likeness = cosines(found.descriptors[twins], wanted.descriptors[partners])
    assert np.median(likeness) > 0.97


def test_mirroring_twice_changes_nothing() -> None:
    """The mirror is its own inverse."""
    features = stored(photograph("coffee"))
    twice = features.mirrored().mirrored()
    assert np.array_equal(twice.descriptors, features.descriptors)
    assert np.allclose(twice.points, features.points, atol=1e-3)
    turn = np.abs(twice.angles - features.angles)
    assert np.all(np.minimum(turn, 360 - turn) < 1e-3)


def test_details_can_be_read_again_where_they_were_found() -> None:
    """`descriptors_at` needs no detector to give the descriptor that extraction stored."""
    pixels = photograph("astronaut", 448)
    features = stored(pixels)
    grey = np.array(pixels @ np.array([0.299, 0.587, 0.114]) + 0.5, dtype=np.uint8)
    found = descriptors_at(grey, features.points, features.scales, features.angles)
    assert np.quantile(cosines(found, features.descriptors), 0.1) > 0.95


@pytest.mark.parametrize(
    "pixels",
    [
        flat(),
        flat(width=1, height=1),
        flat(width=1, height=900),
        flat(width=900, height=1),
        flat(width=5, height=5),
        flat(width=4000, height=12),
        np.random.default_rng(0).integers(0, 256, (3, 2000, 3), dtype=np.uint8),
        np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8),
    ],
    ids=["flat", "1x1", "1x900", "900x1", "5x5", "ribbon", "noisy ribbon", "noisy stamp"],
)
@pytest.mark.parametrize("extract", [stored_features, query_features], ids=["stored", "query"])
def test_odd_pictures_give_few_features_and_no_error(extract, pixels) -> None:
    """Nothing to see is an answer."""
    features = extract(pixels, size_of(pixels))
    assert LocalFeatures.from_bytes(features.to_bytes()).size == size_of(pixels)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_small_pictures_of_any_shape_are_read(width: int, height: int, seed: int) -> None:
    """No size makes the extraction fail."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    features = query_features(pixels, (width, height))
    assert np.all(np.isfinite(features.points))

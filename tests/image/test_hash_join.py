"""All pairs of codes: what the join finds is what comparing everything with everything finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from moderation.errors import InputError
from moderation.image import hash_join, hash_lists
from moderation.image.hash_join import MOST_RADIUS_BITS, Pairs, joined
from moderation.image.hash_keys import scheme, schemes
from moderation.image.hashing import hamming_matrix

Codes = NDArray[np.uint8]


@pytest.fixture(scope="module", autouse=True)
def dealt() -> None:
    """A process deals the bits of a radius once: no example's deadline is about that."""
    for radius in (0, 3, 7, 15, 16, 30, 31):
        schemes(radius)


def slowly(queries: Codes, known: Codes, radius: int) -> dict[tuple[int, int], int]:
    """The obvious version."""
    bits = hamming_matrix(queries, known)
    return {
        (int(q), int(k)): int(bits[q, k]) for q, k in zip(*np.nonzero(bits <= radius), strict=True)
    }


def told(pairs: Pairs) -> dict[tuple[int, int], int]:
    rows = zip(pairs.queries.tolist(), pairs.known.tolist(), strict=True)
    return dict(zip(rows, pairs.bits.tolist(), strict=True))


def families(seed: int, families: int, each: int, most_bits: int) -> Codes:
    """Codes around a few centres, some at exactly so many bits, spread as badly as can be."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(families):
        centre = rng.integers(0, 2, 256)
        for member in range(each):
            bits = centre.copy()
            count = most_bits if member % 2 else int(rng.integers(0, most_bits + 1))
            # Two bits of each band before a third of any: the hardest for bands.
            places = np.concatenate([rng.permutation(16) * 16 + i for i in rng.permutation(16)])
            bits[places[:count]] ^= 1
            rows.append(bits)
    return np.packbits(np.array(rows, np.uint8), axis=1)


@given(
    seed=st.integers(0, 2**32),
    radius=st.sampled_from([0, 3, 15, 16, 30, 31]),
    most_bits=st.integers(0, 40),
)
def test_join_is_exact(seed: int, radius: int, most_bits: int) -> None:
    """At and around every radius, however the differing bits lie."""
    codes = families(seed, 3, 6, most_bits)
    queries, known = codes[::2], codes[1:]
    found = joined(queries, known, radius)
    assert told(found) == slowly(queries, known, radius)
    assert len(found) == len(told(found))  # each once
    assert (np.diff(found.queries * len(known) + found.known) > 0).all()


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every loop ends somewhere in the middle."""
    monkeypatch.setattr(hash_join, "_AT_ONCE", 29)
    monkeypatch.setattr(hash_join, "_HELD", 50)
    monkeypatch.setattr(hash_lists, "_QUERIES", 16)
    monkeypatch.setattr(hash_lists, "_COMPARED", 40)
    monkeypatch.setattr(hash_lists, "_FINDS", 7)


@pytest.mark.usefixtures("small_portions")
def test_many_portions_are_one_join() -> None:
    """Queries come in portions that end anywhere."""
    codes = families(5, 8, 9, 31)
    whole = told(joined(codes, codes, 31))
    assert whole == slowly(codes, codes, 31)
    assert len(whole) > 2 * len(codes)
    few = codes[:20]  # so few known codes that queries do come in portions
    assert told(joined(codes, few, 31)) == slowly(codes, few, 31)


@pytest.mark.usefixtures("small_portions")
@pytest.mark.parametrize("radius", [1, 2, 7, 15, 23, 31])
def test_every_scheme_is_exact(radius: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever number of parts were the cheapest."""
    rng = np.random.default_rng(radius)
    codes = families(radius, 3, 8, radius + 1)
    codes = codes[rng.integers(0, len(codes), 34)]  # some of them twice
    wanted = slowly(codes, codes, radius)
    for one in schemes(radius):
        monkeypatch.setattr(hash_join, "scheme", lambda *_, one=one: one)
        assert told(joined(codes, codes, radius)) == wanted, one


@given(data=st.data(), radius=st.sampled_from([7, 15, 31]), seed=st.integers(0, 2**32))
def test_some_key_of_a_near_pair_is_equal(data: st.DataObject, radius: int, seed: int) -> None:
    """And the 64 bits there differ in no more bits than the part allows."""
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (2, 256))
    bits[1] = bits[0]
    bits[1][rng.permutation(256)[:radius]] ^= 1
    words = hash_lists.words_of(np.packbits(bits.astype(np.uint8), axis=1))
    found = False
    for part in data.draw(st.sampled_from(schemes(radius))).parts:
        a, b = hash_lists.word_at(words, part.begin)
        found |= ((a ^ b) & part.masks == 0).any() and (a ^ b).bit_count() <= part.most_bits
    assert found


def test_more_codes_have_more_keys_and_compare_fewer() -> None:
    """From 100,000 codes to 10 million: not thrice the keys, not four times as many compared."""
    few, many = scheme(31, 10**5, 10**5), scheme(31, 10**7, 10**7)
    assert few.keys < many.keys < 3 * few.keys
    assert many.share * 10**7 < 4 * few.share * 10**5


def test_a_crowd_of_equal_codes_is_told_without_comparing_all() -> None:
    """Three pictures published 30,000 times each: of 900 million pairs, each keeps four."""
    codes = np.repeat(families(3, 1, 3, 10), 30_000, axis=0)
    found = joined(codes, codes, 31, before=np.arange(len(codes)), nearest=3, first=1)
    assert len(found) <= 4 * len(codes)
    assert (np.bincount(found.queries)[30_010:] >= 3).all()
    assert not found.bits[(found.queries % 30_000 > 3) & (found.queries < 30_000)].any()


@given(seed=st.integers(0, 2**32), nearest=st.integers(1, 4), first=st.integers(0, 3))
def test_the_nearest_and_the_first_are_kept(seed: int, nearest: int, first: int) -> None:
    """Of each query, among rows that lie before it alone."""
    codes = families(seed, 2, 12, 20)
    before = np.arange(len(codes))
    found = told(joined(codes, codes, 31, before=before, nearest=nearest, first=first))
    every = slowly(codes, codes, 31)
    wanted = {}
    for query in range(len(codes)):
        own = [(bits, k) for (q, k), bits in every.items() if q == query and k < query]
        kept = {k for _, k in sorted(own)[:nearest]} | set(sorted(k for _, k in own)[:first])
        wanted |= {(query, k): bits for bits, k in own if k in kept}
    assert found == wanted


def test_equal_codes_are_pairs() -> None:
    """However many."""
    codes = np.zeros((300, 32), np.uint8)
    found = joined(codes[:2], codes, 31)
    assert len(found) == 600
    assert not found.bits.any()


@pytest.mark.parametrize("empty", ["queries", "known"])
def test_nothing_is_near_nothing(empty: str) -> None:
    codes = np.zeros((3, 32), np.uint8)
    none = np.empty((0, 32), np.uint8)
    queries, known = (none, codes) if empty == "queries" else (codes, none)
    assert len(joined(queries, known, 31)) == 0


@pytest.mark.parametrize("radius", [-1, MOST_RADIUS_BITS + 1])
def test_a_radius_that_bands_cannot_promise_is_refused(radius: int) -> None:
    codes = np.zeros((3, 32), np.uint8)
    with pytest.raises(InputError, match="0–31"):
        joined(codes, codes, radius)


def test_codes_of_another_kind_are_refused() -> None:
    with pytest.raises(InputError, match="wanted uint8"):
        joined(np.zeros((3, 8), np.uint8), np.zeros((3, 32), np.uint8), 31)

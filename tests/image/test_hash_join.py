"""All pairs of codes: what the join finds is what comparing everything with everything finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from moderation.errors import InputError
from moderation.image import hash_bands, hash_join
from moderation.image.hash_join import MOST_RADIUS_BITS, Pairs, joined
from moderation.image.hashing import hamming_matrix

Codes = NDArray[np.uint8]


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


@settings(deadline=None)  # how long it takes is measured by the benchmark
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


def test_many_portions_are_one_join(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries come in portions that end anywhere."""
    codes = families(5, 8, 9, 31)
    whole = told(joined(codes, codes, 31))
    monkeypatch.setattr(hash_join, "_AT_ONCE", 29)
    monkeypatch.setattr(hash_bands, "_COMPARED_AT_ONCE", 40)
    monkeypatch.setattr(hash_bands, "_HELD", 7)
    assert told(joined(codes, codes, 31)) == whole == slowly(codes, codes, 31)
    assert len(whole) > 2 * len(codes)


@pytest.mark.parametrize("bits", [0, 1, 7, 8, 15, 16])
@pytest.mark.parametrize("radius", [15, 31])
def test_lists_by_any_number_of_bits_tell_the_same(
    bits: int, radius: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many lists there are is a matter of time alone."""
    monkeypatch.setattr(hash_join, "list_bits", lambda queries, known, flips: bits)
    codes = families(7, 12, 9, radius)
    assert told(joined(codes, codes[20:], radius)) == slowly(codes, codes[20:], radius)


def test_more_codes_have_more_lists() -> None:
    """At most as many as a band has values."""
    bits = [hash_bands.list_bits(count, count, 1) for count in (1, 10**3, 10**5, 10**6, 10**8)]
    assert bits == sorted(bits)
    assert (bits[0], bits[-1]) == (0, hash_bands.BAND_BITS)


@settings(deadline=None)  # how long it takes is measured by the benchmark
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


def test_strangers_are_no_pairs() -> None:
    codes = np.random.default_rng(3).integers(0, 256, (40, 32), dtype=np.uint8)
    assert len(joined(codes[:20], codes[20:], 31)) == 0


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

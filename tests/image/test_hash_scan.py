"""Comparing with every code in portions is comparing with every code."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from moderation.image import hash_scan
from moderation.image.hash_scan import scanned
from moderation.image.hashing import hamming_matrix

Codes = NDArray[np.uint8]


def near_each_other(count: int, width: int) -> Codes:
    """Codes of which many lie within 80 bits of each other, and some are equal."""
    rng = np.random.default_rng(count)
    flips = rng.random((count, 8 * width)) < rng.uniform(0, 0.4, (count, 1))
    return np.packbits(flips, axis=1)


def slowly(queries: Codes, codes: Codes, radius: int) -> list[tuple[int, int, int]]:
    """The obvious version."""
    bits = hamming_matrix(queries, codes)
    near = zip(*np.nonzero(bits <= radius), strict=True)
    return [(int(q), int(c), int(bits[q, c])) for q, c in near]


def told(queries: Codes, codes: Codes, radius: int) -> list[tuple[int, int, int]]:
    columns = (column.tolist() for column in scanned(queries, codes, radius))
    return sorted(zip(*columns, strict=True))


@pytest.mark.parametrize("queries", [1, 8, 30])
@pytest.mark.parametrize("width", [8, 32])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_portions_find_what_comparing_everything_finds(
    queries: int, width: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many, ending anywhere, on however many threads."""
    monkeypatch.setattr(hash_scan, "_CACHED_BYTES", 40 * width)
    monkeypatch.setattr(hash_scan, "_LEAST_CODES", 7)
    monkeypatch.setattr(hash_scan, "_COMPARED", 60)
    monkeypatch.setattr(faiss, "omp_get_max_threads", lambda: threads)
    for count in (40, 41, 97, 180):
        codes = near_each_other(count, width)
        asked = codes[-queries:] ^ np.uint8(1)
        for radius in (0, 2 * width, 8 * width):
            found = told(asked, codes, radius)
            assert found == slowly(asked, codes, radius)
        assert len(found) == queries * count


def test_many_codes_are_compared_in_portions_on_every_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One query, too; within a portion FAISS has no threads of its own, and the caller's stay."""
    calls = []
    compared, omp_threads = hash_scan._compared, faiss.omp_get_max_threads

    def noted(queries: Codes, codes: Codes, first: int, radius: int):
        calls.append((first, len(codes), omp_threads()))
        return compared(queries, codes, first, radius)

    monkeypatch.setattr(hash_scan, "_compared", noted)
    monkeypatch.setattr(hash_scan, "_COMPARED", 200_000)
    monkeypatch.setattr(faiss, "omp_get_max_threads", lambda: 2)
    before = omp_threads()
    codes = np.zeros((600_000, 32), np.uint8)
    codes[[0, 299_999, 300_000, 599_999]] = 255
    assert [place for _, place, _ in told(codes[:1], codes, 3)] == [0, 299_999, 300_000, 599_999]
    assert sorted(calls) == [(first, 150_000, 1) for first in range(0, 600_000, 150_000)]
    assert omp_threads() == before

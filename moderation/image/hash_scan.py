"""Queries compared with every code: which lie within a Hamming radius, exactly.

FAISS compares one query after another with all codes, and deals queries to threads. Ten million
codes are ten times what a processor's cache holds, so that the eight forms of a picture fetch the
same memory eight times, and wait for it longer than they compare. So many are cut into portions
that stay in the cache until each query has been compared with them, and these are dealt to threads:
a single query has all of them, too.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]

_CACHED_BYTES = 1 << 24  # of codes that stay in the cache anyway
_COMPARED = 1 << 20  # at once, a millisecond: less is not worth a call
_LEAST_CODES = 1 << 14  # of a portion, half a megabyte: queries find it in the cache


def scanned(
    queries: NDArray[np.uint8], codes: NDArray[np.uint8], radius_bits: int
) -> tuple[Rows, Rows, Rows]:
    """Rows of queries, places of codes, and bits that differ: int64 [n] each, in no set order.

    Args:
        queries: uint8 [q, bytes], q > 0.
        codes: uint8 [n, bytes], side by side in memory.
        radius_bits: the farthest that is found.
    """
    if codes.nbytes <= _CACHED_BYTES:
        return _compared(queries, codes, 0, radius_bits)
    threads = faiss.omp_get_max_threads()
    rounds = -(-len(codes) // (threads * max(_LEAST_CODES, _COMPARED // len(queries))))
    each = -(-len(codes) // (threads * rounds))  # as many for every thread
    # Within a portion FAISS is to use one thread: its own would wait for each other at every end.
    with ThreadPoolExecutor(threads, "scan", faiss.omp_set_num_threads, (1,)) as pool:
        found = pool.map(
            lambda start: _compared(queries, codes[start : start + each], start, radius_bits),
            range(0, len(codes), each),
        )
        rows, places, bits = (np.concatenate(column) for column in zip(*found, strict=True))
    return rows, places, bits


def _compared(
    queries: NDArray[np.uint8], codes: NDArray[np.uint8], first: int, radius_bits: int
) -> tuple[Rows, Rows, Rows]:
    found = faiss.RangeSearchResult(len(queries))
    faiss.hamming_range_search(  # type: ignore[attr-defined]
        faiss.swig_ptr(queries),
        faiss.swig_ptr(codes),
        len(queries),
        len(codes),
        radius_bits + 1,  # FAISS finds distances strictly below
        codes.shape[1],
        found,
    )
    starts = faiss.rev_swig_ptr(found.lims, len(queries) + 1).astype(np.int64)
    rows = np.repeat(np.arange(len(queries)), np.diff(starts))
    places = faiss.rev_swig_ptr(found.labels, len(rows)) + first
    return rows, places, faiss.rev_swig_ptr(found.distances, len(rows)).astype(np.int64)

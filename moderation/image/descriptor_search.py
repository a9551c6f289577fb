"""Nearest among descriptors of two bytes a dimension: all of them, or the likely lists on disk.

A stored number is rounded to half precision (IEEE 754 binary16): the nearest of a million remain
the nearest, which one byte a number does not give. FAISS compares in float32, where the last bits
depend on the machine. What may be among the nearest by that is compared once more in float64: the
numbers are multiples of 2⁻²⁴, so every sum of products is exact there, whatever its order. So
answers are the same on every machine, and a slow loop can check them to the last bit.

* `FlatCodes` compares with every code: exact, in memory, for what was added of late.
* `PackedCodes` sorts codes into lists around centroids and looks into the nearest lists only
  (Jégou et al., "Product quantization for nearest neighbor search", PAMI 2011, without the
  product). The lists are one mapped file: a list's codes, then its rows, one list after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.float16]
"""float16 [n, width]: rounded descriptors."""
Queries = NDArray[np.float32]
"""float32 [q, width]: multiples of 2⁻²⁴."""
Ids = NDArray[np.int64]
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Rows of queries, ids, and exact products."""

HALF = "<f2"
ROW_BYTES = 8
"""Of a row's number, which FAISS wants beside every code."""
_UNIT = 2.0**24  # binary16 has no finer numbers than 1 / 2²⁴; finer ones of a query say nothing
_MULTIPLE = 16  # of the width, for which FAISS has its fastest loops
_UNSURE = 2.0**-22  # a product in float32 is off by less than a quarter of this for each number
_SPARE = 8  # answers asked for beyond the limit, to see whether likely ones were cut off
_ROWS_AT_ONCE = 16_384
_ROWS_A_CENTROID = 64  # to train on; more moves the centroids hardly
_TYPE = faiss.ScalarQuantizer.QT_fp16
_PRODUCT = faiss.METRIC_INNER_PRODUCT


class Rounding:
    """Unit vectors of one length as numbers whose products are exact."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.width = -(-dimensions // _MULTIPLE) * _MULTIPLE
        """Numbers of a code."""
        self._missing = ((0, 0), (0, self.width - dimensions))

    def codes(self, vectors: NDArray[np.float32]) -> Codes:
        """Unit rows float32 [n, d] → float16 [n, width], as stored."""
        return np.pad(np.asarray(vectors, np.float32).astype(HALF), self._missing)

    def queries(self, vectors: NDArray[np.float32]) -> Queries:
        """Unit rows float32 [q, d] → float32 [q, width], as asked."""
        rounded = np.rint(np.asarray(vectors, np.float64) * _UNIT) / _UNIT
        return np.pad(rounded.astype(np.float32), self._missing)


class FlatCodes:
    """Codes in memory, all of them compared. Not locked."""

    def __init__(self, width: int) -> None:
        self._flat = faiss.IndexScalarQuantizer(width, _TYPE, _PRODUCT)
        self._ids = np.empty(0, np.int64)

    def __len__(self) -> int:
        """Number of codes."""
        return int(self._flat.ntotal)

    def add(self, ids: Ids, codes: Codes) -> None:
        """Add codes under ids."""
        count = len(self)
        if count + len(ids) > len(self._ids):  # doubling: adding one at a time stays cheap
            spare = max(count + len(ids), 2 * count, 256) - len(self._ids)
            self._ids = np.concatenate([self._ids, np.zeros(spare, np.int64)])
        self._ids[count : count + len(ids)] = ids
        self._flat.add_sa_codes(np.ascontiguousarray(codes, HALF).view(np.uint8))

    def remove(self, ids: Ids) -> int:
        """Remove codes, and their bytes; returns how many."""
        held = self._ids[: len(self)]
        doomed = np.isin(held, ids)
        places = np.flatnonzero(doomed)
        if len(places):
            kept = held[~doomed]
            self._flat.remove_ids(faiss.IDSelectorBatch(places))
            self._ids = kept
        return len(places)

    def contents(self) -> tuple[Ids, Codes]:
        """Ids and codes, in order of addition."""
        count, width = len(self), self._flat.d
        codes = np.empty((count, width), HALF)
        for at in range(0, count, _ROWS_AT_ONCE):
            rows = min(_ROWS_AT_ONCE, count - at)
            codes[at : at + rows] = self._flat.reconstruct_n(at, rows)
        return self._ids[:count].copy(), codes

    def search(self, queries: Queries, limit: int) -> Found:
        """The nearest of each query, at least `limit` and all that equal the last of them."""

        def nearest(rows: Queries, k: int) -> tuple[NDArray[np.float32], Ids]:
            return self._flat.search(rows, k)

        rows, places = likely(nearest, queries, limit, len(self))
        products = exact_products(queries, rows, places, self._flat.reconstruct_batch)
        return rows, self._ids[places], products


class PackedCodes:
    """Codes in lists on disk, of which a search reads a few. Never changes. Not locked."""

    def __init__(
        self,
        path: Path,
        lists: NDArray[np.uint8],
        ids: Ids,
        sizes: NDArray[np.int64],
        centroids: NDArray[np.float32],
        *,
        probes: int,
    ) -> None:
        """Take mapped lists.

        Args:
            path: the file of the lists.
            lists: uint8 [rows, 2 · width + 8], what is in the file.
            ids: int64 [rows], of the codes, list after list.
            sizes: int64 [lists], rows of each list; they add up to the rows of the file.
            centroids: float32 [lists, width].
            probes: lists that a query looks into.
        """
        self.centroids, self.sizes, self.ids = centroids, sizes, ids
        self._width = centroids.shape[1]
        self._numbers = lists.reshape(-1).view(HALF)  # rows' numbers among them
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._mapped = _mapped_lists(path, self._width, sizes)
        self._quantizer = faiss.IndexFlatIP(self._width)
        self._quantizer.add(np.ascontiguousarray(centroids))
        self._ivf = faiss.IndexIVFScalarQuantizer(
            self._quantizer, self._width, len(sizes), _TYPE, _PRODUCT, False
        )
        self._ivf.replace_invlists(self._mapped)
        self._ivf.is_trained = True
        self._ivf.ntotal = int(self._starts[-1])
        self._probes = min(probes, len(sizes))

    def __len__(self) -> int:
        """Number of codes, removed ones included."""
        return int(self._starts[-1])

    def lists(self, dead: Ids) -> Iterator[tuple[Ids, Codes]]:
        """Ids and codes of each list in turn, without those of dead rows."""
        live = np.ones(len(self), bool)
        live[dead] = False
        for start, end in zip(self._starts[:-1], self._starts[1:], strict=True):
            kept = start + np.flatnonzero(live[start:end])
            yield self.ids[kept], self._codes_at(kept)

    def rows_of(self, ids: Ids) -> Ids:
        """Rows that hold one of `ids`, ascending."""
        return np.flatnonzero(np.isin(self.ids, ids))

    def search(self, queries: Queries, limit: int, dead: Ids, *, everywhere: bool = False) -> Found:
        """As `FlatCodes.search`, in the nearest lists or in all, without dead rows."""
        found: dict[str, object] = {"nprobe": len(self.sizes) if everywhere else self._probes}
        if len(dead):
            batch = faiss.IDSelectorBatch(dead)
            found["sel"] = faiss.IDSelectorNot(batch)

        def nearest(rows: Queries, k: int) -> tuple[NDArray[np.float32], Ids]:
            return self._ivf.search(rows, k, params=faiss.SearchParametersIVF(**found))

        rows, places = likely(nearest, queries, limit, len(self))
        return rows, self.ids[places], exact_products(queries, rows, places, self._codes_at)

    def _codes_at(self, rows: Ids) -> Codes:
        lists = np.searchsorted(self._starts, rows, side="right") - 1
        ahead = self._starts[lists]
        starts = ahead * (self._width + ROW_BYTES // 2) + (rows - ahead) * self._width
        return self._numbers[starts[:, np.newaxis] + np.arange(self._width)]


def nearest_of(found: Sequence[Found], limit: int, floor: float) -> Found:
    """All that several indexes have found, as if one had: by row, product and id.

    The first `limit` of each row are kept, and each of the indexes must have kept as many.
    """
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
    rows, ids, products = (np.concatenate(column) for column in zip(empty, *found, strict=True))
    order = np.lexsort((ids, -products, rows))
    rows, ids, products = rows[order], ids[order], products[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = (rank < limit) & (np.clip(products, -1, 1) >= floor)
    return rows[kept], ids[kept], products[kept]


def trained_centroids(codes: Codes, order: Ids, lists: int) -> NDArray[np.float32]:
    """Centroids float32 [lists, width] on the unit sphere.

    Of codes float16 [n, width], taken in an order int64 [n].
    """
    step = max(1, len(codes) // (lists * _ROWS_A_CENTROID))
    sample = codes[order[::step]].astype(np.float32)
    means = faiss.Kmeans(
        codes.shape[1],
        lists,
        spherical=True,
        niter=6,
        min_points_per_centroid=1,
        max_points_per_centroid=2 * _ROWS_A_CENTROID,
    )
    means.train(sample)
    return np.asarray(means.centroids, np.float32)


def nearest_centroids(codes: Codes, centroids: NDArray[np.float32]) -> NDArray[np.int64]:
    """Number of the centroid of each code: int64 [n]."""
    quantizer = faiss.IndexFlatIP(centroids.shape[1])
    quantizer.add(np.ascontiguousarray(centroids))
    found = [
        quantizer.search(codes[at : at + _ROWS_AT_ONCE].astype(np.float32), 1)[1][:, 0]
        for at in range(0, len(codes), _ROWS_AT_ONCE)
    ]
    return np.concatenate([np.empty(0, np.int64), *found])


def as_bytes(start: int, codes: Codes) -> NDArray[np.uint8]:
    """A list, whose first row is `start`, as in the file: uint8 [rows, 2 · width + 8]."""
    rows = np.arange(start, start + len(codes), dtype="<i8")
    halves = np.ascontiguousarray(codes, HALF)
    flat = np.concatenate([halves.view(np.uint8).ravel(), rows.view(np.uint8)])
    return flat.reshape(len(codes), list_bytes(codes.shape[1]))


def list_bytes(width: int) -> int:
    """Of a code and its row's number in a list."""
    return width * np.dtype(HALF).itemsize + ROW_BYTES


def likely(
    nearest: Callable[[Queries, int], tuple[NDArray[np.float32], Ids]],
    queries: Queries,
    limit: int,
    count: int,
) -> tuple[Ids, Ids]:
    """Rows of queries, and places of all codes that may be among the nearest of each.

    Asks for more until the answers of no query end among those which rounding of float32 may have
    put behind the last: it moves a product by at most `width` · 2⁻²⁴ (Higham, "Accuracy and
    Stability of Numerical Algorithms", 3.1), two of them by twice that against each other.
    """
    margin = np.float64(queries.shape[1] * _UNSURE)
    left = np.arange(len(queries))
    k = min(limit + _SPARE, count)
    found: list[tuple[Ids, Ids]] = []
    while len(left) and k:
        products, places = nearest(queries[left], k)
        least = products[:, min(limit, k) - 1].astype(np.float64) - margin
        cut = (k < count) & (places[:, -1] >= 0) & (products[:, -1] >= least)
        likely = (places >= 0) & (products >= least[:, np.newaxis]) & ~cut[:, np.newaxis]
        at, _ = np.nonzero(likely)
        found.append((left[at], places[likely]))
        left, k = left[cut], min(4 * k, count)
    empty = np.empty(0, np.int64)
    rows, hits = (np.concatenate(column) for column in zip((empty, empty), *found, strict=True))
    return rows, hits


def exact_products(
    queries: Queries, rows: Ids, places: Ids, codes_at: Callable[[Ids], NDArray[np.floating]]
) -> NDArray[np.float64]:
    """Product of each pair of a query and a code."""
    products = np.empty(len(rows), np.float64)
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        piece = slice(at, at + _ROWS_AT_ONCE)
        asked = queries[rows[piece]].astype(np.float64)
        products[piece] = np.einsum("nd,nd->n", asked, codes_at(places[piece]))
    return products


def _mapped_lists(path: Path, width: int, sizes: NDArray[np.int64]) -> faiss.OnDiskInvertedLists:
    lists = faiss.OnDiskInvertedLists()
    lists.nlist, lists.code_size = len(sizes), width * np.dtype(HALF).itemsize
    lists.filename, lists.read_only = str(path), True
    lists.prefetch_nthread = 0  # it would start threads at every search
    lists.lists.resize(len(sizes))  # type: ignore[attr-defined]
    unsigned = sizes.astype(np.uint64)  # FAISS reads it where it lies
    lists.set_all_lists_sizes(faiss.swig_ptr(unsigned))
    lists.totsize = int(sizes.sum()) * list_bytes(width)
    lists.do_mmap()
    return lists

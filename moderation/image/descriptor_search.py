"""Nearest among descriptors of one byte a dimension: all of them, or the likely lists on disk.

Stored and asked descriptors are rounded to whole numbers whose products stay below 2²⁴: exact in
float32 whatever the order of the sum. So both searches give the same numbers on every machine, and
a slow loop can check them to the last bit.

* `FlatCodes` compares with every code: exact, in memory, for what was added of late.
* `PackedCodes` sorts codes into lists around centroids and looks into the nearest lists only
  (Jégou et al., "Product quantization for nearest neighbor search", PAMI 2011, without the
  product). The lists are one mapped file: a list's codes, then its ids, one list after another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int8]
"""int8 [n, width]: rounded descriptors."""
Ids = NDArray[np.int64]
Found = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Rows of queries, ids, and products; whole numbers."""

_ID_BYTES = 8
_DEVIATIONS = 5  # an entry beyond so many standard deviations of all is cut
_MULTIPLE = 16  # of the width, for which FAISS has its fastest loops
_SPARE = 8  # answers asked for beyond the limit, to see whether equals were cut off
_ROWS_AT_ONCE = 16_384
_ROWS_A_CENTROID = 64  # to train on; more moves the centroids hardly
_TYPE = faiss.ScalarQuantizer.QT_8bit_direct_signed
_PRODUCT = faiss.METRIC_INNER_PRODUCT


class Rounding:
    """Unit vectors of one length as whole numbers."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.width = -(-dimensions // _MULTIPLE) * _MULTIPLE
        """Of a code, in bytes."""
        self._scale = round(127 * dimensions**0.5 / _DEVIATIONS)

    def codes(self, vectors: NDArray[np.float32]) -> Codes:
        """Unit rows float32 [n, d] → int8 [n, width]."""
        rounded = np.rint(np.asarray(vectors, np.float32) * np.float32(self._scale))
        codes = np.clip(rounded, -127, 127).astype(np.int8)
        return np.pad(codes, ((0, 0), (0, self.width - self.dimensions)))

    def cosines(self, products: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of products of two codes."""
        return np.clip(products / self._scale**2, -1, 1)


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
        self._flat.add_sa_codes(_as_faiss(codes))

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
        count = len(self)
        codes = self._flat.reconstruct_n(0, count) if count else np.empty((0, self._flat.d))
        return self._ids[:count].copy(), codes.astype(np.int8)

    def search(self, queries: Codes, limit: int) -> Found:
        """The nearest of each query, at least `limit` and all that equal the last of them."""

        def nearest(rows: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]:
            return self._flat.search(rows, k)

        rows, places, products = _with_equals(nearest, queries, limit, len(self))
        return rows, self._ids[places], products


class PackedCodes:
    """Codes in lists on disk, of which a search reads a few. Never changes. Not locked."""

    def __init__(
        self,
        path: Path,
        lists: NDArray[np.uint8],
        sizes: NDArray[np.int64],
        centroids: NDArray[np.float32],
        *,
        probes: int,
    ) -> None:
        """Take mapped lists.

        Args:
            path: the file of the lists.
            lists: uint8 [rows, width + 8], what is in the file.
            sizes: int64 [lists], rows of each list; they add up to the rows of the file.
            centroids: float32 [lists, width].
            probes: lists that a query looks into.
        """
        self.centroids, self.sizes = centroids, sizes
        self._width = centroids.shape[1]
        self._bytes = lists.reshape(-1)
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

    def list_at(self, number: int) -> tuple[Ids, Codes]:
        """Ids and codes of one list."""
        start, size = int(self._starts[number]) * (self._width + _ID_BYTES), self.sizes[number]
        codes = self._bytes[start : start + size * self._width].reshape(-1, self._width)
        ids = self._bytes[start + size * self._width :][: size * _ID_BYTES]
        return ids.view("<i8"), _from_faiss(codes)

    def lists(self) -> Iterator[tuple[Ids, Codes]]:
        """All lists in turn."""
        for number in range(len(self.sizes)):
            yield self.list_at(number)

    def search(self, queries: Codes, limit: int, dead: Ids) -> Found:
        """As `FlatCodes.search`, in the nearest lists, without the dead."""
        found: dict[str, object] = {"nprobe": self._probes}
        if len(dead):
            batch = faiss.IDSelectorBatch(dead)
            found["sel"] = faiss.IDSelectorNot(batch)

        def nearest(rows: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], Ids]:
            return self._ivf.search(rows, k, params=faiss.SearchParametersIVF(**found))

        return _with_equals(nearest, queries, limit, len(self))


def trained_centroids(codes: Codes, lists: int) -> NDArray[np.float32]:
    """Centroids float32 [lists, width] of codes int8 [n, width], on the unit sphere."""
    step = max(1, len(codes) // (lists * _ROWS_A_CENTROID))
    sample = codes[::step].astype(np.float32)
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


def as_bytes(ids: Ids, codes: Codes) -> NDArray[np.uint8]:
    """A list as it lies in the file: uint8 [rows, width + 8]."""
    flat = np.concatenate([_as_faiss(codes).ravel(), ids.astype("<i8").view(np.uint8).ravel()])
    return flat.reshape(len(ids), codes.shape[1] + _ID_BYTES)


def _with_equals(
    nearest: Callable[[NDArray[np.float32], int], tuple[NDArray[np.float32], Ids]],
    queries: Codes,
    limit: int,
    count: int,
) -> Found:
    """Ask for more until the answers of no query end among equals."""
    asked = queries.astype(np.float32)  # FAISS makes bytes of them again
    left = np.arange(len(queries))
    k = min(limit + _SPARE, count)
    found: list[Found] = []
    while len(left) and k:
        products, places = nearest(asked[left], k)
        last = products[:, min(limit, k) - 1]
        cut = (k < count) & (places[:, -1] >= 0) & (products[:, -1] == last)
        rows = np.repeat(left[~cut], k)
        hits, values = places[~cut].ravel(), products[~cut].ravel()
        real = hits >= 0
        found.append((rows[real], hits[real], values[real].astype(np.int64)))
        left, k = left[cut], min(4 * k, count)
    empty = np.empty(0, np.int64)
    columns = zip((empty, empty, empty), *found, strict=True)
    rows, hits, values = (np.concatenate(column) for column in columns)
    return rows, hits, values


def _mapped_lists(path: Path, width: int, sizes: NDArray[np.int64]) -> faiss.OnDiskInvertedLists:
    lists = faiss.OnDiskInvertedLists()
    lists.nlist, lists.code_size = len(sizes), width
    lists.filename, lists.read_only = str(path), True
    lists.prefetch_nthread = 0  # it would start threads at every search
    lists.lists.resize(len(sizes))  # type: ignore[attr-defined]
    unsigned = sizes.astype(np.uint64)  # FAISS reads it where it lies
    lists.set_all_lists_sizes(faiss.swig_ptr(unsigned))
    lists.totsize = int(sizes.sum()) * (width + _ID_BYTES)
    lists.do_mmap()
    return lists


def _as_faiss(codes: Codes) -> NDArray[np.uint8]:
    return np.ascontiguousarray(codes).view(np.uint8) ^ np.uint8(0x80)


def _from_faiss(codes: NDArray[np.uint8]) -> Codes:
    return (codes ^ np.uint8(0x80)).view(np.int8)

"""Sorting descriptors into lists on disk, and opening these again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.image.descriptor_search import (
    ROW_BYTES,
    Codes,
    Ids,
    PackedCodes,
    as_bytes,
    list_bytes,
    nearest_centroids,
    trained_centroids,
)
from moderation.image.durable import corrupt
from moderation.image.mapped import Part, Shape, stored

Row = tuple[Ids, Codes]
"""Ids and codes that belong together."""

ID = Shape(dtype="<i8")


def shapes_of(width: int) -> dict[str, Shape]:
    """What the four files of packed lists look like, by what they hold."""
    return {
        "lists": Shape(dtype="u1", width=list_bytes(width)),
        "pictures": ID,
        "sizes": ID,
        "centroids": Shape(dtype="<f4", width=width),
    }


def number_of_lists(count: int) -> int:
    """For so many descriptors: a power of two near their root."""
    return 1 << max(0, round(np.log2(max(1.0, count**0.5))))


def sorted_anew(folder: Path, parts: Iterable[Row], count: int) -> Part:
    """Find centroids, and write every code into the list of its nearest.

    Args:
        folder: of the lists.
        parts: ids and codes, some at a time: they are copied once, for there may be millions.
        count: how many there are in all.
    """
    ids, codes = _together(parts, count)
    # By number, so that the lists do not depend on the order in which pictures came.
    order = np.argsort(ids, kind="stable")
    centroids = trained_centroids(codes, order, number_of_lists(len(ids)))
    return _written(folder, _by_list(ids, codes, centroids, order), centroids)


def with_more(folder: Path, old: PackedCodes, dead: Ids, more: Row) -> Part:
    """Write the lists anew with more in them and without dead rows; the centroids stay."""

    def lists() -> Iterator[Row]:
        added = _by_list(*more, old.centroids)
        for (ids, codes), (new_ids, new_codes) in zip(old.lists(dead), added, strict=True):
            yield np.concatenate([ids, new_ids]), np.concatenate([codes, new_codes])

    return _written(folder, lists(), old.centroids)


def opened(folder: Path, part: Part, *, probes: int) -> PackedCodes:
    """Search the lists of a snapshot.

    Raises:
        IndexCorrupt: its files do not fit together.
    """
    kinds = ("lists", "pictures", "sizes", "centroids")
    lists, ids, sizes, centroids = (part[kind].array for kind in kinds)
    if len(sizes) != len(centroids) or (sizes < 0).any() or sizes.sum() != len(lists):
        raise corrupt(
            f"`{part['sizes'].name}` tells of {sizes.sum()} rows in {len(sizes)} lists, "
            f"there are {len(lists)} in {len(centroids)}"
        )
    if len(ids) != len(lists):
        raise corrupt(
            f"`{part['pictures'].name}` has {len(ids)} rows, "
            f"`{part['lists'].name}` has {len(lists)}"
        )
    path = folder / part["lists"].name
    if not _has_rows(path, sizes, centroids.shape[1]):
        raise corrupt(f"`{path.name}` has other lists than `{part['sizes'].name}` tells of")
    return PackedCodes(path, lists, ids, sizes, centroids, probes=probes)


def _has_rows(path: Path, sizes: NDArray[np.int64], width: int) -> bool:
    """True if each list ends with the number of its last row; what is read is not mapped."""
    ends = np.cumsum(sizes)[sizes > 0].tolist()
    with path.open("rb", buffering=0) as file:
        for end in ends:
            file.seek(end * list_bytes(width) - ROW_BYTES)
            if int.from_bytes(file.read(ROW_BYTES), "little") != end - 1:
                return False
    return True


def _together(parts: Iterable[Row], count: int) -> Row:
    ids, codes, at = np.empty(count, np.int64), None, 0
    for some, of_some in parts:
        if codes is None:
            codes = np.empty((count, of_some.shape[1]), of_some.dtype)
        ids[at : at + len(some)], codes[at : at + len(some)] = some, of_some
        at += len(some)
    assert codes is not None
    return ids[:at], codes[:at]


def _by_list(
    ids: Ids, codes: Codes, centroids: NDArray[np.float32], order: Ids | None = None
) -> Iterator[Row]:
    order = np.arange(len(ids)) if order is None else order
    near = nearest_centroids(codes, centroids)[order]
    order = order[np.argsort(near, kind="stable")]
    ends = np.searchsorted(np.sort(near), np.arange(len(centroids) + 1))
    for start, end in pairwise(ends):
        rows = order[start:end]
        yield ids[rows], codes[rows]


def _written(folder: Path, lists: Iterable[Row], centroids: NDArray[np.float32]) -> Part:
    width = centroids.shape[1]
    shapes = shapes_of(width)
    pictures: list[Ids] = []
    sizes: list[int] = []

    def pieces() -> Iterator[NDArray[np.uint8]]:
        for ids, codes in lists:
            yield as_bytes(sum(sizes), codes)
            pictures.append(ids)
            sizes.append(len(ids))

    return {
        "lists": stored(folder, "lists", shapes["lists"], pieces()),
        "pictures": stored(folder, "pictures", ID, pictures),
        "sizes": stored(folder, "sizes", shapes["sizes"], [np.array(sizes, np.int64)]),
        "centroids": stored(folder, "centroids", shapes["centroids"], [centroids]),
    }

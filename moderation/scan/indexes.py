"""Descriptors and shared features of all that an archive's pictures may be copies of.

The gate's own indexes, written once and mapped by every process that pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice, takewhile
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import FeatureIndex
from moderation.image.local_features import LocalFeatures
from moderation.scan.in_order import InOrder
from moderation.store import Register

_FEATURES = "features"
_DESCRIPTORS = "descriptors"
_AT_ONCE = 512
_SAMPLE = 200  # pictures that are searched for once everything is there
_NEAREST = 10
_SAVED_EVERY = 100  # times that: with features, 5 KB each

Item = TypeVar("Item")
Numbered = Iterator[tuple[int, bytes]]
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What was filed by descriptor."""

    dimensions: int = 0
    """Length of the descriptors; 0 where there are none."""
    found: int = 0
    """Of the nearest of a sample, those that a search finds."""
    of: int = 0
    """The nearest of that sample."""


def write_features(
    folder: Path,
    pictures: InOrder,
    numbers: NDArray[np.int64],
    register: Register | None,
    *,
    below: int,
) -> None:
    """File every picture under the keys of its features.

    Args:
        folder: of the layout.
        pictures: of the archive.
        numbers: int64 [n]: under which each is filed; 0 for those that the register holds.
        register: whose pictures count too.
        below: those of the register that have a lower number.
    """
    index = FeatureIndex()
    held = () if register is None else _until(register.live_features(), below)
    fresh = _fresh(pictures, numbers, "features")
    for turn, some in enumerate(_portions(chain(held, fresh))):
        index.add([i for i, _ in some], [LocalFeatures.from_bytes(data) for _, data in some])
        if turn % _SAVED_EVERY == _SAVED_EVERY - 1:
            index.save(folder / _FEATURES)
    index.save(folder / _FEATURES)


def write_descriptors(
    folder: Path,
    pictures: InOrder,
    numbers: NDArray[np.int64],
    register: Register | None,
    recipe: str | None,
    *,
    below: int,
) -> Described:
    """File every picture by its descriptor, and see how well they are found again.

    Args:
        folder: of the layout.
        pictures: of the archive.
        numbers: int64 [n]: under which each is filed; 0 for those that the register holds.
        register: whose pictures count too.
        recipe: model of the descriptors; None where there are none.
        below: those of the register that have a lower number.
    """
    index: DescriptorIndex | None = None
    sample: dict[int, Vector] = {}
    step = max(1, len(numbers) // _SAMPLE)
    held = () if register is None else _until(register.live_descriptors(), below)
    fresh = _fresh(pictures, numbers, "descriptor")
    for some in _portions(chain(held, fresh)):
        vectors = np.stack([from_bytes(data) for _, data in some])
        for (number, _), vector in zip(some, vectors, strict=True):
            if number >= below and number % step == 0:
                sample[number] = vector
        if index is None:
            index = DescriptorIndex(str(recipe), vectors.shape[1])
        index.add(np.array([i for i, _ in some], np.int64), vectors)
    if index is None:
        return Described()
    index.save(folder / _DESCRIPTORS)
    found, of = recall(index, sample)
    return Described(dimensions=index.dimensions, found=found, of=of)


def opened(
    folder: Path, recipe: str | None, dimensions: int
) -> tuple[FeatureIndex, DescriptorIndex | None]:
    """Both indexes, mapped; None where nothing is described."""
    features = FeatureIndex.load(folder / _FEATURES)
    if not dimensions:
        return features, None
    return features, DescriptorIndex.load(folder / _DESCRIPTORS, str(recipe), dimensions)


def recall(index: DescriptorIndex, sample: Mapping[int, Vector]) -> tuple[int, int]:
    """How many of the nearest a search finds.

    Args:
        index: to search.
        sample: number → descriptor float32 [d] of some that it holds.

    Returns:
        `(found, of)`: of the ten nearest others of each by a look at every descriptor, those
        among the ten that a search gives.
    """
    if not sample:
        return 0, 0
    numbers, vectors = np.array(list(sample), np.int64), np.stack(list(sample.values()))

    def others(*, everywhere: bool) -> set[tuple[int, int]]:
        rows, ids, _ = index.nearest(vectors, 1 + _NEAREST, everywhere=everywhere)
        pairs = zip(rows.tolist(), ids.tolist(), strict=True)
        return {(row, id_) for row, id_ in pairs if id_ != numbers[row]}

    nearest = others(everywhere=True)
    return len(nearest & others(everywhere=False)), len(nearest)


def _until(held: Numbered, number: int) -> Numbered:
    return takewhile(lambda one: one[0] < number, held)


def _fresh(pictures: InOrder, numbers: NDArray[np.int64], column: str) -> Numbered:
    for number, row in zip(numbers.tolist(), pictures.rows([column]), strict=True):
        if number and row[column]:
            yield number, row[column]


def _portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    stream = iter(items)
    while portion := list(islice(stream, _AT_ONCE)):
        yield portion

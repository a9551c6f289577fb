"""What a scan says of its search among descriptors is what a look at every one of them says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kit.notes import photo
from kit.pictures import scene
from kit.told_archive import QUICK, row, written

from moderation.image.descriptor_index import DescriptorIndex
from moderation.scan import observe, pair
from moderation.scan.indexes import recall

DIMENSIONS = 16
COUNT = 3_000


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Evenly spread over the sphere: hard for lists, which look into some of it only."""
    drawn = np.random.default_rng(7).normal(size=(COUNT, DIMENSIONS))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def counted_slowly(index: DescriptorIndex, vectors: np.ndarray, asked: range) -> tuple[int, int]:
    """Every product, by numpy; a search by the index."""
    found = of = 0
    for number in asked:
        products = vectors.astype(np.float64) @ vectors[number].astype(np.float64)
        nearest = [int(i) for i in np.argsort(-products) if i != number][:10]
        hits = {hit.id for hit in index.search(vectors[number : number + 1], 11)} - {number}
        found += len(hits & set(nearest))
        of += len(nearest)
    return found, of


def test_recall_is_that_of_a_look_at_all(vectors: np.ndarray, tmp_path: Path) -> None:
    """Lists of which not all are read lose some; the index compared whole loses none."""
    asked = range(0, COUNT, 100)
    sample = {number: vectors[number] for number in asked}
    for flat_most, complete in ((COUNT, True), (10, False)):
        index = DescriptorIndex("drawn", DIMENSIONS, flat_most=flat_most)
        index.add(np.arange(COUNT, dtype=np.int64), vectors)
        index.save(tmp_path / str(flat_most))
        found, of = recall(index, sample)
        assert of == 10 * len(asked)
        assert (found == of) is complete
        slowly, _ = counted_slowly(index, vectors, asked)
        assert abs(found - slowly) <= 2  # stored numbers are rounded, the slow ones are not


def test_a_scan_says_how_well_descriptors_are_found(tmp_path: Path) -> None:
    """Four pictures have three others each."""
    pictures = [photo("coffee"), photo("chelsea"), photo("rocket"), scene(5, 300, 400)]
    rows = [row(f"n{i}", "ann", i, picture) for i, picture in enumerate(pictures)]
    archive = written(tmp_path / "in", rows)
    out = tmp_path / "out"
    observe(archive, out, workers=1, without=QUICK)
    described = pair(archive, out, workers=1, without=QUICK).described
    assert (described.found, described.of) == (12, 12)
    again = pair(archive, out, workers=1, without=QUICK)
    assert (again.described, again.known) == (described, 4)

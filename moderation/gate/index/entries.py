"""Entries of the register's log, as indexes take them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from moderation.gate.index.nominated import near_candidate
from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.hashing import HashRecipe, hamming_matrix, recipe_named
from moderation.image.matching import Candidate, radius_for
from moderation.image.query import Query
from moderation.store import LogEntry, LogOp


def with_descriptors(
    entries: Sequence[LogEntry], index: DescriptorIndex | None
) -> DescriptorIndex | None:
    """The index with the descriptors of some entries; another one where the model is another."""
    added = [e for e in entries if e.op is LogOp.ADD and e.descriptor and e.descriptor_recipe]
    if added:
        recipe = str(added[0].descriptor_recipe)
        vectors = np.stack([from_bytes(entry.descriptor or b"") for entry in added])
        if index is None or index.recipe != recipe:  # the register holds none of the old any more
            index = DescriptorIndex(recipe, vectors.shape[1])
        index.add(np.array([entry.picture_id for entry in added], np.int64), vectors)
    if index is not None:
        index.remove(np.array(removals(entries), np.int64))
    return index


def near_among(query: Query, entries: Iterable[LogEntry]) -> list[Candidate]:
    """Near hashes among a few additions to the log, compared one by one."""
    entries = list(entries)
    found = []
    for name in {entry.recipe for entry in entries}:
        recipe = recipe_named(name)
        ids, codes = additions([e for e in entries if e.recipe == name], recipe)
        if not len(ids):
            continue
        distances = hamming_matrix(query.codes_for(recipe), codes)
        rows, columns = np.nonzero(distances <= radius_for(recipe))
        found += [
            near_candidate(query, recipe, int(row), int(ids[column]), int(distances[row, column]))
            for row, column in zip(rows, columns, strict=True)
        ]
    return found


def removals(entries: Iterable[LogEntry]) -> list[int]:
    """Numbers of pictures that some entries remove."""
    return [entry.picture_id for entry in entries if entry.op is LogOp.REMOVE]


def additions(
    entries: Iterable[LogEntry], recipe: HashRecipe
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.uint8]]]:
    """Numbers int64 [n] and codes uint8 [n, recipe.bytes] of pictures that they add."""
    added = [(e.picture_id, e.code) for e in entries if e.op is LogOp.ADD and e.code is not None]
    codes = np.frombuffer(b"".join(code for _, code in added), np.uint8)
    return np.array([i for i, _ in added], np.int64), codes.reshape(-1, recipe.bytes)

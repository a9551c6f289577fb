"""Windows: a long note as stretches of like length, short enough for a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 224
"""Pieces read at once: about 340 Chinese characters."""
OVERLAP = 24
"""Pieces at least that two windows share, so that what stands at an edge is read in its context."""
MAX_WINDOWS = 16
"""Some 4,700 Chinese characters, where the platform allows 1,000; a longer note is read at its
start and its end. More could not be read within a deadline on a processor without VNNI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How a network wants its pieces."""

    start: int
    """Number of the piece before a stretch."""
    end: int
    """Number of the piece behind it."""
    pad: int
    """Number of the piece that fills short stretches."""
    window: int = WINDOW
    overlap: int = OVERLAP
    most: int = MAX_WINDOWS


def stretches(length: int, frame: Frame) -> list[tuple[int, int]]:
    """Start and end of the stretches that together hold all pieces of a note.

    They are as few as can be and equally long, for time goes by the pieces of the longest. Of a
    note of more than `frame.most` stretches the first and the last ones are kept: a purchase path
    stands at the end.
    """
    size, overlap = frame.window - 2, frame.overlap
    if length <= size:
        return [(0, length)]
    count = -(-(length - overlap) // (size - overlap))
    if count > frame.most:
        half = frame.most // 2
        reach = [(i * (size - overlap), i * (size - overlap) + size) for i in range(half)]
        return reach + [(length - end, length - start) for start, end in reversed(reach)]
    width = -(-(length + (count - 1) * overlap) // count)
    starts = [i * (length - width) // (count - 1) for i in range(count)]
    return [(start, start + width) for start in starts]


def windows(ids: Sequence[int], frame: Frame) -> list[list[int]]:
    """The stretches, each with its start and end piece."""
    return [[frame.start, *ids[start:end], frame.end] for start, end in stretches(len(ids), frame)]


def padded(rows: Sequence[Sequence[int] | NDArray[np.int32]], pad: int) -> NDArray[np.int64]:
    """int64 [n, longest]."""
    ids = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    for row, pieces in zip(ids, rows, strict=True):
        row[: len(pieces)] = pieces
    return ids

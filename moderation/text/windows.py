"""Windows: a long note as overlapping stretches, short enough for a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = 224
"""Pieces read at once: about 340 Chinese characters."""
STEP = 160
"""Pieces from the start of a window to that of the next."""
MAX_WINDOWS = 32
"""Some 7,500 Chinese characters; a longer note is read at its start and its end."""


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
    step: int = STEP
    most: int = MAX_WINDOWS


def window_starts(length: int, frame: Frame) -> list[int]:
    """Where the stretches start that together hold all pieces of a note.

    Of a note of more than `frame.most` stretches the first and the last ones are kept: a purchase
    path stands at the end.
    """
    size = frame.window - 2
    starts = [0]
    while starts[-1] + size < length:
        starts.append(starts[-1] + frame.step)
    if len(starts) > 1:
        starts[-1] = length - size  # the last window is full, too
    if len(starts) > frame.most:
        half = frame.most // 2
        starts = starts[:half] + starts[-half:]
    return starts


def windows(ids: Sequence[int], frame: Frame) -> list[list[int]]:
    """The stretches, each with its start and end piece."""
    size = frame.window - 2
    return [
        [frame.start, *ids[start : start + size], frame.end]
        for start in window_starts(len(ids), frame)
    ]


def padded(rows: Sequence[Sequence[int] | NDArray[np.int32]], pad: int) -> NDArray[np.int64]:
    """int64 [n, longest]."""
    ids = np.full((len(rows), max(map(len, rows))), pad, np.int64)
    for row, pieces in zip(ids, rows, strict=True):
        row[: len(pieces)] = pieces
    return ids

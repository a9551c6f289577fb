"""Flat bands around and between pictures: frames, letterbox, gutters, the ground of an app.

A page is taken apart as in document analysis (recursive X-Y cut, Nagy and Seth 1984): bands of
one colour that cross a box from side to side are taken off its rim, then divide it, rows first,
and each part is treated the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1; x1 and y1 are the first column and row outside."""

_FLAT = 1.6  # mean grey levels from pixel to pixel along a line of a flat band
_SAME = 9.0  # grey levels between the colours of one band, or of a gutter and the rim
_DEPTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A box that flat bands set apart."""

    box: Box
    whole: bool
    """True where nothing flat divides it further."""


@dataclass(slots=True)
class Bands:
    """Answers about flat lines of a small picture, each in the time of one subtraction."""

    small: NDArray[np.uint8]
    """uint8 [h, w, 3]."""
    _change: list[NDArray[np.float32]] = field(init=False)
    _colour: list[NDArray[np.float32]] = field(init=False)

    def __post_init__(self) -> None:
        self._change, self._colour = [], []
        for axis in (0, 1):  # lines along columns' axis: axis 0 = rows
            lines = self.small if axis == 0 else self.small.swapaxes(0, 1)
            grey = lines.astype(np.int16)
            step = np.abs(np.diff(grey, axis=1)).max(axis=2)
            self._change.append(_running(step))
            self._colour.append(_running(grey))

    def flat(self, axis: int, box: Box) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which rows (axis 0) or columns (1) of a box are flat, bool [n]; colours [n, 3]."""
        x0, y0, x1, y1 = box if axis == 0 else (box[1], box[0], box[3], box[2])
        change, colour = self._change[axis], self._colour[axis]
        along = (change[y0:y1, x1 - 1] - change[y0:y1, x0]) / max(1, x1 - 1 - x0)
        mean = (colour[y0:y1, x1] - colour[y0:y1, x0]) / (x1 - x0)
        return along <= _FLAT, mean.astype(np.float32)


def parts(bands: Bands, box: Box, depth: int = _DEPTH) -> Iterator[Part]:
    """Boxes that flat bands set apart inside a box: itself without its rim first, then smaller."""
    box, rim = trimmed(bands, box)
    if box[2] - box[0] < 2 or box[3] - box[1] < 2:
        return
    for axis in (0, 1):
        pieces = _divided(bands, axis, box, rim) if depth else []
        if len(pieces) > 1:
            yield Part(box=box, whole=False)
            for piece in pieces:
                yield from parts(bands, piece, depth - 1)
            return
    yield Part(box=box, whole=True)


def trimmed(bands: Bands, box: Box) -> tuple[Box, list[NDArray[np.float32]]]:
    """The box without flat bands at its rim, and the colours of those bands."""
    colours: list[NDArray[np.float32]] = []
    for axis in (0, 1, 0, 1):
        flat, mean = bands.flat(axis, box)
        if not len(flat) or flat.all():
            break
        first = _band(flat, mean)
        last = _band(flat[::-1], mean[::-1])
        colours += [mean[0]] * bool(first) + [mean[-1]] * bool(last)
        low, high = box[1 - axis] + first, box[3 - axis] - last
        if high - low < 2:
            break
        box = (box[0], low, box[2], high) if axis == 0 else (low, box[1], high, box[3])
    return box, colours


def _band(flat: NDArray[np.bool_], mean: NDArray[np.float32]) -> int:
    """Length of the flat band of one colour at the beginning."""
    same = flat & (np.abs(mean - mean[0]).max(axis=1) <= _SAME)
    return int(np.argmin(same)) if not same.all() else len(same)


def _divided(bands: Bands, axis: int, box: Box, rim: list[NDArray[np.float32]]) -> list[Box]:
    """Pieces of a box between its flat bands, in order; one piece where nothing divides it."""
    flat, mean = bands.flat(axis, box)
    if rim:
        near = [np.abs(mean - colour).max(axis=1) <= _SAME for colour in rim]
        flat = flat & np.logical_or.reduce(near)
    edges = np.flatnonzero(np.diff(np.concatenate(([True], flat, [True])).astype(np.int8)))
    start = box[1 - axis]
    spans = [(start + int(a), start + int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if axis == 0:
        return [(box[0], a, box[2], b) for a, b in spans]
    return [(a, box[1], b, box[3]) for a, b in spans]


def _running(values: NDArray[np.int16]) -> NDArray[np.float32]:
    """Sums of everything before each place along axis 1, one longer."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1, *values.shape[2:]), np.float32)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums

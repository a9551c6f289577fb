"""Flat bands around and between pictures: frames, letterbox, gutters, the ground of an app.

A page is taken apart as in document analysis (recursive X-Y cut, Nagy and Seth 1984): bands of
one colour that cross a box from side to side are taken off its rim, then divide it, rows first,
and each part is treated the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1; x1 and y1 are the first column and row outside."""

SAME = 0.96
"""Intersection over union above which two boxes are one. One edge 4 % off moves 50 of PDQ's 256
bits (median of 100 photographs), so boxes that differ by more are both looked up."""

_FLAT = 1.2  # mean grey levels from pixel to pixel along a line of a flat band
_SAME = 4.0  # grey levels between the colours of one band, or of a gutter and the rim
_DEPTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A box that flat bands set apart."""

    box: Box
    room: Box
    """The box with the flat bands around it: a picture with a white rim of its own ends there."""
    whole: bool
    """True where nothing flat divides it further."""


class Bands:
    """Answers about flat lines of a small picture, each in the time of a subtraction."""

    def __init__(self, small: NDArray[np.uint8]) -> None:
        """From uint8 [h, w, 3]."""
        along = np.zeros(small.shape[:2], np.uint8)
        down = along.copy()
        along[:, 1:] = max3(cv2.absdiff(small[:, 1:], small[:, :-1]))
        down[1:] = max3(cv2.absdiff(small[1:], small[:-1]))
        self._colour = cv2.integral(small)
        self._change = cv2.integral(along), cv2.integral(down)

    def flat(self, axis: int, box: Box) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
        """Which rows (axis 0) or columns (1) of a box are flat, bool [n]; colours [n, 3]."""
        x0, y0, x1, y1 = box
        length = x1 - x0 if axis == 0 else y1 - y0
        # The step into the first pixel of a line comes from outside the box.
        inner = (x0 + 1, y0, x1, y1) if axis == 0 else (x0, y0 + 1, x1, y1)
        change = _line_sums(self._change[axis], axis, inner) / max(1, length - 1)
        colour = _line_sums(self._colour, axis, box) / np.float32(length)
        return change <= _FLAT, colour


def parts(bands: Bands, box: Box, smallest: int, depth: int = _DEPTH) -> Iterator[Part]:
    """Boxes that flat bands set apart inside a box: itself without its rim first, then smaller.

    Args:
        bands: The small picture.
        box: Where to look.
        smallest: Least side of a part in pixels of the small picture.
        depth: How often a part is divided again.
    """
    room = box
    box, rim = trimmed(bands, box)
    if min(box[2] - box[0], box[3] - box[1]) < smallest:
        return
    for axis in (0, 1) if depth else ():
        pieces = _divided(bands, axis, box, rim)
        if len(pieces) > 1:
            yield Part(box=box, room=room, whole=False)
            for piece in pieces:
                yield from parts(bands, piece, smallest, depth - 1)
            return
    yield Part(box=box, room=room, whole=True)


def trimmed(bands: Bands, box: Box) -> tuple[Box, list[NDArray[np.float32]]]:
    """The box without flat bands at its rim, and the colours of those bands."""
    colours: list[NDArray[np.float32]] = []
    for axis in (0, 1, 0, 1):
        flat, mean = bands.flat(axis, box)
        if flat.all():
            break
        first = _band(flat, mean)
        last = _band(flat[::-1], mean[::-1])
        colours += [mean[0]] * bool(first) + [mean[-1]] * bool(last)
        low, high = box[1 - axis] + first, box[3 - axis] - last
        if high - low < 2:
            break
        box = (box[0], low, box[2], high) if axis == 0 else (low, box[1], high, box[3])
    return box, colours


def max3(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Maximum over three channels, uint8 [h, w]: many times as fast as `max(axis=2)`."""
    red, green, blue = cv2.split(values)
    return cv2.max(cv2.max(red, green), blue)


def area(box: Box) -> int:
    """Pixels inside."""
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0–1."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (area(a) + area(b) - width * height)


def _band(flat: NDArray[np.bool_], mean: NDArray[np.float32]) -> int:
    """Length of the flat band of one colour at the beginning."""
    if not flat[0]:
        return 0
    same = flat & (np.abs(mean - mean[0]).max(axis=1) <= _SAME)
    return len(same) if same.all() else int(np.argmin(same))


def _divided(bands: Bands, axis: int, box: Box, rim: list[NDArray[np.float32]]) -> list[Box]:
    """Pieces of a box between its flat bands, in order; one piece where nothing divides it."""
    flat, mean = bands.flat(axis, box)
    if rim and flat.any():
        near = [np.abs(mean - colour).max(axis=1) <= _SAME for colour in rim]
        flat = flat & np.logical_or.reduce(near)
    edges = np.flatnonzero(np.diff(np.concatenate(([True], flat, [True])).astype(np.int8)))
    start = box[1 - axis]
    spans = [(start + int(a), start + int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    if axis == 0:
        return [(box[0], a, box[2], b) for a, b in spans]
    return [(a, box[1], b, box[3]) for a, b in spans]


def _line_sums(integral: NDArray[np.int32], axis: int, box: Box) -> NDArray[np.float32]:
    """Sums over each row (axis 0) or column (1) of a box: float32 [n, …]."""
    x0, y0, x1, y1 = box
    if axis == 0:
        upto = integral[y0 : y1 + 1, x1] - integral[y0 : y1 + 1, x0]
    else:
        upto = integral[y1, x0 : x1 + 1] - integral[y0, x0 : x1 + 1]
    return np.diff(upto, axis=0).astype(np.float32)

"""Boxes in fractions of a picture: left, top, right, bottom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in fractions of the picture."""


def box_of(corners: Iterable[tuple[float, float]], shape: Sequence[int]) -> Box:
    """The box around points in pixels of a picture of `shape` [H, W, …], cut to the picture."""
    points = list(corners)
    wide, high = shape[1], shape[0]
    xs = [min(1.0, max(0.0, float(x) / wide)) for x, _ in points]
    ys = [min(1.0, max(0.0, float(y) / high)) for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def around(boxes: Iterable[Box]) -> Box:
    """The box around boxes, of which there is at least one."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def area(box: Box) -> float:
    """Share of the picture."""
    return (box[2] - box[0]) * (box[3] - box[1])


def rounded(box: Box) -> Box:
    """To four digits, as verdicts and files keep it."""
    left, top, right, bottom = (round(side, 4) for side in box)
    return left, top, right, bottom


def overlap(a: Box, b: Box) -> bool:
    """Whether they share more than a fifth of the smaller one."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if wide < 0 or high < 0:
        return False
    return wide * high >= 0.2 * min(area(a), area(b))

"""Straight seams: where a picture has been laid beside or upon another without a gutter.

A pasted edge is a step at exactly the same column (or row) over its whole length, whatever the
two pictures show; edges in photographs wander. Each pixel votes whether the step there stands
out among its neighbours; columns and rows with long runs of votes are lines, and every
rectangle of lines and rims whose four sides are voted for is a panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.borders import Box

_STANDS_OUT = 1.7  # times the mean step around
_VISIBLE = 7.0  # grey levels
_AROUND = 6  # pixels to each side
_MOST_LINES = 16
_LINE = 0.5  # share of votes in the best window of a line
_SIDE = 0.5  # share of votes on each side of a panel
_SHORTEST = 0.2  # of the picture's side


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A rectangle of straight seams."""

    box: Box
    support: float
    """Share of votes on its weakest side that is not the picture's rim, 0–1."""
    clear: float
    """1 minus the strongest line that crosses it from side to side."""


def panels(small: NDArray[np.uint8]) -> list[Panel]:
    """Rectangles of straight seams in uint8 [h, w, 3], best first."""
    height, width = small.shape[:2]
    if min(height, width) < 4 * _AROUND:
        return []
    across, down = _votes(small), _votes(small.swapaxes(0, 1))
    xs, ys = _lines(across), _lines(down)
    if len(xs) == 2 and len(ys) == 2:
        return []
    vertical, horizontal = _side_sums(across), _side_sums(down)
    xa, xb = _pairs(xs, width)
    ya, yb = _pairs(ys, height)
    # support [pairs of x, pairs of y] of each side
    left = _support(vertical, xa[:, None], ya, yb, width)
    right = _support(vertical, xb[:, None], ya, yb, width)
    top = _support(horizontal, ya, xa[:, None], xb[:, None], height)
    bottom = _support(horizontal, yb, xa[:, None], xb[:, None], height)
    weakest = np.minimum(np.minimum(left, right), np.minimum(top, bottom))
    whole = (xb - xa == width)[:, None] & (yb - ya == height)
    found = np.argwhere((weakest >= _SIDE) & ~whole)
    result = []
    for i, j in found:
        box = (int(xa[i]), int(ya[j]), int(xb[i]), int(yb[j]))
        crossing = max(
            _crossing(vertical, xs, box[0], box[2], box[1], box[3]),
            _crossing(horizontal, ys, box[1], box[3], box[0], box[2]),
        )
        result.append(Panel(box=box, support=float(weakest[i, j]), clear=1 - crossing))
    return sorted(result, key=lambda p: (-(p.support + p.clear), p.box))


def _votes(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """float32 [h, w + 1]: 1 where a step before column x stands out."""
    lines = np.ascontiguousarray(small)
    step = cv2.absdiff(lines[:, 1:], lines[:, :-1]).max(axis=2).astype(np.float32)
    around = cv2.blur(step, (2 * _AROUND + 1, 1), borderType=cv2.BORDER_REFLECT)
    votes = np.zeros((small.shape[0], small.shape[1] + 1), np.float32)
    votes[:, 1:-1] = (step > _VISIBLE) & (step > _STANDS_OUT * around)
    # The edge falls within a pixel of the small copy: its step may be spread over two.
    return cv2.dilate(votes, np.ones((1, 3), np.uint8))


def _lines(votes: NDArray[np.float32]) -> NDArray[np.intp]:
    """Columns with a long run of votes, and the two rims."""
    height, columns = votes.shape
    window = max(3, round(_SHORTEST * height))
    density = cv2.blur(votes, (1, window), borderType=cv2.BORDER_CONSTANT)
    best = density.max(axis=0)
    order = np.argsort(-best, kind="stable")
    kept: list[int] = []
    for x in order:
        if best[x] < _LINE or len(kept) == _MOST_LINES:
            break
        if 3 <= x <= columns - 4 and all(abs(x - other) > 2 for other in kept):
            kept.append(int(x))
    return np.array(sorted({0, columns - 1, *kept}))


def _pairs(at: NDArray[np.intp], side: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(len(at), 1)
    a, b = at[first], at[second]
    long = b - a >= _SHORTEST * side
    return a[long], b[long]


def _side_sums(votes: NDArray[np.float32]) -> NDArray[np.float32]:
    sums = np.zeros((votes.shape[0] + 1, votes.shape[1]), np.float32)
    np.cumsum(votes, axis=0, out=sums[1:])
    return sums


def _support(
    sums: NDArray[np.float32],
    at: NDArray[np.intp],
    start: NDArray[np.intp],
    end: NDArray[np.intp],
    side: int,
) -> NDArray[np.float32]:
    share = (sums[end, at] - sums[start, at]) / (end - start)
    return np.where((at == 0) | (at == side), 1.0, share)


def _crossing(
    sums: NDArray[np.float32], at: NDArray[np.intp], low: int, high: int, start: int, end: int
) -> float:
    margin = 0.12 * (high - low)
    inside = at[(at > low + margin) & (at < high - margin)]
    if not len(inside):
        return 0.0
    return float(((sums[end, inside] - sums[start, inside]) / (end - start)).max())

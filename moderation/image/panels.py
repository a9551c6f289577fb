"""Straight seams: where a picture has been laid beside or upon another without a gutter.

A pasted edge is a step at exactly the same column (or row) over its whole length, whatever the
two pictures show; edges in photographs are softer and wander. On a small copy each pixel votes
whether its step stands out among its neighbours; columns and rows with long runs of votes are
lines. Each line is read again in the full picture, where a pasted edge is one pixel sharp, and
every rectangle of lines and rims whose four sides are seams there is a panel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.borders import SAME, Box, max3

Pixels = NDArray[np.uint8]

_STANDS_OUT = 1.7  # times the mean step around
_VISIBLE = 7.0  # grey levels
_AROUND_SMALL = 6  # pixels to each side in the small copy
_AROUND = 10  # and in the full picture
_MOST_LINES = 14
_LINE = 0.5  # share of votes in the best window of a line
_SHORTEST = 0.13  # of the picture's side: the window
_SMALLEST = 0.2  # of the picture's shorter side: least side of a panel
_SHARP = 5.0  # a step this many times the mean step around it is as sharp as it needs to be
_READ = 400  # most pixels read along a line
_NEAR = 3  # pixels between an expected line and one that was found
_LIKELY = 1.7  # weight of the evidence of an expected line
_MIRRORED = 3  # lines whose mirrored ones are expected
_MOST_SINGLE, _MOST_CROSSED = 14, 6  # panels kept that no line crosses, and others
SEAM = 0.35
"""Evidence from which a side counts as pasted: share of votes × sharpness, each 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A rectangle of straight seams."""

    box: Box
    """In pixels of the full picture."""
    seam: float
    """Evidence on its weakest side, 0–1; the picture's rim counts as 1."""
    crossing: float
    """Evidence of the strongest line that crosses it from side to side, 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How straight seams divide a picture."""

    panels: list[Panel]
    """Best first."""
    small: list[Box]
    """Cells of a grid, in pixels of the full picture, that are too small to be panels."""


def panels(pixels: Pixels, small: Pixels, factor: int, grounds: Sequence[Box]) -> list[Panel]:
    """Rectangles of straight seams, best first; see `laid_out`."""
    return laid_out(pixels, small, factor, grounds).panels


def laid_out(pixels: Pixels, small: Pixels, factor: int, grounds: Sequence[Box]) -> Layout:
    """Rectangles of straight seams.

    Args:
        pixels: uint8 [H, W, 3].
        small: The same, reduced `factor` times.
        factor: Pixels per pixel of the small copy.
        grounds: Boxes that may hold several pictures, the whole first. Seams are expected at
            their halves and thirds, and opposite to each other, so less evidence is enough there.
    """
    height, width = pixels.shape[:2]
    every_row, every_column = -(-height // _READ), -(-width // _READ)
    level = np.ascontiguousarray(pixels[::every_row])
    # Three bytes as one item: numpy copies single pixels of a line faster so.
    chosen = np.ascontiguousarray(pixels.view("V3")[:, ::every_column])
    upright = cv2.transpose(chosen.view(np.uint8).reshape(height, -1, 3))
    near_x = [x * factor for x in _lines(small)]
    near_y = [y * factor for y in _lines(cv2.transpose(small))]
    columns = _Lines.read(level, every_row, near_x, factor + 1)
    rows = _Lines.read(upright, every_column, near_y, factor + 1)
    more_columns = _expected(columns, [(g[0], g[2], g[1], g[3]) for g in grounds])
    more_rows = _expected(rows, [(g[1], g[3], g[0], g[2]) for g in grounds])
    columns = columns.with_expected(level, more_columns)
    rows = rows.with_expected(upright, more_rows)
    least = round(_SMALLEST * min(height, width))
    xa, xb = _pairs(columns.at, least)
    ya, yb = _pairs(rows.at, least)
    side_x = columns.evidence(rows.at[ya], rows.at[yb])  # [columns, pairs of rows]
    side_y = rows.evidence(columns.at[xa], columns.at[xb])  # [rows, pairs of columns]
    weakest = np.minimum(
        np.minimum(side_x[xa], side_x[xb]), np.minimum(side_y[ya], side_y[yb]).T
    )  # [pairs of columns, pairs of rows]
    crossing = np.maximum(_between(side_x, xa, xb), _between(side_y, ya, yb).T)
    worth = (weakest - crossing / 2).astype(np.float32)
    kept: list[Panel] = []
    for group, most in ((crossing < SEAM, _MOST_SINGLE), (crossing >= SEAM, _MOST_CROSSED)):
        i, j = np.nonzero((weakest >= SEAM) & group)
        boxes = np.stack((columns.at[xa[i]], rows.at[ya[j]], columns.at[xb[i]], rows.at[yb[j]]), 1)
        for n in _different(boxes, worth[i, j], most):
            x0, y0, x1, y1 = (int(v) for v in boxes[n])
            if (x0, y0, x1, y1) != (0, 0, width, height):
                seam, crossed = float(weakest[i[n], j[n]]), float(crossing[i[n], j[n]])
                kept.append(Panel(box=(x0, y0, x1, y1), seam=seam, crossing=crossed))
    return Layout(panels=kept, small=_small_cells(columns, rows, height, width, least))


def _small_cells(columns: _Lines, rows: _Lines, height: int, width: int, least: int) -> list[Box]:
    """Cells between seams that run from rim to rim, where a side is below `least`."""
    xs, ys = columns.through(height), rows.through(width)
    side_x = columns.evidence(ys[:-1], ys[1:])[np.isin(columns.at, xs)]
    side_y = rows.evidence(xs[:-1], xs[1:])[np.isin(rows.at, ys)]
    weakest = np.minimum(
        np.minimum(side_x[:-1], side_x[1:]), np.minimum(side_y[:-1], side_y[1:]).T
    )  # [spaces between columns, between rows]
    cells = [
        (int(xs[i]), int(ys[j]), int(xs[i + 1]), int(ys[j + 1]))
        for i, j in np.argwhere(weakest >= SEAM)
    ]
    return [cell for cell in cells if min(cell[2] - cell[0], cell[3] - cell[1]) < least]


def _different(boxes: NDArray[np.intp], worth: NDArray[np.float32], most: int) -> Iterator[int]:
    """Numbers of the best boxes int [n, 4], none nearly the same as a better one."""
    x0, y0, x1, y1 = boxes.T
    areas = (x1 - x0) * (y1 - y0)
    left = np.argsort(-worth, kind="stable")
    while len(left) and most:
        best = left[0]
        yield int(best)
        across = np.minimum(x1[left], x1[best]) - np.maximum(x0[left], x0[best])
        down = np.minimum(y1[left], y1[best]) - np.maximum(y0[left], y0[best])
        common = np.maximum(across, 0) * np.maximum(down, 0)
        left = left[common <= SAME * (areas[left] + areas[best] - common)]
        most -= 1


def _lines(small: Pixels) -> list[int]:
    """Columns of the small copy before which there is a long run of steps that stand out."""
    height, width = small.shape[:2]
    if width < 4 * _AROUND_SMALL:
        return []
    step = max3(cv2.absdiff(small[:, 1:], small[:, :-1])).astype(np.float32)
    around = cv2.blur(step, (2 * _AROUND_SMALL + 1, 1), borderType=cv2.BORDER_REFLECT)
    votes = ((step > _VISIBLE) & (step > _STANDS_OUT * around)).astype(np.float32)
    # The edge falls within a pixel of the small copy: its step may be spread over two.
    votes = cv2.dilate(votes, np.ones((1, 3), np.uint8))
    window = max(3, round(_SHORTEST * height))
    best = cv2.blur(votes, (1, window), borderType=cv2.BORDER_CONSTANT).max(axis=0)
    kept: list[int] = []
    for x in np.argsort(-best, kind="stable") + 1:
        if best[x - 1] < _LINE or len(kept) == _MOST_LINES:
            break
        if 3 <= x <= width - 3 and all(abs(x - other) > 2 for other in kept):
            kept.append(int(x))
    return sorted(kept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lines:
    """Columns read in the full picture, between its two rims."""

    side: int
    """Width of the picture."""
    every: int
    """Pixels between two readings along a line."""
    read_at: dict[int, NDArray[np.float32]]
    """By column: float32 [3, readings + 1], sums of votes, steps there, mean steps around."""
    expected: frozenset[int] = frozenset()

    @classmethod
    def read(cls, lines: Pixels, every: int, near: Iterable[int], reach: int) -> _Lines:
        """Find the strongest column of lines [readings, W, 3] near each place."""
        read = dict(_read(lines, list(near), reach))
        return cls(side=lines.shape[1], every=every, read_at=read)

    def with_expected(self, lines: Pixels, near: Iterable[int]) -> _Lines:
        """These and more lines, at places where a seam is likely anyway."""
        expected, missing = set(), []
        for x in sorted(set(near)):
            known = [at for at in self.read_at if abs(at - x) <= _NEAR]
            expected.update(known)
            if not known and _NEAR < x < self.side - _NEAR:
                missing.append(x)
        more = _Lines.read(lines, self.every, missing, _NEAR).read_at
        return replace(
            self, read_at=more | self.read_at, expected=frozenset(expected | more.keys())
        )

    @property
    def at(self) -> NDArray[np.intp]:
        """Places of the lines, int [n], ascending, the rims 0 and W included."""
        return np.array([0, *sorted(self.read_at), self.side])

    def through(self, length: int) -> NDArray[np.intp]:
        """Places of those that are seams over all their length, the rims included."""
        whole = self.evidence(np.array([0]), np.array([length]))[:, 0]
        return self.at[whole >= SEAM]

    def evidence(self, start: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.float32]:
        """Between which rows each line is a seam: float32 [n, len(start)], 0–1; 1 on the rims."""
        rim = np.ones((1, len(start)), np.float32)
        if not self.read_at:
            return np.concatenate((rim, rim))
        a, b = start // self.every, np.maximum(end // self.every, start // self.every + 1)
        inner = sorted(self.read_at)
        sums = np.stack([self.read_at[x] for x in inner], axis=1)
        votes, on, around = sums[:, :, b] - sums[:, :, a]
        sharp = np.minimum(on / (around + 1e-3), _SHARP) / _SHARP
        likely = np.array([[_LIKELY if x in self.expected else 1.0] for x in inner])
        inside = np.minimum(1, votes / (b - a) * sharp * likely).astype(np.float32)
        return np.concatenate((rim, inside, rim))


def _expected(lines: _Lines, grounds: Iterable[tuple[int, int, int, int]]) -> list[int]:
    """Columns at halves and thirds of grounds (x0, x1, y0, y1), their sides, mirrored lines."""
    places = []
    for x0, x1, y0, y1 in grounds:
        places += [x0, x1, *(x0 + round((x1 - x0) * share) for share in (1 / 3, 1 / 2, 2 / 3))]
        strong = lines.evidence(np.array([y0]), np.array([y1]))[:, 0]
        order = np.argsort(-strong, kind="stable")
        inside = [i for i in order if x0 < lines.at[i] < x1 and strong[i] >= SEAM]
        places += [int(x0 + x1 - lines.at[i]) for i in inside[:_MIRRORED]]
    return places


def _read(
    lines: Pixels, places: Sequence[int], reach: int
) -> list[tuple[int, NDArray[np.float32]]]:
    """Exact column of a line near each place, and sums along it: float32 [3, rows + 1]."""
    width = lines.shape[1]
    read: dict[int, tuple[int, NDArray[np.float32]]] = {}
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    # Places whose windows the rims cut alike are read at once.
    for at in places:
        low, high = max(0, at - reach - _AROUND), min(width, at + reach + _AROUND)
        alike[at - low, high - low].append(at)
    for (left, across), group in alike.items():
        lows = [at - left for at in group]
        windows = np.concatenate([lines[:, low : low + across] for low in lows], axis=1)
        near = slice(max(0, left - reach - 2), left + reach - 1)
        best, sums = _read_windows(windows, len(group), near)
        columns = (np.array(lows) + best + 2).tolist()
        read |= dict(zip(group, zip(columns, sums, strict=True), strict=True))
    return [read[at] for at in places]


def _read_windows(
    windows: Pixels, count: int, near: slice
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Of windows side by side, the best step among those `near`, int [n]; float32 [n, 3, …]."""
    rows, across = len(windows), windows.shape[1] // count
    # Steps over two pixels: scaled and compressed edges are as wide. The last two lead out.
    every = np.empty((rows, count * across), np.uint8)
    every[:, :-2] = max3(cv2.absdiff(windows[:, 2:], windows[:, :-2]))
    step = every.reshape(rows, count, across)[:, :, :-2].astype(np.float32)
    around = cv2.reduce(step.reshape(rows * count, -1), 1, cv2.REDUCE_AVG).reshape(rows, count)
    votes = step > np.maximum(_VISIBLE, _STANDS_OUT * around)[:, :, None]
    # Step i lies between columns i and i + 2 of a window: an edge before column x shows in
    # steps x - 2 and x - 1.
    either = votes[:, :, 1:] | votes[:, :, :-1]
    mean = cv2.reduce(step.reshape(rows, -1), 0, cv2.REDUCE_AVG).reshape(count, -1)
    voted = np.count_nonzero(either[:, :, near], axis=0)
    best = near.start + np.argmax(voted + (mean[:, 1:] + mean[:, :-1])[:, near] / 256, axis=1)
    each = np.arange(count)
    sums = np.zeros((count, 3, rows + 1), np.float32)
    highest = np.maximum(step[:, each, best], step[:, each, best + 1])
    for i, values in enumerate((either[:, each, best], highest, around)):
        np.cumsum(values, axis=0, out=sums[:, i, 1:].T)
    return best, sums


def _between(
    evidence: NDArray[np.float32], first: NDArray[np.intp], last: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Strongest line between two others: float32 [pairs of lines, …] of evidence [lines, …]."""
    strongest = np.zeros((len(first), evidence.shape[1]), np.float32)
    for start in np.unique(first):
        so_far = np.maximum.accumulate(evidence[start + 1 :], axis=0)
        mine = np.flatnonzero((first == start) & (last > start + 1))
        strongest[mine] = so_far[last[mine] - start - 2]
    return strongest


def _pairs(at: NDArray[np.intp], least: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Index pairs of lines far enough apart."""
    first, second = np.triu_indices(len(at), 1)
    far = at[second] - at[first] >= least
    return first[far], second[far]

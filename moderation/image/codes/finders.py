"""Picture → places where three finder patterns stand like those of a QR code. A cheap test.

A finder pattern is dark, light, dark, light, dark in runs of 1 : 1 : 3 : 1 : 1 along every line
through its middle (ISO/IEC 18004, 6.3.3). Every third row is cut into runs, all rows at once; what
fits is checked down its column, and three that fit in size and stand at a right angle are a code,
whether anybody can read it or not. Words and textures hold single ones, hardly three.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.boxes import Box, area, box_of

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Patterns = NDArray[np.float64]
"""[n, 3]: x and y of the middle, and the module, in pixels."""

ROWS_APART = 3
"""A pattern's core is three modules high, so even modules of one pixel are cut."""
WINDOW_PX = 41
"""Of the local mean that tells dark from light."""
MOST_PATTERNS = 48
"""Looked at in threes; those cut by most rows are. A wall of codes is read, not searched."""
_MOST_DISTINCT = 4 * MOST_PATTERNS
_MOST_CUTS = 4000
_OFF = 0.45
"""How far, in modules, a run may be from its length."""
_ALIKE = 1.35
"""Ratio of modules, and of the sides at the right angle."""
_NEAREST, _FARTHEST = 10.0, 75.0
"""Modules between two middles: 14 in the smallest code, 70 in one of 77 modules."""
_SKEW = 0.35
"""Cosine of the angle at the corner: a card seen from the side is no square any more."""
_NEARBY = (-0.6, 0.0, 0.6)
"""Where, in modules from where a pattern was found, its middle may be."""
MIN_RIGHT, MEAN_RIGHT = 0.8, 0.88
"""Share of a pattern's 49 modules that must be as they should be: of each, and of all three."""
_COLUMN = np.array([-3, -2, -1, 0, 1, 2, 3])
_COLUMN_DARK = np.array([1, 0, 1, 1, 1, 0, 1], bool)
_SLANTS = np.array([[1, 1], [1, -1]])
_SLANT_SCALES = np.array([0.5, 0.6, 0.72, 0.86, 1.0])
"""A module along a diagonal, by either axis, over one along a row: 1 where the code stands upright,
a half where it stands on a corner."""
_RINGS = (np.maximum(np.abs(_COLUMN)[:, None], np.abs(_COLUMN)) != 2).ravel()
"""The 49 modules of a pattern, row by row."""


def code_places(grey: Grey) -> list[Box]:
    """Boxes, as fractions, around three finder patterns each, largest first.

    Args:
        grey: uint8 [H, W]; a megapixel takes a few milliseconds.
    """
    if min(grey.shape) < WINDOW_PX:
        return []
    mean = cv2.boxFilter(grey, -1, (WINDOW_PX, WINDOW_PX))
    boxes: list[Box] = []
    for dark in (grey < mean, grey > mean):  # dark on light, light on dark
        found = patterns_in(dark)
        triples = [triple for triple in _triples(found) if _holds(dark, triple)]
        boxes += [_around(triple, grey.shape) for triple in triples]
    return sorted(boxes, key=lambda box: (-area(box), box))


def patterns_in(dark: Mask) -> Patterns:
    """Middles of all that looks like a finder pattern, each once.

    Args:
        dark: bool [H, W].
    """
    rows = dark[ROWS_APART // 2 :: ROWS_APART]
    height, width = rows.shape
    # One sequence, light at both ends of each row: no dark run leads from one row to the next.
    flat = np.zeros((height, width + 2), np.int8)
    flat[:, 1:-1] = rows
    sequence = flat.ravel()
    edges = np.flatnonzero(np.diff(sequence))
    if len(edges) < 6:
        return np.empty((0, 3))
    runs = np.diff(edges).astype(np.float32)
    count = len(runs) - 4
    a, b, c, d, e = (runs[i : count + i] for i in range(5))
    module = (a + b + c + d + e) / 7
    fits = (sequence[edges[:count] + 1] == 1) & (np.abs(c - 3 * module) < 2 * _OFF * module)
    for run in (a, b, d, e):
        fits &= np.abs(run - module) < np.maximum(_OFF * module, 0.8)
    at = np.flatnonzero(fits)
    first, last = edges[at], edges[at + 5]
    line = first // (width + 2)
    one_row = line == last // (width + 2)
    x = (first + last) / 2 - line * (width + 2) - 0.5
    y = line * ROWS_APART + ROWS_APART // 2
    cuts = np.stack([x, y, module[at]], axis=1)[one_row]
    found = _distinct(_upright(dark, cuts[:_MOST_CUTS]))
    stripes_last = np.argsort(~_is_slanted(dark, found), kind="stable")
    return found[stripes_last][:MOST_PATTERNS]


def _upright(dark: Mask, cuts: Patterns) -> Patterns:
    """Those whose column shows the same pattern.

    Turned patterns are longer along both lines by the same factor, so one module serves both.
    """
    height, width = dark.shape
    x = np.clip(np.rint(cuts[:, 0]).astype(int), 0, width - 1)
    holds = np.zeros(len(cuts), bool)
    for shift in (0.0, -0.7, 0.7):  # the row that was cut need not be the middle one
        middle = cuts[:, 1] + shift * cuts[:, 2]
        at = np.rint(middle[:, None] + _COLUMN * cuts[:, 2][:, None]).astype(int)
        inside = (at >= 0) & (at < height)
        seen = dark[np.clip(at, 0, height - 1), x[:, None]]
        holds |= (inside & (seen == _COLUMN_DARK)).all(axis=1)
    return cuts[holds]


def _is_slanted(dark: Mask, found: Patterns) -> Mask:
    """Whether both diagonals show the pattern, but for a module: those of slanting stripes do not.

    A fence or a fabric holds hundreds of stripes, and they may not crowd a code out. Bool [n].
    """
    steps = _SLANT_SCALES[:, None, None, None] * (_COLUMN[:, None] * _SLANTS[:, None, :])
    offsets = found[:, 2, None, None, None, None] * steps  # [n, 5, 2, 7, 2]
    at = np.rint(found[:, None, None, None, :2] + offsets).astype(int)
    x, y = (np.clip(at[..., i], 0, dark.shape[1 - i] - 1) for i in (0, 1))
    right = (dark[y, x] == _COLUMN_DARK).sum(axis=-1).max(axis=1)  # [n, 2]
    return np.asarray((right >= len(_COLUMN) - 1).all(axis=1))


def _distinct(cuts: Patterns) -> Patterns:
    """Each pattern once, in the middle of its cuts; those that most rows cut come first."""
    left = cuts[np.argsort(-cuts[:, 2], kind="stable")]
    kept: list[tuple[int, float, float, float]] = []
    while len(left) and len(kept) < _MOST_DISTINCT:
        x, y, module = left[0]
        same = (np.abs(left[:, 0] - x) < 2.5 * module) & (np.abs(left[:, 1] - y) < 2.5 * module)
        same &= left[:, 2] * _ALIKE > module
        x, y, module = np.median(left[same], axis=0)
        kept.append((int(same.sum()), float(x), float(y), float(module)))
        left = left[~same]
    sure = sorted(kept, key=lambda k: (-k[0], -k[3], k[1], k[2]))
    return np.array([k[1:] for k in sure], np.float64).reshape(-1, 3)


def _triples(found: Patterns) -> list[Patterns]:
    """Three middles each at the corners of a square, none used twice, the squarest first."""
    apart = np.hypot(*(found[:, None, i] - found[None, :, i] for i in (0, 1)))
    larger = np.maximum(found[:, None, 2], found[None, :, 2])
    alike = larger <= _ALIKE * np.minimum(found[:, None, 2], found[None, :, 2])
    near = alike & (apart >= _NEAREST * larger) & (apart <= _FARTHEST * larger)
    squares = []
    for corner in range(len(found)):
        others = np.flatnonzero(near[corner])
        arms, long = found[others, :2] - found[corner, :2], apart[corner, others]
        skew = np.abs(arms @ arms.T) / (long[:, None] * long)
        uneven = np.maximum(long[:, None], long) / np.minimum(long[:, None], long)
        for i, j in np.argwhere(np.triu((skew < _SKEW) & (uneven < _ALIKE), 1)):
            bad = float(skew[i, j] + uneven[i, j] - 1)
            squares.append((bad, corner, int(others[i]), int(others[j])))
    used: set[int] = set()
    triples = []
    for _, *triple in sorted(squares):
        if not used.intersection(triple):
            used.update(triple)
            triples.append(found[triple])
    return triples


def _holds(dark: Mask, triple: Patterns) -> bool:
    """Whether all modules of the three patterns are as they should be, now that the axes are known.

    Letters that look like a pattern along two lines do not stand up to forty-nine modules.
    """
    corner = triple[0, :2]
    axes = triple[1:, :2] - corner  # [2, 2]: towards the two others
    axes /= np.hypot(*axes.T)[:, None]
    # A line that is no axis cuts every module longer than it is.
    modules = triple[:, 2] * max(abs(axes[0, 0]), abs(axes[0, 1]))
    grid = np.stack(np.meshgrid(_COLUMN, _COLUMN), axis=-1).reshape(1, -1, 2)  # [1, 49, 2]
    nearby = np.stack(np.meshgrid(_NEARBY, _NEARBY), axis=-1).reshape(-1, 1, 2)  # [9, 1, 2]
    offsets = modules[:, None, None, None] * ((grid + nearby) @ axes)  # [3, 9, 49, 2]
    at = np.rint(triple[:, None, None, :2] + offsets).astype(int)
    x, y = (np.clip(at[..., i], 0, dark.shape[1 - i] - 1) for i in (0, 1))
    right = (dark[y, x] == _RINGS).mean(axis=-1).max(axis=-1)
    return bool(right.min() >= MIN_RIGHT and right.mean() >= MEAN_RIGHT)


def _around(triple: Patterns, shape: tuple[int, ...]) -> Box:
    """The square that three middles span, with the fourth corner and the patterns themselves."""
    corner, one, two = triple[:, :2]
    room = 4 * float(triple[:, 2].max())
    points = np.array([corner, one, two, one + two - corner])
    (left, top), (right, bottom) = points.min(axis=0) - room, points.max(axis=0) + room
    return box_of([(left, top), (right, bottom)], shape)

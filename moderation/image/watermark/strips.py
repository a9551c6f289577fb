"""Where a line of small writing may stand near a corner: the cheap stage, for every picture.

Watermarks of note communities are lines of small, even letters near a corner or the middle of the
bottom edge. So only two bands are looked at, scaled to a fixed size. Writing is many upright
strokes in a row with less above and below: a box filter of a letter's height over the horizontal
differences, divided by what lies above and below, peaks there. The best peak of each corner and
size is described by ten plain numbers, and a fitted weight for each says how much it looks like
writing; `benchmarks/watermark.py --fit` prints the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.boxes import Box

Plane = NDArray[np.float32]

WORK_SIDE_PX = 480
"""Short side on which strokes are looked for; letters of 1.8–4.5 % are then 9–22 px high."""
BAND_SHARE = 0.17
"""Of the height, at the top and at the bottom."""
BAND_SIDES = 0.3
"""And at most this share of the short side, so that long screenshots cost no more."""
MIN_SHORT_SIDE_PX = 200
MOST_STRIPS = 2
"""Read at most, the most text-like first; each costs some 20 ms."""
MIN_SCORE = 0.86
"""Where 6.5 % of the photographs of the fit still cost a reading, and 2 % of those brought to the
size of a note."""
MIN_RATIO = 1.4
"""Of a window to what lies above and below it; lower peaks are not described at all."""
LETTER_PX = (8, 12, 17, 24)
"""Heights of letters that are looked for, on the working size."""

_CLIP = 60.0  # grey levels; a few strong edges must not outweigh many faint strokes
_NOISE = 3.0  # grey levels of difference between neighbours that mean nothing
_WINDOW = 6  # width of the filter, in heights
_ZONE = 0.34  # of the width, from the left and the right edge
_MIDDLE = (0.3, 0.7)

WEIGHTS = (-0.085, 0.903, 0.674, 2.080, -0.912, -0.798, 0.619, -0.131, 0.235, 0.448)
BIAS = -4.890


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """A place worth reading."""

    box: Box
    score: float
    """How text-like, 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The place of a zone where writing of one size is likeliest."""

    box: Box
    features: tuple[float, ...]


def corner_strips(pixels: NDArray[np.uint8]) -> list[Strip]:
    """Find lines of small writing near the corners and the bottom edge.

    Args:
        pixels: uint8 [H, W, 3], RGB.

    Returns:
        At most `MOST_STRIPS`, most text-like first.
    """
    found = [Strip(box=peak.box, score=likeness(peak.features)) for peak in peaks(pixels)]
    found = sorted(
        (strip for strip in found if strip.score >= MIN_SCORE), key=lambda s: (-s.score, s.box)
    )
    kept: list[Strip] = []
    for strip in found:
        if len(kept) < MOST_STRIPS and all(_overlap(strip.box, k.box) < 0.25 for k in kept):
            kept.append(strip)
    return kept


def likeness(features: tuple[float, ...]) -> float:
    """0–1 from the ten numbers of a peak."""
    z = BIAS + sum(w * f for w, f in zip(WEIGHTS, features, strict=True))
    return float(1 / (1 + np.exp(-np.clip(z, -30, 30))))


def peaks(pixels: NDArray[np.uint8]) -> Iterator[Peak]:
    """The best place of each zone and size, whether or not it is writing."""
    height, width = pixels.shape[:2]
    short = min(height, width)
    if short < MIN_SHORT_SIDE_PX:
        return
    rows = int(min(BAND_SHARE * height, BAND_SIDES * short))
    scale = min(1.0, WORK_SIDE_PX / short)
    for top, is_bottom in ((height - rows, True), (0, False)):
        grey = cv2.cvtColor(pixels[top : top + rows], cv2.COLOR_RGB2GRAY)
        if scale < 1:
            size = (max(1, round(width * scale)), max(1, round(rows * scale)))
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        for (x, y, w, h), features in _peaks_in(grey, is_bottom=is_bottom):
            box = (
                x / grey.shape[1],
                (top + y / scale) / height,
                (x + w) / grey.shape[1],
                (top + (y + h) / scale) / height,
            )
            yield Peak(box=box, features=features)


def _peaks_in(
    grey: NDArray[np.uint8], *, is_bottom: bool
) -> Iterator[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    height, width = grey.shape
    change = np.zeros((height, width), np.float32)  # horizontal differences: upright strokes
    change[:, 1:] = cv2.absdiff(grey[:, 1:], grey[:, :-1])
    cv2.min(change, _CLIP, change)
    zones = [(0, int(_ZONE * width)), (int((1 - _ZONE) * width), width)]
    if is_bottom:
        zones.append((int(_MIDDLE[0] * width), int(_MIDDLE[1] * width)))
    for letter in LETTER_PX:
        if height < 3 * letter or width < 3 * _WINDOW * letter:
            continue
        inside, calmer, busier = _line_filter(change, letter)
        ratio = cv2.divide(inside, (calmer + busier) * 0.5 + _NOISE)
        margin = _WINDOW * letter // 2  # the window must lie in the picture
        for left, right in zones:
            lo, hi = max(left, margin), min(right, width - margin)
            if hi <= lo:
                continue
            _, best, _, (dx, y) = cv2.minMaxLoc(ratio[:, lo:hi])
            if best < MIN_RATIO:
                continue
            x = lo + dx
            box = _extent(change, x, y, letter)
            yield (
                box,
                _describe(
                    change,
                    grey,
                    (x, y, letter),
                    (best, float(inside[y, x]), float(calmer[y, x]), float(busier[y, x])),
                    box,
                ),
            )


def _line_filter(change: Plane, letter: int) -> tuple[Plane, Plane, Plane]:
    """Mean change in a window one letter high, and above and below it: the calmer, the busier."""
    window = _WINDOW * letter | 1
    ring = max(3, letter // 2) | 1
    inside = cv2.boxFilter(change, -1, (window, letter), borderType=cv2.BORDER_CONSTANT)
    thin = cv2.boxFilter(change, -1, (window, ring), borderType=cv2.BORDER_REPLICATE)
    apart = letter // 2 + ring // 2 + 2
    padded = cv2.copyMakeBorder(thin, apart, apart, 0, 0, cv2.BORDER_REPLICATE)
    above, below = padded[: -2 * apart], padded[2 * apart :]
    return inside, cv2.min(above, below), cv2.max(above, below)


def _extent(change: Plane, x: int, y: int, letter: int) -> tuple[int, int, int, int]:
    """(x, y, w, h) of the line through a peak: as far as strokes follow each other."""
    height = change.shape[0]
    top, bottom = max(0, y - letter // 2 - 1), min(height, y + letter // 2 + 2)
    profile = change[top:bottom].mean(axis=0)
    half = _WINDOW * letter // 2
    level = 0.3 * float(profile[max(0, x - half) : x + half].mean())
    busy = np.flatnonzero(profile > level)
    gaps = np.flatnonzero(np.diff(busy) > 2 * letter)
    at = int(np.searchsorted(busy, x))
    first = busy[gaps[gaps < at][-1] + 1] if (gaps < at).any() else busy[0]
    later = gaps[gaps >= at]
    last = busy[later[0]] if len(later) else busy[-1]
    return int(first), top, max(1, int(last - first) + 1), bottom - top


def _describe(
    change: Plane,
    grey: NDArray[np.uint8],
    at: tuple[int, int, int],
    level: tuple[float, float, float, float],
    box: tuple[int, int, int, int],
) -> tuple[float, ...]:
    """Ten numbers of a peak; writing is even along the line, and has gaps between its strokes."""
    x, y, letter = at
    ratio, inside, calmer, busier = level
    half = _WINDOW * letter // 2
    top, bottom = max(0, y - letter // 2), min(change.shape[0], y + letter // 2 + 1)
    part = change[top:bottom, x - half : x + half]
    cells = part[:, : part.shape[1] // 6 * 6].reshape(part.shape[0], 6, -1).mean(axis=(0, 2))
    shade = grey[top:bottom, x - half : x + half].astype(np.float32)
    upright = cv2.absdiff(shade[1:], shade[:-1]).mean()
    middle = shade[len(shade) // 2 - 1 : len(shade) // 2 + 2].mean(axis=0)
    away = middle - middle.mean()
    turns = np.count_nonzero(np.diff(np.signbit(away))) / _WINDOW  # per letter
    rows = part.mean(axis=1)
    bright = float(np.quantile(shade, 0.95) - np.median(shade))
    dark = float(np.median(shade) - np.quantile(shade, 0.05))
    return (
        float(np.log(ratio + 0.1)),
        float(np.log(inside + 1)),
        float(np.log((inside + 1) / (calmer + 1))),
        float(np.log((inside + 1) / (busier + 1))),
        float(cells.min() / (cells.mean() + 1)),
        float(upright / (inside + 1)),
        float(turns),
        float(rows.min() / (rows.mean() + 1)),
        (bright - dark) / (bright + dark + 5),
        float(min(box[2] / letter, 30.0) / 10),
    )


def _overlap(a: Box, b: Box) -> float:
    """Shared area over the smaller one's."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))

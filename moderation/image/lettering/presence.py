"""Whether anything may be written in a picture: two cheap looks, for every picture.

Small letters stand out as a row of strokes with calm above and below, so the likeliest such row is
cut out and shown to the network that finds writing; large ones are seen by the same network in the
whole picture, made very small. Either look is a thirtieth of the work of finding all lines.
"""

from __future__ import annotations

import cv2
import numpy as np

from moderation.image.lettering.networks import Pixels, TextMap, text_map
from moderation.image.lettering.places import MIN_LIKELY

ROW_PX = (224, 64)
"""Width and height of the piece that is cut out."""
WHOLE_PX = 35_840
"""Area of the picture made small, 224 × 160."""
LETTER_PX = (14, 24)
"""Heights of letters that are looked for in rows; larger ones are seen in the small picture."""

MIN_MEAN = 0.6
"""Of the likelihoods of one core; texture stays below."""
MIN_AREA = {True: 16, False: 8}
"""Places of a core: in the row that was cut out, in the whole picture."""
MIN_ASPECT = {True: 1.5, False: 1.2}
"""Length over height, likewise; photographs have single blobs where writing has lines."""

_CLIP, _NOISE = 60, 3  # grey levels: a few strong edges must not outweigh many strokes, nor grain
_WINDOW = 6  # width of a row's filter, in heights
_CALM, _FULL = 4.0, 12.0  # grey levels of difference between neighbours


def shows_lettering(small: Pixels) -> bool:
    """Whether anything may be written in a picture.

    Args:
        small: uint8 [h, w, 3], RGB: the picture at the size at which lines are found.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    left, top = row_of_strokes(small)
    row = small[top : top + ROW_PX[1], left : left + ROW_PX[0]]
    if _holds_a_line(text_map(row), in_row=True):
        return True
    height, width = small.shape[:2]
    scale = min(1.0, (WHOLE_PX / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    whole = cv2.resize(small, size, interpolation=cv2.INTER_AREA)
    return _holds_a_line(text_map(whole), in_row=False)


def row_of_strokes(small: Pixels) -> tuple[int, int]:
    """Left and top of the piece of `ROW_PX` where a row of small letters is likeliest.

    Args:
        small: uint8 [h, w, 3], RGB.
    """
    height, width = small.shape[:2]
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    change = cv2.min(cv2.absdiff(grey[:, 1:], grey[:, :-1]), _CLIP)
    change = cv2.subtract(change, _NOISE)
    best, x, y = -1.0, width // 2, height // 2
    for letter in LETTER_PX:
        apart = round(1.1 * letter)
        if height <= 3 * apart or width <= letter:
            continue
        busy = cv2.boxFilter(change, cv2.CV_32F, (_WINDOW * letter, letter))
        inside, beside = busy[apart:-apart], cv2.max(busy[2 * apart :], busy[: -2 * apart])
        rows = cv2.divide(inside, beside + _CALM) * cv2.min(inside, _FULL)
        _, peak, _, (at_x, at_y) = cv2.minMaxLoc(rows)
        if peak > best:
            best, x, y = peak, at_x, at_y + apart
    return _inside(x, width, ROW_PX[0]), _inside(y, height, ROW_PX[1])


def _inside(middle: int, side: int, wanted: int) -> int:
    return max(0, min(middle - wanted // 2, side - wanted))


def _holds_a_line(likely: TextMap, *, in_row: bool) -> bool:
    mask = (likely > MIN_LIKELY).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count == 1:
        return False
    areas = boxes[1:, cv2.CC_STAT_AREA]
    sides = boxes[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    sums = np.bincount(labels.ravel(), weights=likely.ravel(), minlength=count)[1:]
    lines = (
        (areas >= MIN_AREA[in_row])
        & (sums >= MIN_MEAN * areas)
        & (sides.max(axis=1) >= MIN_ASPECT[in_row] * sides.min(axis=1))
    )
    return bool(lines.any())

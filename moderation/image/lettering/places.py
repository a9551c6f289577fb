"""A map of likelihoods → where lines of writing stand, as turned rectangles. Pure.

The network marks the core of each line, shrunk so that neighbours stay apart. Each connected core
becomes the smallest rectangle around it, grown back by the amount that the network was taught to
shrink (M. Liao et al., "Real-time scene text detection with differentiable binarization", 2020).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.lettering.networks import TextMap

Quad = NDArray[np.float64]
"""[4, 2]: corners (x, y) in fractions of the picture, clockwise from the left upper one."""

MIN_LIKELY = 0.3
"""Of a place that belongs to a core."""
MIN_MEAN = 0.5
"""Of the places of a core; below, it is texture."""
MIN_SIDE = 3.0
"""Of a core, in places of the map."""
GROWTH = 1.6
"""Area over outline of the core, times this, is added on every side."""
MOST_CORES = 400
"""Looked at in one map, the largest first: noise can hold thousands."""


def lines_in(likely: TextMap) -> tuple[list[Quad], int]:
    """Lines of writing, the largest first, and how many cores were not looked at.

    Args:
        likely: float32 [h, w], 0–1.
    """
    kept, left_out = [], 0
    contours = _cores(likely)
    sized = sorted(contours, key=lambda c: (-cv2.contourArea(c), tuple(cv2.boundingRect(c))))
    left_out = max(0, len(sized) - MOST_CORES)
    scale = np.array(likely.shape[::-1], np.float64)
    for contour in sized[:MOST_CORES]:
        middle, sides, turn = cv2.minAreaRect(contour)
        if min(sides) < MIN_SIDE or _mean_within(likely, contour) < MIN_MEAN:
            continue
        grown = GROWTH * sides[0] * sides[1] / (2 * (sides[0] + sides[1]))
        around = (middle, (sides[0] + 2 * grown, sides[1] + 2 * grown), turn)
        corners = _clockwise(np.asarray(cv2.boxPoints(around), np.float64))
        kept.append(np.clip(corners / scale, 0, 1))
    return kept, left_out


def _cores(likely: TextMap) -> list[NDArray[np.int32]]:
    mask = (likely > MIN_LIKELY).astype(np.uint8)
    mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
    found, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [np.asarray(contour, np.int32) for contour in found if len(contour) > 2]


def _mean_within(likely: TextMap, contour: NDArray[np.int32]) -> float:
    x, y, w, h = cv2.boundingRect(contour)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [contour - np.array([x, y])], 1)
    return float(cv2.mean(likely[y : y + h, x : x + w], inside)[0])


def _clockwise(corners: Quad) -> Quad:
    """Left upper, right upper, right lower, left lower."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]])

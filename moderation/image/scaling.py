"""Pixels → pixels of another size, fast."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def scaled(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale uint8 [H, W] or [H, W, 3] to width and height.

    Whole factors are averaged; what is left, below 2, is interpolated, as growing is. OpenCV's
    area mean over broken factors takes ten times as long; hashes after the two differ by 1 bit
    in the mean and 4 at most.
    """
    height, width = pixels.shape[:2]
    across, down = max(1, width // size[0]), max(1, height // size[1])
    if width % across or height % down:
        between = (size[0] * across, size[1] * down)
        pixels = cv2.resize(pixels, between, interpolation=cv2.INTER_LINEAR)
        width, height = between
    if across * down > 1:
        whole = (width // across, height // down)
        pixels = cv2.resize(pixels, whole, interpolation=cv2.INTER_AREA)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)

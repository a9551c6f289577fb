"""Handles written on a photograph, near a corner, as apps do it."""

from __future__ import annotations

import cv2
import numpy as np
from kit.photographs import photograph
from kit.pictures import Pixels


def marked(
    *lines: str,
    photo: str = "coffee",
    place: str = "bottom_right",
    letter: float = 0.032,
    opacity: float = 0.8,
) -> Pixels:
    """uint8 [H, W, 3]: short side 720 px, letters of that share of it, white."""
    pixels = photograph(photo)
    scale = 720 / min(pixels.shape[:2])
    pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    height, width = pixels.shape[:2]
    px = round(letter * 720)
    cover = np.zeros(pixels.shape, np.uint8)
    top = px + px // 2 if place.startswith("top") else height - px // 2 - px * (len(lines) - 1)
    for i, line in enumerate(lines):
        probe = np.zeros((3 * px, width, 3), np.uint8)
        white = (255, 255, 255)
        cv2.putText(probe, line, (px, 2 * px), white, cv2.FontFace("uni"), px)
        inked = np.flatnonzero(probe[..., 0].any(axis=0))
        left = {"left": px, "middle": (width - len(inked)) // 2}.get(
            place.rpartition("_")[2], width - int(inked[-1] - inked[0]) - px
        )
        cv2.putText(cover, line, (left, top + i * (px + px // 3)), white, cv2.FontFace("uni"), px)
    share = cover.astype(np.float32) / 255 * opacity
    return np.rint(pixels * (1 - share) + 255 * share).astype(np.uint8)

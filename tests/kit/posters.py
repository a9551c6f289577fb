"""Posters: words on a plain page or a photograph, in the font that OpenCV carries."""

from __future__ import annotations

import cv2
import numpy as np
from kit.photographs import photograph
from kit.pictures import Pixels

WIDTH, HEIGHT = 1080, 1440
_INK = (28, 30, 40)


def text_at(
    page: Pixels, text: str, at: tuple[int, int], px: int, ink: tuple[int, ...] = _INK
) -> None:
    """Write on a page; `at` is the left end of the base line."""
    cv2.putText(page, text, at, ink, cv2.FontFace("uni"), px)


def poster(*lines: str, px: int = 52, photo: str = "") -> Pixels:
    """uint8 [1440, 1080, 3]: lines from the top, on paper, or on a photograph under a pale veil."""
    page = np.full((HEIGHT, WIDTH, 3), (250, 244, 236), np.uint8)
    if photo:
        shown = cv2.resize(photograph(photo), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        page = cv2.addWeighted(shown, 0.45, page, 0.55, 0)
    for i, line in enumerate(lines):
        text_at(page, line, (80, 180 + i * round(1.9 * px)), px)
    return page

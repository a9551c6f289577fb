"""Pictures that ask for much, or hold nothing: flat, endless, tiled, all corners.

Each is small as a file or simple to draw, and none is a photograph. Pixels are uint8 [H, W, 3],
RGB; the same call gives the same pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from kit.pictures import Pixels, flat, gradient, scene


def noise(width: int, height: int, *, seed: int = 1) -> Pixels:
    """Every pixel by chance: corners without end, none of them found again."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def checkerboard(width: int = 900, height: int = 1200, cell_px: int = 24) -> Pixels:
    """Black and white squares: one corner, a thousand times."""
    y, x = np.mgrid[0:height, 0:width] // cell_px
    return np.repeat((255 * ((x + y) % 2)).astype(np.uint8)[..., None], 3, axis=2)


def halftone(width: int = 1600, height: int = 1600, pitch_px: int = 8) -> Pixels:
    """A gradient in dots, as in newspapers."""
    y, x = np.mgrid[0:height, 0:width]
    apart = np.hypot(y % pitch_px - pitch_px / 2, x % pitch_px - pitch_px / 2)
    dots = np.where(apart < 0.7 * pitch_px * y / height, 20, 240).astype(np.uint8)
    return np.repeat(dots[..., None], 3, axis=2)


def text_wall(width: int = 1080, height: int = 1920) -> Pixels:
    """Small words from edge to edge, each line another cut of the same alphabet."""
    page = flat((255, 255, 255), width, height)
    letters = "the quick brown fox jumps over a lazy dog and packs five dozen jugs " * 4
    for i, y in enumerate(range(16, height, 18)):
        line = letters[7 * i % 60 :][:140]
        cv2.putText(page, line, (2, y), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (20, 20, 20), 1)
    return page


def tiled(cell: Pixels, columns: int, rows: int, cell_px: int) -> Pixels:
    """The same square cell again and again, without a gutter."""
    small = cv2.resize(cell, (cell_px, cell_px), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.tile(small, (rows, columns, 1)))


def cells(
    pictures: Sequence[Pixels], columns: int, rows: int, cell_px: int, gutter_px: int
) -> Pixels:
    """Square cells, the pictures in turn, on white."""
    step = cell_px + gutter_px
    page = flat((255, 255, 255), gutter_px + columns * step, gutter_px + rows * step)
    small = [cv2.resize(p, (cell_px, cell_px), interpolation=cv2.INTER_AREA) for p in pictures]
    for i in range(rows * columns):
        y, x = gutter_px + i // columns * step, gutter_px + i % columns * step
        page[y : y + cell_px, x : x + cell_px] = small[i % len(small)]
    return page


HOSTILE: Mapping[str, Callable[[], Pixels]] = {
    "flat": flat,
    "flat-black": lambda: flat((0, 0, 0)),
    "one-pixel": lambda: flat((200, 10, 10), 1, 1),
    "one-column": lambda: noise(1, 900),
    "8-px-high": lambda: np.ascontiguousarray(scene(5, 4000, 64)[:8]),
    "8-px-noise": lambda: noise(4000, 8),
    "20-to-1": lambda: scene(6, 4000, 200),
    "1-to-20": lambda: scene(7, 200, 4000),
    "noise": lambda: noise(900, 1200),
    "noise-12-mpx": lambda: noise(4000, 3000),
    "gradient": gradient,
    "gradient-slanted": lambda: gradient(33),
    "checkerboard": checkerboard,
    "checkerboard-fine": lambda: checkerboard(cell_px=5),
    "halftone": halftone,
    "text-wall": text_wall,
    "tiles-1000": lambda: tiled(scene(8), 25, 40, 40),
    "cells-400": lambda: cells([scene(20 + i, 90, 90) for i in range(400)], 20, 20, 56, 0),
    "cells-400-gutters": lambda: cells([scene(20 + i, 90, 90) for i in range(400)], 20, 20, 52, 4),
}
"""Name → picture, none of which shows one that anybody registered."""

"""Views of a training picture as copies show it: whole, or cut out of what it was set in.

Collages, screenshots and pictures in pictures are taken apart before anything is described
(`moderation.image.views`), so the descriptor is asked about the parts, with edges a little off.
To ask it in training for one cell out of nine in a whole collage would teach it to guess.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from moderation.training.attacks import (
    Pixels,
    beauty,
    border,
    caption,
    collage,
    erase_patch,
    noise,
    photo_of_screen,
    reencode,
    screenshot,
    stickers,
    tone,
    turn,
    watermark,
)

_SHORT_SIDE_PX = 360
"""Grain and strokes are drawn at this size, or they would be coarser than real ones."""
_SMALLEST_SIDE_PX = 32


def copied_view(pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """A random copy, as it is described: uint8 [H, W, 3].

    Args:
        pixels: uint8 [H, W, 3], RGB.
        rng: decides everything.
        others: pictures to stand beside it.
    """
    out = _enlarged(pixels)
    for chance, change in ((0.65, window), (0.4, _turned), (0.6, _light), (0.35, _written)):
        if rng.random() < chance:
            out = change(out, rng)
    if rng.random() < 0.35:
        out = _set(out, rng, others)
    if rng.random() < 0.25:
        out = miscut(out, rng)
    return reencode(out, int(rng.integers(25, 95)))


def window(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A part of any shape, 15 to 100 % of the area; often stretched, once described as a square."""
    height, width = pixels.shape[:2]
    area, aspect = rng.uniform(0.15, 1), np.exp(rng.uniform(-0.6, 0.6))
    w = int(np.clip(width * np.sqrt(area * aspect), _SMALLEST_SIDE_PX, width))
    h = int(np.clip(height * np.sqrt(area / aspect), _SMALLEST_SIDE_PX, height))
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


def miscut(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Edges up to 5 % inside: panels are found as exactly as this, or better."""
    height, width = pixels.shape[:2]
    left, right = (int(v * width) for v in rng.uniform(0, 0.05, 2))
    top, bottom = (int(v * height) for v in rng.uniform(0, 0.05, 2))
    return np.ascontiguousarray(pixels[top : height - bottom, left : width - right])


def _enlarged(pixels: Pixels) -> Pixels:
    ratio = _SHORT_SIDE_PX / min(pixels.shape[:2])
    size = (round(pixels.shape[1] * ratio), round(pixels.shape[0] * ratio))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)


def _turned(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    kind = rng.random()
    if kind < 0.6:
        return np.ascontiguousarray(pixels[:, ::-1])
    if kind < 0.8:
        return turn(pixels, float(rng.uniform(-20, 20)))
    return np.ascontiguousarray(np.rot90(pixels, int(rng.integers(1, 4))))


def _light(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    kind = rng.random()
    if kind < 0.1:
        return beauty(pixels)
    if kind < 0.2:
        return noise(pixels, rng, float(rng.uniform(4, 25)))
    if kind < 0.35:
        return cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.6, 3)))
    return tone(
        pixels,
        gain=float(rng.uniform(0.6, 1.4)),
        lift=float(rng.uniform(-40, 40)),
        saturation=float(rng.choice([0, rng.uniform(0.2, 1.8)], p=[0.15, 0.85])),
        warmth=float(rng.uniform(-30, 30)),
    )


def _written(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    kind = rng.random()
    if kind < 0.4:
        return caption(pixels, rng, int(rng.integers(1, 5)))
    if kind < 0.7:
        return stickers(pixels, rng, int(rng.integers(2, 8)))
    if kind < 0.9:
        return watermark(pixels, rng, tiled=bool(rng.random() < 0.6))
    return erase_patch(pixels, rng)


def _set(pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    kind = rng.random()
    if kind < 0.55:
        colour = (int(rng.integers(0, 256)), int(rng.integers(0, 256)), int(rng.integers(0, 256)))
        plain = ((255, 255, 255), (0, 0, 0), colour)[int(rng.integers(3))]
        return border(pixels, plain, float(rng.uniform(0, 0.3)), float(rng.uniform(0, 0.2)))
    if kind < 0.75:
        return photo_of_screen(pixels, rng)
    if kind < 0.9:
        return screenshot(pixels, rng, dark=bool(rng.random() < 0.5))
    rows, columns = ((1, 2), (2, 1))[int(rng.integers(2))]
    return collage(pixels, rng, others, rows, columns)

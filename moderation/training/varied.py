"""Random copies: one to three changes of random strength, then JPEG, as re-posters make them.

`ATTACKS` has fixed strengths, so that reports can be compared over the years. A score fitted on
those alone would learn those alone.
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
    crop,
    erase_patch,
    noise,
    photo_of_screen,
    picture_in_picture,
    reencode,
    resize,
    screenshot,
    stickers,
    tone,
    turn,
    watermark,
)

_GRIDS = ((1, 2), (2, 1), (2, 2), (2, 3), (3, 3))


def varied_copy(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]
) -> tuple[str, Pixels]:
    """A random copy and the names of its changes.

    Args:
        pixels: uint8 [H, W, 3], RGB.
        rng: decides everything.
        others: pictures for the other cells of collages.
    """
    names: list[str] = []
    for change in (_look, _overlay, _shape, _setting):
        if rng.random() < _CHANCE[change.__name__]:
            name, pixels = change(pixels, rng, others)
            names.append(name)
    return " + ".join(names) or "re-encode", reencode(pixels, int(rng.integers(35, 93)))


_CHANCE = {"_look": 0.5, "_overlay": 0.4, "_shape": 0.6, "_setting": 0.4}


def _look(
    pixels: Pixels, rng: np.random.Generator, _others: Sequence[Pixels]
) -> tuple[str, Pixels]:
    kind = rng.integers(0, 5)
    if kind == 0:
        return "beauty", beauty(pixels)
    if kind == 1:
        return "noise", noise(pixels, rng, float(rng.uniform(4, 20)))
    if kind == 2:
        return "blur", cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.6, 2.2)))
    return "tone", tone(
        pixels,
        gain=float(rng.uniform(0.7, 1.3)),
        lift=float(rng.uniform(-28, 28)),
        saturation=float(rng.uniform(0, 1.6)),
        warmth=float(rng.uniform(-24, 24)),
    )


def _overlay(
    pixels: Pixels, rng: np.random.Generator, _others: Sequence[Pixels]
) -> tuple[str, Pixels]:
    kind = rng.integers(0, 4)
    if kind == 0:
        return "caption", caption(pixels, rng, int(rng.integers(1, 5)))
    if kind == 1:
        return "stickers", stickers(pixels, rng, int(rng.integers(2, 8)))
    if kind == 2:
        return "erased", erase_patch(pixels, rng)
    return "watermark", watermark(pixels, rng, tiled=bool(rng.random() < 0.5))


def _shape(
    pixels: Pixels, rng: np.random.Generator, _others: Sequence[Pixels]
) -> tuple[str, Pixels]:
    kind = rng.integers(0, 6)
    if kind == 0:
        return "mirror", np.ascontiguousarray(pixels[:, ::-1])
    if kind == 1:
        return "turn", turn(pixels, float(rng.uniform(-25, 25)))
    if kind == 2:
        return "quarter turn", np.ascontiguousarray(np.rot90(pixels, int(rng.integers(1, 4))))
    if kind == 3:
        stretched = resize(pixels, float(rng.uniform(0.75, 1.33)), float(rng.uniform(0.8, 1.2)))
        return "stretch", stretched
    return "crop", crop(pixels, rng, float(rng.uniform(0.22, 0.95)))


def _setting(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]
) -> tuple[str, Pixels]:
    kind = rng.integers(0, 6)
    if kind == 0:
        colour = (int(rng.integers(0, 256)), int(rng.integers(0, 256)), int(rng.integers(0, 256)))
        framed = border(pixels, colour, float(rng.uniform(0, 0.3)), float(rng.uniform(0, 0.2)))
        return "frame", framed
    if kind == 1:
        return "screenshot", screenshot(pixels, rng, dark=bool(rng.random() < 0.4))
    if kind == 2:
        share = float(rng.uniform(0.35, 0.7))
        return "picture in picture", picture_in_picture(pixels, rng, others, share)
    if kind == 3:
        return "photo of screen", photo_of_screen(pixels, rng)
    if kind == 4:
        return "smaller", resize(pixels, float(rng.uniform(0.35, 0.9)))
    rows, columns = _GRIDS[int(rng.integers(len(_GRIDS)))]
    return f"collage {rows}x{columns}", collage(pixels, rng, others, rows, columns)

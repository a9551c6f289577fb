"""What people do to a picture before they post it again, as files."""

from __future__ import annotations

import cv2
import numpy as np

from moderation.demo.drafts import PictureFile
from moderation.demo.photographs import Photograph
from moderation.image.decode import decode
from moderation.training import attacks
from moderation.training.attacks import Pixels

_SEED = 20260308  # the screenshot's colours and words
_GUTTER_PX = 12
_CELL = (720, 540)
_CROPPED_EDGE = 0.04
"""Of width and height, cut away on each of the four sides: 85 % of the area stays."""


def filtered(photograph: Photograph) -> PictureFile:
    """Smaller, warmer, more contrast and colour, through a strong JPEG: a filter app's output."""
    small = attacks.resize(_pixels(photograph), 0.75)
    warm = attacks.tone(small, gain=1.1, saturation=1.3, warmth=15)
    return _jpeg(warm, quality=50)


def mirrored(photograph: Photograph) -> PictureFile:
    """Left to right."""
    return _jpeg(np.ascontiguousarray(_pixels(photograph)[:, ::-1]))


def cropped(photograph: Photograph) -> PictureFile:
    """The edges cut away, as people do to lose a mark in a corner."""
    pixels = _pixels(photograph)
    height, width = pixels.shape[:2]
    y, x = round(height * _CROPPED_EDGE), round(width * _CROPPED_EDGE)
    return _jpeg(np.ascontiguousarray(pixels[y : height - y, x : width - x]))


def screenshot(photograph: Photograph) -> PictureFile:
    """On a phone's screen, with the app around it."""
    return _jpeg(attacks.screenshot(_pixels(photograph), np.random.default_rng(_SEED)))


def four_cells(photographs: tuple[Photograph, Photograph, Photograph, Photograph]) -> PictureFile:
    """A collage of two by two with white gutters; each cell is filled, what sticks out is cut."""
    width, height = _CELL
    out = np.full((2 * height + 3 * _GUTTER_PX, 2 * width + 3 * _GUTTER_PX, 3), 255, np.uint8)
    for i, photograph in enumerate(photographs):
        y = _GUTTER_PX + (i // 2) * (height + _GUTTER_PX)
        x = _GUTTER_PX + (i % 2) * (width + _GUTTER_PX)
        out[y : y + height, x : x + width] = _filling(_pixels(photograph), width, height)
    return _jpeg(out)


def broken_off(photograph: Photograph) -> PictureFile:
    """An upload that ended after a third of the file."""
    data = photograph.read()
    return PictureFile(suffix=photograph.suffix, data=data[: len(data) // 3])


def saved_again(photograph: Photograph) -> PictureFile:
    """Nothing changed but the file: decoded and stored as JPEG."""
    return _jpeg(_pixels(photograph))


def _pixels(photograph: Photograph) -> Pixels:
    return decode(photograph.read()).pixels


def _filling(pixels: Pixels, width: int, height: int) -> Pixels:
    factor = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (
        max(width, round(pixels.shape[1] * factor)),
        max(height, round(pixels.shape[0] * factor)),
    )
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return large[y : y + height, x : x + width]


def _jpeg(pixels: Pixels, quality: int = 88) -> PictureFile:
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return PictureFile(suffix=".jpg", data=data.tobytes())

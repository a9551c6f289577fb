"""Pages that hold a picture at a known place: frames, screens, collages, insets.

Each function gives the page, uint8 [H, W, 3], and the box of the picture on it: x0, y0, x1, y1.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def wide(pixels: Pixels, width: int) -> Pixels:
    """Scaled to a width."""
    size = (width, round(pixels.shape[0] * width / pixels.shape[1]))
    shrinks = width < pixels.shape[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def filling(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scaled and centre-cropped to fill a cell, as collage makers do."""
    ratio = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (
        max(width, round(pixels.shape[1] * ratio)),
        max(height, round(pixels.shape[0] * ratio)),
    )
    big = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return big[y : y + height, x : x + width]


def framed(pixels: Pixels, colour: Colour, top: int, side: int, bottom: int) -> tuple[Pixels, Box]:
    """A frame of one colour, its widths in pixels."""
    height, width = pixels.shape[:2]
    page = cv2.copyMakeBorder(
        pixels, top, bottom, side, side, cv2.BORDER_CONSTANT, value=(*colour, 0)
    )
    return page, (side, top, side + width, top + height)


def rounded(pixels: Pixels, colour: Colour, margin: int, radius: int) -> tuple[Pixels, Box]:
    """A frame of one colour around a picture with round corners."""
    page, box = framed(pixels, colour, margin, margin, margin)
    mask = np.zeros(pixels.shape[:2], np.uint8)
    height, width = mask.shape
    cv2.rectangle(mask, (radius, 0), (width - radius - 1, height - 1), 255, -1)
    cv2.rectangle(mask, (0, radius), (width - 1, height - radius - 1), 255, -1)
    for x in (radius, width - radius - 1):
        for y in (radius, height - radius - 1):
            cv2.circle(mask, (x, y), radius, 255, -1)
    page[box[1] : box[3], box[0] : box[2]][mask == 0] = colour
    return page, box


def blurred(pixels: Pixels, width: int, height: int) -> tuple[Pixels, Box]:
    """The whole picture in the middle of a blurred, enlarged copy of itself."""
    page = cv2.GaussianBlur(filling(pixels, width, height), (0, 0), 28)
    ratio = min(width / pixels.shape[1], height / pixels.shape[0])
    shown = wide(pixels, round(pixels.shape[1] * ratio))[:height]
    return page, _paste(page, shown, (width - shown.shape[1]) // 2, (height - len(shown)) // 2)


def phone(pixels: Pixels, *, dark: bool = False, text_px: int = 500) -> tuple[Pixels, Box]:
    """A note app on a phone's screen, 9:19.5: bars above and below, text under the picture."""
    width, height, top = 720, 1560, 150
    ground, ink = ((18,) * 3, (235,) * 3) if dark else (WHITE, (25,) * 3)
    page = np.full((height, width, 3), ground, np.uint8)
    box = _paste(page, wide(pixels, width)[: height - top - 250], 0, top)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(page, "9:41", (36, 48), font, 0.9, ink, 2, cv2.LINE_AA)
    cv2.circle(page, (70, 104), 30, (190, 140, 120), -1, cv2.LINE_AA)
    cv2.putText(page, "little fern", (118, 114), font, 0.8, ink, 2, cv2.LINE_AA)
    cv2.rectangle(page, (560, 82), (690, 126), (255, 36, 66), 2)
    for y in range(box[3] + 60, min(box[3] + text_px, height - 130), 46):
        cv2.putText(page, "where we went on sunday", (30, y), font, 0.9, ink, 2, cv2.LINE_AA)
    cv2.putText(page, "Say something...", (40, height - 60), font, 0.8, (150,) * 3, 2)
    for x in (430, 530, 630):
        cv2.circle(page, (x, height - 70), 20, ink, 2, cv2.LINE_AA)
    return page, box


def collage(
    cells: Sequence[Pixels],
    places: Sequence[tuple[float, float, float, float]],
    size: tuple[int, int] = (1080, 1440),
    gutter: int = 0,
    colour: Colour = WHITE,
) -> tuple[Pixels, list[Box]]:
    """Cells filled with pictures at places given in shares of the page; all their boxes."""
    width, height = size
    page = np.full((height, width, 3), colour, np.uint8)
    inner = width - gutter, height - gutter
    boxes = []
    for pixels, (a, b, c, d) in zip(cells, places, strict=True):
        x0, y0 = gutter + round(a * inner[0]), gutter + round(b * inner[1])
        x1, y1 = round(c * inner[0]), round(d * inner[1])
        boxes.append(_paste(page, filling(pixels, x1 - x0, y1 - y0), x0, y0))
    return page, boxes


def grid(rows: int, columns: int) -> list[tuple[float, float, float, float]]:
    """Places of equal cells."""
    return [
        (j / columns, i / rows, (j + 1) / columns, (i + 1) / rows)
        for i in range(rows)
        for j in range(columns)
    ]


ONE_LARGE_TWO_SMALL = [(0, 0, 0.62, 1), (0.62, 0, 1, 0.5), (0.62, 0.5, 1, 1)]


def inset(pixels: Pixels, ground: Pixels, width: int, x: int, y: int, rim: int = 0):
    """A picture laid upon another one, with a white rim of some pixels."""
    page = filling(ground, 1080, 1440).copy()
    shown = wide(pixels, width)
    page[y - rim : y + len(shown) + rim, x - rim : x + width + rim] = 255
    return page, _paste(page, shown, x, y)


def _paste(page: Pixels, pixels: Pixels, x: int, y: int) -> Box:
    page[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return x, y, x + pixels.shape[1], y + pixels.shape[0]

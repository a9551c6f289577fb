"""Picture → its lettering: found on a small picture, cut from the large one, and read.

Two cheap looks say whether there is any (`presence`). Finding lines costs the same for every
picture that has some; reading them costs in proportion to their length. Both are bounded by pixels,
never by a clock, so that the same picture always gives the same words: the largest lines are read,
and how many were not is told.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from moderation.boxes import Box
from moderation.image.lettering.line import MAX_LINE_CHARS, NO_LETTERING, Lettering, Line
from moderation.image.lettering.networks import Pixels, read_line, text_map
from moderation.image.lettering.places import Quad, lines_in
from moderation.image.lettering.presence import shows_lettering
from moderation.printable import printable

DETECTOR = "lettering@1"

FIND_PX = 675_840
"""Area on which lines are found, 960 × 704: 160 ms. Letters of 12 px in a picture of 1,440 are
then 8."""
MIN_SHORT_SIDE_PX = 24
MIN_LETTER_PX = 7.0
"""Height of a line in the picture as it is; below, letters are guessed."""
MIN_CONFIDENCE = 0.8
"""Of the mean over the characters. Below, texture and logos are read as words."""
LETTER_PX = 48
"""Height at which lines are read."""
LEAST_LINE_PX = 320
"""Width that the reader of letters works on at least."""
READ_PX = 20_000
"""Width of lines, at that height, that is read of one picture: 0.75 s. A poster of twenty lines
has 8,000."""
READ_PX_OF_A_NOTE = 80_000
"""Shared by the pictures of a note, in equal parts."""
FEWEST_READ_PX = 4_000
"""Of a picture, however many the note has."""
MAX_ASPECT = 30.0
"""Width over height of a piece; a longer line is cut and counts as several."""
UPRIGHT = 1.5
"""Height over width above which a line runs downwards."""


def read_px_for(pictures: int) -> int:
    """Width of lines that is read of each picture, of a note with so many."""
    return max(FEWEST_READ_PX, min(READ_PX, READ_PX_OF_A_NOTE // max(1, pictures)))


def read_lettering(pixels: Pixels, *, read_px: int = READ_PX) -> Lettering:
    """Read what is written in a picture.

    Args:
        pixels: uint8 [H, W, 3], RGB.
        read_px: width of lines to read, at a height of `LETTER_PX`.

    Returns:
        The lines, the largest first. The same pixels give the same lines.

    Raises:
        MissingExtra: rapidocr is not installed.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < MIN_SHORT_SIDE_PX:
        return NO_LETTERING
    small = smaller(pixels)
    if not shows_lettering(small):
        return NO_LETTERING
    found, left_out = lines_in(text_map(small))
    quads = [quad * (width, height) for quad in found]
    quads = [quad for quad in quads if min(_sides(quad)) >= MIN_LETTER_PX]
    quads.sort(key=lambda quad: (-_area(quad), quad.tolist()))
    pieces = [piece for quad in quads for piece in _pieces(quad)]
    chosen = _affordable(pieces, read_px)
    lines = []
    for quad in chosen:
        text, confidence = read_line(_cut(pixels, quad))
        words = printable(text)[:MAX_LINE_CHARS].strip()
        if words and confidence >= MIN_CONFIDENCE:
            box = _box(quad, width, height)
            letter = min(_sides(quad)) / height
            lines.append(Line(text=words, confidence=confidence, box=box, letter=letter))
    unread = len(pieces) - len(chosen) + left_out
    return Lettering(lines=tuple(lines), looked_at=len(chosen), unread=unread)


def smaller(pixels: Pixels) -> Pixels:
    """A picture at the size at which lines are found: uint8 [h, w, 3] of at most `FIND_PX`."""
    height, width = pixels.shape[:2]
    scale = (FIND_PX / (height * width)) ** 0.5
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _affordable(pieces: list[Quad], read_px: int) -> list[Quad]:
    """The first lines that fit into the width to be read."""
    spent = 0
    for number, quad in enumerate(pieces):
        wide, high = _sides(quad)
        aspect = max(wide, high) / max(1.0, min(wide, high))
        spent += max(LEAST_LINE_PX, round(LETTER_PX * aspect))
        if spent > read_px:
            return pieces[:number]
    return pieces


def _sides(quad: Quad) -> tuple[float, float]:
    """Width and height of a line."""
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    return float(wide), float(high)


def _area(quad: Quad) -> float:
    wide, high = _sides(quad)
    return wide * high


def _pieces(quad: Quad) -> list[Quad]:
    """The line itself, or equal parts of one that is too long to be read at once."""
    wide, high = _sides(quad)
    parts = int(np.ceil(max(wide, high) / max(1.0, min(wide, high)) / MAX_ASPECT))
    if parts == 1:
        return [quad]
    cuts = np.linspace(0, 1, parts + 1)
    a, b, c, d = quad
    if high > wide:
        return [
            np.array([a + (d - a) * s, b + (c - b) * s, b + (c - b) * e, a + (d - a) * e])
            for s, e in pairwise(cuts)
        ]
    return [
        np.array([a + (b - a) * s, a + (b - a) * e, d + (c - d) * e, d + (c - d) * s])
        for s, e in pairwise(cuts)
    ]


def _cut(pixels: Pixels, quad: Quad) -> Pixels:
    """The line, straightened, at the height that is read; one that runs downwards is turned."""
    wide, high = (max(1, round(side)) for side in _sides(quad))
    left, top = (max(0, int(side)) for side in np.floor(quad.min(axis=0)))
    right, bottom = (int(side) + 1 for side in np.ceil(quad.max(axis=0)))
    part = pixels[top:bottom, left:right]
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform((quad - (left, top)).astype(np.float32), corners)
    line = cv2.warpPerspective(
        part, turn, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    if high >= UPRIGHT * wide:
        line = np.rot90(line)
    scale = LETTER_PX / line.shape[0]
    size = (max(1, round(line.shape[1] * scale)), LETTER_PX)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(line), size, interpolation=how)


def _box(quad: Quad, width: int, height: int) -> Box:
    points = np.clip(quad / (width, height), 0, 1)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return float(left), float(top), float(right), float(bottom)

"""What to look up of a picture under check: the whole, and every picture it seems to hold.

The register keeps one hash of each original, of its whole frame. A copy with a frame around it,
in an app's screenshot or in a cell of a collage has another hash, so its part is cut out and
hashed as well. PDQ forgives about two percent of error at an edge. Views are guesses: each only
proposes candidates, geometry decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.borders import Bands, Box, parts, trimmed
from moderation.image.hashing import pdq_dihedral
from moderation.image.panels import panels

Pixels = NDArray[np.uint8]

_SMALL_PX = 110_000  # pixels of the reduced copy
_SMALLEST_SIDE = 0.12  # of the picture's short side
_SMALLEST_AREA = 0.02  # of the picture's
_LONGEST = 4.0  # long side over short side
_SAME = 0.9  # intersection over union


class ViewName(StrEnum):
    """Why a view was cut out."""

    WHOLE = "whole"
    FRAME = "frame"
    """Without the border or letterbox around it."""
    CONTENT = "content"
    """The photo inside a screenshot, without the app around it."""
    PANEL = "panel"
    """A cell of a collage."""
    INSET = "inset"
    """A picture laid on another one."""
    CROP = "crop"
    """Blindly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of a picture that is worth looking up."""

    name: ViewName
    box: Box
    """x0, y0, x1, y1 in pixels of the picture; x1 and y1 lie outside."""


def query_views(pixels: Pixels, *, most: int = 24) -> tuple[View, ...]:
    """Parts of uint8 [H, W, 3] worth looking up, the most valuable first, the whole always first.

    Args:
        pixels: RGB, of any size.
        most: Upper limit of the number of views, at least 1.

    Returns:
        At most `most` views, no two of them nearly the same.
    """
    height, width = pixels.shape[:2]
    whole = View(name=ViewName.WHOLE, box=(0, 0, width, height))
    kept = [whole]
    if min(height, width) < 32:
        return (whole,)
    factor = max(1, round(math.sqrt(height * width / _SMALL_PX)))
    size = (max(1, width // factor), max(1, height // factor))
    if min(size) < 16:
        return (whole,)
    small = cv2.resize(
        pixels[: size[1] * factor, : size[0] * factor], size, interpolation=cv2.INTER_AREA
    )
    least = _SMALLEST_SIDE * min(height, width)
    for view in _proposals(small):
        if len(kept) >= most:
            break
        x0, y0, x1, y1 = _refined(pixels, view.box, factor)
        w, h = x1 - x0, y1 - y0
        if min(w, h) < least or w * h < _SMALLEST_AREA * width * height:
            continue
        if max(w, h) > _LONGEST * min(w, h):
            continue
        if all(_overlap((x0, y0, x1, y1), other.box) <= _SAME for other in kept):
            kept.append(View(name=view.name, box=(x0, y0, x1, y1)))
    return tuple(kept)


def hash_views(pixels: Pixels, views: Sequence[View]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """PDQ of each view in its eight dihedral forms.

    Returns:
        Codes uint8 [n, 8, 32] in the order of `DIHEDRAL`; qualities 0–100, int [n].
    """
    codes = np.zeros((len(views), 8, 32), np.uint8)
    qualities = np.zeros(len(views), np.intp)
    for i, view in enumerate(views):
        x0, y0, x1, y1 = view.box
        codes[i], qualities[i] = pdq_dihedral(pixels[y0:y1, x0:x1])
    return codes, qualities


def _proposals(small: Pixels) -> Iterator[View]:
    """Boxes in the small copy, most valuable first."""
    height, width = small.shape[:2]
    everything = (0, 0, width, height)
    bands = Bands(small)
    frame, rim = trimmed(bands, everything)
    if rim:
        yield View(name=ViewName.FRAME, box=frame)
    found = sorted(parts(bands, everything), key=lambda p: (not p.whole, -_area(p.box)))
    leaves = [p for p in found if p.whole and _area(p.box) >= _SMALLEST_AREA * width * height]
    name = ViewName.PANEL if len(leaves) > 1 else ViewName.CONTENT
    for part in found:
        yield View(name=name if part.whole else ViewName.CONTENT, box=part.box)
    for panel in panels(small):
        x0, y0, x1, y1 = panel.box
        rims = (x0 == 0) + (y0 == 0) + (x1 == width) + (y1 == height)
        yield View(name=ViewName.PANEL if rims >= 2 else ViewName.INSET, box=panel.box)


def _refined(pixels: Pixels, box: Box, factor: int) -> Box:
    """A box of the small copy in pixels of the picture, sides moved to the strongest step."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (v * factor for v in box)
    x1, y1 = min(width, x1), min(height, y1)
    if width - x1 < factor:
        x1 = width
    if height - y1 < factor:
        y1 = height
    columns, rows = pixels[y0:y1], pixels[:, x0:x1].swapaxes(0, 1)
    x0, x1 = _step(columns, x0, factor), _step(columns, x1, factor)
    y0, y1 = _step(rows, y0, factor), _step(rows, y1, factor)
    return x0, y0, x1, y1


def _step(lines: Pixels, at: int, factor: int) -> int:
    """Where near column `at` of lines [n, W, 3] the strongest step is."""
    width = lines.shape[1]
    if at in (0, width):
        return at
    low, high = max(0, at - factor - 2), min(width, at + factor + 2)
    every = max(1, len(lines) // 256)
    near = np.ascontiguousarray(lines[::every, low:high])
    steps = cv2.absdiff(near[:, 1:], near[:, :-1]).max(axis=2).mean(axis=0)
    return low + 1 + int(np.argmax(steps)) if len(steps) else at


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0–1."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (_area(a) + _area(b) - width * height)

"""What to look up of a picture under check: the whole, and every picture it seems to hold.

The register keeps the hash of an original's whole frame. A copy with a frame around it, in an
app's screenshot or in a cell of a collage has another hash, so its part is cut out and hashed as
well. One edge that is 1, 2 or 4 % off moves 16, 28 or 50 of PDQ's 256 bits (medians of 100
photographs), so edges are set in the full picture. Views are guesses: each only proposes
candidates, geometry decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.borders import (
    SAME,
    Bands,
    Box,
    Part,
    area,
    max3,
    overlap,
    parts,
    trimmed,
)
from moderation.image.hashing import pdq_dihedral
from moderation.image.panels import laid_out

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

MOST_VIEWS = 24
"""Parts of one picture that are looked up, the whole included."""

_SMALL_PX = 110_000  # pixels of the reduced copy
_MIN_SIDE_PX = 32  # below, a picture is not divided
_MIN_SMALL_PX = 16
_SMALLEST_SIDE = 0.12  # of the picture's short side
_SMALLEST_AREA = 0.03  # of the picture's
_LONGEST = 4.0  # long side over short side
_THIN = 0.04  # of a panel's side: rim of an inset, as of a printed photograph
_BLIND = 0.94  # of both sides: for frames that are neither straight nor of one colour
_LEGIBLE_PX = 10  # least side in the reduced copy of what may be a picture; letters are smaller
_MOST_PARTS = 400
_FEWEST_SMALL = 6
_SMALL_COVER = 0.25  # of the picture: beneath it they are buttons, stickers, avatars
_SMALL_LONGEST = 2.5


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
    """The middle, blindly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A part of a picture that is worth looking up."""

    name: ViewName
    box: Box
    """x0, y0, x1, y1 in pixels of the picture; x1 and y1 are the first outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """What is looked up of a picture, and what is not."""

    kept: tuple[View, ...]
    """The whole first, then the most valuable."""
    left_out: int = 0
    """Parts that were worth a look, beyond the limit."""
    too_small: int = 0
    """Cells of a collage that are too small to be looked up by themselves; 0 unless they are many
    and fill a good part of the picture."""


def query_views(pixels: Pixels, *, most: int = MOST_VIEWS) -> tuple[View, ...]:
    """Parts of a picture worth looking up: the whole first, then the most valuable.

    Args:
        pixels: uint8 [H, W, 3], RGB, of any size and shape.
        most: Upper limit of the number of views, at least 1.

    Returns:
        At most `most` views inside the picture, no two of them nearly the same. The same pixels
        give the same views.
    """
    return looked_over(pixels, most=most).kept


def looked_over(pixels: Pixels, *, most: int = MOST_VIEWS) -> Views:
    """As `query_views`, with what was left out; of the whole alone (1) nothing is."""
    height, width = pixels.shape[:2]
    kept = [View(name=ViewName.WHOLE, box=(0, 0, width, height))]
    factor = max(1, round(math.sqrt(height * width / _SMALL_PX)))
    if most <= 1 or min(height, width) < max(_MIN_SIDE_PX, _MIN_SMALL_PX * factor):
        return Views(kept=tuple(kept))
    left_out = 0
    tiny: list[Box] = []
    for view in _proposals(pixels, factor, tiny):
        if _worth_a_look(view.box, width, height) and all(
            overlap(view.box, other.box) <= SAME for other in kept
        ):
            if len(kept) < most:
                kept.append(view)
            elif view.name in (ViewName.CONTENT, ViewName.PANEL):
                left_out += 1
    return Views(kept=tuple(kept), left_out=left_out, too_small=_number_of(tiny, pixels, factor))


def hash_views(pixels: Pixels, views: Sequence[View]) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """PDQ of each view in its eight dihedral forms, each scaled from the full picture.

    Returns:
        Codes uint8 [n, 8, 32] in the order of `DIHEDRAL`; qualities 0–100, int [n].
    """
    codes = np.zeros((len(views), 8, 32), np.uint8)
    qualities = np.zeros(len(views), np.intp)
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    for i, view in enumerate(views):
        x0, y0, x1, y1 = view.box
        part = view.name is not ViewName.WHOLE
        source = grey if part else pixels  # a small picture is not rounded to whole grey levels
        codes[i], qualities[i] = pdq_dihedral(source[y0:y1, x0:x1], part=part)
    return codes, qualities


def _worth_a_look(box: Box, width: int, height: int) -> bool:
    sides = box[2] - box[0], box[3] - box[1]
    return (
        min(sides) >= _SMALLEST_SIDE * min(width, height)
        and area(box) >= _SMALLEST_AREA * width * height
        and max(sides) <= _LONGEST * min(sides)
    )


def _number_of(tiny: Sequence[Box], pixels: Pixels, factor: int) -> int:
    """How many boxes, where they are pictures rather than ornament; 0 elsewhere."""
    height, width = (side // factor for side in pixels.shape[:2])
    cells = {
        (x0, y0, x1, y1)
        for x0, y0, x1, y1 in tiny
        if min(x1 - x0, y1 - y0) >= _LEGIBLE_PX
        and max(x1 - x0, y1 - y0) <= _SMALL_LONGEST * min(x1 - x0, y1 - y0)
    }
    if len(cells) < _FEWEST_SMALL or sum(map(area, cells)) < _SMALL_COVER * width * height:
        return 0
    return len(cells)


def _proposals(pixels: Pixels, factor: int, tiny: list[Box]) -> Iterator[View]:
    """Views, the most valuable first, some of them too small or nearly the same.

    Cells that are too small for a view go into `tiny`, in pixels of the reduced copy.
    """
    height, width = (side // factor for side in pixels.shape[:2])
    small = cv2.resize(
        pixels[: height * factor, : width * factor],
        (width, height),
        interpolation=cv2.INTER_AREA,
    )
    bands = Bands(small)
    everything = (0, 0, width, height)
    frame, rim = trimmed(bands, everything)
    if rim:
        yield View(name=ViewName.FRAME, box=_refined(pixels, frame, factor))
    smallest = max(2, round(_SMALLEST_SIDE * min(width, height)))
    every = list(islice(parts(bands, everything, min(smallest, _LEGIBLE_PX)), _MOST_PARTS))
    found = [p for p in every if min(p.box[2] - p.box[0], p.box[3] - p.box[1]) >= smallest]
    found.sort(key=lambda p: (not p.whole, -area(p.box)))
    leaves = [p for p in found if p.whole and area(p.box) >= _SMALLEST_AREA * width * height]
    between = [p.box for p in every if p.whole and not _worth_a_look(p.box, width, height)]
    name = ViewName.PANEL if len(leaves) > 1 else ViewName.CONTENT
    grounds = [(0, 0, pixels.shape[1], pixels.shape[0])]
    for part in leaves:
        yield View(name=name, box=_refined(pixels, part.box, factor))
    for box in _roomier(leaves, width):
        yield View(name=name, box=_refined(pixels, box, factor))
    grounds += [_refined(pixels, box, factor) for p in leaves[:1] for box in {p.box: 0, p.room: 0}]
    layout = laid_out(pixels, small, factor, grounds)
    seamed = [(a // factor, b // factor, c // factor, d // factor) for a, b, c, d in layout.small]
    tiny += max(between, seamed, key=lambda boxes: sum(map(area, boxes)))
    for panel in layout.panels:
        box = _without_thin_rim(pixels, bands, panel.box, factor)
        rims = sum(a == b for a, b in zip(box, grounds[0], strict=True))
        yield View(name=ViewName.PANEL if rims >= 2 else ViewName.INSET, box=box)
    for part in found[len(leaves) :]:
        yield View(name=ViewName.CONTENT, box=_refined(pixels, part.box, factor))
    edge_x, edge_y = (round(side * (1 - _BLIND) / 2) for side in pixels.shape[1::-1])
    middle = (edge_x, edge_y, pixels.shape[1] - edge_x, pixels.shape[0] - edge_y)
    yield View(name=ViewName.CROP, box=middle)


def _roomier(leaves: Sequence[Part], width: int) -> Iterator[Box]:
    """Boxes for pictures whose own white rim was taken for ground."""
    for part in leaves:
        yield part.room
    for part in leaves[:1]:  # apps show a picture from one side of the screen to the other
        yield 0, part.box[1], width, part.box[3]


def _without_thin_rim(pixels: Pixels, bands: Bands, box: Box, factor: int) -> Box:
    """A panel without the narrow white edge that sets an inset off its ground."""
    outer = (-(-box[0] // factor), -(-box[1] // factor), box[2] // factor, box[3] // factor)
    sides = outer[2] - outer[0], outer[3] - outer[1]
    if min(sides) < _MIN_SMALL_PX:
        return box
    inner, _ = trimmed(bands, outer)
    cut = [abs(a - b) for a, b in zip(inner, outer, strict=True)]
    if not any(cut) or any(c > max(1, _THIN * sides[i % 2]) for i, c in enumerate(cut)):
        return box
    exact = _refined(pixels, inner, factor)
    x0, y0, x1, y1 = (b if c else a for a, b, c in zip(box, exact, cut, strict=True))
    return x0, y0, x1, y1


def _refined(pixels: Pixels, box: Box, factor: int) -> Box:
    """A box of the small copy in pixels of the picture, sides moved to the strongest step."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = (v * factor for v in box)
    # The small copy leaves out up to `factor` - 1 columns and rows at the end.
    x1 = width if width - x1 < factor else x1
    y1 = height if height - y1 < factor else y1
    columns, rows = pixels[y0:y1], pixels[:, x0:x1].swapaxes(0, 1)
    return (
        _step(columns, x0, factor),
        _step(rows, y0, factor),
        _step(columns, x1, factor),
        _step(rows, y1, factor),
    )


def _step(lines: Pixels, at: int, factor: int) -> int:
    """Where near column `at` of lines [n, W, 3] the strongest step is."""
    width = lines.shape[1]
    if at in (0, width):
        return at
    low, high = max(0, at - factor - 2), min(width, at + factor + 2)
    near = np.ascontiguousarray(lines[:: max(1, len(lines) // 256), low:high])
    steps = max3(cv2.absdiff(near[:, 1:], near[:, :-1])).mean(axis=0)
    return low + 1 + int(np.argmax(steps))

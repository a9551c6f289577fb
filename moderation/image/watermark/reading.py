"""Picture → watermarks: what may be writing is read, and kept where it names an account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.boxes import Box, around
from moderation.image.lettering.networks import read_line
from moderation.image.watermark.handles import MAX_TEXT_CHARS, Handle, handle_in
from moderation.image.watermark.strips import corner_strips
from moderation.printable import printable

MIN_CONFIDENCE = 0.7
"""Of the recogniser; below, what it says is a guess about texture."""

Recogniser = Callable[[NDArray[np.uint8]], tuple[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watermark:
    """One or two lines near a corner that name an account."""

    text: str
    """As read; lines parted by ` / `."""
    handles: tuple[Handle, ...]
    """Account number and name may stand on two lines."""
    confidence: float
    """Of the recogniser, 0–1: the least sure line."""
    box: Box

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation inspect` writes it."""
        return {
            "text": self.text,
            "handles": [{"platform": h.platform, "name": h.name} for h in self.handles],
            "confidence": round(self.confidence, 4),
            "box": [round(float(side), 4) for side in self.box],
        }


def read_watermarks(
    pixels: NDArray[np.uint8], *, recogniser: Recogniser = read_line
) -> tuple[Watermark, ...]:
    """Read the watermarks of a picture, most text-like first.

    Args:
        pixels: uint8 [H, W, 3], RGB.
        recogniser: reads a strip.

    Raises:
        MissingExtra: there is something to read, and rapidocr is not installed.
    """
    found: list[Watermark] = []
    for strip in corner_strips(pixels):
        text, confidence = recogniser(cut(pixels, strip.box))
        text = printable(text)[:MAX_TEXT_CHARS]
        handle = handle_in(text) if confidence >= MIN_CONFIDENCE else None
        if handle is None:
            continue
        line = Watermark(text=text, handles=(handle,), confidence=confidence, box=strip.box)
        beside = next((w for w in found if _are_one(w.box, line.box)), None)
        if beside is not None:
            found[found.index(beside)] = _joined(beside, line)
        else:
            found.append(line)
    return tuple(found)


def cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """A strip with some room around it."""
    height, width = pixels.shape[:2]
    letter = (box[3] - box[1]) * height
    left, right = int(box[0] * width - 1.5 * letter), int(box[2] * width + 1.5 * letter)
    top, bottom = int(box[1] * height - 0.3 * letter), int(box[3] * height + 0.3 * letter)
    return pixels[max(0, top) : bottom + 1, max(0, left) : right + 1]


def _are_one(a: Box, b: Box) -> bool:
    """Lines of one watermark: one above the other, no more than a line apart."""
    letter = max(a[3] - a[1], b[3] - b[1])
    apart = max(a[1], b[1]) - min(a[3], b[3])
    return apart < letter and a[0] < b[2] and b[0] < a[2]


def _joined(a: Watermark, b: Watermark) -> Watermark:
    upper, lower = sorted((a, b), key=lambda w: w.box[1])
    return Watermark(
        text=f"{upper.text} / {lower.text}",
        handles=(*upper.handles, *lower.handles),
        confidence=min(a.confidence, b.confidence),
        box=around((a.box, b.box)),
    )

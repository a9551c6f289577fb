"""Lettering: what is written in a picture, line by line, each with its place.

- `networks`: rapidocr's two networks, opened once; watermarks read with the same
- `presence`: whether anything may be written at all; cheap, for every picture
- `places`: from a map of likelihoods to lines
- `reading`: which lines, and how much that may cost
- `rows`: lines in reading order
- `line`: what was read, and how much was not
"""

from __future__ import annotations

from moderation.image.lettering.line import NO_LETTERING, Lettering, Line
from moderation.image.lettering.networks import installed
from moderation.image.lettering.reading import DETECTOR, read_lettering, read_px_for
from moderation.image.lettering.rows import rows_of

__all__ = [
    "DETECTOR",
    "NO_LETTERING",
    "Lettering",
    "Line",
    "installed",
    "read_lettering",
    "read_px_for",
    "rows_of",
]

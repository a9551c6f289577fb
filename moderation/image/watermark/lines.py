"""Lines of lettering that are an app's watermark: weighed as one, not as words. Pure."""

from __future__ import annotations

from dataclasses import replace

from moderation.image.lettering.line import Lettering, Line
from moderation.image.watermark.handles import handle_in

EDGE = 0.17
"""Share of the height, at the top and at the bottom, in which apps write the account."""
MAX_HEIGHT = 0.085
"""Of such a line, with the room around its letters; the picture may be a broad one."""


def without_watermarks(read: Lettering) -> Lettering:
    """The lettering without accounts that an app wrote near an edge."""
    lines = tuple(line for line in read.lines if not _is_watermark(line))
    left = len(read.lines) - len(lines)
    return replace(read, lines=lines, looked_at=read.looked_at - left)


def _is_watermark(line: Line) -> bool:
    _, top, _, bottom = line.box
    at_edge = bottom <= EDGE or top >= 1 - EDGE
    return at_edge and bottom - top <= MAX_HEIGHT and handle_in(line.text) is not None

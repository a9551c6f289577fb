"""Lines → rows in reading order, as a person would read them aloud. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from moderation.boxes import around
from moderation.image.lettering.line import Line

SAME_ROW = 0.5
"""Of the larger letters' height, between the middles of two lines of a row at most."""
MAX_OVERLAP = 0.3
"""Of the narrower one's width, that two lines of a row may share."""


def rows_of(lines: Iterable[Line]) -> list[Line]:
    """Rows from the top; lines that stand beside each other are one, from the left.

    Args:
        lines: in any order.

    Returns:
        Per row: the words parted by a blank, the least confidence, the box around all.
    """
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda one: ((one.box[1] + one.box[3]) / 2, one.box, one.text)):
        if rows and all(_beside(one, line) for one in rows[-1]):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [_as_one(sorted(row, key=lambda one: (one.box, one.text))) for row in rows]


def _as_one(row: list[Line]) -> Line:
    return Line(
        text=" ".join(line.text for line in row),
        confidence=min(line.confidence for line in row),
        box=around(line.box for line in row),
        letter=max(line.letter for line in row),
    )


def _beside(a: Line, b: Line) -> bool:
    apart = abs(a.box[1] + a.box[3] - b.box[1] - b.box[3]) / 2
    shared = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    narrower = min(a.box[2] - a.box[0], b.box[2] - b.box[0])
    return apart < SAME_ROW * max(a.letter, b.letter) and shared <= MAX_OVERLAP * narrower

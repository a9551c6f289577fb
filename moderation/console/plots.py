"""Plots as numbers for SVG that a template draws: no script, no style inside the page. Pure.

Whatever is drawn stands in a table beside it, so that a plot need not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from moderation.desk.insight import DayVolume
from moderation.rates import Rate
from moderation.verdict import Decision

WIDTH, HEIGHT = 720.0, 160.0
"""Of the columns, in units of the drawing."""
BAR_WIDTH, BAR_HEIGHT = 160.0, 14.0
_GAP = 0.2
"""Of a column's place."""
_STACKED = (Decision.BLOCK, Decision.REVIEW, Decision.LABEL, Decision.PASS)
"""From the ground up: what matters most is compared best on a common ground."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    decision: Decision
    day: date
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """A column for each day, of a box for each decision that was given."""

    width: float
    height: float
    top: int
    """What the full height stands for; at least 1."""
    boxes: tuple[Box, ...]


def columns(days: Sequence[DayVolume]) -> Columns:
    """Verdicts by day, stacked by decision; the highest day fills the height."""
    top = max((day.total for day in days), default=0) or 1
    place = WIDTH / max(1, len(days))
    boxes = []
    for number, day in enumerate(days):
        ground = HEIGHT
        for decision in _STACKED:
            count = day.decisions.get(decision, 0)
            height = HEIGHT * count / top
            ground -= height
            if count:
                boxes.append(
                    Box(
                        x=round(place * (number + _GAP / 2), 2),
                        y=round(max(0.0, ground), 2),
                        width=round(place * (1 - _GAP), 2),
                        height=round(height, 2),
                        decision=decision,
                        day=day.day,
                        count=count,
                    )
                )
    return Columns(width=WIDTH, height=HEIGHT, top=top, boxes=tuple(boxes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """A share as a bar from 0 to 1, with its interval across."""

    width: float
    height: float
    share: float
    """Where the bar ends."""
    low: float
    high: float


def whisker(rate: Rate) -> Whisker:
    """A share and its interval, in units of the drawing."""
    low, high = rate.interval
    return Whisker(
        width=BAR_WIDTH,
        height=BAR_HEIGHT,
        share=round(BAR_WIDTH * (rate.share or 0.0), 2),
        low=round(BAR_WIDTH * low, 2),
        high=round(BAR_WIDTH * high, 2),
    )

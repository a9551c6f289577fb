"""Shares with their uncertainty, times by their middle; pure.

A share of few is hardly a share: each comes with its counts and a 95 % interval, and a difference
is only called one where its interval leaves out nothing at all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

Z = 1.96
"""Of 95 %, two-sided."""
FEWEST = 30
"""Of a share that is compared: with fewer on either side nothing is said."""
FEWEST_HITS = 10
"""On both sides together."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

    Args:
        hits: 0 to `of`.
        of: how many were counted.

    Returns:
        (low, high), both 0–1; (0, 1) where nothing was counted.
    """
    if of == 0:
        return 0.0, 1.0
    share, spread = hits / of, Z * Z / of
    centre = share + spread / 2
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    low, high = (centre - half) / (1 + spread), (centre + half) / (1 + spread)
    # Ends that are exact on paper are so here, whatever rounding makes of them.
    return (0.0 if hits == 0 else max(0.0, low)), (1.0 if hits == of else min(1.0, high))


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """0–1; None where nothing was counted."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, see `wilson`."""
        return wilson(self.hits, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took, in seconds."""

    count: int
    median_s: float | None
    """None where nothing was counted."""
    p90_s: float | None
    """Nine of ten took so long at most."""
    longest_s: float | None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Times:
        """Of all of them, in any order; a clock that went back makes 0."""
        some = sorted(max(0.0, one) for one in seconds)
        return cls(
            count=len(some),
            median_s=quantile(some, 0.5),
            p90_s=quantile(some, 0.9),
            longest_s=some[-1] if some else None,
        )


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """The least value that at least this share of the values does not exceed.

    It is one that was measured, and none between two.

    Args:
        ordered: rising.
        share: above 0, at most 1.

    Returns:
        None where there is no value.
    """
    if not ordered:
        return None
    # A tenth of a millionth less: 0.9 x 10 must be the 9th, though it is a little more in binary.
    return ordered[max(1, math.ceil(share * len(ordered) - 1e-7)) - 1]


class Change(StrEnum):
    """What a comparison of two stretches says; words of the JSON."""

    MORE = "more"
    LESS = "less"
    UNCLEAR = "unclear"
    """The interval holds 0: it may have changed, or not."""
    TOO_FEW = "too_few"
    """Nothing can be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of two shares, or of two means: the later one minus the earlier one."""

    value: float | None
    low: float | None
    """Of the 95 % interval; None where too few were counted."""
    high: float | None
    change: Change


NOTHING = Difference(value=None, low=None, high=None, change=Change.TOO_FEW)


def compare(now: Rate, before: Rate) -> Difference:
    """Two shares of different things, by Newcombe's interval (1998, method 10).

    Of twenty comparisons where nothing has changed, one is said to be a change.

    Args:
        now: of the later stretch.
        before: of the earlier one.
    """
    if now.share is None or before.share is None:
        return NOTHING
    value = now.share - before.share
    if min(now.of, before.of) < FEWEST or now.hits + before.hits < FEWEST_HITS:
        return Difference(value=value, low=None, high=None, change=Change.TOO_FEW)
    (l1, u1), (l2, u2) = now.interval, before.interval
    low = value - math.hypot(now.share - l1, u2 - before.share)
    high = value + math.hypot(u1 - now.share, before.share - l2)
    return Difference(value=value, low=low, high=high, change=_change(low, high))


@dataclass(frozen=True, slots=True)
class Mean:
    """Of values that were added up."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    """Sum of the squares."""

    def __add__(self, other: Mean) -> Mean:
        return Mean(
            self.count + other.count, self.total + other.total, self.squares + other.squares
        )

    @property
    def value(self) -> float | None:
        """None where nothing was counted."""
        return self.total / self.count if self.count else None

    @property
    def error_squared(self) -> float:
        """Square of the standard error; 0 where fewer than two were counted."""
        if self.count < 2:
            return 0.0
        spread = (self.squares - self.total * self.total / self.count) / (self.count - 1)
        return max(0.0, spread) / self.count


def compare_means(now: Mean, before: Mean) -> Difference:
    """Two means of different things, by the normal interval of Welch's difference.

    Args:
        now: of the later stretch.
        before: of the earlier one.
    """
    if now.value is None or before.value is None:
        return NOTHING
    value = now.value - before.value
    if min(now.count, before.count) < FEWEST:
        return Difference(value=value, low=None, high=None, change=Change.TOO_FEW)
    half = Z * math.sqrt(now.error_squared + before.error_squared)
    low, high = value - half, value + half
    return Difference(value=value, low=low, high=high, change=_change(low, high))


def _change(low: float, high: float) -> Change:
    if low > 0:
        return Change.MORE
    return Change.LESS if high < 0 else Change.UNCLEAR

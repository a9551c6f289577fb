"""How well a ranking finds copies: average precision, recall at a precision, exact intervals.

The measures are those of the Image Similarity Challenge (Douze et al., 2021) in the form of
SSCD (Pizzi et al., 2022): all (query, registered picture) pairs of all queries are ranked by one
score, so that a threshold means the same for every query. Where scores are equal, wrong pairs
come first: nobody gains from a tie.

Pure functions on arrays; a pair that was not scored at all counts as ranked below every other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DRAWS = 400
_STEPS = 60  # halvings: beyond what a double can tell apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """What one threshold does."""

    threshold: float | None
    """Lowest score that counts as found; None where no threshold is precise enough."""
    recall: float
    """Share of all right pairs at or above the threshold, 0–1."""
    right: int
    wrong: int
    precision_low: float
    """Lower bound of the precision, one-sided at 95 % (Clopper and Pearson)."""


def ranked(scores: Floats, right: Flags) -> tuple[Floats, Flags]:
    """Both arrays with the highest score first, and wrong pairs before right ones of a score."""
    order = np.lexsort((right, -scores))
    return scores[order], right[order]


def average_precision(scores: Floats, right: Flags, positives: int) -> float:
    """µAP: precision at each right pair, averaged over all right pairs that there are.

    Args:
        scores: float [n], of the pairs that were scored.
        right: bool [n], is it a copy?
        positives: right pairs in all, also those that were not scored; at least `right.sum()`.

    Returns:
        0–1; 0 where there is nothing to find.
    """
    _, hits = ranked(scores, right)
    _enough(hits, positives)
    if positives == 0:
        return 0.0
    places = np.flatnonzero(hits)
    return float(np.sum(np.arange(1, len(places) + 1) / (places + 1)) / positives)


def recall_at_precision(
    scores: Floats, right: Flags, positives: int, precision: float
) -> OperatingPoint:
    """The threshold that finds most while at least `precision` of what it finds is right.

    Among n found pairs a precision above 1 − 1/n means no wrong pair at all; see
    `OperatingPoint.precision_low` for what so few pairs can prove.

    Args:
        scores: float [n].
        right: bool [n].
        positives: as for `average_precision`.
        precision: 0–1.
    """
    values, hits = ranked(scores, right)
    _enough(hits, positives)
    found = np.cumsum(hits)
    seen = np.arange(1, len(hits) + 1)
    # A threshold takes all pairs of a score or none.
    ends = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, bool)
    # `found ≥ precision · seen` would refuse 999 of 1000 for a rounding error.
    good = np.flatnonzero(ends & (found > 0) & (found >= precision * seen - 1e-9))
    if not len(good):
        return OperatingPoint(threshold=None, recall=0.0, right=0, wrong=0, precision_low=0.0)
    last = int(good[-1])
    hit, wrong = int(found[last]), int(last + 1 - found[last])
    return OperatingPoint(
        threshold=float(values[last]),
        recall=hit / positives,
        right=hit,
        wrong=wrong,
        precision_low=lower_bound(hit, hit + wrong),
    )


def precision_recall(
    scores: Floats, right: Flags, positives: int
) -> list[tuple[float, float, float]]:
    """(threshold, recall, precision) of every threshold, highest first."""
    values, hits = ranked(scores, right)
    _enough(hits, positives)
    found = np.cumsum(hits)
    ends = np.append(values[1:] != values[:-1], True) if len(values) else np.zeros(0, bool)
    return [
        (float(values[i]), float(found[i] / max(positives, 1)), float(found[i] / (i + 1)))
        for i in np.flatnonzero(ends)
    ]


def _enough(hits: Flags, positives: int) -> None:
    if positives < hits.sum():
        raise ValueError(f"{positives} right pairs in all, but {hits.sum()} right ones are scored")


# Intervals


def bootstrap(
    groups: Sequence[Hashable],
    measure: Callable[[NDArray[np.intp]], float],
    rng: np.random.Generator,
    draws: int = _DRAWS,
) -> Interval:
    """A measure with its 95 % interval, where items of one group go together.

    All attacks on one photograph share its luck, so photographs are drawn, not queries.

    Args:
        groups: [n], the group of each item.
        measure: indices of items (some more than once, some never) → number.
        rng: draws the groups.
        draws: how often.
    """
    members: dict[Hashable, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    lists = [np.array(items, dtype=np.intp) for items in members.values()]
    value = measure(np.arange(len(groups), dtype=np.intp))
    if len(lists) < 2:
        return Interval(value=value, low=0.0, high=1.0)
    found = [
        measure(np.concatenate([lists[int(i)] for i in rng.integers(len(lists), size=len(lists))]))
        for _ in range(draws)
    ]
    low, high = np.quantile(found, (0.025, 0.975))
    return Interval(value=value, low=float(low), high=float(high))


def exact_interval(hits: int, n: int) -> Interval:
    """A share with its 95 % interval (Clopper and Pearson, 1934); 0–1 where n is 0."""
    value = hits / n if n else 0.0
    return Interval(value=value, low=lower_bound(hits, n, 0.025), high=upper_bound(hits, n, 0.025))


def upper_bound(hits: int, n: int, doubt: float = 0.05) -> float:
    """The largest share under which so few hits are no rarer than `doubt`; 1 where n is 0.

    With no hit among n it is near 3/n, the rule of three.
    """
    if hits >= n:
        return 1.0
    low, high = hits / n, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_most(hits, n, middle) > doubt:
            low = middle
        else:
            high = middle
    return high


def lower_bound(hits: int, n: int, doubt: float = 0.05) -> float:
    """The smallest share under which so many hits are no rarer than `doubt`; 0 where n is 0."""
    return 1 - upper_bound(n - hits, n, doubt) if n else 0.0


def per_million(wrong: int, pairs: int) -> Interval:
    """False matches in a million pairs; `high` is the one-sided 95 % upper bound.

    Pairs of one query are not independent: read it with the number of queries.
    """
    rate = wrong / pairs if pairs else 0.0
    return Interval(
        value=1e6 * rate, low=1e6 * lower_bound(wrong, pairs), high=1e6 * upper_bound(wrong, pairs)
    )


def _at_most(hits: int, n: int, share: float) -> float:
    """Probability of at most `hits` of n, each with probability `share` in (0, 1)."""
    if 2 * hits > n:  # sum the shorter tail
        return 1 - _at_most(n - hits - 1, n, 1 - share)
    if hits < 0:
        return 0.0
    step = math.log(share) - math.log1p(-share)
    term = n * math.log1p(-share)
    largest, total = term, 1.0
    for k in range(hits):
        term += math.log((n - k) / (k + 1)) + step
        if term > largest:
            total = total * math.exp(largest - term) + 1
            largest = term
        else:
            total += math.exp(term - largest)
    return min(1.0, total * math.exp(largest))

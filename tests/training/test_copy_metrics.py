"""Measures of a ranking: by hand, against an obvious version, and their laws."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.training.copy_metrics import (
    average_precision,
    bootstrap,
    exact_interval,
    lower_bound,
    per_million,
    precision_recall,
    recall_at_precision,
    upper_bound,
)

RANKINGS = st.lists(
    st.tuples(st.integers(0, 6), st.booleans()), max_size=30
)  # few scores, so that many are equal
MISSED = st.integers(0, 5)


def arrays(pairs):
    scores = np.array([score / 6 for score, _ in pairs], dtype=float)
    return scores, np.array([right for _, right in pairs], dtype=bool)


def slow_average_precision(pairs, positives):
    """Walk down the list; at equal scores the wrong ones first."""
    hits = 0
    total = Fraction(0)
    down = sorted(pairs, key=lambda p: (-p[0], p[1]))
    for seen, (_, right) in enumerate(down, start=1):
        if right:
            hits += 1
            total += Fraction(hits, seen)
    return float(total / positives) if positives else 0.0


def slow_recall(pairs, positives, precision):
    """Try every threshold."""
    best = (None, 0.0)
    for threshold in sorted({score for score, _ in pairs}, reverse=True):
        found = [right for score, right in pairs if score >= threshold]
        if any(found) and Fraction(sum(found), len(found)) >= Fraction(precision):
            best = max(best, (threshold / 6, sum(found) / positives), key=lambda b: b[1])
    return best


@pytest.mark.parametrize(
    ("pairs", "positives", "wanted"),
    [
        ([], 0, 0.0),
        ([], 3, 0.0),
        ([(6, True), (5, True)], 2, 1.0),
        ([(6, True), (5, True)], 4, 0.5),
        ([(6, False), (5, True)], 1, 1 / 2),
        ([(6, True), (5, False), (4, True)], 2, (1 + 2 / 3) / 2),
        ([(5, True), (5, False)], 1, 1 / 2),
        ([(6, True), (5, True), (5, False), (4, True)], 3, (1 + 2 / 3 + 3 / 4) / 3),
    ],
    ids=["nothing", "all-missed", "perfect", "half", "late", "gap", "tie", "tie-inside"],
)
def test_average_precision_by_hand(pairs, positives, wanted) -> None:
    """Examples worked out on paper."""
    assert average_precision(*arrays(pairs), positives) == pytest.approx(wanted)


@given(RANKINGS, MISSED)
def test_average_precision_is_that_of_the_obvious_version(pairs, missed) -> None:
    """Any ranking, with ties and with copies that were not found."""
    positives = sum(right for _, right in pairs) + missed
    fast = average_precision(*arrays(pairs), positives)
    assert fast == pytest.approx(slow_average_precision(pairs, positives))
    assert 0 <= fast <= 1


@given(RANKINGS, MISSED, st.sampled_from(["0.5", "0.75", "0.9", "0.999", "1"]))
def test_recall_at_a_precision_is_that_of_the_best_threshold(pairs, missed, precision) -> None:
    """No other threshold finds more at that precision; counts and recall agree."""
    positives = sum(right for _, right in pairs) + missed
    if not positives:
        return
    point = recall_at_precision(*arrays(pairs), positives, float(precision))
    _, recall = slow_recall(pairs, positives, precision)
    assert point.recall == pytest.approx(recall)
    assert point.right == round(point.recall * positives)
    if point.threshold is not None:
        above = [right for score, right in pairs if score / 6 >= point.threshold]
        assert (point.right, point.wrong) == (sum(above), len(above) - sum(above))
        assert point.precision_low <= point.right / len(above)


def test_recall_at_precision_by_hand() -> None:
    """999 of 1,000 are 99.9 %; 998 of 999 are not; a tie with one wrong pair is taken whole."""
    scores = np.linspace(1, 0.5, 1000)
    right = np.ones(1000, dtype=bool)
    right[400] = False
    assert recall_at_precision(scores, right, 1000, 0.999).right == 999
    assert recall_at_precision(scores[:999], right[:999], 1000, 0.999).right == 400
    tied = np.full(10, 0.7)
    point = recall_at_precision(tied, np.arange(10) > 0, 10, 0.95)
    assert (point.threshold, point.recall) == (None, 0.0)


@given(RANKINGS, MISSED)
def test_the_curve_holds_every_operating_point(pairs, missed) -> None:
    """Recall never falls along it, and its best precise point is the one that is reported."""
    positives = sum(right for _, right in pairs) + missed
    curve = precision_recall(*arrays(pairs), positives)
    recalls = [recall for _, recall, _ in curve]
    assert recalls == sorted(recalls)
    assert len(curve) == len({score for score, _ in pairs})
    if positives:
        point = recall_at_precision(*arrays(pairs), positives, 0.8)
        precise = [recall for _, recall, precision in curve if precision >= 0.8 - 1e-9]
        assert point.recall == pytest.approx(max(precise, default=0.0))


def test_more_right_pairs_than_there_are_is_refused() -> None:
    """A recall above one would be nonsense."""
    with pytest.raises(ValueError, match="1 right pairs in all, but 2"):
        average_precision(np.array([1.0, 0.5]), np.array([True, True]), 1)


# Intervals


def tail(hits: int, n: int, share: float) -> float:
    """Probability of at most `hits`, term by term."""
    return sum(math.comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(hits + 1))


@given(st.integers(1, 60), st.data())
def test_the_upper_bound_solves_its_equation(n, data) -> None:
    """Under the bound, so few hits have exactly the probability that was asked for."""
    hits = data.draw(st.integers(0, n - 1))
    doubt = data.draw(st.sampled_from([0.025, 0.05, 0.2]))
    bound = upper_bound(hits, n, doubt)
    assert hits / n < bound < 1
    assert tail(hits, n, bound) == pytest.approx(doubt, rel=1e-6)
    assert lower_bound(n - hits, n, doubt) == pytest.approx(1 - bound)


def test_known_intervals() -> None:
    """Values of published tables, and the rule of three."""
    ten = exact_interval(8, 10)
    assert (ten.low, ten.high) == pytest.approx((0.4439, 0.9748), abs=1e-4)
    assert exact_interval(0, 0).high == 1.0
    assert exact_interval(5, 5).low == pytest.approx(0.025 ** (1 / 5))
    assert upper_bound(0, 1_000_000) == pytest.approx(-math.log(0.05) / 1e6, rel=1e-3)
    assert upper_bound(900, 1000) == pytest.approx(0.9153, abs=2e-4)


def test_false_matches_in_a_million_pairs() -> None:
    """None among a million pairs leaves room for three; the rate lies between the bounds."""
    none = per_million(0, 1_000_000)
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(3.0, abs=0.01)
    some = per_million(5, 2_000_000)
    assert some.low < some.value == 2.5 < some.high
    assert per_million(0, 0).high == 1e6


def test_the_bootstrap_draws_groups() -> None:
    """Ten copies of one luck do not make the interval narrower; the same seed, the same bounds."""
    hit = np.array([i % 4 > 0 for i in range(24)])
    alone = [
        bootstrap(range(24), lambda i: float(hit[i].mean()), np.random.default_rng(1))
        for _ in range(2)
    ]
    tenfold = np.repeat(hit, 10)
    together = bootstrap(
        [i // 10 for i in range(240)], lambda i: float(tenfold[i].mean()), np.random.default_rng(1)
    )
    assert alone[0] == alone[1]
    assert alone[0].value == together.value == 0.75
    assert (alone[0].low, alone[0].high) == (together.low, together.high)
    assert alone[0].low < 0.75 < alone[0].high

"""How well probabilities and labels agree: AUC, recall at a false-positive rate, calibration.

Intervals are 95 % percentile bootstrap over notes; a resample without one class is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Truth = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def auc(truth: Truth, scores: Numbers) -> float:
    """Area under the ROC curve; ties count half."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    wins = ranks[truth].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def recall_at_fpr(truth: Truth, scores: Numbers, most: float = 0.01) -> float:
    """Recall at the lowest threshold that flags at most this share of the negatives; ties flag."""
    if not truth.any() or truth.all():
        return float("nan")
    return float((scores[truth] >= threshold_at_fpr(truth, scores, most)).mean())


def threshold_at_fpr(truth: Truth, scores: Numbers, most: float = 0.01) -> float:
    """The lowest threshold that flags at most this share of the negatives; else infinite."""
    for threshold in np.unique(scores[scores > 0]):
        if (scores[~truth] >= threshold).mean() <= most:
            return float(threshold)
    return float("inf")


def with_interval(
    metric: Callable[..., float], *columns: NDArray[Any], rng: np.random.Generator, times: int
) -> dict[str, Any]:
    """Value, 95 % interval and number of notes."""
    size = len(columns[0])
    draws = []
    for _ in range(times):
        rows = rng.integers(0, size, size)
        value = metric(*(column[rows] for column in columns))
        if not np.isnan(value):
            draws.append(value)
    low, high = np.percentile(draws, (2.5, 97.5)) if draws else (float("nan"),) * 2
    value = metric(*columns)
    return {"value": rounded(value), "ci95": [rounded(low), rounded(high)], "n": size}


def precision_at(prevalence: float, recall: float, fpr: float) -> float:
    """Share of flags that are right where so many notes are positive; NaN without flags."""
    right, wrong = prevalence * recall, (1 - prevalence) * fpr
    return right / (right + wrong) if right + wrong else float("nan")


def f1(truth: Truth, said: Truth) -> float:
    """Harmonic mean of precision and recall; NaN where there is nothing to find."""
    if not truth.any():
        return float("nan")
    return float(2 * (truth & said).sum() / (truth.sum() + said.sum()))


def rounded(value: float) -> float | None:
    """Four decimals; None for no number."""
    return None if np.isnan(value) else round(float(value), 4)


def confusion(
    truth: Sequence[str], guess: Sequence[str], names: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Label → reading → count."""
    pairs = Counter(zip(truth, guess, strict=True))
    return {a: {b: pairs[a, b] for b in names} for a in names if any(pairs[a, b] for b in names)}


def reliability(truth: Truth, p: Numbers) -> dict[str, Any]:
    """Mean probability and observed share in ten bins, and the expected calibration error."""
    bins, error = [], 0.0
    for i in range(10):
        here = (p >= i / 10) & ((p < (i + 1) / 10) | (i == 9))
        if here.any():
            said, seen = float(p[here].mean()), float(truth[here].mean())
            bins.append({"n": int(here.sum()), "said": rounded(said), "seen": rounded(seen)})
            error += abs(said - seen) * here.mean()
    return {
        "bins": bins,
        "expected_error": rounded(error),
        "brier": rounded(((p - truth) ** 2).mean()),
    }

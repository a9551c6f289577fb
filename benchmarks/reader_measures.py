"""Measures of what a reader says about notes, and its calibration on other notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from moderation.text.calibration import Line
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.training.reader_calibration import fitted
from moderation.training.reader_data import Fold, LabelledNote
from moderation.training.reader_linear import Answers
from moderation.training.reading_metrics import auc, f1, reliability, rounded, with_interval


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean F1 of the classes that ten or more notes have."""
    names, counts = np.unique(truth, return_counts=True)
    often = names[counts >= 10]
    return float(np.mean([f1(truth == n, said == n) for n in often])) if len(often) else np.nan


def measure(
    rows: Sequence[LabelledNote],
    answers: Answers,
    likely: np.ndarray,
    rng: np.random.Generator,
    times: int,
) -> dict[str, Any]:
    """All measures of some notes.

    Args:
        rows: the notes with their labels.
        answers: what a reader says.
        likely: float64 [n], its calibrated probability of a commercial intent.
        rng: of the resamples.
        times: number of resamples.
    """
    intent = np.array([row.intent for row in rows])
    disclosure = np.array([DISCLOSURES.index(row.disclosure) for row in rows])
    is_commercial = np.isin(intent, COMMERCIAL)
    said = np.array(INTENTS)[answers.intent.argmax(axis=1)]
    stated = answers.disclosure.argmax(axis=1)
    sure = np.array([row.confidence >= 0.8 for row in rows])

    def interval(metric: Callable[..., float], *columns: np.ndarray) -> dict[str, Any]:
        return with_interval(metric, *columns, rng=rng, times=times)

    return {
        "notes": len(rows),
        "commercial": int(is_commercial.sum()),
        "commercial_auc": interval(auc, is_commercial, answers.commercial),
        "commercial_auc_sure": interval(auc, is_commercial[sure], answers.commercial[sure]),
        "hard_sell_auc": interval(auc, intent == "C2", answers.intent[:, INTENTS.index("C2")]),
        "hard_sell_f1": interval(f1, intent == "C2", said == "C2"),
        "disclosure_macro_f1": interval(macro_f1, disclosure, stated),
        "absent_f1": interval(f1, disclosure == 4, stated == 4),
        "disclosure_accuracy": rounded(float((disclosure == stated).mean())),
        "calibration": reliability(is_commercial, answers.commercial),
        "calibrated": reliability(is_commercial, likely),
        "siblings": family_accuracy(rows, answers),
    }


def family_accuracy(rows: Sequence[LabelledNote], answers: Answers) -> dict[str, Any]:
    """Of pairs of siblings of which one sells, how many have the seller above the other."""
    families: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if row.family:
            families.setdefault(row.family, []).append(i)
    right, pairs = 0.0, 0
    for places in families.values():
        for a in places:
            for b in places:
                if rows[a].commercial and not rows[b].commercial:
                    pairs += 1
                    difference = answers.commercial[a] - answers.commercial[b]
                    right += 0.5 * (1 + np.sign(difference))
    return {"pairs": pairs, "share": rounded(right / pairs) if pairs else None}


def calibrated(
    rows: Sequence[LabelledNote],
    chosen: Mapping[str, Fold],
    found: Mapping[str, Answers],
    bundle: str,
) -> np.ndarray:
    """Probabilities of one fold by slope and offset that fit the other folds (Platt 1999).

    Notes that measure here are left out of the fit; with one fold alone nothing is fitted.
    """
    measured = set(chosen[bundle].measured)
    odds, truth = [], []
    for name, fold in chosen.items():
        said = log_odds(found[name].commercial)
        for k, i in enumerate(fold.measured):
            if name != bundle and i not in measured:
                odds.append(said[k])
                truth.append(rows[i].commercial)
    here = log_odds(found[bundle].commercial)
    weights = np.ones(len(odds))
    line = fitted(np.array(odds), np.array(truth), weights) if odds else Line()
    return np.array([line(one) for one in here])


def log_odds(p: np.ndarray) -> np.ndarray:
    """Of probabilities, kept from infinity."""
    p = np.clip(p, 1e-5, 1 - 1e-5)
    return np.log(p / (1 - p))

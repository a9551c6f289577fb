"""How good the readings of labelled notes are: order, decisions, calibration, fairness."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.text.marks import WAYS_OUT
from moderation.text.reading import INTENTS, TextReading
from moderation.text.signals import MIN_VIOLATION_WEIGHT
from moderation.training.reader_data import LabelledNote
from moderation.training.reading_metrics import (
    auc,
    f1,
    precision_at,
    reliability,
    rounded,
    threshold_at_fpr,
    with_interval,
)

PREVALENCE = 0.01
"""Of commercial notes that deserve a look, on a community as large as ours."""
MOST_FLAGGED = 0.01
LEAST = 10
"""Notes of a kind, without which it is not measured."""
SHORT, LONG = 80, 400
"""Code points."""


def evaluated(
    rows: Sequence[LabelledNote],
    readings: Sequence[TextReading],
    *,
    seed: int = 0,
    times: int = 500,
) -> dict[str, Any]:
    """All measures, with 95 % bootstrap intervals.

    Args:
        rows: notes with their labels.
        readings: of the same notes.
        seed: of the resamples.
        times: number of resamples.
    """
    rng = np.random.default_rng(seed)
    intent = np.array([row.intent for row in rows])
    sells = np.array([row.commercial for row in rows])
    commercial = np.array([reading.commercial for reading in readings])
    hard_sell = np.array([reading.hard_sell for reading in readings])
    said = np.array([INTENTS[int(np.argmax([*r.intent.values()]))] for r in readings])
    clear = np.array([max(r.disclosure, key=r.disclosure.__getitem__) for r in readings]) == "clear"
    stated = np.array([row.disclosure == "clear" for row in rows])

    def interval(metric: Callable[..., float], *columns: NDArray[Any]) -> dict[str, Any]:
        return with_interval(metric, *columns, rng=rng, times=times)

    return {
        "notes": len(rows),
        "commercial_notes": int(sells.sum()),
        "commercial": {
            "auc": interval(auc, sells, commercial),
            "at_half": interval(f1, sells, commercial >= 0.5),
            "calibration": reliability(sells, commercial),
            "at_one_percent": at_one_percent(sells, commercial),
        },
        "hard_sell": {
            "notes": int((intent == "C2").sum()),
            "auc": interval(auc, intent == "C2", hard_sell),
            "f1": interval(f1, intent == "C2", said == "C2"),
            "at_one_percent": at_one_percent(intent == "C2", hard_sell),
        },
        "clear_disclosure": {"notes": int(stated.sum()), "f1": interval(f1, stated, clear)},
        "diversion": _diversion(rows, readings),
        "groups": {
            name: _group(sells[here], commercial[here]) for name, here in _groups(rows).items()
        },
    }


def at_one_percent(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> dict[str, Any]:
    """The threshold that flags one percent of the others, and what it finds."""
    threshold = threshold_at_fpr(truth, scores, MOST_FLAGGED)
    flagged = scores >= threshold
    recall = float(flagged[truth].mean()) if truth.any() else float("nan")
    wrong = float(flagged[~truth].mean()) if (~truth).any() else float("nan")
    return {
        "threshold": None if np.isinf(threshold) else rounded(threshold),
        "recall": rounded(recall),
        "others_flagged": rounded(wrong),
        "precision_at_prevalence_0.01": rounded(precision_at(PREVALENCE, recall, wrong)),
    }


def _diversion(rows: Sequence[LabelledNote], readings: Sequence[TextReading]) -> dict[str, Any]:
    """Notes that lead readers away and those of natives, by whether a violation V1–V6 is read.

    `shown` is any violation, `likely` one that is sure enough for a person to look.
    """
    known = [i for i, row in enumerate(rows) if row.violations is not None]
    leads = np.array([any(s.code in WAYS_OUT for s in rows[i].violations or ()) for i in known])
    native = np.array([not rows[i].commercial for i in known], bool) & ~leads.astype(bool)
    found = {
        "shown": np.array([diverts(readings[i], MIN_VIOLATION_WEIGHT) for i in known], bool),
        "likely": np.array([diverts(readings[i]) for i in known], bool),
    }
    return {
        name: {
            "found": _share(flags[leads.astype(bool)]),
            "natives_flagged": _share(flags[native]),
        }
        for name, flags in found.items()
    }


def diverts(reading: TextReading, at: float = 0.5) -> bool:
    """Whether a way out of the platform is seen surely enough for a person to look."""
    return any(s.span.code in WAYS_OUT and s.weight >= at for s in reading.signals)


def length_of(row: LabelledNote) -> str:
    """`short`, `middle` or `long`."""
    size = len(row.note.title) + len(row.note.text)
    return "short" if size < SHORT else "long" if size > LONG else "middle"


def _groups(rows: Sequence[LabelledNote]) -> dict[str, NDArray[np.bool_]]:
    """Languages, lengths, groups and origins with enough notes."""
    found: dict[str, NDArray[np.bool_]] = {}
    kinds: Iterable[tuple[str, Callable[[LabelledNote], str]]] = (
        ("language", lambda row: row.lang),
        ("length", length_of),
        ("from", lambda row: row.group),
        ("origin", lambda row: row.origin),
    )
    for kind, of in kinds:
        values = np.array([of(row) for row in rows])
        for value in sorted(set(values.tolist())):
            if value and (values == value).sum() >= LEAST:
                found[f"{kind} {value}"] = values == value
    return found


def _group(sells: NDArray[np.bool_], commercial: NDArray[np.float64]) -> dict[str, Any]:
    return {
        "notes": len(sells),
        "commercial_notes": int(sells.sum()),
        "auc": rounded(auc(sells, commercial)),
        "natives_called_commercial": _share(commercial[~sells] >= 0.5),
    }


def _share(flags: NDArray[np.bool_]) -> dict[str, Any]:
    return {
        "hits": int(flags.sum()),
        "n": len(flags),
        "share": rounded(float(flags.mean())) if len(flags) else None,
    }

"""What a copy score has meant: of the pairs in each band of scores, how many were copies.

Pure; `copy_verification.py` measures, `tables.py` writes the table of `docs/why/copy-score.md`.
The shares are those of this set: where fewer copies are posted, fewer of a band are copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from moderation.training.copy_metrics import exact_interval, recall_at_precision

EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0)
"""Each band holds its lower edge; the last one holds 1 as well."""
WANTED = 0.999
START, END = "<!-- bands: written by benchmarks/tables.py -->", "<!-- end of bands -->"


def calibration(copies: Sequence[float], others: Sequence[float]) -> dict[str, Any]:
    """Bands, and the lowest score from which nearly all are copies.

    Args:
        copies: scores of pairs that are copies, 0–1; 0 where nothing aligned.
        others: scores of pairs that are none.
    """
    scores = np.array([*copies, *others], np.float64)
    right = np.arange(len(scores)) < len(copies)
    point = recall_at_precision(scores, right, len(copies), WANTED)
    return {
        "bands": [_band(scores, right, low, high) for low, high in pairwise(EDGES)],
        "nearly_all_copies": {
            "wanted": WANTED,
            "score": None if point.threshold is None else round(point.threshold, 4),
            "n": point.right + point.wrong,
            "copies": point.right,
            "at_least": round(point.precision_low, 4),
        },
    }


def _band(scores: np.ndarray, right: np.ndarray, low: float, high: float) -> dict[str, Any]:
    inside = (scores >= low) & ((scores < high) | (high == EDGES[-1]))
    hits, n = int((inside & right).sum()), int(inside.sum())
    interval = exact_interval(hits, n)
    return {
        "from": low,
        "to": high,
        "copies": hits,
        "not_copies": n - hits,
        "share": round(interval.value, 4) if n else None,
        "ci95": [round(interval.low, 4), round(interval.high, 4)],
    }


def section(found: dict[str, Any] | None) -> list[str]:
    """Markdown between the marks; nothing where the result holds no bands."""
    if found is None:
        return []
    lines = [
        "| score | copies | no copies | share of copies (95 %, exact) |",
        "| --- | ---: | ---: | ---: |",
    ]
    for band in found["bands"]:
        share = "–"
        if band["share"] is not None:
            low, high = band["ci95"]
            share = f"{band['share']:.1%} ({low:.1%}–{high:.1%})".replace("%", " %")
        last = band["to"] == EDGES[-1]
        name = f"{band['from']:g} and more" if last else f"{band['from']:g} to {band['to']:g}"
        lines.append(f"| {name} | {band['copies']:,} | {band['not_copies']:,} | {share} |")
    point = found["nearly_all_copies"]
    wanted = f"{100 * point['wanted']:g} %"
    if point["score"] is None:
        return [*lines, "", f"There is no score from which at least {wanted} are copies."]
    told = (
        f"The lowest score from which at least {wanted} are copies on this set is "
        f"{point['score']:.3f}: {point['copies']:,} of {point['n']:,} pairs at or above it. So "
        f"many prove, one-sided at 95 %, a share of {100 * point['at_least']:.2f} % or more."
    )
    return [*lines, "", told]


def render(page: str, found: dict[str, Any] | None) -> str:
    """The page with the section as the result says; unchanged without marks."""
    before, mark, rest = page.partition(START)
    if not mark:
        return page
    inside = "".join(f"{line}\n" for line in section(found))
    return f"{before}{START}\n{inside}{END}{rest.partition(END)[2]}"

"""Ways out as labels of single pieces, and how the reader's decision on them is fitted.

A piece is labelled with the code of the violation (V1–V6) that it lies in, or as leading nowhere;
pieces of notes whose violations nobody marked are left out of the lesson. The decision that weighs
network and rules has three numbers, fitted on notes that the network has not seen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moderation.text.marks import WAYS_OUT
from moderation.text.signals import MIN_VIOLATION_WEIGHT
from moderation.text.ways_out import Decision, WaysOut
from moderation.text.whole_text import WholeText
from moderation.training.reader_calibration import logistic_weights
from moderation.training.reader_data import LabelledNote

UNKNOWN = -100
"""Left out of the lesson."""
MOST_FLAGGED = 0.025
"""Share of natives whose strongest place the decision brings to the least weight of a violation,
before rules keep their own weights and `ALONE` hides what nobody vouches for. Real and written ones
count alike, and the written are half made of twins that are meant to deceive."""

_START = np.array([1.0, 4.0, -1.0])
_PENALTY = 1e-3

Places = Sequence[tuple[int, int]]


def piece_labels(row: LabelledNote, places: Places) -> NDArray[np.int32]:
    """int32 [pieces]: 0 leads nowhere, 1–6 are V1–V6, -100 where nobody has looked.

    Args:
        row: the note.
        places: start and end of each piece in its whole text.
    """
    if row.violations is None:
        return np.full(len(places), UNKNOWN, np.int32)
    labels = np.zeros(len(places), np.int32)
    text = WholeText.of(row.note)
    for span in row.violations:
        at = text.place_of(span) if span.code in WAYS_OUT else None
        if at is not None:
            for i, (start, end) in enumerate(places):
                if start < at[1] and at[0] < end:
                    labels[i] = 1 + WAYS_OUT.index(span.code)
    return labels


def fitted_decision(rows: Sequence[LabelledNote], found: Sequence[WaysOut]) -> Decision:
    """Weights of network and rules, from notes that the network was not fitted to.

    Places that lead away and places that do not weigh alike in the fit; then the offset is set so
    that the least weight of a violation is where `MOST_FLAGGED` of the natives begin. So weights
    order places rightly, and are lower than probabilities among these notes would be.

    Args:
        rows: with marked violations; others are left out.
        found: what a reader whose decision is not fitted yet names in each.
    """
    facts, right, weights = [], [], []
    for row, ways in zip(rows, found, strict=True):
        for one, leads in zip(ways.candidates, leading(row, ways), strict=True):
            if leads is not None:
                facts.append((*Decision().facts(one), 1.0))
                right.append(leads)
                weights.append(row.weight)
    if not (any(right) and not all(right)):
        return Decision()
    columns, truth, counts = np.array(facts), np.array(right), np.array(weights)
    for kind in (truth, ~truth):
        counts[kind] /= counts[kind].mean() * kind.mean()
    odds, rule, offset = logistic_weights(
        columns, truth, counts, start=_START, prior=np.zeros(3), penalty=_PENALTY
    ).tolist()
    return _harmless(Decision(odds=max(odds, 0.0), rule=max(rule, 0.0), offset=offset), rows, found)


def _harmless(
    decision: Decision, rows: Sequence[LabelledNote], found: Sequence[WaysOut]
) -> Decision:
    """The same order of places, with `MOST_FLAGGED` of the natives at the least weight."""
    strongest: dict[bool, list[float]] = {True: [], False: []}
    for row, ways in zip(rows, found, strict=True):
        marked = row.violations
        if marked is None or row.commercial or any(span.code in WAYS_OUT for span in marked):
            continue
        chances = [decision.probability(one) for one in ways.candidates]
        strongest[row.origin == "written"].append(max(chances, default=0.0))
    kinds = [np.array(chances) for chances in strongest.values() if chances]
    if not kinds:
        return decision

    def flagged(at: float) -> float:
        return float(np.mean([(chances >= at).mean() for chances in kinds]))

    steps = sorted({chance for chances in kinds for chance in chances.tolist() if chance > 0})
    at = next((step for step in steps if flagged(step) <= MOST_FLAGGED), 0.5)
    shift = _log_odds(MIN_VIOLATION_WEIGHT) - _log_odds(min(max(at, 1e-6), 1 - 1e-6))
    return replace(decision, offset=decision.offset + shift)


def _log_odds(p: float) -> float:
    return math.log(p / (1 - p))


def leading(row: LabelledNote, ways: WaysOut) -> list[bool | None]:
    """Of each candidate whether a marked violation is there; None where nobody has looked."""
    if row.violations is None:
        return [None] * len(ways.candidates)
    marked = [ways.text.place_of(span) for span in row.violations if span.code in WAYS_OUT]
    return [
        any(at is not None and at[0] < one.end and one.start < at[1] for at in marked)
        for one in ways.candidates
    ]


def piece_weight(labels: NDArray[np.int32]) -> NDArray[np.float32]:
    """float32 [7]: what a piece of each class counts; leading away is rare and counts more."""
    counts = np.bincount(labels[labels >= 0], minlength=1 + len(WAYS_OUT))
    total = float(counts.sum())
    return np.array(
        [min(6.0, math.sqrt(total / (len(counts) * max(count, 1)))) for count in counts],
        np.float32,
    )

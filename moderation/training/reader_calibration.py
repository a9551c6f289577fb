"""Calibration of a note reader on notes that it was not fitted to.

Slopes and offsets only, eight numbers in all, so nothing is learnt by heart. Real and written notes
weigh the same: nobody can say of a new note which it is like.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.text.calibration import Calibration, Line, commercial_odds, log_sum, sale_odds
from moderation.text.reading import DISCLOSURES
from moderation.training.reader_data import LabelledNote

STATED = ("clear", "buried", "denied")
_STEPS = 80
_LEAST = 1e-4
"""Penalty on slope and offset, which keeps them finite where all answers are right."""


def fitted(
    odds: NDArray[np.float64], truth: NDArray[np.bool_], weights: NDArray[np.float64]
) -> Line:
    """Logistic regression of one variable (Platt 1999).

    Args:
        odds: float64 [n] log odds as the reader gives them.
        truth: bool [n].
        weights: float64 [n].
    """
    columns = np.stack([odds, np.ones_like(odds)], axis=1)
    as_given = np.array([1.0, 0.0])
    slope, offset = logistic_weights(
        columns, truth, weights, start=as_given, prior=as_given, penalty=_LEAST
    ).tolist()
    return Line(slope=max(slope, 0.05), offset=offset)


def logistic_weights(
    columns: NDArray[np.float64],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    start: NDArray[np.float64],
    prior: NDArray[np.float64],
    penalty: float,
) -> NDArray[np.float64]:
    """float64 [m]: weights of a logistic regression, by Newton's method in bounded steps.

    Args:
        columns: float64 [n, m].
        truth: bool [n].
        weights: float64 [n], what each row counts.
        start: float64 [m], where the first step begins.
        prior: float64 [m], what the penalty draws towards.
        penalty: on half the squared distance from `prior`.
    """
    found = start
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(columns @ found, -30, 30)))
        slope = columns.T @ (weights * (truth - p)) - penalty * (found - prior)
        bend = (columns * (weights * p * (1 - p))[:, None]).T @ columns
        bend += penalty * np.eye(len(found))
        found = found + np.clip(np.linalg.solve(bend, slope), -1, 1)
    return found


def fitted_calibration(
    rows: Sequence[LabelledNote],
    intent: NDArray[np.float64],
    disclosure: NDArray[np.float64],
    shares: tuple[float, ...],
) -> Calibration:
    """Slopes and offsets for these notes.

    Args:
        rows: notes that the reader was not fitted to.
        intent: float64 [n, experts, 5] scores.
        disclosure: float64 [n, experts, 5] scores.
        shares: of the experts.
    """
    mean = Calibration(shares=shares).mean
    weights = evened(rows)
    sells = np.array([row.commercial for row in rows])
    sale = np.array([row.intent == "C2" for row in rows])
    stated = np.array([row.disclosure in STATED for row in rows])
    said = [DISCLOSURES.index(name) for name in STATED]
    silent = [i for i in range(len(DISCLOSURES)) if i not in said]
    intents = mean(intent)
    statements = np.array([log_sum(one[said]) - log_sum(one[silent]) for one in mean(disclosure)])
    commercial = np.array([commercial_odds(one) for one in intents])
    sales = np.array([sale_odds(one) for one in intents])
    return Calibration(
        shares=shares,
        commercial=fitted(commercial, sells, weights),
        hard_sell=fitted(sales[sells], sale[sells], weights[sells]),
        stated=fitted(statements, stated, weights),
    )


def evened(rows: Sequence[LabelledNote]) -> NDArray[np.float64]:
    """float64 [n]: how much each note counts, real ones in all as much as written ones."""
    written = np.array([row.origin == "written" for row in rows])
    sure = np.array([row.weight for row in rows])
    for kind in (written, ~written):
        if kind.any():
            sure[kind] *= len(rows) / 2 / sure[kind].sum()
    return sure

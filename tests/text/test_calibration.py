"""Probabilities add up, keep the order of the scores, and say what the declarations say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moderation.text.calibration import (
    Calibration,
    Line,
    commercial_odds,
    commercial_slopes,
    sale_slopes,
)
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS

SCORES = arrays(np.float64, 5, elements=st.floats(-20, 20))
LINES = st.builds(Line, slope=st.floats(0.1, 3), offset=st.floats(-3, 3))
CALIBRATIONS = st.builds(
    Calibration, shares=st.just((0.5, 0.5)), commercial=LINES, hard_sell=LINES, stated=LINES
)


@given(SCORES)
def test_without_calibration_it_is_the_softmax(scores):
    """The plain way to read scores."""
    powers = np.exp(scores - scores.max())
    wanted = dict(zip(INTENTS, (powers / powers.sum()).tolist(), strict=True))
    assert Calibration(shares=(1.0,)).intent(scores) == pytest.approx(wanted, abs=1e-9)


@given(CALIBRATIONS, SCORES, SCORES, st.floats(0, 1), st.booleans())
def test_probabilities_add_up(calibration, intents, disclosures, commercial, declared):
    """Whatever the scores."""
    for found, names in (
        (calibration.intent(intents), INTENTS),
        (calibration.disclosure(disclosures, commercial, declared=declared), DISCLOSURES),
    ):
        assert [*found] == [*names]
        assert math.isclose(sum(found.values()), 1, abs_tol=1e-9)
        assert min(found.values()) >= 0
        assert not declared or names is INTENTS or found["clear"] >= 0.98


@given(CALIBRATIONS, SCORES, SCORES)
def test_a_higher_score_is_no_lower_probability(calibration, one, other):
    """Calibration moves numbers, never their order."""
    found = [
        sum(calibration.intent(scores)[name] for name in COMMERCIAL) for scores in (one, other)
    ]
    if commercial_odds(one) <= commercial_odds(other):
        assert found[0] <= found[1] + 1e-12


@given(SCORES, st.integers(0, 4))
def test_slopes_are_slopes(scores, i):
    """Against a small step."""
    step = np.zeros(5)
    step[i] = 1e-5
    grown = (commercial_odds(scores + step) - commercial_odds(scores - step)) / 2e-5
    assert commercial_slopes(scores)[i] == pytest.approx(grown, abs=1e-4)

    def sale(x: np.ndarray) -> float:
        return float(x[3] - np.log(np.exp(np.delete(x, 3)).sum()))

    grown = (sale(scores + step) - sale(scores - step)) / 2e-5
    assert sale_slopes(scores)[i] == pytest.approx(grown, abs=1e-4)


@given(CALIBRATIONS)
def test_a_calibration_is_stored_as_json(calibration):
    """Up to four decimals."""
    again = Calibration.from_json(calibration.to_json())
    assert again.shares == calibration.shares
    assert again.commercial.slope == pytest.approx(calibration.commercial.slope, abs=1e-4)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"shares": []},
        {"shares": [0.7, 0.7]},
        {"shares": [1.5, -0.5]},
        {"shares": [1.0], "commercial": [0, 0]},
        {"shares": [1.0], "commercial": [1]},
        {"shares": [1.0], "stated": [1, "nan"]},
        {"shares": [1.0], "hard_sell": None},
    ],
)
def test_nonsense_is_refused(row):
    """By an error that the opener of models understands."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Calibration.from_json(row)

"""The fit finds the weights that made the data."""

from __future__ import annotations

import numpy as np
import pytest
from kit.photographs import photograph

from moderation.image.verify import measurements
from moderation.training.copy_pairs import CopyTrial
from moderation.training.copy_score import fit, logistic, monotone, outcome


@pytest.mark.parametrize("seed", range(3))
def test_logistic_regression_recovers_weights(seed: int) -> None:
    """From draws of a known model, up to sampling noise."""
    rng = np.random.default_rng(seed)
    truth = np.array([1.5, -1.0, 0.5])
    x = rng.normal(0, 1, (8000, 3))
    y = (rng.random(8000) < 1 / (1 + np.exp(-(x @ truth)))).astype(float)
    found = logistic(x, y, np.ones(len(y)))
    assert np.allclose(found[1:], truth, atol=0.15)
    assert abs(found[0]) < 0.15


def test_classes_that_are_apart_give_finite_weights() -> None:
    """The ridge holds where no likelihood would."""
    x = np.array([[-1.0], [-0.8], [0.9], [1.0]])
    weights = logistic(x, np.array([0.0, 0, 1, 1]), np.ones(4))
    assert np.all(np.isfinite(weights))
    assert weights[1] > 0


def test_a_misleading_measurement_gets_no_weight() -> None:
    """What speaks against copies by chance is left out; the rest is fitted without it."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (4000, 3))
    y = (rng.random(4000) < 1 / (1 + np.exp(-(2 * x[:, 0] - x[:, 1])))).astype(float)
    found = monotone(x, y, np.ones(len(y)))
    assert found[2] == 0
    assert found[1] > 1
    assert np.all(found[1:] >= 0)


def test_an_outcome_is_what_the_gate_would_see() -> None:
    """Through the register's bytes; a copy scores high, another photograph nothing."""
    coffee, rocket = photograph("coffee"), photograph("rocket")
    same = outcome(CopyTrial(kind="same", group="a", is_copy=True, query=coffee, original=coffee))
    other = outcome(
        CopyTrial(kind="other", group="b", is_copy=False, query=rocket, original=coffee)
    )
    assert same.score > 0.9
    assert same.proof is not None
    assert len(measurements(same.proof.alignment, same.proof.reading)) + 1 == len(
        fit([same, _looks_like(same)])
    )
    assert other.score < 0.1


def _looks_like(found):
    trial = CopyTrial(
        kind="no copy",
        group="c",
        is_copy=False,
        query=found.trial.query,
        original=found.trial.original,
    )
    return type(found)(trial=trial, proof=found.proof)

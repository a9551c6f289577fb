"""Fits the weights of the copy score in `moderation.image.verify`.

    python -m moderation.training.copy_score DATA/images [--photos 10]

The folder is described in `copy_pairs`. One half of it fits the weights; the other half, with
other random strengths of the same attacks, measures them. Prints JSON: the constants to put into
`verify`, and what they do on the measured half. Where a second look gave another alignment, the
weights of the day choose between the two; so a fit that starts from its own constants prints them
again but for the second decimal.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.image.decode import decode
from moderation.image.hashing import pdq
from moderation.image.local_features import LocalFeatures, stored_features
from moderation.image.query import Query
from moderation.image.verify import PAGE, Proof, measurements, verify
from moderation.training import copy_pairs
from moderation.training.attacks import Pixels
from moderation.training.copy_pairs import Album, CopyTrial

SEED = 20261124
PHOTOS = 10
_RIDGE = 1.0
_CAUTION = 1.5  # how much heavier the non-copies weigh together than the copies
_FEWEST = 12  # pairs below which a kind weighs less than the others
_REAL = 8  # how much heavier two real pictures of one thing weigh than what we drew alike


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What verification said to one trial."""

    trial: CopyTrial
    proof: Proof | None

    @property
    def score(self) -> float:
        """0 where nothing aligned."""
        return self.proof.score if self.proof else 0.0


def main(arguments: list[str] | None = None) -> None:
    """Measure, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("data", type=Path, help="folder with `manifest.csv` and `pairs.csv`")
    parser.add_argument("--photos", type=int, default=PHOTOS, help="photographs a half")
    options = parser.parse_args(arguments)
    album = Album(options.data)
    halves = [
        [outcome(trial) for trial in trials(album, half, options.photos, SEED + half)]
        for half in (0, 1)
    ]
    weights = fit(halves[0])
    report = {
        "bias": round(float(weights[0]), 2),
        "weights": [round(float(w), 2) for w in weights[1:]],
        "fitted_on": counted(halves[0], weights),
        "held_out": counted(halves[1], weights),
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


def trials(album: Album, half: int, photos: int, seed: int) -> Iterator[CopyTrial]:
    """All kinds of pairs of one half; their number grows with `photos`."""

    def rng(part: int) -> np.random.Generator:
        return np.random.default_rng([seed, part])

    yield from copy_pairs.fixed_attacks(album, half, rng(1), photos)
    yield from copy_pairs.varied_attacks(album, half, rng(2), 16 * photos, ["photos"])
    yield from copy_pairs.varied_attacks(album, half, rng(3), 5 * photos, ["posters", "xhs"])
    yield from copy_pairs.card_copies(album, half, rng(4), 3 * photos)
    yield from copy_pairs.known_pairs(album, half)
    yield from copy_pairs.look_alikes(album, half, rng(5), 4)
    yield from copy_pairs.unrelated(album, half, rng(6), 8 * photos)
    yield from copy_pairs.drawn_look_alikes(album, half, rng(7), 6 * photos)


def outcome(trial: CopyTrial) -> Outcome:
    """Ask as the gate does: the original's features come from the register's bytes."""
    stored = stored_features(trial.original, _size(trial.original))
    kept = LocalFeatures.from_bytes(stored.to_bytes())
    query = Query.of(decode(trial.query)).verifiable()
    return Outcome(trial=trial, proof=verify(query, kept, pdq(trial.original).bits))


def fit(outcomes: list[Outcome]) -> NDArray[np.float64]:
    """Bias and weights, float64 [1 + measurements].

    Doubtful pairs are left out, and pages: whether their words agree is not for weights to decide.
    """
    proven = [
        o
        for o in outcomes
        if o.proof is not None and not o.trial.doubtful and o.proof.reading.flat <= PAGE
    ]
    x = np.array([measurements(o.proof.alignment, o.proof.reading) for o in proven if o.proof])
    y = np.array([o.trial.is_copy for o in proven], dtype=np.float64)
    real = np.array([any(o.trial.files) and not o.trial.is_copy for o in proven])
    return monotone(x, y, weight_of([o.trial.kind for o in proven], y) * np.where(real, _REAL, 1))


def monotone(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`logistic` without negative weights: by construction more of a measurement speaks for a copy.

    The most negative weight is set to zero and the rest fitted again, until none is left.
    """
    live = list(range(x.shape[1]))
    found = logistic(x, y, weight)
    while len(live) > 1 and found[1:].min() < 0:
        del live[int(found[1:].argmin())]
        found = logistic(x[:, live], y, weight)
    weights = np.zeros(1 + x.shape[1])
    weights[[0, *(i + 1 for i in live)]] = np.concatenate([found[:1], np.maximum(found[1:], 0)])
    return weights


def weight_of(kinds: list[str], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weight of each pair, float64 [n].

    Kinds weigh alike, however many pairs of each were drawn; non-copies together weigh
    `_CAUTION` times what copies do, since a wrong accusation costs more than a missed copy.
    """
    count = Counter(kinds)
    weights = np.array([1 / max(count[kind], _FEWEST) for kind in kinds])
    for label, mass in ((1.0, 1.0), (0.0, _CAUTION)):
        weights[y == label] *= mass / max(weights[y == label].sum(), 1e-9)
    return weights * len(y) / max(weights.sum(), 1e-9)


def counted(outcomes: list[Outcome], weights: NDArray[np.float64]) -> dict[str, Any]:
    """How many copies and others each threshold accepts, and the highest others."""
    sure = [o for o in outcomes if not o.trial.doubtful]
    report: dict[str, Any] = {}
    for name, wanted in (("copies", True), ("others", False)):
        scores = [_score(o, weights) for o in sure if o.trial.is_copy is wanted]
        report[name] = {
            "n": len(scores),
            "at_0.5": sum(s >= 0.5 for s in scores),
            "at_0.9": sum(s >= 0.9 for s in scores),
        }
    others = sorted(
        ((_score(o, weights), o.trial.kind) for o in sure if not o.trial.is_copy), reverse=True
    )
    report["highest_others"] = [f"{score:.3f} {kind}" for score, kind in others[:10]]
    lost = Counter(o.trial.kind for o in sure if o.trial.is_copy and _score(o, weights) < 0.5)
    report["lost_copies"] = dict(lost.most_common(12))
    return report


def _score(outcome: Outcome, weights: NDArray[np.float64]) -> float:
    if outcome.proof is None:
        return 0.0
    values = np.array(measurements(outcome.proof.alignment, outcome.proof.reading))
    return min(float(1 / (1 + np.exp(-(weights[0] + values @ weights[1:])))), outcome.proof.ceiling)


def _size(pixels: Pixels) -> tuple[int, int]:
    return pixels.shape[1], pixels.shape[0]


def logistic(
    x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Ridge logistic regression by Newton's method.

    Args:
        x: float64 [n, d].
        y: float64 [n], 1 for a copy.
        weight: float64 [n], around 1.

    Returns:
        float64 [1 + d]: bias, weights.
    """
    design = np.concatenate([np.ones((len(x), 1)), x], axis=1)
    ridge = np.diag([0.0] + [_RIDGE] * x.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (weight * (p - y)) + ridge @ weights
        hessian = (design * (weight * p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(weights)), gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


if __name__ == "__main__":
    main()

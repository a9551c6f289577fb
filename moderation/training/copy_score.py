"""Fits the weights of the copy score in `moderation.image.verify`.

    python -m moderation.training.copy_score PHOTOS LOOKALIKES

PHOTOS is a folder of photographs: each is registered, attacked and verified
against itself (copies) and against others (not copies). LOOKALIKES is a folder
with one sub-folder for each group of different pictures that look alike: every
pair inside a group is not a copy. Half of the photographs and groups, by a
digest of their names, fit the weights; the other half measures them.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.image.decode import decode
from moderation.image.local_features import LocalFeatures, stored_features
from moderation.image.verify import Proof, QueryPicture, measurements, verify
from moderation.training.attacks import ATTACKS, reencode

PAIRS_PER_GROUP = 24
_RIDGE = 1.0


def main(photos: Path, lookalikes: Path) -> None:
    """Measure, fit, print weights and the errors on the other half as JSON."""
    rng = np.random.default_rng(20261124)
    rows = [*_copies(photos, rng), *_others(lookalikes, rng)]
    x = np.array([values for _, values, _ in rows])
    y = np.array([is_copy for _, _, is_copy in rows], dtype=np.float64)
    fit = np.array([_half(name) == 0 for name, _, _ in rows])
    weights = _logistic(x[fit], y[fit])
    scores = 1 / (1 + np.exp(-(weights[0] + x[~fit] @ weights[1:])))
    held_y = y[~fit]
    report = {
        "bias": round(float(weights[0]), 3),
        "weights": [round(float(w), 3) for w in weights[1:]],
        "fitted_on": {"copies": int(y[fit].sum()), "others": int((1 - y[fit]).sum())},
        "held_out": {"copies": int(held_y.sum()), "others": int((1 - held_y).sum())},
        "others_at_0.5": int(((scores >= 0.5) & (held_y == 0)).sum()),
        "others_at_0.9": int(((scores >= 0.9) & (held_y == 0)).sum()),
        "copies_at_0.5": int(((scores >= 0.5) & (held_y == 1)).sum()),
        "copies_at_0.9": int(((scores >= 0.9) & (held_y == 1)).sum()),
        "highest_others": sorted((scores[held_y == 0]).round(3).tolist(), reverse=True)[:10],
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


Row = tuple[str, tuple[float, ...], bool]


def _copies(folder: Path, rng: np.random.Generator) -> Iterator[Row]:
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    pictures = {path: decode(path) for path in paths}
    stored = {path: _stored(picture.pixels) for path, picture in pictures.items()}
    for path, picture in pictures.items():
        others = [pictures[paths[int(i)]].pixels for i in rng.integers(len(paths), size=9)]
        for attack in ATTACKS:
            attacked = reencode(attack.apply(picture.pixels, rng, others), 82)
            query = _query(attacked)
            proof = verify(query, stored[path])
            if proof is not None:
                yield path.name, _values(proof), True


def _others(folder: Path, rng: np.random.Generator) -> Iterator[Row]:
    for group in sorted(p for p in folder.rglob("*") if p.is_dir()):
        paths = sorted(p for p in group.iterdir() if p.is_file())
        pairs = list(itertools.permutations(paths, 2))
        for i in rng.permutation(len(pairs))[:PAIRS_PER_GROUP]:
            a, b = pairs[int(i)]
            proof = verify(_query(decode(a).pixels), _stored(decode(b).pixels))
            if proof is not None:
                yield group.name, _values(proof), False


def _values(proof: Proof) -> tuple[float, ...]:
    return measurements(proof.alignment, proof.agreement, proof.checked)


def _query(pixels: NDArray[np.uint8]) -> QueryPicture:
    return QueryPicture.of(pixels, (pixels.shape[1], pixels.shape[0]))


def _stored(pixels: NDArray[np.uint8]) -> LocalFeatures:
    features = stored_features(pixels, (pixels.shape[1], pixels.shape[0]))
    return LocalFeatures.from_bytes(features.to_bytes())  # what verification will really see


def _half(name: str) -> int:
    return hashlib.sha256(name.encode()).digest()[0] & 1


def _logistic(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ridge logistic regression by Newton's method; both classes weigh alike."""
    design = np.concatenate([np.ones((len(x), 1)), x], axis=1)
    balance = np.where(y == 1, 0.5 / max(y.sum(), 1), 0.5 / max((1 - y).sum(), 1)) * len(y)
    ridge = np.diag([0.0] + [_RIDGE] * x.shape[1])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (balance * (p - y)) + ridge @ weights
        hessian = (design * (balance * p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian + 1e-9 * np.eye(len(weights)), gradient)
        weights -= step
        if np.abs(step).max() < 1e-6:
            break
    return weights


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

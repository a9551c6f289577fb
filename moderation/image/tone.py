"""Two pictures laid on each other → one in the other's colours and sharpness.

A copy may have been brightened, warmed, made grey, shaded towards its corners or softened as a
whole. None of this says what was changed in one place, so it is taken out before places are
compared.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
"""float32 [h, w, 3], 0–255, RGB."""
Mask = NDArray[np.bool_]
"""bool [h, w]."""

_MOST_SAMPLES = 6_000
_ROUNDS = 10
_SURE_ROUNDS = 4  # the last of these, with the weights of Tukey
_TUKEY = 4.685  # 95 % as efficient as least squares under normal noise
_SMALLEST_SPREAD = 1.5  # levels of grey: rounding and JPEG alone
_RIDGE = 1e-3
_BLURS_PX = (0.7, 1.4, 2.8, 5.0)
_CLEARLY_NEARER = 0.9


def like_in_tone(source: Floats, target: Floats, shared: Mask) -> Floats:
    """`source` in the colours of `target`, by what most of both agree on.

    Each channel is a smooth function of all three (gain, bias, mixing, bend) and of the place
    (light from one side, dark corners), fitted first for least absolute deviations, then with
    Tukey's weights (Huber and Ronchetti 2009, chapter 7): what was pasted over does not pull.

    Args:
        source: the picture to bring near.
        target: what it is brought near to.
        shared: where both show something.

    Returns:
        float32 [h, w, 3], 0–255.
    """
    places = np.flatnonzero(shared)
    if not len(places):
        return source
    sample = places[:: -(-len(places) // _MOST_SAMPLES)]
    terms = _terms(source)
    x, from_ = terms[sample], source.reshape(-1, 3)
    # Fitted is the way from one to the other, so that colours which both hardly hold stay as is.
    way = (target.reshape(-1, 3)[sample] - from_[sample]).astype(np.float64)
    fitted = np.stack([_robust(x, way[:, channel]) for channel in range(3)], axis=1)
    told = from_ + terms @ fitted
    return np.clip(told, 0, 255).astype(np.float32).reshape(source.shape)


def like_in_sharpness(a: Floats, b: Floats, shared: Mask) -> tuple[Floats, Floats]:
    """Both as soft as the softer one, where softening one of them clearly brings them nearer."""
    nearest, pair = usually_apart(a, b, shared), (a, b)
    for first in (True, False):
        for sigma in _BLURS_PX:
            soft = cv2.GaussianBlur(a if first else b, (0, 0), sigma)
            x, y = (soft, b) if first else (a, soft)
            apart = usually_apart(x, y, shared)
            if apart >= _CLEARLY_NEARER * nearest:
                break
            nearest, pair = apart, (x, y)
    return pair


def usually_apart(a: Floats, b: Floats, shared: Mask) -> float:
    """Mean difference in levels of the nearer four fifths: what was pasted over does not count."""
    values = np.abs(a - b).mean(axis=2)[shared]
    if not len(values):
        return 0.0
    return float(values[values <= np.quantile(values, 0.8)].mean())


def _terms(pixels: Floats) -> NDArray[np.float64]:
    """float64 [h · w, 16], all around ±1: the tone at each pixel and its place."""
    height, width = pixels.shape[:2]
    tone = pixels.reshape(-1, 3).astype(np.float64) / 127.5 - 1
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].reshape(2, -1)
    place = np.stack([x, y, x * x + y * y], axis=1)
    light = tone.mean(axis=1, keepdims=True)
    one = np.ones((len(tone), 1))
    return np.concatenate([one, tone, tone**2, tone**3, place, light * place], axis=1)


def _robust(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of `y` on `x`, whose first column is 1."""
    weights = np.ones(len(y))
    ridge = _RIDGE * len(y) * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    found = np.zeros(x.shape[1])
    for turn in range(_ROUNDS):
        weighted = x * weights[:, None]
        # More than nothing on the constant, so that a flat picture has a solution too.
        whole = weighted.T @ x + ridge * weights.mean() + 1e-9 * np.eye(len(found))
        found = np.linalg.solve(whole, weighted.T @ y)
        apart = np.abs(y - x @ found)
        if turn < _ROUNDS - _SURE_ROUNDS:
            weights = 1 / np.maximum(apart, _SMALLEST_SPREAD)
            continue
        spread = max(1.4826 * float(np.median(apart)), _SMALLEST_SPREAD)
        weights = np.clip(1 - (apart / (_TUKEY * spread)) ** 2, 0, None) ** 2
    return found

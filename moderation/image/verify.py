"""Query pixels + stored features → Proof that the query shows the original, or nothing.

First an alignment is found on local features. Then the query is laid over the
original's frame and every stored feature is read again at its own place
(`agreement`). In a copy the details agree wherever nothing was pasted over; in
a second photograph of the same shelf, or in another text on the same template,
the background agrees and the subject does not. The original's pixels are not
needed, so a proof can be repeated years later.

The score is a logistic regression over six measurements, fitted by
`moderation.training.copy_score`; its card is `docs/why/copy-score.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.alignment import Alignment, align, apply, inverse
from moderation.image.local_features import (
    COARSE_PX,
    STORED_SIDE_PX,
    LocalFeatures,
    descriptors_at,
    query_features,
)

MIN_FEATURES = 16
"""A picture with fewer stored features has too little detail for a geometric proof."""

_AGREES = 0.85  # cosine from which a re-read detail counts as the same
_FINEST_PX = 4.0  # details smaller than this in the query cannot be read there
_MIN_CHECKED = 6
_SMALLEST_PX = 224  # long side of the smallest grey level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryPicture:
    """A picture under check, ready for verification against many originals."""

    size: tuple[int, int]
    """Width and height of the source in pixels; transforms are given in these."""
    features: LocalFeatures
    levels: tuple[NDArray[np.uint8], ...]
    """uint8 [h, w] each: the picture in grey, then halved and halved again."""

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], size: tuple[int, int]) -> QueryPicture:
        """Extract the fine features once.

        Args:
            pixels: uint8 [H, W, 3], RGB, upright.
            size: width and height of the source in pixels.
        """
        levels = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)]
        while max(levels[-1].shape) >= 2 * _SMALLEST_PX:
            levels.append(cv2.pyrDown(levels[-1]))
        return cls(size=size, features=query_features(pixels, size), levels=tuple(levels))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """An alignment with what speaks for and against it."""

    alignment: Alignment
    agreement: float
    """Share of the stored details inside the inliers' hull that the query shows too, 0–1."""
    checked: int
    """Number of details that could be re-read."""
    score: float
    """Calibrated 0–1."""


def verify(query: QueryPicture, original: LocalFeatures) -> Proof | None:
    """Prove that `query` shows what `original` was read from.

    Returns:
        The proof with its score, however low; None where nothing aligns.
    """
    alignment = align(query.features, original)
    if alignment is None:
        return None
    cosines, inside = _reread(query, original, alignment)
    checked = int(inside.sum())
    if checked < _MIN_CHECKED:
        return None
    agreement = float((cosines[inside] >= _AGREES).mean())
    return Proof(
        alignment=alignment,
        agreement=agreement,
        checked=checked,
        score=_score(alignment, agreement, checked),
    )


def measurements(alignment: Alignment, agreement: float, checked: int) -> tuple[float, ...]:
    """The numbers that the score weighs, each roughly within ±3."""
    return (
        math.log2(alignment.inliers / 16),
        4 * (alignment.inlier_share - 0.4),
        4 * (agreement - 0.7),
        -math.log2(max(alignment.residual, 1e-4) / 0.0008),
        2 * (alignment.spread - 0.3),
        math.log2(checked / 24),
    )


_BIAS = -0.1
_WEIGHTS = (0.01, 3.92, 1.3, 0.62, -1.24, 0.94)  # first fit, to be refined


def _score(alignment: Alignment, agreement: float, checked: int) -> float:
    values = measurements(alignment, agreement, checked)
    logit = _BIAS + sum(w * v for w, v in zip(_WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _reread(
    query: QueryPicture, original: LocalFeatures, alignment: Alignment
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cosines of the details read again in the query, and which lie inside the inliers' hull."""
    width, height = original.size
    ratio = min(1.0, STORED_SIDE_PX / max(width, height))
    frame = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    to_frame = np.array([[frame[0] / width, 0, 0], [0, frame[1] / height, 0], [0, 0, 1]])
    laid, zoom = _lay_over(query, alignment.plane, to_frame, frame)
    scale = to_frame[[0, 1], [0, 1]].astype(np.float32)
    points = (original.points + 0.5) * scale - 0.5
    scales = original.scales * scale.max()
    there = apply(inverse(alignment.affine), original.points.astype(np.float64))
    margin = (original.scales / _zoom(alignment.affine))[:, None]
    visible = np.all((there >= margin) & (there <= np.array(query.size) - margin), axis=1)
    readable = visible & (scales / zoom >= _FINEST_PX) & (scales >= COARSE_PX)
    if not readable.any():
        return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.bool_)
    found = descriptors_at(laid, points[readable], scales[readable], original.angles[readable])
    a = found.astype(np.float32)
    b = original.descriptors[readable].astype(np.float32)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    inside = np.array(
        [
            cv2.pointPolygonTest(alignment.hull, (float(x), float(y)), False) >= 0
            for x, y in original.points[readable]
        ]
    )
    return (a * b).sum(axis=1) / np.maximum(norms, 1e-6), inside


def _zoom(affine: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(affine[:2, :2]))))


def _lay_over(
    query: QueryPicture,
    plane: NDArray[np.float64],
    to_frame: NDArray[np.float64],
    frame: tuple[int, int],
) -> tuple[NDArray[np.uint8], float]:
    """The query in the original's frame, uint8 [h, w], and frame pixels per query pixel."""
    whole = to_frame @ plane
    zoom = _zoom(whole)
    # Start from the level that hardly shrinks any more: warping does not average.
    level = min(max(0, int(np.log2(1.25 / zoom))), len(query.levels) - 1)
    height, width = query.levels[level].shape
    from_level = np.array(
        [[query.size[0] / width, 0, 0], [0, query.size[1] / height, 0], [0, 0, 1]]
    )
    laid = cv2.warpPerspective(
        query.levels[level],
        whole @ from_level,
        frame,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(laid, dtype=np.uint8), zoom

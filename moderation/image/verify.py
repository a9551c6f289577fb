"""Query pixels + stored features → Proof that the query shows the original, or nothing.

First an alignment is found on local features. Then the query is laid over the
original's frame and every stored feature is read again at its own place
(`Reading`). In a copy the details agree wherever nothing was pasted over; in
a second photograph of the same shelf, or in another text on the same template,
the background agrees and the subject does not. The original's pixels are not
needed, so a proof can be repeated years later.

The score is a logistic regression over what was measured, fitted by
`moderation.training.copy_score`; its card is `docs/why/copy-score.md`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.alignment import Alignment, align
from moderation.image.local_features import (
    STORED_SIDE_PX,
    LocalFeatures,
    descriptors_at,
    query_features,
)
from moderation.image.plane import apply, inverse

MIN_FEATURES = 16
"""A picture with fewer stored features has too little detail for a geometric proof."""

_AGREES = 0.85  # cosine from which a re-read detail counts as the same
_DIFFERS = 0.6  # and below which something else is there: unrelated details lie around 0.5
_FINEST_PX = 3.0  # details smaller than this in the query cannot be read there
_MIN_CHECKED = 6
_MIN_AGREEING = 3
_SMALLEST_PX = 224  # long side of the smallest grey level
_MARGIN = 5.0  # diameters around a detail that its descriptor reads: 6 · √2 / 2 and some blur
_FEW = 16  # agreeing details: as many as a status bar and a row of buttons have
_BARE_CELLS = 12  # of 64 that hold detail: photographs fill 24 and more, an empty page 9
_UNSURE = 0.89  # with so little, a person should look before anything is blocked
_SHARPEST = 0.004  # rounding to four bits alone moves a cosine this far from 1


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
class Reading:
    """What the query shows where the original had its details.

    Shares are between 0 and 1. "Inside" is the inliers' hull: there the query claims to be the
    original; outside it may be the rest of a collage.
    """

    checked: int
    """Number of details inside that could be read again."""
    agreeing: int
    """Of these, how many are the same."""
    agreement: float
    """How alike the details inside are on average, 1 for a clean copy."""
    contradiction: float
    """Share of the details inside in whose place the query shows something else."""
    contradiction_outside: float
    """Details outside in whose place is something else, as a share of all that were read."""
    sharpness_bits: float
    """−log₂ of the usual distance of agreeing details from sameness: near 7 for copies, 5 for
    the same thing photographed again."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """An alignment with what speaks for and against it."""

    alignment: Alignment
    reading: Reading
    score: float
    """Calibrated 0–1."""


def verify(query: QueryPicture, original: LocalFeatures) -> Proof | None:
    """Prove that `query` shows what `original` was read from.

    Returns:
        The proof with its score, however low; None where nothing aligns or too few details can
        be read again.
    """
    alignment = align(query.features, original)
    if alignment is None:
        return None
    reading = _read(query, original, alignment)
    if reading is None:
        return None
    score = _score(alignment, reading)
    if reading.agreeing < _FEW or _is_bare(original):
        score = min(score, _UNSURE)
    return Proof(alignment=alignment, reading=reading, score=score)


def _is_bare(original: LocalFeatures) -> bool:
    """All detail lies in a bar or two: what any other page of the same app has too."""
    cells = (original.points * 8 / np.maximum(original.size, 1)).astype(np.intp)
    return len(np.unique(cells[:, 0] + 64 * cells[:, 1])) < _BARE_CELLS


# The score


def measurements(alignment: Alignment, reading: Reading) -> tuple[float, ...]:
    """The numbers that the score weighs; more of each speaks for a copy.

    Each is cut off where more of it says nothing new.
    """
    return (
        _clip(4 * min(reading.agreement - 0.97, 0) - 5 * reading.contradiction, -4, 0),
        -4 * reading.contradiction_outside,
        _clip(reading.sharpness_bits - 6, -2, 1),
        _clip(math.log2(max(alignment.share_of_hull, 1e-3) / 0.1), -3, 1),
        _clip(-math.log2(max(alignment.residual, 1e-6) / 0.001), -3, 1),
        _clip(5 * (alignment.inlier_share - 0.35), -1.6, 0.5),
    )


_BIAS = 0.16
_WEIGHTS = (1.52, 1.99, 1.67, 1.16, 0.9, 1.15)
"""Of agreement inside the hull, no contradiction outside, sharpness, area of the hull, small
residual, share of inliers."""


def _score(alignment: Alignment, reading: Reading) -> float:
    values = measurements(alignment, reading)
    logit = _BIAS + sum(w * v for w, v in zip(_WEIGHTS, values, strict=True))
    return 1 / (1 + math.exp(-_clip(logit, -30, 30)))


def _clip(value: float, least: float, most: float) -> float:
    return max(least, min(most, value))


# Reading again


def _read(query: QueryPicture, original: LocalFeatures, alignment: Alignment) -> Reading | None:
    cosines, inside = _reread(query, original, alignment)
    checked = cosines[inside]
    if len(checked) < _MIN_CHECKED:
        return None
    agreeing = checked[checked >= _AGREES]
    usual = float(np.median(agreeing)) if len(agreeing) >= _MIN_AGREEING else _AGREES
    differs = cosines < _DIFFERS
    return Reading(
        checked=len(checked),
        agreeing=len(agreeing),
        agreement=float(np.clip((checked - 0.6) / 0.35, 0, 1).mean()),
        contradiction=float(differs[inside].mean()),
        contradiction_outside=float((differs & ~inside).mean()),
        sharpness_bits=-math.log2(max(1 - usual, _SHARPEST)),
    )


def _reread(
    query: QueryPicture, original: LocalFeatures, alignment: Alignment
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Cosines of the details read again in the query, and which lie inside the inliers' hull."""
    zoom = _zoom(alignment.affine) * max(query.size) / max(query.levels[0].shape)
    there = apply(inverse(alignment.affine), original.points.astype(np.float64))
    margin = (original.scales / _zoom(alignment.affine))[:, None]
    visible = np.all((there >= margin) & (there <= np.array(query.size) - margin), axis=1)
    readable = visible & (original.scales / zoom >= _FINEST_PX)
    if not readable.any():
        return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.bool_)
    # Twice the size at which features were stored: their finest are then read without doubling.
    ratio = 2 * min(1.0, STORED_SIDE_PX / max(original.size))
    points, scales = original.points[readable], original.scales[readable]
    around = _MARGIN * scales[:, None]
    corner = np.maximum((points - around).min(axis=0), 0)
    far = np.minimum((points + around).max(axis=0), original.size)
    frame = np.maximum(np.ceil((far - corner) * ratio), 1).astype(int)
    shift = (0.5 - corner) * ratio - 0.5
    to_frame = np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]], [0, 0, 1]])
    laid = _lay_over(query, alignment.plane, to_frame, (int(frame[0]), int(frame[1])))
    found = descriptors_at(
        laid,
        (points * ratio + shift).astype(np.float32),
        scales * np.float32(ratio),
        original.angles[readable],
    )
    a = found.astype(np.float32)
    b = original.descriptors[readable].astype(np.float32)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    inside = np.array(
        [cv2.pointPolygonTest(alignment.hull, (float(x), float(y)), False) >= 0 for x, y in points]
    )
    return (a * b).sum(axis=1) / np.maximum(norms, 1e-6), inside


def _zoom(affine: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(affine[:2, :2]))))


def _lay_over(
    query: QueryPicture,
    plane: NDArray[np.float64],
    to_frame: NDArray[np.float64],
    frame: tuple[int, int],
) -> NDArray[np.uint8]:
    """The query in a frame of width and height `frame`, uint8 [h, w]."""
    whole = to_frame @ plane
    zoom = _zoom(whole) * query.size[0] / query.levels[0].shape[1]
    # Start from the level that hardly shrinks any more: warping does not average.
    level = min(max(0, int(np.log2(1.25 / max(zoom, 1e-6)))), len(query.levels) - 1)
    height, width = query.levels[level].shape
    x, y = query.size[0] / width, query.size[1] / height
    from_level = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    laid = cv2.warpPerspective(
        query.levels[level],
        whole @ from_level,
        frame,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(laid, dtype=np.uint8)

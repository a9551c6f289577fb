"""Query pixels laid over the original's frame → what the query shows where the details were.

Every stored feature is read again at its own place, whether or not a detector would stop there.
In a copy the details agree wherever nothing was pasted over; in a second photograph of the same
shelf, or in another text on the same template, the background agrees and the subject does not.
The original's pixels are not needed, so a proof can be repeated years later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.alignment import Alignment
from moderation.image.borders import Box
from moderation.image.borders import area as box_area
from moderation.image.hashing import Code, hamming, pdq
from moderation.image.local_features import (
    STORED_SIDE_PX,
    LocalFeatures,
    descriptors_at,
    query_features,
)
from moderation.image.plane import Plane, Points, apply, area, clip, frame_of, inverse

_AGREES = 0.85  # cosine from which a re-read detail counts as the same
_DIFFERS = 0.6  # and below which something else is there: unrelated details lie around 0.5
_FINEST_PX = 3.0  # details smaller than this in the query cannot be read there
_MIN_CHECKED = 6
_MIN_AGREEING = 3
_SMALLEST_PX = 224  # long side of the smallest grey level
_MARGIN = 5.0  # diameters around a detail that its descriptor reads: 6 · √2 / 2 and some blur
_SHARPEST = 0.004  # rounding to four bits alone moves a cosine this far from 1
_HASHED_PX = 256  # long side of the frame that is hashed
_BEYOND = 0.01  # of the query's long side: a detail may lie this far outside its part
_MOST = 0.95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryPicture:
    """A picture under check, ready for verification against many originals."""

    size: tuple[int, int]
    """Width and height of the source in pixels; transforms are given in these."""
    features: LocalFeatures
    levels: tuple[NDArray[np.uint8], ...]
    """uint8 [h, w] each: the picture in grey, then halved and halved again."""
    parts: tuple[Box, ...] = ()
    """Pictures that it seems to hold, as cells of a collage: x0, y0, x1, y1 in source pixels."""

    @classmethod
    def of(
        cls,
        pixels: NDArray[np.uint8],
        size: tuple[int, int],
        parts: Sequence[Box] = (),
        *,
        collage: bool = False,
    ) -> QueryPicture:
        """Extract the fine features once.

        Args:
            pixels: uint8 [H, W, 3], RGB, upright.
            size: width and height of the source in pixels.
            parts: boxes in pixels of `pixels`.
            collage: read it finer: it holds many pictures.
        """
        x, y = size[0] / pixels.shape[1], size[1] / pixels.shape[0]
        levels = [cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)]
        while max(levels[-1].shape) >= 2 * _SMALLEST_PX:
            levels.append(cv2.pyrDown(levels[-1]))
        return cls(
            size=size,
            features=query_features(pixels, size, collage=collage),
            levels=tuple(levels),
            parts=tuple((int(a * x), int(b * y), int(c * x), int(d * y)) for a, b, c, d in parts),
        )


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
    same: float
    """Share of all details that were read, inside and outside, that are the same."""
    read: float
    """Share of the original's details that were read: in sight, and large enough there."""
    agreement: float
    """How alike the details inside are on average, 1 for a clean copy."""
    contradiction: float
    """Share of the details inside in whose place the query shows something else."""
    contradiction_outside: float
    """Details outside in whose place is something else, as a share of all that were read. Beyond
    the edge of a collage's cell nothing is read."""
    sharpness_bits: float
    """−log₂ of the usual distance of agreeing details from sameness: near 7 for copies, 5 for
    the same thing photographed again."""
    coverage: float
    """Area of the hull over the area of the original that is seen: near 1 for a crop however small,
    little where two pictures share a logo."""
    frame_bits: int
    """Bits of PDQ that differ between the original and the query laid over its whole frame: 20 for
    copies, 60 under a large caption, 90 and more for other pictures."""
    flat: float
    """Of the original, `LocalFeatures.flat`: most of a page is empty ground."""


def read_again(
    query: QueryPicture, original: LocalFeatures, alignment: Alignment, code: Code
) -> Reading | None:
    """Read each stored detail where the alignment puts it.

    Args:
        query: the picture under check.
        original: stored features of the registered picture.
        alignment: of the two.
        code: PDQ of the registered picture, uint8 [32].

    Returns:
        None where too few details can be read again.
    """
    cosines, places, points = _reread(query, original, alignment)
    hull = [(float(x), float(y)) for x, y in points]
    inside = np.array([cv2.pointPolygonTest(alignment.hull, p, False) >= 0 for p in hull], bool)
    part = _part(query, alignment, places[cosines >= _AGREES])
    shown = _within(part, places)
    cosines, inside = cosines[shown], inside[shown]
    checked = cosines[inside]
    if len(checked) < _MIN_CHECKED:
        return None
    agreeing = checked[checked >= _AGREES]
    usual = float(np.median(agreeing)) if len(agreeing) >= _MIN_AGREEING else _AGREES
    differs = cosines < _DIFFERS
    return Reading(
        checked=len(checked),
        agreeing=len(agreeing),
        same=float((cosines >= _AGREES).mean()),
        read=len(cosines) / len(original),
        agreement=float(np.clip((checked - 0.6) / 0.35, 0, 1).mean()),
        contradiction=float(differs[inside].mean()),
        contradiction_outside=float((differs & ~inside).mean()),
        sharpness_bits=-math.log2(max(1 - usual, _SHARPEST)),
        coverage=_coverage(part, original, alignment),
        frame_bits=_frame_bits(query, original, alignment, code),
        flat=original.flat,
    )


def _part(query: QueryPicture, alignment: Alignment, agreeing: Points) -> Box:
    """The smallest part of the query that holds the inliers and nearly all that agrees."""
    inliers = apply(inverse(alignment.affine), alignment.hull.astype(np.float64))
    margin = _BEYOND * max(query.size)
    fitting: list[Box] = [
        (0, 0, *query.size),
        *(
            part
            for part in query.parts
            if _within(part, inliers, margin).all()
            and (not len(agreeing) or _within(part, agreeing, margin).mean() >= _MOST)
        ),
    ]
    return min(fitting, key=box_area)


def _coverage(part: Box, original: LocalFeatures, alignment: Alignment) -> float:
    x0, y0, x1, y1 = part
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64)
    seen = clip(apply(alignment.affine, corners), frame_of(original.size))
    return min(1.0, area(alignment.hull.astype(np.float64)) / max(area(seen), 1.0))


def _within(box: Box, points: Points, margin: float = 0.0) -> NDArray[np.bool_]:
    low, high = np.array(box[:2]) - margin, np.array(box[2:]) + margin
    return np.asarray(((points >= low) & (points <= high)).all(axis=1))


def _frame_bits(
    query: QueryPicture, original: LocalFeatures, alignment: Alignment, code: Code
) -> int:
    """Bits by which the hash of the query differs, laid over the whole frame."""
    ratio = _HASHED_PX / max(original.size)
    width, height = (max(8, round(side * ratio)) for side in original.size)
    to_frame = np.array([[ratio, 0, 0.5 * ratio - 0.5], [0, ratio, 0.5 * ratio - 0.5], [0, 0, 1]])
    laid = lay_over(query, alignment.plane, to_frame, (width, height))
    return int(hamming(pdq(cv2.cvtColor(laid, cv2.COLOR_GRAY2RGB)).bits, code))


def _reread(
    query: QueryPicture, original: LocalFeatures, alignment: Alignment
) -> tuple[NDArray[np.float32], Points, NDArray[np.float32]]:
    """Cosines of the details read again, float32 [n]; their places in query and original."""
    zoom = _zoom(alignment.affine) * max(query.size) / max(query.levels[0].shape)
    there = apply(inverse(alignment.affine), original.points.astype(np.float64))
    margin = (original.scales / _zoom(alignment.affine))[:, None]
    visible = np.all((there >= margin) & (there <= np.array(query.size) - margin), axis=1)
    readable = visible & (original.scales / zoom >= _FINEST_PX)
    if not readable.any():
        return np.empty(0, np.float32), np.empty((0, 2)), np.empty((0, 2), np.float32)
    # Twice the size at which features were stored: their finest are then read without doubling.
    ratio = 2 * min(1.0, STORED_SIDE_PX / max(original.size))
    points, scales = original.points[readable], original.scales[readable]
    around = _MARGIN * scales[:, None]
    corner = np.maximum((points - around).min(axis=0), 0)
    far = np.minimum((points + around).max(axis=0), original.size)
    frame = np.maximum(np.ceil((far - corner) * ratio), 1).astype(int)
    shift = (0.5 - corner) * ratio - 0.5
    to_frame = np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]], [0, 0, 1]])
    laid = lay_over(query, alignment.plane, to_frame, (int(frame[0]), int(frame[1])))
    found = descriptors_at(
        laid,
        (points * ratio + shift).astype(np.float32),
        scales * np.float32(ratio),
        original.angles[readable],
    )
    a = found.astype(np.float32)
    b = original.descriptors[readable].astype(np.float32)
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return (a * b).sum(axis=1) / np.maximum(norms, 1e-6), there[readable], points


def _zoom(affine: NDArray[np.float64]) -> float:
    return float(np.sqrt(abs(np.linalg.det(affine[:2, :2]))))


def lay_over(
    query: QueryPicture,
    plane: Plane,
    to_frame: Plane,
    frame: tuple[int, int],
) -> NDArray[np.uint8]:
    """The query in another frame, in grey.

    Args:
        query: the picture under check.
        plane: query pixel → original pixel.
        to_frame: original pixel → pixel of the frame.
        frame: width and height.

    Returns:
        uint8 [h, w]; edges of the query are drawn out where the frame reaches beyond them.
    """
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

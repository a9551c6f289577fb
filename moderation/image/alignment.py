"""Two sets of local features → the transform that carries one picture onto the other.

Every pair of alike features names a similarity transform by itself (place,
scale and angle of both), so all hypotheses are tried, not a random sample: the
same pictures give the same answer every time (RANSAC's consensus, Fischler and
Bolles 1981, with the one-point hypotheses of Philbin et al., CVPR 2007). The
best is refined to an affine transform on its own inliers.

An alignment is not yet a match: unrelated cards on one template reach twenty
inliers. `verify` has the last word.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.local_features import LocalFeatures
from moderation.image.plane import (
    Affine,
    apply,
    apply_plane,
    area,
    clip,
    fit,
    flip,
    frame_of,
    inverse,
)
from moderation.image.products import products

_RATIO = 0.80  # Lowe's ratio test
_HYPOTHESIS_TOLERANCE = 0.06  # of the original's long side: one pair fixes a transform only roughly
_REFINE_TOLERANCES = (0.035, 0.02, 0.012)
_RIVALS = 2
_SAME_PLACE = 1.0  # diameters within which two features are one detail, found twice
_FINAL_TOLERANCE = 0.008
_MIN_PAIRS = 5
_PLANE_PAIRS = 12
_MAX_TILT = 0.5
_MAX_STRETCH = 1.7  # longer axis of the transform over the shorter
_MAX_ZOOM = 12.0  # how much larger one picture may show what the other shows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """The best transform found, with the numbers on which it is judged."""

    affine: Affine
    plane: NDArray[np.float64]
    """float64 [3, 3]: the same with perspective, for pictures photographed from a screen."""
    mirrored: bool
    inliers: int
    inlier_share: float
    """Inliers over stored features of the original inside the overlap, 0–1."""
    residual: float
    """Median distance of the inliers under a homography, over the original's long side."""
    hull: NDArray[np.float32]
    """float32 [k, 2]: convex hull of the inliers in original pixels."""
    share_of_hull: float
    """Share of the original's area that the hull covers, 0–1."""
    region_query: NDArray[np.float64]
    """float64 [k, 2] in query pixels: the original's frame, clipped to the query."""
    region_original: NDArray[np.float64]
    """float64 [k, 2] in original pixels: the query's frame, clipped to the original."""
    share_of_query: float
    share_of_original: float


def align(query: LocalFeatures, original: LocalFeatures) -> Alignment | None:
    """The transform that most features agree on, upright or mirrored.

    Args:
        query: features of the picture under check, fine.
        original: stored features of the registered picture.

    Returns:
        The better of both mirror states, or None where no sane transform has
        `_MIN_PAIRS` inliers.
    """
    # Mirroring the few features of the original finds the same pairs as mirroring the query.
    upright, mirrored = _pairs(query, original)
    found = [
        alignment
        for state, pairs, flipped in (
            (query, upright, False),
            (query.mirrored(), mirrored, True),
        )
        if (alignment := _align_one(state, original, pairs, mirrored=flipped)) is not None
    ]
    return max(found, key=lambda a: (a.inliers, a.inlier_share), default=None)


def _align_one(
    query: LocalFeatures, original: LocalFeatures, pairs: NDArray[np.intp], *, mirrored: bool
) -> Alignment | None:
    if len(pairs) < _MIN_PAIRS:
        return None
    unit = float(max(original.size))
    source = query.points[pairs[:, 0]].astype(np.float64)
    target = original.points[pairs[:, 1]].astype(np.float64)
    inside = _best_hypothesis(query, original, pairs, _HYPOTHESIS_TOLERANCE * unit)
    if inside is None:
        return None
    affine: Affine | None = None
    for step, tolerance in enumerate(_REFINE_TOLERANCES):
        if inside.sum() < _MIN_PAIRS:
            return None
        # Few or early inliers carry a similarity only; an affine would bend to fit chance.
        affine = fit(source[inside], target[inside], similarity=step == 0 or inside.sum() < 8)
        if affine is None or not is_sane(affine, query.size, original.size):
            return None
        distance = np.linalg.norm(apply(affine, source) - target, axis=1)
        inside = distance <= tolerance * unit
    if affine is None or inside.sum() < _MIN_PAIRS:
        return None
    plane = plane_through(source[inside], target[inside], affine, query.size)
    distance = np.linalg.norm(apply_plane(plane, source) - target, axis=1)
    inside = distance <= _FINAL_TOLERANCE * unit
    if inside.sum() < _MIN_PAIRS:
        return None
    residual = float(np.median(distance[inside]))
    if mirrored:
        unmirror = flip(query.size)
        affine, plane = affine @ unmirror, plane @ unmirror
        query = query.mirrored()
    return described(
        affine,
        plane,
        query,
        original,
        target[inside],
        mirrored=mirrored,
        residual=residual / unit,
    )


def plane_through(
    source: NDArray[np.float64],
    target: NDArray[np.float64],
    affine: Affine,
    query_size: tuple[int, int],
) -> NDArray[np.float64]:
    """The best plane-to-plane transform, float64 [3, 3].

    A copy is flat: all its details move together, to a fraction of a pixel, even
    when photographed from a screen. A second photograph of the same scene is
    not: near and far details move apart.
    """
    whole = np.concatenate([affine, [[0.0, 0.0, 1.0]]])
    points = source.astype(np.float32).reshape(-1, 1, 2)
    if len(source) >= _PLANE_PAIRS:
        plane, _ = cv2.findHomography(points, target.astype(np.float32))
        # Seen nearly from the front, the third row hardly changes over the picture.
        if plane is not None and abs(plane[2, :2]) @ np.array(query_size) < _MAX_TILT:
            whole = plane
    return whole


def _pairs(
    query: LocalFeatures, original: LocalFeatures
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Alike features, upright and mirrored, each [n, 2] of (query, original) indices.

    For each feature of the original the nearest of the query, if it is clearly nearer than the
    nearest from another place; one to one.
    """
    if len(query) < 2 or len(original) < 2:
        none = np.empty((0, 2), dtype=np.intp)
        return none, none
    a = _unit(query.descriptors)
    b = _unit(np.concatenate([original.descriptors, original.mirrored().descriptors]))
    cosine = products(b, a)  # float32 [2 × original, query]
    rows = np.arange(len(cosine))
    best = cosine.argmax(axis=1)
    nearest = cosine[rows, best]
    cosine[rows, best] = -1.0
    rival = cosine.argmax(axis=1)
    for _ in range(_RIVALS):  # a detail is often found twice: at two scales, with two angles
        apart = np.abs(query.points[rival] - query.points[best]).max(axis=1)
        again = apart < _SAME_PLACE * query.scales[best]
        if not again.any():
            break
        cosine[rows[again], rival[again]] = -1.0
        rival[again] = cosine[again].argmax(axis=1)
    distance = np.sqrt(np.maximum(2 - 2 * nearest, 0))
    second = np.sqrt(np.maximum(2 - 2 * cosine[rows, rival], 0))
    keep = distance < _RATIO * second
    count = len(original)
    upright = _one_to_one(best[:count], distance[:count], keep[:count])
    return upright, _one_to_one(best[count:], distance[count:], keep[count:])


def _one_to_one(
    best: NDArray[np.intp], distance: NDArray[np.float32], keep: NDArray[np.bool_]
) -> NDArray[np.intp]:
    kept = np.flatnonzero(keep)
    order = kept[np.argsort(distance[kept], kind="stable")]
    _, first = np.unique(best[order], return_index=True)
    chosen = order[np.sort(first)]
    return np.stack([best[chosen], chosen], axis=1)


def _unit(descriptors: NDArray[np.uint8]) -> NDArray[np.float32]:
    rows = descriptors.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def _best_hypothesis(
    query: LocalFeatures, original: LocalFeatures, pairs: NDArray[np.intp], tolerance: float
) -> NDArray[np.bool_] | None:
    """Inliers bool [n] of the pair whose own similarity most other pairs agree with."""
    q, o = pairs[:, 0], pairs[:, 1]
    zoom = original.scales[o] / np.maximum(query.scales[q], 1e-6)
    angle = np.deg2rad(original.angles[o] - query.angles[q])
    # Complex numbers: a similarity is z → m·z + t.
    turn = (zoom * np.exp(1j * angle)).astype(np.complex64)
    source = (query.points[q, 0] + 1j * query.points[q, 1]).astype(np.complex64)
    target = (original.points[o, 0] + 1j * original.points[o, 1]).astype(np.complex64)
    shift = target - turn * source
    landed = turn[:, None] * source[None, :] + shift[:, None]  # complex64 [hypothesis, pair]
    agrees = np.abs(landed - target[None, :]) <= tolerance
    # A pair that lands well but names quite another scale or angle is chance.
    agrees &= np.abs(np.log2(zoom[:, None] / zoom[None, :])) < 1.0
    agrees &= np.abs(np.angle(turn[:, None] * np.conj(turn[None, :]))) < np.deg2rad(40)
    votes = agrees.sum(axis=1)
    best = int(votes.argmax())
    return agrees[best] if votes[best] >= _MIN_PAIRS else None


def is_sane(affine: Affine, query_size: tuple[int, int], original_size: tuple[int, int]) -> bool:
    """No flip (mirrors are tried on their own), no wild stretch, no wild zoom."""
    linear = affine[:, :2]
    if np.linalg.det(linear) <= 0:
        return False
    longer, shorter = np.linalg.svd(linear, compute_uv=False)
    if longer > _MAX_STRETCH * shorter:
        return False
    zoom = float(np.sqrt(longer * shorter)) * max(query_size) / max(original_size)
    return 1 / _MAX_ZOOM <= zoom <= _MAX_ZOOM


def described(
    affine: Affine,
    plane: NDArray[np.float64],
    query: LocalFeatures,
    original: LocalFeatures,
    inlier_points: NDArray[np.float64],
    *,
    mirrored: bool,
    residual: float,
) -> Alignment | None:
    """An alignment with all its numbers; None where the pictures do not overlap.

    Args:
        affine: query pixel → original pixel.
        plane: the same with perspective.
        query: all features of the query.
        original: all features of the original.
        inlier_points: float64 [n, 2], places of the inliers in the original.
        mirrored: the query shows the original flipped; `affine` flips it back.
        residual: median distance of the inliers, over the original's long side.
    """
    back_again = inverse(affine)
    query_frame, original_frame = frame_of(query.size), frame_of(original.size)
    region_original = clip(apply(affine, query_frame), original_frame)
    region_query = clip(apply(back_again, original_frame), query_frame)
    area_original, area_query = area(region_original), area(region_query)
    if area_original <= 0 or area_query <= 0:
        return None
    back = apply(back_again, original.points.astype(np.float64))
    visible = np.all((back >= 0) & (back <= np.array(query.size)), axis=1).sum()
    hull = cv2.convexHull(inlier_points.astype(np.float32)).reshape(-1, 2)
    inliers = len(inlier_points)
    return Alignment(
        affine=affine,
        plane=plane,
        mirrored=mirrored,
        inliers=inliers,
        inlier_share=min(1.0, inliers / max(int(visible), 1)),
        residual=residual,
        hull=hull,
        share_of_hull=min(1.0, area(hull.astype(np.float64)) / area(original_frame)),
        region_query=region_query,
        region_original=region_original,
        share_of_query=min(1.0, area_query / area(query_frame)),
        share_of_original=min(1.0, area_original / area(original_frame)),
    )

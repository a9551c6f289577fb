"""Alignment → a surer one, by looking for the stored details where they should be.

The first alignment is found among features that were read from the query as it came: in a small
cell of a collage, under a caption or after blur few of them are alike enough to stand out among a
thousand rivals. Once the place is known there are no rivals: the query is laid over the original's
frame, read at the very scale at which the original was read, and each stored detail is looked for
near its own place only (guided matching; Hartley and Zisserman, "Multiple View Geometry", 2004,
section 4.8).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moderation.image.alignment import Alignment, described, is_sane, plane_through
from moderation.image.local_features import STORED_SIDE_PX, LocalFeatures, all_features
from moderation.image.plane import Affine, Points, apply, apply_plane, fit
from moderation.image.products import products
from moderation.image.rereading import QueryPicture, lay_over

_NEAR = 0.03  # of the original's long side: how far a rough alignment may be off
_TOLERANCES = (0.02, 0.012, 0.008)
_ALIKE = 0.75  # cosine; unrelated details lie around 0.5, the best of a few neighbours around 0.65
_MAX_TURN = 30.0
_MAX_ZOOM_LOG2 = 0.6
_FEWEST = 5
_SMALLEST_PX = 32


def look_again(query: QueryPicture, original: LocalFeatures, rough: Alignment) -> Alignment | None:
    """The alignment on every stored detail that is found near its own place.

    Args:
        query: the picture under check.
        original: stored features of the registered picture.
        rough: found among all features of the query.

    Returns:
        None where fewer than `_FEWEST` details are found.
    """
    unit = float(max(original.size))
    ratio = min(1.0, STORED_SIDE_PX / unit)
    low, high = rough.region_original.min(axis=0), rough.region_original.max(axis=0)
    frame = np.ceil((high - low) * ratio).astype(int)
    if frame.min() < _SMALLEST_PX:
        return None
    shift = (0.5 - low) * ratio - 0.5
    to_frame = np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]], [0, 0, 1.0]])
    seen = all_features(lay_over(query, rough.plane, to_frame, (int(frame[0]), int(frame[1]))))
    found = _found(seen, (seen.points - shift) / ratio, original, ratio, _NEAR * unit)
    if found is None:
        return None
    source, target = found
    inside = np.linalg.norm(target - source - np.median(target - source, axis=0), axis=1)
    inside = inside <= _TOLERANCES[0] * unit
    correction: Affine | None = None
    for step, tolerance in enumerate(_TOLERANCES):
        if inside.sum() < _FEWEST:
            return None
        correction = fit(source[inside], target[inside], similarity=step == 0 or inside.sum() < 8)
        if correction is None or not is_sane(correction, original.size, original.size):
            return None
        inside = np.linalg.norm(apply(correction, source) - target, axis=1) <= tolerance * unit
    if correction is None or inside.sum() < _FEWEST:
        return None
    tilt = plane_through(source[inside], target[inside], correction, original.size)
    distance = np.linalg.norm(apply_plane(tilt, source) - target, axis=1)
    # Neighbours were taken for the detail itself here and there; they would blunt the fit.
    close = distance <= np.clip(3 * np.median(distance[inside]), 0.001 * unit, 0.008 * unit)
    if close.sum() >= _FEWEST:
        tilt = plane_through(source[close], target[close], correction, original.size)
        distance = np.linalg.norm(apply_plane(tilt, source) - target, axis=1)
    inside = distance <= _TOLERANCES[-1] * unit
    if inside.sum() < _FEWEST:
        return None
    last = [[0.0, 0.0, 1.0]]
    return described(
        correction @ np.concatenate([rough.affine, last]),
        tilt @ rough.plane,
        query.features,
        original,
        target[inside],
        mirrored=rough.mirrored,
        residual=float(np.median(distance[inside])) / unit,
    )


def _found(
    seen: LocalFeatures,
    places: NDArray[np.float64],
    original: LocalFeatures,
    ratio: float,
    reach: float,
) -> tuple[Points, Points] | None:
    """Where each stored detail was found, and where it should be: both float64 [n, 2]."""
    if len(seen) < _FEWEST or len(original) < _FEWEST:
        return None
    off = original.points[:, None].astype(np.float64) - places[None]
    near = (np.abs(off) <= reach).all(axis=2)
    zoom = np.log2(original.scales[:, None] * ratio / seen.scales[None])
    turn = (original.angles[:, None] - seen.angles[None] + 180.0) % 360.0 - 180.0
    near &= (np.abs(zoom) <= _MAX_ZOOM_LOG2) & (np.abs(turn) <= _MAX_TURN)
    cosine = np.where(near, products(_unit(original), _unit(seen)), -1)
    best = cosine.argmax(axis=1)
    alike = cosine[np.arange(len(original)), best] >= _ALIKE
    if alike.sum() < _FEWEST:
        return None
    return places[best[alike]], original.points[alike].astype(np.float64)


def _unit(features: LocalFeatures) -> NDArray[np.float32]:
    rows = features.descriptors.astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)

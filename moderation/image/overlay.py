"""Two pictures and their match → both in one frame, the part of the original that the query shows.

For looking and explaining, where the pixels of both are at hand; proofs need only the query's
(`moderation.image.rereading`).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.plane import (
    Affine,
    Plane,
    apply,
    apply_plane,
    area,
    clip,
    frame_of,
    inverse,
)
from moderation.image.tone import Floats, Mask, like_in_tone, usually_apart
from moderation.match import Basis, Match

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

_SMALLEST_SIDE_PX = 16
_RIM_PX = 2  # the border of a picture is half a pixel of something else
_DECIMALS = 5  # of a transform in a file, so that a page made later is the same page
_FLATTEST, _LARGEST = 1e-6, 1e6  # of a transform's determinant
_CLOSE = 2.5  # levels: nearer, no nudge is needed; JPEG at quality 75 leaves 2
_CLEARLY_CLOSER = 0.85
_NUDGED_PX = 224  # long side at which the nudge is looked for
_NUDGE_ROUNDS = 25
_FARTHEST = 0.06  # of the long side: how far a corner may be nudged


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """Both pictures in one frame."""

    query: Floats
    original: Floats
    shared: Mask
    """Where both show something."""
    to_query: Affine
    """Pixel of the frame → fraction of the query's width and height."""


def transform_between(query: Pixels, original: Pixels, match: Match) -> Affine | None:
    """How one lies on the other, at the sizes given; a match may be of a larger decode.

    Args:
        query: uint8 [H, W, 3], of any scale.
        original: likewise.
        match: gives the transform, in pixels of `query_size` and `original_size`; whole frames
            lie on each other where hashes of these agreed almost bit for bit.

    Returns:
        float64 [2, 3]: query pixel → original pixel; None where nothing says how (a match by
        hash alone, a transform that is no number).
    """
    if match.transform is None:
        if match.basis is not Basis.NEAR_EXACT_HASH:
            return None
        x, y = (original.shape[axis] / query.shape[axis] for axis in (1, 0))
        if match.mirrored:
            return np.array([[-x, 0, original.shape[1] - 1], [0, y, 0]])
        return np.array([[x, 0, 0], [0, y, 0]])
    values = np.array(match.transform, np.float64)
    if not np.isfinite(values).all():  # verdicts are read from files, too
        return None
    whole = np.vstack([values.round(_DECIMALS).reshape(2, 3), [0, 0, 1]])
    shown = _scale_of(original, match.original_size) @ whole
    return (shown @ np.linalg.inv(_scale_of(query, match.query_size)))[:2]


def lay(query: Pixels, original: Pixels, match: Match, side_px: int) -> Laid | None:
    """Both over the part of the original that the query shows.

    Args:
        query: uint8 [H, W, 3], RGB.
        original: likewise.
        match: of the two.
        side_px: long side of the frame at most; neither picture is enlarged for it.

    Returns:
        None where nothing says how to lay them, or too little is shared to look at.
    """
    affine = transform_between(query, original, match)
    if affine is None or not _FLATTEST < abs(np.linalg.det(affine[:, :2])) < _LARGEST:
        return None
    sizes = [(pixels.shape[1], pixels.shape[0]) for pixels in (query, original)]
    seen = clip(apply(affine, frame_of(sizes[0])), frame_of(sizes[1]))
    if area(seen) < 1:
        return None
    low, high = seen.min(axis=0), seen.max(axis=0)
    ratio = min(side_px / float((high - low).max()), 1.0, 1 / _zoom(affine))
    width, height = (int(np.rint(side)) for side in (high - low) * ratio)
    if min(width, height) < _SMALLEST_SIDE_PX:
        return None
    shift = (0.5 - low) * ratio - 0.5
    to_frame = np.array([[ratio, 0, shift[0]], [0, ratio, shift[1]]])
    from_query = to_frame[:, :2] @ affine
    from_query[:, 2] += shift
    shared = _shared(query, from_query, (width, height))
    if not shared.any():
        return None
    to_query = np.diag(1 / np.array(sizes[0], np.float64)) @ inverse(from_query)
    to_query[:, 2] += 0.5 / np.array(sizes[0])  # a pixel's middle is half a pixel from its edge
    laid = Laid(
        query=_warped(query, from_query, (width, height)),
        original=_warped(original, to_frame, (width, height)),
        shared=shared,
        to_query=to_query,
    )
    return _nudged(laid)


def _nudged(laid: Laid) -> Laid:
    """The original moved a little under perspective, where that clearly brings both nearer.

    A match has an affine transform; a picture photographed from a screen needs more. The nudge
    maximises the correlation of both (ECC, Evangelidis and Psarakis 2008).
    """
    before = _apart(laid.query, laid.original, laid.shared)
    if before < _CLOSE:
        return laid
    plane = _nudge(laid)
    if plane is None:
        return laid
    height, width = laid.shared.shape
    moved = cv2.warpPerspective(
        laid.original,
        plane,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    if _apart(laid.query, moved, laid.shared) > _CLEARLY_CLOSER * before:
        return laid
    return Laid(query=laid.query, original=moved, shared=laid.shared, to_query=laid.to_query)


def _nudge(laid: Laid) -> Plane | None:
    """float64 [3, 3]: pixel of the frame → pixel of the original as laid; None for none or far."""
    height, width = laid.shared.shape
    ratio = min(1.0, _NUDGED_PX / max(height, width))
    size = (max(8, round(width * ratio)), max(8, round(height * ratio)))
    query, original = (
        cv2.resize(pixels.mean(axis=2), size, interpolation=cv2.INTER_AREA)
        for pixels in (laid.query, laid.original)
    )
    shared = cv2.resize(laid.shared.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _NUDGE_ROUNDS, 1e-4)
    start = np.eye(3, dtype=np.float32)
    try:
        _, small = cv2.findTransformECC(
            query, original, start, cv2.MOTION_HOMOGRAPHY, stop, shared, 5
        )
    except cv2.error:  # it did not converge, or there is nothing to hold on to
        return None
    scale = np.diag([size[0] / width, size[1] / height, 1.0])
    plane = np.linalg.inv(scale) @ small.astype(np.float64) @ scale
    corners = frame_of((width, height))
    if not (plane[2, :2] @ corners.T + plane[2, 2] > 0.5).all():  # no horizon in the picture
        return None
    far = np.abs(apply_plane(plane, corners) - corners).max()
    return plane if far <= _FARTHEST * max(height, width) else None


def _apart(query: Floats, original: Floats, shared: Mask) -> float:
    return usually_apart(like_in_tone(original, query, shared), query, shared)


def _shared(query: Pixels, from_query: Affine, size: tuple[int, int]) -> Mask:
    whole = np.full(query.shape[:2], 255, np.uint8)
    inside = cv2.warpAffine(whole, from_query, size, flags=cv2.INTER_NEAREST)
    rim = np.ones((2 * _RIM_PX + 1, 2 * _RIM_PX + 1), np.uint8)
    return np.asarray(
        cv2.erode(inside, rim, borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0, dtype=np.bool_
    )


def _warped(pixels: Pixels, affine: Affine, size: tuple[int, int]) -> Floats:
    zoom = _zoom(affine)
    if zoom < 1:  # warping does not average
        pixels = cv2.GaussianBlur(pixels, (0, 0), max(0.3, 0.5 / zoom - 0.25))
    laid = cv2.warpAffine(
        pixels, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(laid, dtype=np.float32)


def _zoom(affine: Affine) -> float:
    return float(np.sqrt(abs(np.linalg.det(affine[:, :2]))))


def _scale_of(pixels: Pixels, size: tuple[int, int]) -> Plane:
    """float64 [3, 3]: matched pixel → shown pixel; an unknown size counts as the shown one."""
    width, height = size if min(size) > 0 else (pixels.shape[1], pixels.shape[0])
    return np.diag([pixels.shape[1] / width, pixels.shape[0] / height, 1.0])

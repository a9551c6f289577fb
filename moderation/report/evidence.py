"""Pictures that prove a match: regions outlined, and what is left when both are laid upon another.

A match speaks of the pictures as they were when it was found; what is drawn here
may be a smaller decode. Regions are fractions, so they fit any size; transforms
are rescaled by what is shown over what was matched.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from moderation.image.difference import Difference
from moderation.image.overlay import Pixels, transform_between
from moderation.match import Match, Polygon

PANEL_SIDE_PX = 640
_GUTTER_PX = 16
_CAPTION_PX = 28
_PAPER = (250, 250, 248)
_INK = (60, 64, 72)
_OUTLINE = (255, 176, 0)
_CHANGED = (255, 64, 64)
_CASING = (20, 22, 26)
"""Dark line below the bright one: together they show on any picture."""
_GAIN = 2
"""A difference of half the range is as bright as the scale goes."""


def draw_evidence(query_pixels: Pixels, original_pixels: Pixels | None, match: Match) -> Pixels:
    """Both pictures side by side with the matched regions outlined, and the aligned difference.

    Args:
        query_pixels: uint8 [H, W, 3], RGB: the picture under check.
        original_pixels: the registered picture; None where only its fingerprint is kept.
        match: what was found between them.

    Returns:
        uint8 [H, W, 3], RGB; panels are at most `PANEL_SIDE_PX` on their long side.
    """
    query = scaled_down(query_pixels, PANEL_SIDE_PX)
    panels = [("query", outlined(query, match.region_query))]
    if original_pixels is not None:
        original = scaled_down(original_pixels, PANEL_SIDE_PX)
        panels.append(("original", outlined(original, match.region_original)))
        difference = aligned_difference(query, original, match)
        if difference is not None:
            panels.append(("difference (black: none)", difference))
    return _side_by_side(panels)


def aligned_difference(
    query_pixels: Pixels, original_pixels: Pixels, match: Match
) -> Pixels | None:
    """Lay the query on the original and show where they differ.

    Args:
        query_pixels: uint8 [H, W, 3], RGB, of any scale.
        original_pixels: likewise.
        match: gives the transform, in pixels of `query_size` and `original_size`.

    Returns:
        uint8 [H, W, 3] of the original's shape: black where both agree, through red to yellow
        where they differ, and the original in pale grey where the query shows nothing. None where
        nothing says how to lay one on the other (a match by hash alone).
    """
    affine = transform_between(query_pixels, original_pixels, match)
    if affine is None:
        return None
    height, width = original_pixels.shape[:2]
    mask = np.full(query_pixels.shape[:2], 255, np.uint8)
    laid = cv2.warpAffine(query_pixels, affine, (width, height), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(mask, affine, (width, height), flags=cv2.INTER_NEAREST) > 0
    # A slight blur, so that half a pixel of misalignment does not light up every edge.
    apart = cv2.absdiff(
        cv2.GaussianBlur(laid, (5, 5), 0), cv2.GaussianBlur(original_pixels, (5, 5), 0)
    ).max(axis=2)
    bright = np.minimum(apart.astype(np.int32) * _GAIN, 255).astype(np.uint8)
    heat = cv2.applyColorMap(bright, cv2.COLORMAP_INFERNO)  # BGR
    out = _pale(original_pixels)
    out[inside] = heat[:, :, ::-1][inside]
    return out


def laid_upon(query_pixels: Pixels, original_pixels: Pixels, match: Match) -> Pixels | None:
    """The query in the frame of the original, to be looked at through it.

    Args:
        query_pixels: uint8 [H, W, 3], RGB, of any scale.
        original_pixels: likewise.
        match: gives the transform.

    Returns:
        uint8 [H, W, 3] of the original's shape: the query, and the original in pale grey where the
        query shows nothing. None as for `aligned_difference`.
    """
    affine = transform_between(query_pixels, original_pixels, match)
    if affine is None:
        return None
    height, width = original_pixels.shape[:2]
    mask = np.full(query_pixels.shape[:2], 255, np.uint8)
    laid = cv2.warpAffine(query_pixels, affine, (width, height), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine(mask, affine, (width, height), flags=cv2.INTER_NEAREST) > 0
    return np.where(inside[:, :, None], laid, _pale(original_pixels))


def draw_difference(
    query_pixels: Pixels, original_pixels: Pixels, difference: Difference
) -> Pixels:
    """The query with its changed places outlined, the original, and the map of the difference.

    Args:
        query_pixels: uint8 [H, W, 3], RGB: the picture under check.
        original_pixels: the registered picture.
        difference: between them.

    Returns:
        uint8 [H, W, 3], RGB; panels are at most `PANEL_SIDE_PX` on their long side.
    """
    query = changes_outlined(
        scaled_down(query_pixels, PANEL_SIDE_PX), (r.outline for r in difference.regions)
    )
    bright = np.minimum(difference.map.astype(np.int32) * _GAIN, 255).astype(np.uint8)
    heat = np.ascontiguousarray(cv2.applyColorMap(bright, cv2.COLORMAP_INFERNO)[:, :, ::-1])
    return _side_by_side(
        [
            ("query (outlined: changed)", query),
            ("original", scaled_down(original_pixels, PANEL_SIDE_PX)),
            ("difference (black: none)", heat),
        ]
    )


def changes_outlined(pixels: Pixels, outlines: Iterable[Polygon]) -> Pixels:
    """A copy of `pixels` with every polygon drawn in the colour of changes."""
    out = pixels
    for outline in outlines:
        out = outlined(out, outline, colour=_CHANGED)
    return out


def outlined(pixels: Pixels, region: Polygon, *, colour: tuple[int, int, int] = _OUTLINE) -> Pixels:
    """A copy of `pixels` with the polygon, given in fractions, drawn on its border."""
    out = pixels.copy()
    if len(region) < 3 or not np.isfinite(region).all():
        return out
    height, width = pixels.shape[:2]
    points = np.clip(np.array(region), 0, 1) * (width - 1, height - 1)
    corners = [np.rint(points).astype(np.int32).reshape(-1, 1, 2)]
    thick = max(2, round(max(height, width) / 200))
    cv2.polylines(out, corners, True, _CASING, thick + 2, cv2.LINE_AA)
    cv2.polylines(out, corners, True, colour, thick, cv2.LINE_AA)
    return out


def scaled_down(pixels: Pixels, side_px: int) -> Pixels:
    """At most `side_px` on the long side; never enlarged."""
    height, width = pixels.shape[:2]
    factor = side_px / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _pale(pixels: Pixels) -> Pixels:
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    pale = (grey // 4 + 180).astype(np.uint8)
    return np.repeat(pale[:, :, None], 3, axis=2)


def _side_by_side(panels: list[tuple[str, Pixels]]) -> Pixels:
    tallest = max(pixels.shape[0] for _, pixels in panels)
    widths = [max(pixels.shape[1], 14 * len(caption)) for caption, pixels in panels]
    height = tallest + _CAPTION_PX + 2 * _GUTTER_PX
    out = np.full((height, sum(widths) + _GUTTER_PX * (len(panels) + 1), 3), _PAPER, np.uint8)
    left = _GUTTER_PX
    for (caption, pixels), width in zip(panels, widths, strict=True):
        top = _GUTTER_PX + _CAPTION_PX
        out[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        corner = (left, top - 10)
        cv2.putText(out, caption, corner, cv2.FONT_HERSHEY_SIMPLEX, 0.55, _INK, 1, cv2.LINE_AA)
        left += width + _GUTTER_PX
    return out

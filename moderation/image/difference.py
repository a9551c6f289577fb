"""Two pictures and their match → where one was changed, and how much of what they share.

The query is laid over the original, both are brought to one tone and sharpness, and what still
differs by clearly more than the rest does is a change: a caption, a sticker, a mark put on or
taken off. It explains a match and has no part in its score.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.image.overlay import Pixels, lay
from moderation.image.plane import Affine, apply
from moderation.image.tone import Floats, Mask, like_in_sharpness, like_in_tone
from moderation.match import Match, Polygon

MAP_SIDE_PX = 448
"""Long side of what is compared, at most."""
MOST_REGIONS = 6

_VISIBLE = 20.0  # levels that a person sees, however little noise there is
_MOST_NOISE = 40.0  # levels: beyond, the pictures simply differ
_SURE = 6.0  # times the usual difference at a place of such texture
_LIKELY = 0.6  # of that, beside a sure place
_TEXTURE = 8.0  # levels of slope that double the usual difference
_SHIFT_PX = 1  # details may lie this far apart: rounding, another lens
_GRAIN_PX = 0.8
_GAP = 0.02  # of the long side: letters nearer than two of these are one caption
_SMALLEST_SHARE = 0.0015  # of what is shared; a handle in a corner has five times as much
_MOSTLY = 0.6  # of all that was changed


class Place(StrEnum):
    """Where in the query most of the change is."""

    TOP_LEFT = "top_left"
    TOP = "top"
    TOP_RIGHT = "top_right"
    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom_right"
    ALL_OVER = "all_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One connected place that was changed."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom in fractions of the query, 0–1."""
    share: float
    """Of the area that both pictures show, 0–1: the changed area itself, not the box."""

    @property
    def outline(self) -> Polygon:
        """The corners of the box."""
        left, top, right, bottom = self.box
        return ((left, top), (right, top), (right, bottom), (left, bottom))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Difference:
    """Where two matched pictures differ."""

    share: float
    """Changed part of the area that both show, 0–1; also what is in none of `regions`."""
    regions: tuple[Region, ...]
    """The largest places, largest first, at most `MOST_REGIONS`."""
    map: NDArray[np.uint8]
    """uint8 [h, w], long side at most `MAP_SIDE_PX`: levels by which the pictures differ, over
    the part of the original that the query shows; 0 where it shows nothing of it."""

    def share_said(self) -> str:
        """Whole percents; what is less than one is said as less, not as nothing."""
        return "<1%" if 0 < self.share < 0.01 else f"{self.share:.0%}"

    def to_json(self) -> dict[str, Any]:
        """JSON as in the CLI, without the map."""
        return {
            "share": round(self.share, 4),
            "regions": [
                {"box": [round(x, 4) for x in region.box], "share": round(region.share, 4)}
                for region in self.regions
            ],
        }


def difference(query: Pixels, original: Pixels, match: Match) -> Difference | None:
    """Say where the query was changed, once it is laid over the original.

    Args:
        query: uint8 [H, W, 3], RGB, of any scale.
        original: likewise.
        match: of the two; only how one lies on the other is read from it.

    Returns:
        None where nothing says how to lay one on the other (a match by hash alone), or where
        they share too little to look at.
    """
    laid = lay(query, original, match, MAP_SIDE_PX)
    if laid is None:
        return None
    kept = like_in_tone(laid.original, laid.query, laid.shared)
    shown, kept = like_in_sharpness(laid.query, kept, laid.shared)
    apart = np.where(laid.shared, _apart(shown, kept), 0)
    changed = _changed(apart, _texture(shown, kept), laid.shared)
    regions = _regions(changed, laid.shared, laid.to_query)
    return Difference(
        share=min(1.0, sum((region.share for region in regions), 0.0)),
        regions=regions[:MOST_REGIONS],
        map=np.rint(np.minimum(apart, 255)).astype(np.uint8),
    )


def place_of(regions: Iterable[Region]) -> Place:
    """Where most of the change is, in thirds of the query; the middle thirds alone are `middle`."""
    weights = np.zeros((3, 3))
    for region in regions:
        left, top, right, bottom = region.box
        x, y = _thirds(left, right), _thirds(top, bottom)
        weights += region.share * np.outer(y, x)
    total = float(weights.sum())
    row = _mostly(weights.sum(axis=1), total, ("top", "", "bottom"))
    column = _mostly(weights.sum(axis=0), total, ("left", "", "right"))
    if row is None and column is None:
        return Place.ALL_OVER
    # A bar from side to side is at the top; a tall strip at the left.
    words = [word for word in (row, column) if word]
    return Place("_".join(words)) if words else Place.MIDDLE


def _thirds(low: float, high: float) -> NDArray[np.float64]:
    """Share of an interval of 0–1 in each third, float64 [3]."""
    edges = np.array([0, 1 / 3, 2 / 3, 1])
    inside = np.clip(np.minimum(high, edges[1:]) - np.maximum(low, edges[:-1]), 0, None)
    return inside / max(float(inside.sum()), 1e-9)


def _mostly(weights: NDArray[np.float64], total: float, words: tuple[str, ...]) -> str | None:
    best = int(weights.argmax())
    return words[best] if total > 0 and weights[best] >= _MOSTLY * total else None


def _apart(a: Floats, b: Floats) -> NDArray[np.float32]:
    """Levels by which each pixel leaves the range of the other's neighbourhood, float32 [h, w].

    Both ways, and of the channel that differs most: a detail that lies a pixel aside is in the
    range, a flat sticker on grass is not.
    """
    a, b = (cv2.GaussianBlur(x, (0, 0), _GRAIN_PX) for x in (a, b))
    near = np.ones((2 * _SHIFT_PX + 1, 2 * _SHIFT_PX + 1), np.uint8)
    beyond = [
        np.maximum(x - cv2.dilate(y, near), cv2.erode(y, near) - x) for x, y in ((a, b), (b, a))
    ]
    return np.maximum(np.maximum(*beyond), 0).max(axis=2)


def _texture(a: Floats, b: Floats) -> NDArray[np.float32]:
    """Levels a pixel that the smoother of both rises and falls around a place, float32 [h, w]."""
    slopes = []
    for pixels in (a, b):
        grey = pixels.mean(axis=2)
        across = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=0.25)
        down = cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=0.25)
        slopes.append(cv2.GaussianBlur(np.abs(across) + np.abs(down), (0, 0), 2))
    return np.minimum(*slopes)


def _changed(apart: NDArray[np.float32], texture: NDArray[np.float32], shared: Mask) -> Mask:
    """Pixels that differ clearly more than most of their texture do, and likely ones at them."""
    rougher = 1 + texture / _TEXTURE
    usual = 1.4826 * float(np.median((apart / rougher)[shared]))
    limit = np.maximum(min(_SURE * usual, _MOST_NOISE) * rougher, _VISIBLE)
    sure = cv2.morphologyEx((apart > limit).astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2)))
    _, labels = cv2.connectedComponents((apart > _LIKELY * limit).astype(np.uint8))
    kept = np.unique(labels[sure > 0])
    return np.isin(labels, kept[kept > 0]) & shared


def _regions(changed: Mask, shared: Mask, to_query: Affine) -> tuple[Region, ...]:
    """All connected places that are large enough, largest first."""
    gap = max(3, round(_GAP * max(changed.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
    # Room around, or what lies at the border would not be closed like the rest.
    roomy = np.pad(changed.astype(np.uint8), gap)
    closed = cv2.morphologyEx(roomy, cv2.MORPH_CLOSE, disc)[gap:-gap, gap:-gap] * shared
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    total = int(shared.sum())
    found = []
    for number in range(1, count):
        share = int(stats[number, cv2.CC_STAT_AREA]) / total
        if share >= _SMALLEST_SHARE:
            found.append(Region(box=_box(labels == number, to_query), share=share))
    return tuple(sorted(found, key=lambda region: (-region.share, region.box)))


def _box(mask: Mask, to_query: Affine) -> tuple[float, float, float, float]:
    """The smallest upright box of the query around the pixels of a mask, in fractions."""
    y, x = np.nonzero(mask)
    middles = np.stack([x, y], axis=1).astype(np.float64)
    corners = [middles + half for half in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
    places = np.clip(apply(to_query, np.concatenate(corners)), 0, 1)
    left, top = (float(v) for v in places.min(axis=0))
    right, bottom = (float(v) for v in places.max(axis=0))
    return left, top, right, bottom

"""Plane geometry of pictures: transforms, frames, polygons. Points are float64 [n, 2], x and y."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Affine = NDArray[np.float64]
"""float64 [2, 3]: query pixel → original pixel."""
Plane = NDArray[np.float64]
"""float64 [3, 3]: the same with perspective, for homogeneous points."""
Points = NDArray[np.float64]
"""float64 [n, 2]; as a polygon, its corners in order."""


def apply(affine: Affine, points: Points) -> Points:
    """Points moved by the transform."""
    return points @ affine[:, :2].T + affine[:, 2]


def apply_plane(plane: Plane, points: Points) -> Points:
    """Points moved by the transform, none of which may lie on its horizon."""
    moved = points @ plane[:, :2].T + plane[:, 2]
    return moved[:, :2] / moved[:, 2:]


def inverse(affine: Affine) -> Affine:
    """The transform from original to query."""
    linear = np.linalg.inv(affine[:, :2])
    return np.concatenate([linear, -(linear @ affine[:, 2:])], axis=1)


def fit(source: Points, target: Points, *, similarity: bool) -> Affine | None:
    """The affine transform, or similarity, of least squares; None where points lie on a line."""
    x, y = source[:, 0], source[:, 1]
    one, zero = np.ones_like(x), np.zeros_like(x)
    if similarity:
        rows = np.concatenate(
            [np.stack([x, -y, one, zero], axis=1), np.stack([y, x, zero, one], axis=1)]
        )
        solution, _, rank, _ = np.linalg.lstsq(rows, target.T.reshape(-1), rcond=None)
        if rank < 4:
            return None
        a, b, tx, ty = solution
        return np.array([[a, -b, tx], [b, a, ty]])
    rows = np.stack([x, y, one], axis=1)
    solution, _, rank, _ = np.linalg.lstsq(rows, target, rcond=None)
    return solution.T if rank == 3 else None


def flip(size: tuple[int, int]) -> Plane:
    """Pixel of the query → pixel of the flipped query."""
    return np.array([[-1.0, 0, size[0] - 1], [0, 1, 0], [0, 0, 1]])


def frame_of(size: tuple[int, int]) -> Points:
    """The four corners of a picture of that width and height."""
    width, height = float(size[0]), float(size[1])
    return np.array([[0, 0], [width, 0], [width, height], [0, height]])


def clip(polygon: Points, frame: Points) -> Points:
    """The part of a convex polygon inside an upright frame (Sutherland and Hodgman 1974).

    OpenCV's `intersectConvexConvex` loses half of the area where edges all but coincide, as
    they do for a picture and itself.
    """
    corners = [(float(x), float(y)) for x, y in polygon]
    for axis in (0, 1):
        for bound, sign in ((frame[:, axis].min(), 1.0), (frame[:, axis].max(), -1.0)):
            kept: list[tuple[float, float]] = []
            for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
                from_bound = sign * (start[axis] - bound)
                to_bound = sign * (end[axis] - bound)
                if from_bound >= 0:
                    kept.append(start)
                if from_bound * to_bound < 0:
                    t = from_bound / (from_bound - to_bound)
                    kept.append(
                        (start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1]))
                    )
            corners = kept
    return np.array(corners).reshape(-1, 2)


def area(polygon: Points) -> float:
    """In square pixels; 0 for fewer than three corners."""
    return float(cv2.contourArea(polygon.astype(np.float32))) if len(polygon) >= 3 else 0.0

"""Picture → local features: small, stored with the fingerprint, enough to prove a match later.

RootSIFT (Lowe 2004; Arandjelović and Zisserman, "Three things everyone should
know to improve object retrieval", CVPR 2012), quantised to four bits a value:
64 bytes a descriptor and 6 bytes for place, scale and angle. With at most
`STORED_FEATURES` of them a picture needs under 8 KB, and its pixels are not
needed to prove a copy.

A mirrored picture needs no second extraction: flipping a picture permutes the
values of its SIFT descriptors in a known way (`mirrored`).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.errors import IndexCorrupt

STORED_FEATURES = 112
"""Features kept of a registered picture: 112 × 70 bytes stay below 8 KB."""
STORED_SIDE_PX = 448
"""Long side at which a registered picture is read."""
STORED_COARSE = 64
QUERY_FEATURES = 800
QUERY_COARSE = 290
QUERY_SIDE_PX = 512
"""A query is read finer, so that a part of it still has the detail of a whole picture."""
COLLAGE_FEATURES = 1000
COLLAGE_COARSE = 340
COLLAGE_SIDE_PX = 640
"""A collage is read finer still, for half as much again."""

_CONTRAST_THRESHOLD = 0.02  # half of Lowe's 0.04: hazy and dark photographs keep some features
COARSE_PX = 3.6
"""Diameter from which a detail can be read without doubling the picture first."""
_FLAT_SIDE_PX = 256
_FLAT_SLOPE = 4.0  # Sobel's sum over 3 × 3: half a grey level a pixel
_GRID = 8  # cells a side for spreading stored features over the picture
_QUANTUM = 0.5 / 15  # RootSIFT values lie in 0–1 and hardly ever pass 0.5
_SCALE_STEPS = 24  # steps of 2.9 % a unit
_SCALE_UNIT = 1024.0  # a scale of long side / 1024 is stored as 0
_HEADER = struct.Struct("<4sHHHH")  # magic, count, width, height, flat share in thousandths
_MAGIC = b"SFT1"
_PLACE = np.dtype([("x", "<u2"), ("y", "<u2"), ("scale", "u1"), ("angle", "u1")])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocalFeatures:
    """Places and descriptors, in pixels of the upright source picture."""

    points: NDArray[np.float32]
    """float32 [n, 2]: x, y in source pixels."""
    scales: NDArray[np.float32]
    """float32 [n]: diameter in source pixels."""
    angles: NDArray[np.float32]
    """float32 [n]: degrees, 0–360, clockwise as OpenCV has it."""
    descriptors: NDArray[np.uint8]
    """uint8 [n, 128], values 0–15."""
    size: tuple[int, int]
    """Width and height of the source picture in pixels."""
    flat: float = 0.0
    """Share of the picture in which nothing is, in steps of 0.001: at most a half in photographs,
    two thirds on a page with a few words. 0 where it was not measured."""

    def __len__(self) -> int:
        return len(self.points)

    def mirrored(self) -> LocalFeatures:
        """The features of the same picture flipped left to right."""
        points = self.points.copy()
        points[:, 0] = self.size[0] - 1 - points[:, 0]
        return LocalFeatures(
            points=points,
            scales=self.scales,
            angles=(180.0 - self.angles) % 360.0,
            descriptors=self.descriptors[:, _MIRROR],
            size=self.size,
            flat=self.flat,
        )

    def to_bytes(self) -> bytes:
        """Compact form for the register: header, then places, then packed descriptors."""
        width, height = self.size
        places = np.empty(len(self), dtype=_PLACE)
        places["x"] = np.clip(np.rint(self.points[:, 0] / max(width, 1) * 65535), 0, 65535)
        places["y"] = np.clip(np.rint(self.points[:, 1] / max(height, 1) * 65535), 0, 65535)
        relative = np.maximum(self.scales, 1e-3) * (_SCALE_UNIT / max(width, height, 1))
        places["scale"] = np.clip(np.rint(np.log2(relative) * _SCALE_STEPS), 0, 255)
        places["angle"] = np.rint(self.angles / 360.0 * 256).astype(np.int64) % 256
        packed = self.descriptors[:, 0::2] | (self.descriptors[:, 1::2] << 4)
        sides = min(width, 65535), min(height, 65535)
        header = _HEADER.pack(_MAGIC, len(self), *sides, round(1000 * self.flat))
        return header + places.tobytes() + packed.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> LocalFeatures:
        """Inverse of `to_bytes`, up to rounding of places.

        Raises:
            IndexCorrupt: the bytes are not what `to_bytes` writes.
        """
        if len(data) < _HEADER.size or data[:4] != _MAGIC:
            raise IndexCorrupt(
                f"local features start with {data[:4]!r}, expected {_MAGIC!r}",
                hint="run `moderation register verify`",
            )
        _, count, width, height, flat = _HEADER.unpack_from(data)
        expected = _HEADER.size + count * (_PLACE.itemsize + 64)
        if len(data) != expected:
            raise IndexCorrupt(
                f"local features have {len(data)} bytes, expected {expected}",
                hint="run `moderation register verify`",
            )
        places = np.frombuffer(data, dtype=_PLACE, count=count, offset=_HEADER.size)
        packed = np.frombuffer(
            data, dtype=np.uint8, offset=_HEADER.size + count * _PLACE.itemsize
        ).reshape(count, 64)
        descriptors = np.empty((count, 128), dtype=np.uint8)
        descriptors[:, 0::2] = packed & 15
        descriptors[:, 1::2] = packed >> 4
        points = np.stack(
            [places["x"] * (width / 65535.0), places["y"] * (height / 65535.0)], axis=1
        )
        return cls(
            points=points.astype(np.float32),
            scales=(
                np.exp2(places["scale"] / _SCALE_STEPS) * (max(width, height) / _SCALE_UNIT)
            ).astype(np.float32),
            angles=(places["angle"] * (360.0 / 256)).astype(np.float32),
            descriptors=descriptors,
            size=(width, height),
            flat=min(flat, 1000) / 1000,
        )


def stored_features(pixels: NDArray[np.uint8], source_size: tuple[int, int]) -> LocalFeatures:
    """Features of a picture to be registered: few, strong, spread over the picture.

    Args:
        pixels: uint8 [H, W, 3], RGB, upright.
        source_size: width and height of the source, in whose pixels places are given.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    found = _extract(grey, source_size, STORED_SIDE_PX, STORED_FEATURES, STORED_COARSE)
    return replace(found, flat=_flat_share(grey))


def flat_share(pixels: NDArray[np.uint8]) -> float:
    """Share of a picture in which the grey level hardly changes, 0–1 in steps of 0.001.

    Args:
        pixels: uint8 [H, W, 3], RGB.
    """
    return _flat_share(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def _flat_share(grey: NDArray[np.uint8]) -> float:
    ratio = _FLAT_SIDE_PX / max(grey.shape)
    small = tuple(max(1, round(side * ratio)) for side in grey.shape[::-1])
    grey = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)  # or JPEG would hide flat ground
    slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
    return round(float((slope < _FLAT_SLOPE).mean()), 3)


def query_features(
    pixels: NDArray[np.uint8], source_size: tuple[int, int], *, collage: bool = False
) -> LocalFeatures:
    """Features of a picture under check: many, read at a finer scale, never stored."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if collage:
        return _extract(grey, source_size, COLLAGE_SIDE_PX, COLLAGE_FEATURES, COLLAGE_COARSE)
    return _extract(grey, source_size, QUERY_SIDE_PX, QUERY_FEATURES, QUERY_COARSE)


def all_features(grey: NDArray[np.uint8]) -> LocalFeatures:
    """Every feature of a grey picture uint8 [H, W], read as it is, weak ones too."""
    keypoints, raw = _sift().detectAndCompute(grey, None)
    height, width = grey.shape
    if not keypoints:
        return _empty((width, height))
    return LocalFeatures(
        points=np.array([k.pt for k in keypoints], dtype=np.float32),
        scales=np.array([k.size for k in keypoints], dtype=np.float32),
        angles=np.array([k.angle for k in keypoints], dtype=np.float32) % 360.0,
        descriptors=_quantise(raw),
        size=(width, height),
    )


def descriptors_at(
    grey: NDArray[np.uint8],
    points: NDArray[np.float32],
    scales: NDArray[np.float32],
    angles: NDArray[np.float32],
) -> NDArray[np.uint8]:
    """Descriptors at given places, whether or not a detector would stop there.

    Args:
        grey: uint8 [H, W].
        points: float32 [n, 2], x and y in pixels of `grey`.
        scales: float32 [n], diameters in pixels of `grey`.
        angles: float32 [n], degrees.

    Returns:
        uint8 [n, 128], values 0–15, in the order given.
    """
    # OpenCV reads the pyramid level from `octave`; with its first octave −1, a keypoint of
    # `layer` in `octave` has diameter 1.6 · 2^(layer / 3) · 2^octave · 2 (Lowe 2004, section 3).
    steps = np.rint(3 * np.log2(np.maximum(scales, 2.0) / 3.2)).astype(int)
    octaves = (steps - 1) // 3
    keypoints = [
        cv2.KeyPoint(float(x), float(y), float(s), float(a), 0, int(o & 255) | int(n - 3 * o) << 8)
        for (x, y), s, a, n, o in zip(points, scales, angles, steps, octaves, strict=True)
    ]
    kept, raw = cv2.SIFT.create().compute(grey, keypoints)
    if len(kept) != len(keypoints):  # OpenCV drops none today; a silent shift would be a lie
        raise RuntimeError(f"asked for {len(keypoints)} descriptors, got {len(kept)}")
    return _quantise(raw)


def _extract(
    grey: NDArray[np.uint8], source_size: tuple[int, int], side_px: int, most: int, coarse: int
) -> LocalFeatures:
    height, width = grey.shape
    ratio = side_px / max(height, width)
    if ratio < 1:
        small = (max(1, round(width * ratio)), max(1, round(height * ratio)))
        grey = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    # No limit on their number: the strongest may all lie in a line of text.
    sift = _sift()
    keypoints = sift.detect(grey, None)
    keypoints = _spread(keypoints, grey.shape[1], grey.shape[0], most, coarse)
    if keypoints:
        keypoints, raw = sift.compute(grey, keypoints)
    if not keypoints:
        return _empty(source_size)
    scale_x = source_size[0] / grey.shape[1]
    scale_y = source_size[1] / grey.shape[0]
    points = np.array([k.pt for k in keypoints], dtype=np.float32)
    # Pixel centres lie at whole numbers in both pictures.
    points = (points + 0.5) * np.array([scale_x, scale_y], dtype=np.float32) - 0.5
    return LocalFeatures(
        points=points,
        scales=np.array([k.size for k in keypoints], dtype=np.float32) * max(scale_x, scale_y),
        angles=np.array([k.angle for k in keypoints], dtype=np.float32) % 360.0,
        descriptors=_quantise(raw),
        size=source_size,
    )


def _sift() -> cv2.SIFT:
    # Each call owns its detector: OpenCV objects are not safe to share between threads.
    return cv2.SIFT.create(contrastThreshold=_CONTRAST_THRESHOLD)


def _spread(
    keypoints: Sequence[cv2.KeyPoint], width: int, height: int, most: int, coarse: int
) -> list[cv2.KeyPoint]:
    """Strongest first, but no cell of the grid may fill up before others had their turn.

    Four of five details that SIFT finds are of the finest octave and die in any reduction, so
    `coarse` places are kept for larger ones.
    """
    if not keypoints:
        return []
    read = [(*k.pt, k.response, k.angle, k.size) for k in keypoints]
    x, y, strength, angles, sizes = np.array(read).T
    order = np.lexsort((angles, y, x, -strength))
    cells = (x * _GRID / width).astype(np.intp) + 1024 * (y * _GRID / height).astype(np.intp)
    chosen = _in_turns(order[(sizes >= COARSE_PX)[order]], cells)[:coarse]
    left = np.ones(len(keypoints), bool)
    left[chosen] = False
    rest = _in_turns(order[left[order]], cells)[: most - len(chosen)]
    return [keypoints[i] for i in (*chosen.tolist(), *rest.tolist())]


def _in_turns(order: NDArray[np.intp], cells: NDArray[np.intp]) -> NDArray[np.intp]:
    """`order` again, each cell's first before any cell's second, and so on."""
    at = cells[order]
    by_cell = np.argsort(at, kind="stable")
    begins = np.flatnonzero(np.diff(at[by_cell], prepend=-1))  # cells are numbered from 0
    lengths = np.diff(begins, append=len(order))
    turns = np.empty(len(order), np.intp)
    turns[by_cell] = np.arange(len(order)) - np.repeat(begins, lengths)
    return order[np.argsort(turns, kind="stable")]


def _quantise(raw: NDArray[np.float32]) -> NDArray[np.uint8]:
    root = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-6))  # RootSIFT
    return np.clip(np.rint(root / _QUANTUM), 0, 15).astype(np.uint8)


def _empty(size: tuple[int, int]) -> LocalFeatures:
    return LocalFeatures(
        points=np.empty((0, 2), dtype=np.float32),
        scales=np.empty(0, dtype=np.float32),
        angles=np.empty(0, dtype=np.float32),
        descriptors=np.empty((0, 128), dtype=np.uint8),
        size=size,
    )


def _mirror_permutation() -> NDArray[np.intp]:
    """SIFT's 4×4 cells × 8 directions after a flip: one cell axis and the directions reverse."""
    index = np.arange(128).reshape(4, 4, 8)  # row, column, direction
    flipped = index[::-1, :, :][:, :, (-np.arange(8)) % 8]
    return np.ascontiguousarray(flipped.reshape(128))


_MIRROR = _mirror_permutation()

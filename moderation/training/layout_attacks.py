"""Attacks that move, cut, cover or frame: the families of AugLy that act on layout.

Those that need a second picture take it from `others`. All take and return uint8 [H, W, 3] RGB
and leave their argument alone; a strength is an argument, so that `strengths` can turn it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from moderation.training.attacks import Pixels, border, fill
from moderation.training.lookalikes import words, write


def split_and_shuffle(pixels: Pixels, rng: np.random.Generator, rows: int, columns: int) -> Pixels:
    """Cut into tiles that change places; no tile stays where it was."""
    height, width = pixels.shape[0] // rows * rows, pixels.shape[1] // columns * columns
    grid = pixels[:height, :width].reshape(rows, height // rows, columns, width // columns, 3)
    tiles = grid.swapaxes(1, 2).reshape(rows * columns, height // rows, width // columns, 3)
    order = rng.permutation(rows * columns)
    shuffled = np.empty_like(tiles)
    shuffled[order] = tiles[np.roll(order, 1)]
    back = shuffled.reshape(rows, columns, height // rows, width // columns, 3).swapaxes(1, 2)
    return np.ascontiguousarray(back.reshape(height, width, 3))


def skew(pixels: Pixels, share: float) -> Pixels:
    """Sheared: the lower edge moves by `share` of the width; the rest of the frame is white."""
    height, width = pixels.shape[:2]
    shift = share * width
    matrix = np.array([[1, shift / height, max(0.0, -shift)], [0, 1, 0]], dtype=np.float64)
    size = (round(width + abs(shift)), height)
    return cv2.warpAffine(pixels, matrix, size, borderValue=(255, 255, 255))


def perspective(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Seen from a side: one edge `share` shorter than the one opposite, on black."""
    height, width = pixels.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], dtype=np.float32)
    side = int(rng.integers(4))
    target = corners.copy()
    for corner in (side, (side + 1) % 4):
        target[corner] += inward[corner] * np.array([width, height]) * share / 2
    matrix = cv2.getPerspectiveTransform(corners, target)
    return cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_AREA)


def stripes(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Slanted stripes of one colour over `share` (0–1) of the picture, half transparent."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = float(rng.uniform(0, np.pi))
    period = 0.12 * max(height, width)
    phase = (x * np.cos(angle) + y * np.sin(angle)) / period + float(rng.random())
    layer = pixels.copy()
    layer[phase % 1 < share] = rng.integers(0, 256, 3)
    return cv2.addWeighted(layer, 0.6, pixels, 0.4, 0)


def onto_background(
    pixels: Pixels,
    rng: np.random.Generator,
    others: Sequence[Pixels],
    share: float,
    opacity: float = 1.0,
) -> Pixels:
    """On another picture, `share` of its width, tilted a little, not quite opaque."""
    ground = fill(others[int(rng.integers(len(others)))], 1080, 1440)
    height, width = pixels.shape[:2]
    scale = share * 1080 / width
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-8, 8)), scale)
    spare = np.maximum(0, np.array([1080 - scale * width, 1440 - scale * height]))
    centre = np.array([540, 720]) + rng.uniform(-0.4, 0.4, 2) * spare
    matrix[:, 2] += centre - np.array([width / 2, height / 2])
    pasted = cv2.warpAffine(pixels, matrix, (1080, 1440), flags=cv2.INTER_AREA)
    mask = cv2.warpAffine(np.full((height, width), opacity, np.float32), matrix, (1080, 1440))
    return _mixed(pasted, ground, mask)


def overlay_picture(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], share: float
) -> Pixels:
    """Another picture pasted over `share` (0–1) of the area."""
    out = pixels.copy()
    height, width = pixels.shape[:2]
    side = float(np.sqrt(share))
    w, h = max(8, round(side * width)), max(8, round(side * height))
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    out[y : y + h, x : x + w] = fill(others[int(rng.integers(len(others)))], w, h)
    return out


def blend(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], opacity: float
) -> Pixels:
    """Laid over another picture of the same size, at `opacity` 0–1."""
    height, width = pixels.shape[:2]
    ground = fill(others[int(rng.integers(len(others)))], width, height)
    return cv2.addWeighted(pixels, opacity, ground, 1 - opacity, 0)


def masked_composite(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], share: float
) -> Pixels:
    """Only an ellipse of `share` of the area is left, with a soft edge, on another picture."""
    height, width = pixels.shape[:2]
    ground = fill(others[int(rng.integers(len(others)))], width, height)
    reach = float(np.sqrt(share * 4 / np.pi)) / 2
    axes = (round(reach * width), round(reach * height))
    centre = (
        round(width * (0.5 + rng.uniform(-0.1, 0.1))),
        round(height * (0.5 + rng.uniform(-0.1, 0.1))),
    )
    mask = np.zeros((height, width), dtype=np.float32)
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1)
    return _mixed(pixels, ground, cv2.GaussianBlur(mask, (0, 0), 0.01 * width))


def meme(pixels: Pixels, rng: np.random.Generator, bar: float = 0.22) -> Pixels:
    """A white bar of `bar` of the height above, with two lines of text, and a thin frame."""
    height, width = pixels.shape[:2]
    top = max(24, round(bar * height))
    out = np.full((height + top, width, 3), 255, dtype=np.uint8)
    out[top:] = pixels
    size = max(10, round(top / 3.2))
    letters = max(3, round(0.85 * width / size))
    for line in (1, 2):
        write(out, words(rng, letters), (round(0.05 * width), round(line * top / 2.4)), size)
    return border(out, (255, 255, 255), 0.02, 0.03)


def pad_square(pixels: Pixels, colour: tuple[int, int, int] = (255, 255, 255)) -> Pixels:
    """Made square by bars on two sides."""
    height, width = pixels.shape[:2]
    x, y = max(0, height - width) // 2, max(0, width - height) // 2
    return cv2.copyMakeBorder(pixels, y, y, x, x, cv2.BORDER_CONSTANT, value=colour)


def blurred_backdrop(pixels: Pixels, width: int = 1080, height: int = 1920) -> Pixels:
    """In the middle of its own blurred enlargement, as video covers fill a screen."""
    out = cv2.GaussianBlur(fill(pixels, width, height), (0, 0), 24)
    ratio = min(width / pixels.shape[1], 0.8 * height / pixels.shape[0])
    w, h = round(pixels.shape[1] * ratio), round(pixels.shape[0] * ratio)
    x, y = (width - w) // 2, (height - h) // 2
    out[y : y + h, x : x + w] = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
    return out


def long_picture(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], count: int
) -> Pixels:
    """`count` pictures of one width below each other without a gap (长图)."""
    place = int(rng.integers(count))
    parts = []
    for i in range(count):
        part = pixels if i == place else others[int(rng.integers(len(others)))]
        size = (720, max(8, round(part.shape[0] * 720 / part.shape[1])))
        parts.append(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    return np.concatenate(parts)


def _mixed(above: Pixels, below: Pixels, mask: np.ndarray) -> Pixels:
    """`mask` float32 [H, W], 1 where only `above` is seen."""
    weight = mask[..., None]
    return np.clip(above * weight + below * (1 - weight) + 0.5, 0, 255).astype(np.uint8)

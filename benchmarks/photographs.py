"""Photographs to measure on: from Python packages, from the data folder, and mixed from both."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import skimage
import sklearn.datasets
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""

NOTE_SIZE = (1080, 1440)
"""Width and height in which notes are served."""

_SKIMAGE = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")
_SKLEARN = ("china.jpg", "flower.jpg")
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def package_photographs() -> dict[str, Pixels]:
    """Name → photograph, from packages that are installed for the demo."""
    paths = [Path(skimage.__file__).parent / "data" / name for name in _SKIMAGE]
    paths += [Path(sklearn.datasets.__file__).parent / "images" / name for name in _SKLEARN]
    paths.append(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg")
    return {path.stem: read(path) for path in paths}


def folder_photographs(
    folder: Path | None, count: int, rng: np.random.Generator
) -> dict[str, Pixels]:
    """Name → photograph: `count` of a folder, drawn at random; all where it holds fewer."""
    if folder is None:
        return {}
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in _SUFFIXES)
    chosen = sorted(rng.permutation(len(paths))[:count].tolist())
    return {paths[i].stem: read(paths[i]) for i in chosen}


def read(path: Path) -> Pixels:
    """Decode with Pillow, so that what is measured is not what prepares the measuring."""
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """As a JPEG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def filled(pixels: Pixels, size: tuple[int, int] = NOTE_SIZE) -> Pixels:
    """Scaled and centre-cropped to width and height."""
    width, height = size
    ratio = max(width / pixels.shape[1], height / pixels.shape[0])
    w, h = max(width, round(pixels.shape[1] * ratio)), max(height, round(pixels.shape[0] * ratio))
    how = cv2.INTER_AREA if ratio < 1 else cv2.INTER_CUBIC
    big = cv2.resize(pixels, (w, h), interpolation=how)
    x, y = (w - width) // 2, (h - height) // 2
    return np.ascontiguousarray(big[y : y + height, x : x + width])


def mixed(
    rng: np.random.Generator, sources: Sequence[Pixels], size: tuple[int, int] = NOTE_SIZE
) -> Pixels:
    """A new picture with a photograph's hash statistics and details.

    Two random windows of two sources, each maybe mirrored and toned, are laid side by side
    with a soft seam: no two draws share a composition, though they may share details.
    """
    width, height = size
    a, b = (_window(rng, sources[int(rng.integers(len(sources)))], size) for _ in range(2))
    ramp = np.linspace(-1, 1, width if rng.random() < 0.5 else height, dtype=np.float32)
    ramp = np.clip((ramp - rng.uniform(-0.7, 0.7)) * 12, 0, 1)
    mask = np.broadcast_to(ramp[None, :] if len(ramp) == width else ramp[:, None], (height, width))
    mask = mask[..., None]
    return (a * (1 - mask) + b * mask).astype(np.uint8)


def _window(rng: np.random.Generator, source: Pixels, size: tuple[int, int]) -> Pixels:
    height, width = source.shape[:2]
    side = rng.uniform(0.35, 0.8)
    h, w = max(8, int(height * side)), max(8, int(width * side))
    y, x = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
    cut = source[y : y + h, x : x + w]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    toned = cut * rng.uniform(0.75, 1.2, 3).astype(np.float32) + rng.uniform(-15, 15)
    return filled(np.clip(toned, 0, 255).astype(np.uint8), size)

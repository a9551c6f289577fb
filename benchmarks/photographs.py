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
    """A new picture with hash statistics and details like a photograph's.

    Windows of two photographs, turned, toned and laid over each other, then bent like rubber: no
    similarity transform brings the details of two draws together, so none is a copy of another.
    """
    a, b = (_window(rng, sources[int(rng.integers(len(sources)))], size) for _ in range(2))
    blend = cv2.addWeighted(a, 0.5, b, 0.5, 0)
    contrast = cv2.convertScaleAbs(blend, alpha=1.4, beta=-50)
    return _bent(rng, contrast)


def drawn(rng: np.random.Generator, size: tuple[int, int] = NOTE_SIZE) -> Pixels:
    """Soft light, objects with edges, grain; shares nothing with any other draw."""
    width, height = size
    light = rng.uniform(20, 235, (5, 4, 3)).astype(np.float32)
    canvas = cv2.resize(light, size, interpolation=cv2.INTER_CUBIC)
    for _ in range(80):
        colour = tuple(float(c) for c in rng.integers(0, 256, 3))
        x, y = int(rng.integers(width)), int(rng.integers(height))
        reach = max(2, int(width * rng.uniform(0.01, 0.14)))
        corners = np.array([x, y]) + rng.integers(-reach, reach + 1, (5, 2))
        cv2.fillConvexPoly(canvas, cv2.convexHull(corners.astype(np.int32)), colour, cv2.LINE_AA)
    grain = cv2.resize(rng.normal(0, 9, (height // 4, width // 4)).astype(np.float32), size)
    return np.clip(canvas + grain[..., None], 0, 255).astype(np.uint8)


def _window(rng: np.random.Generator, source: Pixels, size: tuple[int, int]) -> Pixels:
    """A turned window of a photograph, filling the size."""
    width, height = size
    turn = float(rng.uniform(-180, 180))
    zoom = float(rng.uniform(0.9, 2.0)) * max(width, height) / min(source.shape[:2])
    matrix = cv2.getRotationMatrix2D((0, 0), turn, zoom)
    middle = rng.uniform(0.3, 0.7, 2) * (source.shape[1], source.shape[0])
    matrix[:, 2] = np.array([width, height]) / 2 - matrix[:, :2] @ middle
    return cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_REFLECT_101)


def _bent(rng: np.random.Generator, pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    shift = rng.normal(0, 0.035 * width, (6, 5, 2)).astype(np.float32)
    shift = cv2.resize(shift, (width, height), interpolation=cv2.INTER_CUBIC)
    x = np.arange(width, dtype=np.float32)[None, :] + shift[..., 0]
    y = np.arange(height, dtype=np.float32)[:, None] + shift[..., 1]
    return cv2.remap(pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)

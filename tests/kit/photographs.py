"""Photographs that installed packages carry, small enough for a test."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
import skimage
import sklearn.datasets
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image

_SKIMAGE = Path(skimage.__file__).parent / "data"
_FILES = {
    "astronaut": _SKIMAGE / "astronaut.png",
    "chelsea": _SKIMAGE / "chelsea.png",
    "coffee": _SKIMAGE / "coffee.png",
    "rocket": _SKIMAGE / "rocket.jpg",
    "motorcycle_left": _SKIMAGE / "motorcycle_left.png",
    "motorcycle_right": _SKIMAGE / "motorcycle_right.png",
    "china": Path(sklearn.datasets.__file__).parent / "images" / "china.jpg",
    "flower": Path(sklearn.datasets.__file__).parent / "images" / "flower.jpg",
    "hopper": Path(get_data_path()) / "sample_data" / "grace_hopper.jpg",
}
PHOTOGRAPHS = tuple(_FILES)
"""Names; the two motorcycles are one scene, seen from two places."""


@functools.cache
def photograph(name: str, side_px: int = 640) -> NDArray[np.uint8]:
    """uint8 [H, W, 3], long side at most `side_px`. Not to be written to."""
    with Image.open(_FILES[name]) as image:
        pixels = np.array(image.convert("RGB"))
    ratio = side_px / max(pixels.shape[:2])
    if ratio < 1:
        size = (round(pixels.shape[1] * ratio), round(pixels.shape[0] * ratio))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    pixels.setflags(write=False)
    return pixels

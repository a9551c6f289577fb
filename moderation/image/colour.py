"""Whatever Pillow decoded → sRGB pixels: palettes, alpha, wide greys, CMYK, ICC profiles."""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def srgb(image: Image.Image, target: tuple[int, int]) -> NDArray[np.uint8]:
    """Pixels of a loaded image: uint8 [H, W, 3] in sRGB, transparency on white.

    Args:
        image: Of any mode that Pillow can convert to RGB.
        target: Width and height that the caller will scale down to. Images of twice that size
            or more are reduced here, before further copies are made; never below `target`.
    """
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif image.mode not in ("RGBA", "CMYK", "L", "I", "F") or "transparency" in image.info:
        image = _as(image, "RGBA" if image.has_transparency_data else "RGB")
    factor = min(image.width // target[0], image.height // target[1])
    if factor > 1:
        image = image.reduce(factor)
    if image.mode in ("I", "F"):
        image = _stretched(image)
    elif image.mode == "RGBA":
        canvas = Image.new("RGB", image.size, "white")
        canvas.paste(image, mask=image.getchannel("A"))
        image = canvas
    if profile:
        image = _without_profile(image, profile)
    return np.asarray(_as(image, "RGB"))


def _as(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)  # `convert` always copies


def _stretched(image: Image.Image) -> Image.Image:
    """Grey of 32 bits a pixel has no agreed range: its darkest is black, its brightest white."""
    values = np.asarray(image).astype(np.float32)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    grey = np.empty(values.shape, np.uint8)
    cv2.normalize(values, grey, 0, 255, cv2.NORM_MINMAX, dtype=cv2.CV_8U)
    return Image.fromarray(grey)


def _without_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert with an ICC profile; a broken one, or one for other channels, counts as absent."""
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            image.mode,
            "RGB",
        )
        if image.mode == "RGB" and _leaves_colours_alone(transform):
            return image
        return ImageCms.applyTransform(image, transform) or image
    except _PROFILE_ERRORS:
        return image


def _leaves_colours_alone(transform: ImageCms.ImageCmsTransform) -> bool:
    # By effect rather than by name: a profile that calls itself sRGB can hold anything.
    steps = np.linspace(0, 255, 6).astype(np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(6, 36, 3)
    after = np.asarray(ImageCms.applyTransform(Image.fromarray(cube), transform))
    return int(np.abs(after.astype(int) - cube).max()) <= 2

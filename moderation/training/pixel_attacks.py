"""Attacks that keep every detail in its place and change what it looks like.

With the ones of `attacks`, these are the families of AugLy (Papakipos and Bitton, 2022) that act
on values rather than on layout. All take and return uint8 [H, W, 3] RGB and leave their argument
alone; a strength is an argument, so that `strengths` can turn it.
"""

from __future__ import annotations

import cv2
import numpy as np

from moderation.training.attacks import Pixels, reencode, resize, tone


def pixelise(pixels: Pixels, across: int) -> Pixels:
    """Blocks of one colour, `across` of them over the long side."""
    height, width = pixels.shape[:2]
    share = across / max(height, width)
    size = (max(2, round(width * share)), max(2, round(height * share)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)


def speckle(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Salt and pepper on `share` (0–1) of the pixels."""
    out = pixels.copy()
    draw = rng.random(pixels.shape[:2])
    out[draw < share / 2] = 0
    out[draw > 1 - share / 2] = 255
    return out


def shuffle_pixels(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """`share` (0–1) of the pixels change places with each other."""
    flat = pixels.reshape(-1, 3).copy()
    chosen = rng.choice(len(flat), round(share * len(flat)), replace=False)
    flat[chosen] = flat[rng.permutation(chosen)]
    return flat.reshape(pixels.shape)


def sharpen(pixels: Pixels, amount: float) -> Pixels:
    """Unsharp mask; 1 doubles what a blur of 2 px takes away."""
    soft = cv2.GaussianBlur(pixels, (0, 0), 2.0)
    return cv2.addWeighted(pixels, 1 + amount, soft, -amount, 0)


def turn_hue(pixels: Pixels, degrees: float) -> Pixels:
    """Every colour another one, grey as it was."""
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = (hsv[..., 0].astype(np.int32) + round(degrees / 2)) % 180
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def fade(pixels: Pixels, opacity: float) -> Pixels:
    """At `opacity` (0–1) on white paper."""
    return cv2.addWeighted(pixels, opacity, np.full_like(pixels, 255), 1 - opacity, 0)


def gamma(pixels: Pixels, exponent: float) -> Pixels:
    """Darker above 1, lighter below."""
    curve = np.round(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    return curve[pixels]


def thumbnail(pixels: Pixels, side_px: int) -> Pixels:
    """Down to a long side of `side_px` and stored like that."""
    return resize(pixels, min(1.0, side_px / max(pixels.shape[:2])))


def generations(pixels: Pixels, rng: np.random.Generator, count: int) -> Pixels:
    """Saved and posted again `count` times: another size and another JPEG each time."""
    for _ in range(count):
        pixels = reencode(resize(pixels, float(rng.uniform(0.85, 1.1))), int(rng.integers(40, 75)))
    return pixels


def film(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Film look: faded blacks, grain, dark corners, light leaking in from a side."""
    height, width = pixels.shape[:2]
    x = tone(pixels, gain=0.88, lift=8, saturation=0.85, warmth=8).astype(np.float32)
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    x *= (1 - 0.35 * np.clip(u * u + v * v - 0.4, 0, 1.6) / 1.6)[..., None]
    side = float(rng.choice([-1, 1]))
    leak = np.exp(-(((u - side) / 0.5) ** 2))[..., None] * np.array([70, 30, 0], np.float32)
    grain = rng.normal(0, 7, (height, width, 1))
    return np.clip(x + leak + grain, 0, 255).astype(np.uint8)


def mosaic(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Regions made unreadable (打码), as over faces and number plates; `share` of the area."""
    out = pixels.copy()
    height, width = pixels.shape[:2]
    side = float(np.sqrt(share / 3))
    for _ in range(3):
        w, h = max(8, round(side * width)), max(8, round(side * height))
        x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
        out[y : y + h, x : x + w] = pixelise(pixels[y : y + h, x : x + w], 8)
    return out


def moire(pixels: Pixels, strength: float) -> Pixels:
    """Two line grids interfering, `strength` grey levels deep, seen through soft focus."""
    height, width = pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wave = strength * np.sin(x * 0.9 + y * 0.05) * np.sin(y * 0.85 - x * 0.02)
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.8).astype(np.float32)
    colour = np.array([1.0, 0.8, 1.1], dtype=np.float32)
    return np.clip(soft + wave[..., None] * colour, 0, 255).astype(np.uint8)


def beauty_filter(pixels: Pixels, strength: float) -> Pixels:
    """Skin smoothed, whitened, pinker, and the middle made slimmer; `strength` 0–1."""
    smooth = cv2.bilateralFilter(pixels, 11, 20 + 50 * strength, 7)
    mixed = cv2.addWeighted(smooth, 0.4 + 0.6 * strength, pixels, 0.6 - 0.6 * strength, 0)
    white = tone(mixed, gain=1 - 0.1 * strength, lift=26 * strength, saturation=1, warmth=4)
    return slim(white, 0.12 * strength)


def slim(pixels: Pixels, amount: float) -> Pixels:
    """Liquify: columns beside the middle drawn towards it by up to `amount` of the width.

    The shift fades out towards all edges, so that the frame stays straight.
    """
    height, width = pixels.shape[:2]
    v, u = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    fading = np.clip(1 - u * u, 0, 1) * np.clip(1 - v**4, 0, 1)
    x = (u + 2 * amount * u * fading + 1) / 2 * (width - 1)
    y = (v + 1) / 2 * (height - 1)
    return cv2.remap(
        pixels,
        x.astype(np.float32),
        y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )

"""Pictures drawn in code, and what people do to them before posting them again.

Everything is deterministic: the same seed gives the same pixels on every machine, up to
rounding in OpenCV's drawing. Pixels are uint8 [H, W, 3], RGB.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_PAPER = (250, 248, 244)
_INK = (30, 30, 30)


# Drawing


def scene(seed: int, width: int = 600, height: int = 800) -> Pixels:
    """Something like a photograph: soft light, objects with edges, texture at every scale."""
    rng = np.random.default_rng(seed)
    light = rng.uniform(20, 235, (5, 4, 3)).astype(np.float32)
    canvas = cv2.resize(light, (width, height), interpolation=cv2.INTER_CUBIC)
    side = min(width, height)
    for _ in range(60):
        colour = tuple(float(c) for c in rng.integers(0, 256, 3))
        x, y = int(rng.integers(0, width)), int(rng.integers(0, height))
        size = max(2, int(side * rng.uniform(0.01, 0.14)))
        kind = rng.integers(0, 3)
        if kind == 0:
            cv2.circle(canvas, (x, y), size, colour, -1, cv2.LINE_AA)
        elif kind == 1:
            corners = np.array([x, y]) + rng.integers(-size, size + 1, (4, 2))
            cv2.fillConvexPoly(canvas, cv2.convexHull(corners.astype(np.int32)), colour)
        else:
            end = (x + int(rng.integers(-2 * size, 2 * size)), y + int(rng.integers(-size, size)))
            cv2.line(canvas, (x, y), end, colour, max(1, size // 6), cv2.LINE_AA)
    for scale in (4, 16, 64):
        grain = rng.normal(0, 6, (max(2, height // scale), max(2, width // scale), 1))
        grain = cv2.resize(grain.astype(np.float32), (width, height))
        canvas += grain[..., None]
    return np.clip(canvas, 0, 255).astype(np.uint8)


def text_card(lines: Sequence[str], width: int = 600, height: int = 800) -> Pixels:
    """A card of one template: frame, header bar, and Latin text, one line below another."""
    card = np.full((height, width, 3), _PAPER, np.uint8)
    cv2.rectangle(card, (20, 20), (width - 21, height - 21), (214, 80, 70), 4)
    cv2.rectangle(card, (20, 20), (width - 21, 120), (214, 80, 70), -1)
    for i, line in enumerate(lines):
        place = (50, 200 + 70 * i)
        cv2.putText(card, line, place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, _INK, 3, cv2.LINE_AA)
    return card


def flat(colour: tuple[int, int, int] = (128, 128, 128), width: int = 600, height: int = 800):
    """One colour and nothing else."""
    return np.full((height, width, 3), colour, np.uint8)


def gradient(degrees: float = 0, width: int = 600, height: int = 800) -> Pixels:
    """Black to white, downwards; turned by `degrees`."""
    y, x = np.mgrid[0:height, 0:width]
    angle = np.deg2rad(degrees)
    depth = y * np.cos(angle) + x * np.sin(angle)
    depth = 255 * (depth - depth.min()) / (depth.max() - depth.min())
    return np.repeat(depth.round().astype(np.uint8)[..., None], 3, axis=2)


# Files


def encoded(pixels: Pixels, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a file of a Pillow format."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def recompressed(pixels: Pixels, quality: int = 75) -> Pixels:
    """What is left after a JPEG of that quality."""
    with Image.open(io.BytesIO(encoded(pixels, "JPEG", quality=quality))) as image:
        return np.array(image.convert("RGB"))


# Edits


def scaled(pixels: Pixels, share: float) -> Pixels:
    """Both sides multiplied by `share`."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * share)), max(1, round(height * share)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def cropped(pixels: Pixels, share: float, x: float = 0.5, y: float = 0.5) -> Pixels:
    """A window of `share` of both sides; (0, 0) is the top left one, (1, 1) the bottom right."""
    height, width = pixels.shape[:2]
    h, w = round(height * share), round(width * share)
    top, left = round((height - h) * y), round((width - w) * x)
    return pixels[top : top + h, left : left + w].copy()


def mirrored(pixels: Pixels) -> Pixels:
    """Left to right."""
    return pixels[:, ::-1].copy()


def rotated(pixels: Pixels, degrees: float) -> Pixels:
    """Turned counter-clockwise within its frame, corners filled with white."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(pixels, turn, (width, height), borderValue=(255, 255, 255))


def filtered(pixels: Pixels, gamma: float = 0.8, warmth: float = 1.1) -> Pixels:
    """A colour filter: brighter below gamma 1, redder above warmth 1."""
    values = 255 * (pixels / 255.0) ** gamma * np.array([warmth, 1.0, 1 / warmth])
    return np.clip(values, 0, 255).astype(np.uint8)


def bordered(pixels: Pixels, share: float = 0.1, colour: tuple[int, int, int] = (0, 0, 0)):
    """A frame of one colour around the picture, of `share` of each side."""
    height, width = pixels.shape[:2]
    y, x = round(height * share), round(width * share)
    return cv2.copyMakeBorder(pixels, y, y, x, x, cv2.BORDER_CONSTANT, value=colour)


def watermarked(pixels: Pixels, text: str = "@someone") -> Pixels:
    """A line of white text across the middle."""
    marked = pixels.copy()
    height, width = marked.shape[:2]
    place, size = (round(width * 0.1), round(height * 0.55)), width / 400
    cv2.putText(marked, text, place, cv2.FONT_HERSHEY_SIMPLEX, size, (255, 255, 255), 3)
    return marked


def screenshot(pixels: Pixels, width: int = 1080, height: int = 2160) -> Pixels:
    """The picture inside a phone's app: status bar, author row, caption and buttons around it."""
    screen = np.full((height, width, 3), 255, np.uint8)
    top = 260
    shown = cv2.resize(pixels, (width, round(width * pixels.shape[0] / pixels.shape[1])))
    shown = shown[: height - top - 200]
    screen[top : top + len(shown)] = shown
    cv2.putText(screen, "21:47", (60, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.5, _INK, 4)
    cv2.circle(screen, (100, 190), 45, (180, 190, 210), -1, cv2.LINE_AA)
    cv2.putText(screen, "author name", (170, 205), cv2.FONT_HERSHEY_SIMPLEX, 1.3, _INK, 3)
    cv2.rectangle(screen, (840, 150), (1020, 230), (230, 50, 70), 3)
    for i in range((height - top - len(shown) - 180) // 70):
        end = 1000 if i % 3 < 2 else 600
        place = top + len(shown) + 60 + 70 * i
        cv2.rectangle(screen, (60, place), (end, place + 24), (90, 90, 90), -1)
    for x in (650, 800, 950):
        cv2.circle(screen, (x, height - 90), 36, (60, 60, 60), 4, cv2.LINE_AA)
    return screen


def collage(cells: Sequence[Pixels], columns: int = 2, cell_px: int = 400, gutter_px: int = 12):
    """Cells of 3:4 side by side on white, with gutters between them and around."""
    size = (cell_px, cell_px * 4 // 3)
    rows = -(-len(cells) // columns)
    height = rows * (size[1] + gutter_px) + gutter_px
    width = columns * (size[0] + gutter_px) + gutter_px
    sheet = np.full((height, width, 3), 255, np.uint8)
    for i, cell in enumerate(cells):
        y = gutter_px + (i // columns) * (size[1] + gutter_px)
        x = gutter_px + (i % columns) * (size[0] + gutter_px)
        sheet[y : y + size[1], x : x + size[0]] = cv2.resize(
            cell, size, interpolation=cv2.INTER_AREA
        )
    return sheet

"""What re-posters do to a picture: the attack suite for training, measuring and the demo.

Families follow AugLy (Papakipos and Bitton, 2022) and the community's own habits:
3:4 screenshots with app chrome, collages, stickers, beauty filters. Every attack
is deterministic for a given generator, takes and returns uint8 [H, W, 3] RGB,
and draws its own material; collages borrow cells from other pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Apply = Callable[[Pixels, np.random.Generator, Sequence[Pixels]], Pixels]

_FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One named way to change a picture."""

    name: str
    family: str
    apply: Apply
    """(pixels, generator, other pictures) → pixels."""


def reencode(pixels: Pixels, quality: int) -> Pixels:
    """Through JPEG of `quality` 1–100."""
    ok, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("JPEG encoder refused the picture")
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def resize(pixels: Pixels, factor_x: float, factor_y: float | None = None) -> Pixels:
    """By factors of width and height."""
    height, width = pixels.shape[:2]
    size = (max(8, round(width * factor_x)), max(8, round(height * (factor_y or factor_x))))
    shrinking = size[0] < width
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC)


def tone(
    pixels: Pixels, *, gain: float = 1, lift: float = 0, saturation: float = 1, warmth: float = 0
) -> Pixels:
    """Brightness, contrast, saturation and colour temperature, as in a phone's filter."""
    x = pixels.astype(np.float32)
    grey = x @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    x = grey[..., None] + (x - grey[..., None]) * saturation
    x = (x - 128) * gain + 128 + lift
    x += np.array([warmth, 0, -warmth], dtype=np.float32)
    return np.clip(x, 0, 255).astype(np.uint8)


def beauty(pixels: Pixels) -> Pixels:
    """Skin-smoothing filter: edge-preserving blur, lighter, pinker."""
    smooth = cv2.bilateralFilter(pixels, 9, 40, 7)
    return tone(smooth, gain=0.95, lift=14, saturation=1.1, warmth=6)


def noise(pixels: Pixels, rng: np.random.Generator, sigma: float) -> Pixels:
    """Gaussian noise with `sigma` grey levels."""
    return np.clip(pixels + rng.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def caption(pixels: Pixels, rng: np.random.Generator, lines: int = 3) -> Pixels:
    """Large caption on a translucent bar, as on note covers."""
    out = pixels.copy()
    height, width = out.shape[:2]
    size = width / 420
    step = int(38 * size)
    top = int(rng.uniform(0.05, 0.6) * height)
    bar = out[top : top + step * lines + step // 2]
    bar[:] = (bar * 0.45).astype(np.uint8)
    for i in range(lines):
        words = " ".join(
            "".join(rng.choice(list("abcdefghkmnoprstuwy"), rng.integers(3, 8))) for _ in range(4)
        )
        place = (int(0.04 * width), top + step * (i + 1))
        thick = max(1, int(2.4 * size))
        cv2.putText(out, words, place, _FONT, size, (255, 245, 120), thick, cv2.LINE_AA)
    return out


def stickers(pixels: Pixels, rng: np.random.Generator, count: int = 5) -> Pixels:
    """Round and heart-like stickers, together over a tenth to a quarter of the area."""
    out = pixels.copy()
    height, width = out.shape[:2]
    for _ in range(count):
        radius = int(rng.uniform(0.07, 0.13) * min(height, width))
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        colour = tuple(int(c) for c in rng.integers(80, 255, 3))
        cv2.circle(out, centre, radius, colour, -1, cv2.LINE_AA)
        cv2.circle(out, centre, radius, (255, 255, 255), max(2, radius // 8), cv2.LINE_AA)
        eye = max(1, radius // 7)
        for side in (-1, 1):
            place = (centre[0] + side * radius // 3, centre[1] - radius // 4)
            cv2.circle(out, place, eye, (30, 30, 30), -1, cv2.LINE_AA)
        axes = (radius // 2, radius // 3)
        cv2.ellipse(out, centre, axes, 0, 20, 160, (30, 30, 30), eye, cv2.LINE_AA)
    return out


def watermark(pixels: Pixels, rng: np.random.Generator, *, tiled: bool = False) -> Pixels:
    """A handle in a corner, or tiled over the whole picture."""
    height, width = pixels.shape[:2]
    layer = pixels.copy()
    handle = "@" + "".join(rng.choice(list("abcdefghkmnoprstuwy0123456789"), 9))
    size = width / 700
    places = [(int(0.6 * width), int(0.97 * height))]
    if tiled:
        places = [
            (int(x * width), int(y * height))
            for y in np.arange(0.1, 1, 0.18)
            for x in (0.02, 0.36, 0.7)
        ]
    for place in places:
        cv2.putText(layer, handle, place, _FONT, size, (255, 255, 255), max(1, int(2 * size)))
    return cv2.addWeighted(layer, 0.6, pixels, 0.4, 0)


def erase_patch(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A corner painted over from its surroundings, as watermark removers do."""
    height, width = pixels.shape[:2]
    mask = np.zeros((height, width), dtype=np.uint8)
    w, h = int(0.36 * width), int(0.08 * height)
    x = int(rng.choice([0.02, 0.6]) * width)
    mask[height - h - 4 : height - 4, x : x + w] = 255
    return cv2.inpaint(pixels, mask, 5, cv2.INPAINT_TELEA)


def crop(pixels: Pixels, rng: np.random.Generator, area: float) -> Pixels:
    """A random window with `area` (0–1) of the picture's area."""
    height, width = pixels.shape[:2]
    side = float(np.sqrt(area))
    w, h = max(8, round(width * side)), max(8, round(height * side))
    x, y = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    return np.ascontiguousarray(pixels[y : y + h, x : x + w])


def turn(pixels: Pixels, degrees: float) -> Pixels:
    """By any angle, corners filled by the picture's mean colour, frame kept."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    fill = tuple(float(c) for c in pixels.mean(axis=(0, 1)))
    return cv2.warpAffine(pixels, matrix, (width, height), borderValue=fill)


def border(pixels: Pixels, colour: tuple[int, int, int], top: float, side: float) -> Pixels:
    """A frame; `top` and `side` as fractions of height and width."""
    height, width = pixels.shape[:2]
    t, s = int(top * height), int(side * width)
    return cv2.copyMakeBorder(pixels, t, t, s, s, cv2.BORDER_CONSTANT, value=colour)


def screenshot(pixels: Pixels, rng: np.random.Generator, *, dark: bool = False) -> Pixels:
    """A phone's screen 9:19.5 that shows the picture in a note app: bars, avatar, text, icons."""
    width, height = 720, 1560
    ground, ink = ((18, 18, 18), (235, 235, 235)) if dark else ((255, 255, 255), (25, 25, 25))
    out = np.full((height, width, 3), ground, dtype=np.uint8)
    shown = cv2.resize(pixels, (width, round(pixels.shape[0] * width / pixels.shape[1])))
    shown = shown[: height - 420]
    top = 150
    out[top : top + shown.shape[0]] = shown
    cv2.putText(out, "9:41", (36, 48), _FONT, 0.9, ink, 2, cv2.LINE_AA)
    cv2.rectangle(out, (630, 26), (684, 50), ink, 2)
    cv2.circle(out, (70, 104), 30, tuple(int(c) for c in rng.integers(90, 220, 3)), -1)
    cv2.putText(out, "little fern", (118, 114), _FONT, 0.8, ink, 2, cv2.LINE_AA)
    cv2.rectangle(out, (560, 82), (690, 126), (255, 36, 66), 2)
    cv2.putText(out, "Follow", (578, 113), _FONT, 0.7, (255, 36, 66), 2, cv2.LINE_AA)
    y = top + shown.shape[0] + 60
    for _ in range(3):
        words = "".join(rng.choice(list("abcdefghkmnoprstuwy     "), 34))
        cv2.putText(out, words, (30, y), _FONT, 0.8, ink, 2, cv2.LINE_AA)
        y += 46
    cv2.putText(out, "Say something...", (40, height - 60), _FONT, 0.8, (150, 150, 150), 2)
    for x in (430, 530, 630):
        cv2.circle(out, (x, height - 70), 20, ink, 2, cv2.LINE_AA)
    return out


def collage(
    pixels: Pixels,
    rng: np.random.Generator,
    others: Sequence[Pixels],
    rows: int,
    columns: int,
) -> Pixels:
    """A grid with white gutters: the picture in one cell, others in the rest, centre-cropped."""
    cell_w, cell_h, gutter = 1080 // columns, 1440 // (rows if rows > 1 else 2), 10
    out = np.full(
        (rows * cell_h + (rows + 1) * gutter, columns * cell_w + (columns + 1) * gutter, 3),
        255,
        dtype=np.uint8,
    )
    place = int(rng.integers(rows * columns))
    for i in range(rows * columns):
        cell = pixels if i == place else others[int(rng.integers(len(others)))]
        y = gutter + (i // columns) * (cell_h + gutter)
        x = gutter + (i % columns) * (cell_w + gutter)
        out[y : y + cell_h, x : x + cell_w] = fill(cell, cell_w, cell_h)
    return out


def picture_in_picture(
    pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels], share: float
) -> Pixels:
    """The picture pasted on another one, taking `share` of its width."""
    ground = fill(others[int(rng.integers(len(others)))], 1080, 1440)
    w = int(share * 1080)
    h = min(round(pixels.shape[0] * w / pixels.shape[1]), 1400)
    small = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
    x, y = int(rng.integers(0, 1080 - w + 1)), int(rng.integers(0, 1440 - h + 1))
    ground[y : y + h, x : x + w] = small
    return ground


def photo_of_screen(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Photographed from a monitor: slight perspective, moiré, glare, soft focus."""
    height, width = pixels.shape[:2]
    jitter = rng.uniform(0.01, 0.05, (4, 2)) * (width, height)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    target = (corners + inward * jitter).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    out = cv2.warpPerspective(pixels, matrix, (width, height), borderValue=(22, 22, 26))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    moire = 9 * np.sin(x * 0.9 + y * 0.05) * np.sin(y * 0.85)
    glare = 40 * np.exp(-(((x / width - 0.7) / 0.25) ** 2 + ((y / height - 0.3) / 0.2) ** 2))
    soft = cv2.GaussianBlur(out, (0, 0), 0.8).astype(np.float32)
    return np.clip(soft + (moire + glare)[..., None], 0, 255).astype(np.uint8)


def fill(pixels: Pixels, width: int, height: int) -> Pixels:
    """Scale and centre-crop to fill the cell, as collage makers do."""
    ratio = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (
        max(width, round(pixels.shape[1] * ratio)),
        max(height, round(pixels.shape[0] * ratio)),
    )
    big = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if ratio < 1 else cv2.INTER_LINEAR)
    x, y = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(big[y : y + height, x : x + width])


def _mirror(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def _of(change: Callable[[Pixels, np.random.Generator], Pixels]) -> Apply:
    return lambda pixels, rng, _others: change(pixels, rng)


ATTACKS: tuple[Attack, ...] = tuple(
    Attack(name=name, family=family, apply=apply)
    for name, family, apply in (
        ("jpeg 30", "re-encode", _of(lambda p, _: reencode(p, 30))),
        ("half size", "re-encode", _of(lambda p, _: resize(p, 0.5))),
        ("warm filter", "filter", _of(lambda p, _: tone(p, gain=1.15, saturation=1.4, warmth=22))),
        ("dark filter", "filter", _of(lambda p, _: tone(p, gain=0.75, lift=-25, saturation=0.7))),
        ("beauty filter", "filter", _of(lambda p, _: beauty(p))),
        ("grey", "filter", _of(lambda p, _: tone(p, saturation=0))),
        ("blur", "filter", _of(lambda p, _: cv2.GaussianBlur(p, (0, 0), 2.0))),
        ("noise", "filter", _of(lambda p, r: noise(p, r, 18))),
        ("caption", "overlay", _of(lambda p, r: caption(p, r))),
        ("stickers", "overlay", _of(lambda p, r: stickers(p, r))),
        ("watermark corner", "watermark", _of(lambda p, r: watermark(p, r))),
        ("watermark tiled", "watermark", _of(lambda p, r: watermark(p, r, tiled=True))),
        ("watermark removed", "watermark", _of(erase_patch)),
        ("crop 90 %", "crop", _of(lambda p, r: crop(p, r, 0.90))),
        ("crop 70 %", "crop", _of(lambda p, r: crop(p, r, 0.70))),
        ("crop 50 %", "crop", _of(lambda p, r: crop(p, r, 0.50))),
        ("crop 25 %", "crop", _of(lambda p, r: crop(p, r, 0.25))),
        ("mirror", "mirror", _of(lambda p, _: _mirror(p))),
        ("turn 90", "rotation", _of(lambda p, _: np.ascontiguousarray(np.rot90(p)))),
        ("turn 180", "rotation", _of(lambda p, _: np.ascontiguousarray(np.rot90(p, 2)))),
        ("turn 5", "rotation", _of(lambda p, r: turn(p, 5 * float(r.choice([-1, 1]))))),
        ("turn 15", "rotation", _of(lambda p, r: turn(p, 15 * float(r.choice([-1, 1]))))),
        ("stretch 1.25", "stretch", _of(lambda p, _: resize(p, 1.25, 1.0))),
        ("white frame", "border", _of(lambda p, _: border(p, (255, 255, 255), 0.08, 0.08))),
        ("letterbox", "border", _of(lambda p, _: border(p, (0, 0, 0), 0.3, 0))),
        ("screenshot", "screenshot", _of(lambda p, r: screenshot(p, r))),
        ("screenshot dark", "screenshot", _of(lambda p, r: screenshot(p, r, dark=True))),
        ("collage 1x2", "collage", lambda p, r, o: collage(p, r, o, 1, 2)),
        ("collage 2x2", "collage", lambda p, r, o: collage(p, r, o, 2, 2)),
        ("collage 3x3", "collage", lambda p, r, o: collage(p, r, o, 3, 3)),
        ("picture in picture", "collage", lambda p, r, o: picture_in_picture(p, r, o, 0.45)),
        ("photo of screen", "screen", _of(photo_of_screen)),
        ("mirror + crop 70 %", "combined", _of(lambda p, r: _mirror(crop(p, r, 0.70)))),
        (
            "filter + frame + jpeg",
            "combined",
            _of(lambda p, _: reencode(border(beauty(p), (250, 245, 235), 0.05, 0.05), 45)),
        ),
        ("screenshot + caption", "combined", _of(lambda p, r: screenshot(caption(p, r), r))),
        ("collage 2x2 + mirror", "combined", lambda p, r, o: collage(_mirror(p), r, o, 2, 2)),
    )
)
"""The suite, in the order of reports. Results are re-encoded by the caller as it stores them."""

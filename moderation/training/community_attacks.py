"""Attacks of a note community's own: its screens, covers, stickers and ways to rearrange.

Text is Chinese where the OpenCV at hand can draw it. All take and return uint8 [H, W, 3] RGB and
leave their argument alone; a strength is an argument, so that `strengths` can turn it.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from moderation.training.attacks import Pixels, erase_patch, fill
from moderation.training.lookalikes import words, write

_RED = (255, 36, 66)
_SCREEN = (1080, 1440)


def note_page(
    pixels: Pixels, rng: np.random.Generator, chrome: float = 0.3, *, dark: bool = False
) -> Pixels:
    """A 3:4 screenshot of a note: author bar, picture, dots, title, text, icons.

    Args:
        pixels: shown between the bars, whole, on the screen's ground.
        rng: draws names and words.
        chrome: share of the height that is not the picture's, 0.1–0.7.
        dark: in dark mode.
    """
    width, height = _SCREEN
    ground, ink = ((20, 20, 22), (232, 232, 232)) if dark else ((255, 255, 255), (30, 30, 30))
    out = np.full((height, width, 3), ground, dtype=np.uint8)
    above, below = round(0.35 * chrome * height), round(0.65 * chrome * height)
    room = height - above - below
    ratio = min(width / pixels.shape[1], room / pixels.shape[0])
    w, h = max(8, round(pixels.shape[1] * ratio)), max(8, round(pixels.shape[0] * ratio))
    shown = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
    x, y = (width - w) // 2, above + (room - h) // 2
    out[y : y + h, x : x + w] = shown
    unit = max(10, above // 4)
    cv2.circle(out, (2 * unit + 20, above - unit - 6), unit, _colour(rng), -1, cv2.LINE_AA)
    write(out, words(rng, 5), (4 * unit + 20, above - unit + unit // 2), round(1.2 * unit), ink)
    left = width - 6 * unit - 20
    cv2.rectangle(out, (left, above - 2 * unit), (width - 30, above - 8), _RED, 2, cv2.LINE_AA)
    write(out, words(rng, 2), (left + unit, above - unit + unit // 2), unit, _RED)
    size = max(12, below // 9)
    top = above + room + size
    for i in range(3):
        cv2.circle(
            out, (width // 2 + 24 * (i - 1), top - size // 2), 5, _RED if i == 0 else ink, -1
        )
    write(out, words(rng, 12), (36, top + size), round(1.3 * size), ink, 700)
    for line in range(2, 4):
        write(out, words(rng, 22), (36, top + round(1.6 * line * size)), size, ink)
    bar = height - size
    write(out, words(rng, 5), (50, bar), size, (150, 150, 150))
    for x in (560, 740, 920):
        cv2.circle(out, (x, bar - size // 3), size // 2, ink, 2, cv2.LINE_AA)
        write(out, str(int(rng.integers(10, 999))), (x + size, bar), size, ink)
    return out


def feed_page(pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """A screenshot of the two-column feed: four covers with titles, the picture is one."""
    width, height = _SCREEN
    out = np.full((height, width, 3), (245, 245, 247), dtype=np.uint8)
    write(out, words(rng, 2) + "   " + words(rng, 2), (400, 70), 40, (40, 40, 40), 700)
    place = int(rng.integers(4))
    w, h, gap = 520, 540, 12
    for i in range(4):
        cover = pixels if i == place else others[int(rng.integers(len(others)))]
        x, y = gap + (i % 2) * (w + 2 * gap), 100 + (i // 2) * (h + 130)
        out[y : y + h + 110, x : x + w] = 255
        out[y : y + h, x : x + w] = fill(cover, w, h)
        write(out, words(rng, 11), (x + 14, y + h + 42), 32, (40, 40, 40))
        cv2.circle(out, (x + 30, y + h + 80), 16, _colour(rng), -1, cv2.LINE_AA)
        write(out, words(rng, 4), (x + 58, y + h + 90), 24, (120, 120, 120))
    return out


def cover_text(pixels: Pixels, rng: np.random.Generator, lines: int) -> Pixels:
    """Large outlined characters across the picture (大字封面), each line 9 % of the height."""
    out = pixels.copy()
    height, width = out.shape[:2]
    size = round(min(0.075 * height, 0.13 * width))
    letters = max(2, int(0.9 * width / (1.05 * size)))
    step = round(1.25 * size)
    top = int(rng.uniform(1.2, max(1.3, height / step - lines)) * step)
    colour = ((255, 255, 255), (255, 232, 60), (255, 90, 120))[int(rng.integers(3))]
    edge = max(2, size // 14)
    for line in range(lines):
        text = words(rng, letters)
        x, y = round(0.05 * width), top + step * line
        for dx, dy in ((-edge, 0), (edge, 0), (0, -edge), (0, edge)):
            write(out, text, (x + dx, y + dy), size, (20, 20, 20), 800)
        write(out, text, (x, y), size, colour, 800)
    return out


def danmaku(pixels: Pixels, rng: np.random.Generator, count: int) -> Pixels:
    """`count` comments flying over the picture (弹幕), half transparent."""
    layer = pixels.copy()
    height, width = layer.shape[:2]
    size = max(10, round(0.04 * width))
    for _ in range(count):
        place = (int(rng.uniform(-0.1, 0.6) * width), int(rng.uniform(0.05, 0.98) * height))
        write(layer, words(rng, int(rng.integers(5, 14))), place, size, (255, 255, 255), 600)
    return cv2.addWeighted(layer, 0.75, pixels, 0.25, 0)


def on_text_card(pixels: Pixels, rng: np.random.Generator, share: float = 0.45) -> Pixels:
    """Pasted on a card of writing; the picture gets `share` of the height."""
    width, height = _SCREEN
    out = np.full((height, width, 3), (250, 246, 238), dtype=np.uint8)
    for y in range(80, height, 64):
        cv2.line(out, (40, y + 14), (width - 40, y + 14), (222, 216, 204), 1)
        write(out, words(rng, int(rng.integers(14, 26))), (60, y), 38, (60, 52, 48))
    ratio = min(0.9 * width / pixels.shape[1], share * height / pixels.shape[0])
    w, h = max(8, round(pixels.shape[1] * ratio)), max(8, round(pixels.shape[0] * ratio))
    x, y = (width - w) // 2, int(rng.uniform(0.1, 0.9) * (height - h))
    out[y : y + h, x : x + w] = cv2.resize(pixels, (w, h), interpolation=cv2.INTER_AREA)
    return out


def grid_cut(pixels: Pixels, n: int) -> Pixels:
    """One picture cut into n × n tiles with white gutters (九宫格切图), laid out as posted."""
    height, width = pixels.shape[0] // n * n, pixels.shape[1] // n * n
    gutter = max(4, round(0.02 * width))
    tiles = pixels[:height, :width].reshape(n, height // n, n, width // n, 3).swapaxes(1, 2)
    step_y, step_x = height // n + gutter, width // n + gutter
    out = np.full((n * step_y + gutter, n * step_x + gutter, 3), 255, dtype=np.uint8)
    for row in range(n):
        for column in range(n):
            y, x = gutter + row * step_y, gutter + column * step_x
            out[y : y + height // n, x : x + width // n] = tiles[row, column]
    return out


def scrapbook(pixels: Pixels, rng: np.random.Generator, others: Sequence[Pixels]) -> Pixels:
    """A page of a diary (手账): three tilted prints with white edges on squared paper, tape."""
    width, height = _SCREEN
    out = np.full((height, width, 3), (247, 244, 236), dtype=np.uint8)
    out[::36] = out[:, ::36] = (226, 222, 210)
    place = int(rng.integers(3))
    for i, (cx, cy) in enumerate(((330, 380), (740, 760), (340, 1120))):
        print_ = pixels if i == place else others[int(rng.integers(len(others)))]
        framed = cv2.copyMakeBorder(fill(print_, 520, 520), 18, 60, 18, 18, 0, value=(255,) * 3)
        h, w = framed.shape[:2]
        matrix = cv2.getRotationMatrix2D((w / 2, h / 2), float(rng.uniform(-9, 9)), 1)
        matrix[:, 2] += np.array([cx - w / 2, cy - h / 2])
        laid = cv2.warpAffine(framed, matrix, _SCREEN)
        mask = cv2.warpAffine(np.full((h, w), 255, np.uint8), matrix, _SCREEN)
        out[mask > 127] = laid[mask > 127]
        cv2.rectangle(out, (cx - 70, cy - 330), (cx + 70, cy - 290), _colour(rng), -1)
    write(out, words(rng, 7), (560, 260), 52, (90, 80, 70), 600)
    write(out, words(rng, 7), (600, 1290), 52, (90, 80, 70), 600)
    return out


def sticker_pack(pixels: Pixels, rng: np.random.Generator, share: float) -> Pixels:
    """Faces, hearts, speech bubbles and tape until about `share` (0–1) of the area is covered."""
    out = pixels.copy()
    height, width = out.shape[:2]
    covered = np.zeros((height, width), dtype=np.uint8)
    side = min(height, width)
    for _ in range(60):
        if covered.mean() >= share:
            break
        radius = int(rng.uniform(0.06, 0.12) * side)
        centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        _sticker(out, centre, radius, rng)
        cv2.circle(covered, centre, radius, 1, -1)
    return out


def relabelled(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The old mark in the corner painted over, another account's number (小红书号) beside it."""
    out = erase_patch(pixels, rng)
    height, width = out.shape[:2]
    size = max(12, round(0.035 * width))
    number = "".join(str(int(d)) for d in rng.integers(0, 10, 9))
    text = f"{words(rng, 4)}: {number}"
    layer = out.copy()
    write(layer, text, (round(0.42 * width), round(0.93 * height)), size, (255, 255, 255), 700)
    return cv2.addWeighted(layer, 0.8, out, 0.2, 0)


def desk_photo(pixels: Pixels, rng: np.random.Generator, strength: float) -> Pixels:
    """A phone's photo of a monitor on a desk; `strength` 0–1 turns angle, moiré, glare and blur."""
    height, width = pixels.shape[:2]
    size = (round(1.2 * width), round(1.15 * height))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    inset = np.array([0.1 * width, 0.07 * height])
    jitter = rng.uniform(-1, 1, (4, 2)) * strength * 0.09 * np.array([width, height])
    matrix = cv2.getPerspectiveTransform(corners, (corners + inset + jitter).astype(np.float32))
    shot = cv2.warpPerspective(pixels, matrix, size, borderValue=(38, 34, 32))
    y, x = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    wave = 16 * strength * np.sin(x * 0.9 + y * 0.07) * np.sin(y * 0.8)
    spot = ((x / size[0] - 0.65) / 0.22) ** 2 + ((y / size[1] - 0.3) / 0.2) ** 2
    soft = cv2.GaussianBlur(shot, (0, 0), 0.4 + 1.1 * strength).astype(np.float32)
    lit = soft * (1 - 0.15 * strength) + (wave + 90 * strength * np.exp(-spot))[..., None]
    return np.clip(lit, 0, 255).astype(np.uint8)


def _sticker(
    canvas: Pixels, centre: tuple[int, int], radius: int, rng: np.random.Generator
) -> None:
    x, y = centre
    colour, edge = _colour(rng), max(2, radius // 8)
    kind = int(rng.integers(4))
    if kind == 0:  # a face
        cv2.circle(canvas, centre, radius, (255, 214, 70), -1, cv2.LINE_AA)
        for side in (-1, 1):
            cv2.circle(
                canvas, (x + side * radius // 3, y - radius // 4), radius // 7, (60, 40, 20), -1
            )
        mouth = (radius // 2, radius // 3)
        cv2.ellipse(canvas, centre, mouth, 0, 20, 160, (60, 40, 20), edge, cv2.LINE_AA)
    elif kind == 1:  # a heart
        for side in (-1, 1):
            cv2.circle(canvas, (x + side * radius // 2, y - radius // 4), radius // 2, colour, -1)
        tip = np.array(
            [[x - radius, y - radius // 8], [x + radius, y - radius // 8], [x, y + radius]]
        )
        cv2.fillPoly(canvas, [tip.astype(np.int32)], colour, cv2.LINE_AA)
    elif kind == 2:  # a speech bubble
        cv2.ellipse(canvas, centre, (radius, radius * 3 // 4), 0, 0, 360, (255, 255, 255), -1)
        cv2.ellipse(canvas, centre, (radius, radius * 3 // 4), 0, 0, 360, (40, 40, 40), edge)
        write(canvas, words(rng, 3), (x - radius * 2 // 3, y + radius // 5), max(8, radius // 2))
    else:  # tape
        turn = cv2.boxPoints(((x, y), (2 * radius, radius), float(rng.uniform(0, 180))))
        cv2.fillPoly(canvas, [turn.astype(np.int32)], colour, cv2.LINE_AA)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    r, g, b = (int(c) for c in rng.integers(70, 235, 3))
    return r, g, b

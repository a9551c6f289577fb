"""Watermarks as the apps of note communities write them, drawn on photographs.

Families follow what saved pictures show: a handle or account number in white or grey, half
transparent, in a corner or at the middle of the bottom edge, one or two lines, perhaps a thin
shadow. Fonts are those that OpenCV and matplotlib carry, so that everybody draws the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

SIZES = (0.018, 0.024, 0.032, 0.045)
"""Height of a character, as a share of the short side."""
OPACITIES = (0.35, 0.55, 0.75, 0.95)
PLACES = ("bottom_right", "bottom_left", "bottom_middle", "top_left", "top_right")
LATIN_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSerif.ttf", "DejaVuSansMono.ttf")

_NAMES = ("小鹿爱画画", "阿May的厨房", "一颗青梅", "老周修车", "Mia在东京", "山里的木匠")
_LATIN = ("mia.draws", "oldzhou_88", "tea_and_cats", "k.photo", "north_wood", "linlin2020")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One drawn watermark."""

    pixels: Pixels
    family: str
    lines: tuple[str, ...]
    handle: str
    """What should be read: the account."""
    size: float
    opacity: float
    place: str
    font: str
    box: tuple[float, float, float, float]
    """Left, top, right, bottom in fractions."""


def _number(rng: np.random.Generator) -> str:
    return str(rng.integers(10_000_000, 10_000_000_000))


Family = Callable[[np.random.Generator], tuple[tuple[str, ...], str]]


def _pick(rng: np.random.Generator, among: tuple[str, ...]) -> str:
    return str(among[rng.integers(len(among))])


def _xhs_number(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    number = _number(rng)
    return (f"小红书号：{number}",), number


def _xhs_name(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    name = _pick(rng, _NAMES)
    return (f"小红书 @{name}",), name


def _xhs_two_lines(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    number = _number(rng)
    return (f"@{_pick(rng, _NAMES)}", f"小红书号：{number}"), number


def _douyin(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    handle = _pick(rng, _LATIN) if rng.random() < 0.5 else _number(rng)
    return (f"抖音号：{handle}",), handle


def _weibo(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    name = _pick(rng, _NAMES)
    return (f"微博 @{name}" if rng.random() < 0.5 else f"@{name}",), name


def _kuaishou(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    handle = _pick(rng, _LATIN)
    return (f"快手号：{handle}",), handle


def _tiktok(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    handle = _pick(rng, _LATIN)
    return (f"TikTok @{handle}",), handle


def _traditional(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    number = _number(rng)
    return (f"小紅書號：{number}",), number


def _bare_handle(rng: np.random.Generator) -> tuple[tuple[str, ...], str]:
    handle = _pick(rng, _LATIN)
    return (f"@{handle}",), handle


FAMILIES: Mapping[str, Family] = {
    "xhs_number": _xhs_number,
    "xhs_name": _xhs_name,
    "xhs_two_lines": _xhs_two_lines,
    "douyin": _douyin,
    "weibo": _weibo,
    "kuaishou": _kuaishou,
    "tiktok": _tiktok,
    "traditional": _traditional,
    "bare_handle": _bare_handle,
}


def draw(
    photo: Pixels,
    family: str,
    rng: np.random.Generator,
    *,
    size: float | None = None,
    opacity: float | None = None,
    place: str | None = None,
) -> Drawn:
    """Write a watermark on a photograph uint8 [H, W, 3]; what is not given is chosen at random."""
    size = SIZES[rng.integers(len(SIZES))] if size is None else size
    opacity = OPACITIES[rng.integers(len(OPACITIES))] if opacity is None else opacity
    place = str(PLACES[rng.integers(len(PLACES))]) if place is None else place
    lines, handle = FAMILIES[family](rng)
    px = max(8, round(size * min(photo.shape[:2])))
    font = str(LATIN_FONTS[rng.integers(len(LATIN_FONTS))])
    masks = [_line_mask(line, px, font) for line in lines]
    mask = _stacked(masks, px // 3, right=place.endswith("right"))
    height, width = photo.shape[:2]
    mask = mask[: height // 3, : width - 4]
    left, top = _corner(place, mask.shape[1], mask.shape[0], width, height, px, rng)
    grey = 255 if rng.random() < 0.8 else int(rng.integers(200, 255))
    out = photo.astype(np.float32)
    area = out[top : top + mask.shape[0], left : left + mask.shape[1]]
    if rng.random() < 0.5:  # a thin dark shadow, as some apps draw it
        shift = max(1, px // 14)
        shadow = np.roll(mask, (shift, shift), axis=(0, 1))[..., None] * opacity * 0.45
        area *= 1 - shadow
    cover = mask[..., None] * opacity
    area += (grey - area) * cover
    box = (left / width, top / height, (left + mask.shape[1]) / width, 0.0)
    return Drawn(
        pixels=out.round().clip(0, 255).astype(np.uint8),
        family=family,
        lines=lines,
        handle=handle,
        size=size,
        opacity=opacity,
        place=place,
        font=font,
        box=(*box[:3], (top + mask.shape[0]) / height),
    )


def _line_mask(text: str, px: int, font: str) -> NDArray[np.float32]:
    """float32 [h, w], 0–1: how far each pixel is covered."""
    if text.isascii():
        face = ImageFont.truetype(str(Path(get_data_path()) / "fonts" / "ttf" / font), px)
        left, top, right, bottom = face.getbbox(text)
        canvas = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
        ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255, font=face)
        return np.asarray(canvas, np.float32) / 255
    width = px * (len(text) + 3)
    canvas = np.zeros((2 * px, width, 3), np.uint8)
    cv2.putText(canvas, text, (4, round(1.4 * px)), (255, 255, 255), cv2.FontFace("uni"), px)
    inked = canvas[..., 0]
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    tight = inked[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(tight, 2).astype(np.float32) / 255


def _stacked(masks: list[NDArray[np.float32]], gap: int, *, right: bool) -> NDArray[np.float32]:
    width = max(m.shape[1] for m in masks)
    rows = []
    for i, mask in enumerate(masks):
        spare = width - mask.shape[1]
        pad = ((gap if i else 0, 0), (spare, 0) if right else (0, spare))
        rows.append(np.pad(mask, pad))
    return np.vstack(rows)


def _corner(
    place: str,
    w: int,
    h: int,
    width: int,
    height: int,
    px: int,
    rng: np.random.Generator,
) -> tuple[int, int]:
    margin = round(px * rng.uniform(0.5, 1.8))
    top = margin if place.startswith("top") else height - h - margin
    left = {
        "left": margin,
        "right": width - w - margin,
        "middle": (width - w) // 2,
    }[place.rpartition("_")[2]]
    return max(0, left), max(0, top)

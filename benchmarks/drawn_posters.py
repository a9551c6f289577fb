"""Posters drawn on photographs: what sellers write, what others write, with the truth beside.

Letters are of the one font with Chinese that everybody has, because OpenCV carries it, in four
weights, upright and slanted by turning; sizes, angles, ink and compression are drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from photographs import Pixels

SIZES = (22, 30, 40, 56, 80)
"""Height of a letter in pixels of a picture of 1,080 × 1,440."""
ANGLES = (0, 0, 4, -8, 15)
QUALITIES = (90, 60)
WEIGHTS = (200, 400, 600, 800)
GROUNDS = ("photograph", "veil", "paper")

_LATIN = "abcdefghkmnprstuvwxyz"
FAMILIES = {
    "wechat": "加微信：{handle}",
    "V": "加V：{handle}",
    "vx": "vx {handle}",
    "lost glyph": "加薇❤ {handle}",  # the font has no heart: a `?` is drawn
    "homophone": "薇信 {handle}",
    "qq": "QQ：{digits}",
    "phone": "咨询电话 {phone}",
    "two lines": "加我微信\n{handle}",
}
ABOVE = (
    "夏日新款 现货包邮",
    "插花课招生中",
    "手工皂 39元起",
    "喜欢的姐妹看过来",
    "一对一辅导 名额不多",
)
BELOW = ("备注来意 欢迎咨询", "前20名送小样", "满199减30", "支持到店体验")
HARMLESS = (
    "周末去了海边 风很大",
    "番茄2个 鸡蛋3个 糖1勺",
    "今日份咖啡 拿铁 32元",
    "第三天 还是下雨",
    "王记面馆 外卖热线 {phone}",
    "营业时间 10:00-22:00",
    "地址 南京西路 1266 号",
    "考研倒计时 100 天",
    "维生素C 1000mg",
    "紫薇花开 蔷薇也开了",
    "妈妈：到家了吗 我：快了",
    "Day 12 running 5.2 km",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Poster:
    """One drawn poster."""

    pixels: Pixels
    lines: tuple[str, ...]
    family: str
    """Of the contact; "" where there is none."""
    handle: str
    size: int
    angle: int
    quality: int
    ground: str


def draws_chinese() -> bool:
    """Whether the OpenCV at hand carries a font with Chinese: 5.0 does, if built with it."""
    if not hasattr(cv2, "FontFace"):
        return False
    drawn = []
    for glyph in "微信":  # a font without them draws one box for both
        canvas = np.zeros((64, 64), np.uint8)
        cv2.putText(canvas, glyph, (8, 48), (255,), cv2.FontFace("uni"), 40)
        drawn.append(canvas)
    return bool(drawn[0].any() and (drawn[0] != drawn[1]).any())


def draw(photo: Pixels, family: str, rng: np.random.Generator) -> Poster:
    """Draw a poster on a photograph of note size.

    Args:
        photo: uint8 [1440, 1080, 3], RGB.
        family: of `FAMILIES`; "" for a harmless one.
        rng: decides the rest.
    """
    size, angle = int(rng.choice(SIZES)), int(rng.choice(ANGLES))
    quality, ground = int(rng.choice(QUALITIES)), str(rng.choice(GROUNDS))
    words = {
        "handle": f"{_letters(rng, 4)}_{rng.integers(1000, 9999)}",
        "digits": str(rng.integers(20_000_000, 999_999_999)),
        "phone": f"13{rng.integers(100_000_000, 999_999_999)}",
    }
    if family:
        contact = FAMILIES[family].format(**words)
        handle = next(words[name] for name in words if words[name] in contact)
        lines = (str(rng.choice(ABOVE)), *contact.split("\n"), str(rng.choice(BELOW)))
    else:
        handle = ""
        lines = tuple(str(text).format(**words) for text in rng.choice(HARMLESS, 3, replace=False))
    pixels = _written(photo, lines, size=size, angle=angle, ground=ground, rng=rng)
    return Poster(
        pixels=pixels,
        lines=lines,
        family=family,
        handle=handle,
        size=size,
        angle=angle,
        quality=quality,
        ground=ground,
    )


def _letters(rng: np.random.Generator, count: int) -> str:
    return "".join(rng.choice(list(_LATIN), count))


def _written(
    photo: Pixels,
    lines: tuple[str, ...],
    *,
    size: int,
    angle: int,
    ground: str,
    rng: np.random.Generator,
) -> Pixels:
    height, width = photo.shape[:2]
    page = photo
    ink, edge = (255, 255, 255), (0, 0, 0)
    if ground != "photograph":
        paper = np.full_like(photo, (250, 244, 236))
        page = paper if ground == "paper" else cv2.addWeighted(photo, 0.4, paper, 0.6, 0)
        ink, edge = tuple(int(c) for c in rng.integers(0, 90, 3)), (250, 244, 236)
    mask = np.zeros((height, width), np.uint8)
    weight = int(rng.choice(WEIGHTS))
    face = cv2.FontFace("uni")
    step = round(size * float(rng.uniform(1.5, 2.4)))
    longest = max(map(_width, lines)) * size
    top = int(rng.integers(2 * size, max(2 * size + 1, height - step * len(lines) - 2 * size)))
    left = int(rng.integers(20, max(21, width - round(longest) - 20)))
    for i, line in enumerate(lines):
        cv2.putText(mask, line, (left, top + i * step), (255,), face, size, weight)
    if angle:
        middle = (left + longest / 2, top + step * len(lines) / 2)
        turn = cv2.getRotationMatrix2D(middle, angle, 1.0)
        mask = cv2.warpAffine(mask, turn, (width, height), flags=cv2.INTER_CUBIC)
    shade = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=max(1, size // 24))
    return _laid(_laid(page, shade, edge), mask, ink)


def _width(line: str) -> float:
    """In letters' heights."""
    return sum(1.0 if c > "\u2e7f" else 0.6 for c in line)


def _laid(page: Pixels, mask: Pixels, ink: tuple[int, ...]) -> Pixels:
    share = mask[..., None].astype(np.float32) / 255
    return np.rint(page * (1 - share) + np.array(ink, np.float32) * share).astype(np.uint8)

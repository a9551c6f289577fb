"""Codes laid on pictures in the states in which notes show them."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from photographs import jpeg
from PIL import Image

Pixels = NDArray[np.uint8]
Random = np.random.Generator
PAYLOADS = (
    "https://u.wechat.com/kLmN0pQrS{n}",
    "https://weixin.qq.com/g/AwYAA{n}",
    "https://qr.alipay.com/fkx{n}",
    "https://m.tb.cn/h.{n}?tk=abc",
    "https://museum.example/room/{n}?lang=zh",
    "加微信 abc_{n}",
    "WIFI:T:WPA;S:cafe{n};P:secret;;",
    "BEGIN:VCARD\nVERSION:3.0\nFN:Li {n}\nTEL:+86138{n}\nEND:VCARD",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture that shows one code."""

    pixels: Pixels
    payload: str
    state: str


def drawn(picture: Pixels, state: str, rng: Random) -> Drawn:
    """One code of a random payload, in a state, at a random place.

    Args:
        picture: uint8 [H, W, 3] that shows none; not changed.
        state: of `STATES`.
        rng: decides all that is random.
    """
    payload = PAYLOADS[rng.integers(len(PAYLOADS))].format(n=int(rng.integers(10**6, 10**7)))
    by = (_by_opencv, _by_zxing)[int(rng.integers(2))]
    return Drawn(pixels=STATES[state](picture, by(payload), rng), payload=payload, state=state)


def _by_opencv(payload: str) -> Pixels:
    """uint8 [modules, modules], 0 and 255, with a quiet zone of two modules."""
    modules = cv2.QRCodeEncoder.create().encode(payload)
    dark = np.argwhere(modules == 0)
    (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
    return np.pad(modules[top:bottom, left:right], 2, constant_values=255)


def _by_zxing(payload: str) -> Pixels:
    made = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.QRCode)
    modules = np.array(made.to_image(scale=1, add_quiet_zones=False), np.uint8)
    return np.pad(modules, 2, constant_values=255)


def _scaled(modules: Pixels, side: float) -> Pixels:
    size = (round(side), round(side))
    if side >= 6 * len(modules):
        return cv2.resize(modules, size, interpolation=cv2.INTER_NEAREST)
    large = cv2.resize(modules, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    return cv2.resize(large, size, interpolation=cv2.INTER_AREA)


def _laid(picture: Pixels, code: Pixels, rng: Random, mask: Pixels | None = None) -> Pixels:
    """A grey code on the picture; where `mask` is 0 the picture stays."""
    page = picture.copy()
    high, wide = code.shape[:2]
    y = int(rng.integers(0, page.shape[0] - high + 1))
    x = int(rng.integers(0, page.shape[1] - wide + 1))
    part = page[y : y + high, x : x + wide]
    seen = np.full(code.shape, 255, np.uint8) if mask is None else mask
    share = seen[..., None].astype(np.float32) / 255
    part[:] = (code[..., None] * share + part * (1 - share)).astype(np.uint8)
    return page


def _side(picture: Pixels, rng: Random, low: float = 0.16, high: float = 0.4) -> float:
    return float(rng.uniform(low, high)) * picture.shape[1]


def plain(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """As an app puts it there."""
    return _laid(picture, _scaled(modules, _side(picture, rng)), rng)


def small(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """One and a half to two and a half pixels a module."""
    return _laid(picture, _scaled(modules, float(rng.uniform(1.5, 2.5)) * len(modules)), rng)


def inverted(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Light on dark."""
    return _laid(picture, 255 - _scaled(modules, _side(picture, rng)), rng)


def _warped(picture: Pixels, modules: Pixels, corners: Any, rng: Random) -> Pixels:
    """The code brought to four corners, float [4, 2]."""
    code = _scaled(modules, 16 * len(modules))
    side = len(code)
    corners = (corners - corners.min(axis=0)).astype(np.float32)
    source = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    wide, high = (int(np.ceil(v)) + 1 for v in corners.max(axis=0))
    matrix = cv2.getPerspectiveTransform(source, corners)
    big = cv2.getPerspectiveTransform(source, corners * 3)  # thrice as large, against aliasing
    made = cv2.warpPerspective(code, big, (3 * wide, 3 * high))
    mask = cv2.warpPerspective(np.full_like(code, 255), matrix, (wide, high))
    return _laid(picture, cv2.resize(made, (wide, high), interpolation=cv2.INTER_AREA), rng, mask)


def turned(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """By any angle."""
    side, angle = _side(picture, rng), float(rng.uniform(0, 2 * np.pi))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    square = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    return _warped(picture, modules, square @ turn, rng)


def perspective(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """A card photographed from the side."""
    side = _side(picture, rng, 0.22, 0.4)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * side
    return _warped(picture, modules, square + rng.uniform(-0.2, 0.2, (4, 2)) * side, rng)


def jpeg_60(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Two to four pixels a module, saved three times on the way."""
    page = _laid(picture, _scaled(modules, float(rng.uniform(2, 4)) * len(modules)), rng)
    for quality in (60, 60, 60):
        page = np.array(Image.open(io.BytesIO(jpeg(page, quality))))
    return page


def faint(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Grey on grey."""
    low = float(rng.uniform(90, 170))
    code = _scaled(modules, _side(picture, rng)) / 255 * float(rng.uniform(14, 36)) + low
    return _laid(picture, code.astype(np.uint8), rng)


def translucent(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """A third to two thirds through, so that the photograph shows in it."""
    code = _scaled(modules, _side(picture, rng))
    mask = np.full(code.shape, int(255 * rng.uniform(0.3, 0.65)), np.uint8)
    return _laid(picture, code, rng, mask)


def blurred(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Out of focus by about half a module, with the picture around it."""
    side = _side(picture, rng)
    page = _laid(picture, _scaled(modules, side), rng)
    return cv2.GaussianBlur(page, (0, 0), float(rng.uniform(0.4, 0.7)) * side / len(modules))


def dotted(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Round dots for modules and a picture in the middle, as designers like them."""
    cell, n = 12, len(modules)
    code = np.full((n * cell, n * cell), 255, np.uint8)
    for y, x in np.argwhere(modules == 0):
        centre = (int(x * cell + cell // 2), int(y * cell + cell // 2))
        cv2.circle(code, centre, round(cell * 0.36), 0, -1, cv2.LINE_AA)
    for y, x in ((2, 2), (2, n - 9), (n - 9, 2)):  # finder patterns stay whole
        patch = modules[y : y + 7, x : x + 7]
        large = cv2.resize(patch, None, fx=cell, fy=cell, interpolation=cv2.INTER_NEAREST)
        code[y * cell : (y + 7) * cell, x * cell : (x + 7) * cell] = large
    logo = round(0.2 * n) * cell
    start = (len(code) - logo) // 2
    code[start : start + logo, start : start + logo] = int(rng.integers(60, 200))
    size = (round(_side(picture, rng)),) * 2
    return _laid(picture, cv2.resize(code, size, interpolation=cv2.INTER_AREA), rng)


def partly_covered(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """A sticker on a hundredth to a twentieth of it, anywhere: these encoders mend a fifteenth."""
    code = _scaled(modules, _side(picture, rng))
    radius = round(float(rng.uniform(0.01, 0.05) / np.pi) ** 0.5 * len(code))
    x, y = (int(v) for v in rng.integers(radius, len(code) - radius, 2))
    cv2.circle(code, (x, y), radius, int(rng.integers(60, 200)), -1, cv2.LINE_AA)
    return _laid(picture, code, rng)


def curved(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """On a bottle: narrower towards its sides."""
    code = _scaled(modules, 16 * len(modules))
    side, half = round(_side(picture, rng, 0.22, 0.4)), float(rng.uniform(0.7, 1.15))
    across = np.linspace(-np.sin(half), np.sin(half), side)
    x = ((np.arcsin(across) / half + 1) / 2 * (len(code) - 1)).astype(np.float32)
    y = np.linspace(0, len(code) - 1, side, dtype=np.float32)
    bend = (np.cos(np.arcsin(across)) * 0.06 * len(code)).astype(np.float32)
    soft = cv2.GaussianBlur(code, (0, 0), 0.4 * len(code) / side)
    rows = y[:, None] - bend[None, :] + float(bend.mean())
    made = cv2.remap(soft, np.tile(x, (side, 1)), rows, cv2.INTER_LINEAR, borderValue=255)
    return _laid(picture, made, rng)


def noisy(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Taken by night: grain as strong as half the contrast."""
    page = _laid(picture, _scaled(modules, _side(picture, rng)) // 2 + 40, rng)
    grain = rng.normal(0, float(rng.uniform(30, 60)), page.shape[:2])[..., None]
    return np.clip(page + grain, 0, 255).astype(np.uint8)


def no_quiet_zone(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Cut to its modules, on whatever is there."""
    return plain(picture, modules[2:-2, 2:-2], rng)


def on_poster(picture: Pixels, modules: Pixels, rng: Random) -> Pixels:
    """Among a few lines of words, the photograph pale behind them."""
    return plain(poster(picture, rng), modules, rng)


def poster(picture: Pixels, rng: Random) -> Pixels:
    """Words on a pale photograph; no code."""
    paper = np.full_like(picture, int(rng.integers(225, 256)))
    page = cv2.addWeighted(picture, 0.35, paper, 0.65, 0)
    for i in range(int(rng.integers(6, 14))):
        px = int(rng.integers(26, 90))
        line = "".join(rng.permutation(list(_LETTERS))[: int(rng.integers(4, 14))].tolist())
        at = (int(rng.integers(20, 200)), 100 + i * 96)
        ink = tuple(int(c) for c in rng.integers(0, 120, 3))
        cv2.putText(page, line, at, ink, cv2.FontFace("uni"), px)
    return page


def wall(count: int) -> Pixels:
    """So many codes in rows of twenty; no photograph."""
    columns, cell = 20, 96
    page = np.full((-(-count // columns) * cell, columns * cell), 255, np.uint8)
    for i in range(count):
        y, x = i // columns * cell, i % columns * cell
        page[y : y + cell, x : x + cell] = _scaled(_by_zxing(f"table {i}"), cell)
    return np.repeat(page[..., None], 3, axis=2)


_LETTERS = "回国目田品口日月中因图园围困固圆圈画面包邮现货加微信领券立减新款连衣裙¥39.9ABC0123"
"""Boxes within boxes among them: what looks most like finder patterns."""

STATES: dict[str, Callable[[Pixels, Pixels, Random], Pixels]] = {
    "plain": plain,
    "on a poster": on_poster,
    "small": small,
    "turned": turned,
    "inverted": inverted,
    "JPEG 60": jpeg_60,
    "perspective": perspective,
    "faint": faint,
    "translucent": translucent,
    "blurred": blurred,
    "dotted": dotted,
    "partly covered": partly_covered,
    "curved": curved,
    "noisy": noisy,
    "no quiet zone": no_quiet_zone,
}

"""QR and bar codes, drawn, and laid on a page or a photograph."""

from __future__ import annotations

import cv2
import numpy as np
from kit.photographs import photograph
from kit.pictures import Pixels, flat


def qr(payload: str, side_px: int = 240) -> Pixels:
    """uint8 [side, side, 3]: a QR code with its quiet zone, by OpenCV's encoder."""
    modules = cv2.QRCodeEncoder.create().encode(payload)
    modules = cv2.copyMakeBorder(modules, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=255)
    grey = cv2.resize(modules, (side_px, side_px), interpolation=cv2.INTER_NEAREST)
    return np.repeat(grey[..., None], 3, axis=2)


def symbol(payload: str, name: str, scale: int = 4) -> Pixels:
    """uint8 [H, W, 3]: a code of another kind, by zxing-cpp's encoder."""
    import zxingcpp

    made = zxingcpp.create_barcode(payload, getattr(zxingcpp.BarcodeFormat, name))
    grey = np.array(made.to_image(scale=scale), np.uint8)
    grey = cv2.copyMakeBorder(grey, 30, 30, 30, 30, cv2.BORDER_CONSTANT, value=255)
    return np.repeat(grey[..., None], 3, axis=2)


def laid(code: Pixels, *, at: tuple[int, int] = (60, 80), photo: str = "coffee") -> Pixels:
    """The code on a photograph of 720 px; `at` is its left upper corner."""
    page = cv2.resize(photograph(photo), (960, 720), interpolation=cv2.INTER_CUBIC)
    x, y = at
    page[y : y + code.shape[0], x : x + code.shape[1]] = code
    return page


def wall(count: int, *, harmful_last: str) -> Pixels:
    """So many codes of plain words, and one that leads away at the end."""
    columns, cell = 20, 96
    page = flat((255, 255, 255), columns * cell, -(-count // columns) * cell)
    for i in range(count):
        payload = harmful_last if i == count - 1 else f"table {i}"
        y, x = i // columns * cell, i % columns * cell
        page[y : y + cell, x : x + cell] = qr(payload, cell)
    return page

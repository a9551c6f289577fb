"""Picture → the codes in it, and the places of those that nobody could read.

zxing-cpp looks several times, each time at the picture treated in another way: a look for QR codes
costs a few milliseconds, so all looks are always taken, and a plain code hides none beside it.
Where three finder patterns stand (`finders`) and nothing was read, OpenCV is asked for a second
opinion; what it cannot read either is told as seen and unread.

The work is bounded by pixels and counts, never by a clock: the same picture, the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from moderation.boxes import Box, area, box_of, overlap
from moderation.image.codes.finders import code_places

Pixels = NDArray[np.uint8]

MOST_READ = 255
"""Codes that one look may bring."""
FIRST_MPX = 8.0
"""Megapixels of the first look: notes and screenshots are read as they are."""
REDUCED_MPX = 0.75
"""For symbols that are no QR code, which cost more and lead away less; and for finder patterns."""
LOOK_MPX = 1.6
"""For treated pictures."""
ENLARGED_MPX = 3.6
MOST_SUSPECTS = 4
"""Places that OpenCV is asked about."""
SUSPECT_SIDE_PX = 480
MIN_SIDE_PX = 21
"""Modules of the smallest QR code: less cannot hold one."""
_MARGIN = 0.2
_QR = ("QRCodeModel2", "QRCodeModel1", "MicroQRCode", "RMQRCode")
_OTHERS = ("DataMatrix", "Aztec", "PDF417", "EAN13", "EAN8", "UPCA", "UPCE", "Code128")
"""What shops, messengers and shelves print. Codes without a checksum worth the name (ITF, Codabar)
are left out: stripes and fences read as them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code that was decoded."""

    text: str
    """Its payload; hostile."""
    symbology: str
    """`QRCodeModel2`, `EAN13`, …"""
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What was seen of codes in one picture."""

    codes: tuple[Code, ...] = ()
    """Largest first."""
    unread: tuple[Box, ...] = ()
    """Places where a QR code stands that nobody could read."""


NOTHING_SCANNED = Scan()


def installed() -> bool:
    """Whether zxing-cpp is there (extra `ocr`)."""
    return _zxing() is not None


def scan(pixels: Pixels) -> Scan:
    """Read the codes of a picture.

    Args:
        pixels: uint8 [H, W, 3], RGB.
    """
    if min(pixels.shape[:2]) < MIN_SIDE_PX:
        return NOTHING_SCANNED
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    first = _limited(grey, FIRST_MPX)
    found = _read(first, _QR)
    if found:  # zxing-cpp reads a hundred codes, but not always the hundred and first
        found += _read(_painted_over(first, found), _QR)
    reduced = _limited(grey, REDUCED_MPX)
    found += _read(reduced, _OTHERS)
    for treated in _treatments(grey):
        found += _read(treated, _QR)
    found = _distinct(found)
    places = _apart(code_places(reduced), [code.box for code in found])
    for box in places[:MOST_SUSPECTS]:
        found += _harder(grey, box)
    found = _distinct(found)
    return Scan(
        codes=tuple(sorted(found, key=lambda code: (-area(code.box), code.box, code.text))),
        unread=tuple(_apart(places, [code.box for code in found])),
    )


@cache
def _zxing() -> Any:
    try:
        import zxingcpp
    except ImportError:
        return None
    return zxingcpp


@cache
def _formats(names: tuple[str, ...]) -> Any:
    return [getattr(_zxing().BarcodeFormat, name) for name in names]


def _treatments(grey: Pixels) -> Iterator[Pixels]:
    """The picture in other lights; what each is good for stands beside it."""
    small = _limited(grey, LOOK_MPX)
    scale = min(1.5, (ENLARGED_MPX * 1e6 / small.size) ** 0.5)
    if scale > 1.1:  # modules of two pixels and less, faint ones
        yield cv2.resize(small, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    # Black modules whose surroundings are merely dark: no quiet zone on a photograph.
    for level in (32, 72):
        yield cv2.threshold(small, level, 255, cv2.THRESH_BINARY)[1]
    smooth = cv2.GaussianBlur(small, (0, 0), 2)  # grain, dots, patterns inside the modules
    yield smooth
    yield cv2.addWeighted(small, 4, smooth, -3, 0)  # grey on grey, out of focus


def _read(grey: Pixels, names: tuple[str, ...]) -> list[Code]:
    """One look of zxing-cpp."""
    zxing = _zxing()
    answers = zxing.read_barcodes(
        np.ascontiguousarray(grey), formats=_formats(names), text_mode=zxing.TextMode.Plain
    )
    codes = []
    for answer in answers[:MOST_READ]:
        at = answer.position
        corners = [at.top_left, at.top_right, at.bottom_right, at.bottom_left]
        text = _text(answer)
        if text:
            box = box_of([(p.x, p.y) for p in corners], grey.shape)
            codes.append(Code(text=text, symbology=answer.format.name, box=box))
    return codes


def _painted_over(grey: Pixels, codes: Iterable[Code]) -> Pixels:
    """The picture without what was read of it."""
    height, width = grey.shape
    painted = grey.copy()
    for left, top, right, bottom in (code.box for code in codes):
        start = (round(left * width), round(top * height))
        cv2.rectangle(painted, start, (round(right * width), round(bottom * height)), 255, -1)
    return painted


def _text(answer: Any) -> str:
    try:
        return str(answer.text)
    except UnicodeDecodeError:  # bytes that are no text in the encoding they claim
        return bytes(answer.bytes).decode("utf-8", "replace")


def _harder(grey: Pixels, box: Box) -> list[Code]:
    """One place where a code stands, brought to one size and treated until it is read."""
    height, width = grey.shape
    wide, high = (box[2] - box[0]) * width, (box[3] - box[1]) * height
    room = _MARGIN * max(wide, high)
    left, top = max(0, int(box[0] * width - room)), max(0, int(box[1] * height - room))
    right, bottom = int(box[2] * width + room) + 1, int(box[3] * height + room) + 1
    part = grey[top:bottom, left:right]
    if min(part.shape) < MIN_SIDE_PX:
        return []
    scale = SUSPECT_SIDE_PX / max(part.shape)
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    part = cv2.resize(part, size, interpolation=how)
    for treated in (
        part,
        cv2.addWeighted(part, 4, cv2.GaussianBlur(part, (0, 0), 5), -3, 0),  # out of focus
        cv2.createCLAHE(clipLimit=4.0, tileGridSize=(4, 4)).apply(part),  # light falls across it
    ):
        if codes := _read(treated, _QR):
            return [replace(code, box=box) for code in codes]
    # Slow where nothing can be read, so it is asked once.
    return [Code(text=text, symbology="QRCode", box=box) for text in _read_by_opencv(part)]


def _read_by_opencv(grey: Pixels) -> list[str]:
    """A second opinion; it knows dark on light alone."""
    for shown in (grey, 255 - grey):
        try:
            text, _, _ = cv2.QRCodeDetector().detectAndDecode(shown)
        except (cv2.error, UnicodeDecodeError):  # its decoder trips over some damaged codes
            continue
        if text:
            return [text]
    return []


def _limited(grey: Pixels, megapixels: float) -> Pixels:
    scale = (megapixels * 1e6 / grey.size) ** 0.5
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA)


def _distinct(codes: Sequence[Code]) -> list[Code]:
    """Each code once; several looks bring the same."""
    kept: list[Code] = []
    for code in codes:
        if not any(k.text == code.text and overlap(k.box, code.box) for k in kept):
            kept.append(code)
    return kept


def _apart(boxes: Iterable[Box], taken: Sequence[Box]) -> list[Box]:
    """Boxes that overlap none of the others, largest first."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda b: (-area(b), b)):
        if area(box) > 0 and not any(overlap(box, other) for other in (*taken, *kept)):
            kept.append(box)
    return kept

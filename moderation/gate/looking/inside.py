"""Inside: the readers of what is written in a picture, side by side in one list.

Each brings back words to be weighed with the note's own, findings of its own, and what it left
out. A fault in one leaves the others, and the rest of the verdict, standing; a reader whose extra
is missing is `off`, and the verdict says so among its detectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from moderation.finding import Finding, ItemFailure, Skipped
from moderation.image import codes, lettering, watermark
from moderation.text.in_pictures import PictureText
from moderation.text.shop_pages import DETECTOR as SHOP_PAGES
from moderation.text.shop_pages import shop_page

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""
Fault = Callable[[Exception, str], ItemFailure]
"""An error of ours and the detector it befell → the failure that the verdict records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one reader found in one picture."""

    texts: tuple[PictureText, ...] = ()
    """In reading order; the rules of text read them beside the note's own words."""
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    failures: tuple[ItemFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureReader:
    """Something that reads pictures."""

    detector: str
    """Name and version, as `codes@1`."""
    also: tuple[str, ...] = ()
    """Detectors that judge what it read, and whose findings it brings."""
    off: Callable[[], str | None]
    """Why it does not read; None where it does. Asked for every picture, so it must be quick."""
    read: Callable[[Pixels, int, int], Read]
    """Pixels, number of the picture from 0, and how many the note has: they share a budget."""


def _codes(pixels: Pixels, number: int, of: int) -> Read:
    seen = codes.codes_in(codes.scan(pixels))
    return Read(
        texts=tuple(
            PictureText(field=f"image[{number}].qr", text=one.text, box=one.code.box)
            for one in seen.words
        ),
        findings=tuple(codes.code_findings(seen, image_number=number)),
        skipped=seen.skipped(number),
    )


def _read_lettering(pixels: Pixels, number: int, of: int) -> Read:
    read = lettering.read_lettering(pixels, read_px=lettering.read_px_for(of))
    rows = lettering.rows_of(watermark.without_watermarks(read).lines)
    page = shop_page(rows, image_number=number)
    return Read(
        texts=tuple(
            PictureText(
                field=f"image[{number}].ocr", text=row.text, box=row.box, confidence=row.confidence
            )
            for row in rows
        ),
        findings=() if page is None else (page,),
        skipped=read.skipped(number),
    )


_OFF = "off: extra `ocr` is missing"


def _no_codes() -> str | None:
    return None if codes.installed() else _OFF


@cache
def _no_lettering() -> str | None:
    return None if lettering.installed() else _OFF


READERS: tuple[PictureReader, ...] = (
    PictureReader(
        detector=lettering.DETECTOR,
        also=(SHOP_PAGES,),
        off=_no_lettering,
        read=_read_lettering,
    ),
    PictureReader(detector=codes.DETECTOR, off=_no_codes, read=_codes),
)
"""All there are, in the order in which their words are read."""


def readers_on() -> list[PictureReader]:
    """Those that read, in the order in which their words are read."""
    return [reader for reader in READERS if reader.off() is None]


def read_with(reader: PictureReader, pixels: Pixels, number: int, *, of: int, fault: Fault) -> Read:
    """Read one picture with one reader.

    Args:
        reader: one that is on.
        pixels: uint8 [H, W, 3], RGB.
        number: of the picture, from 0.
        of: how many pictures the note has.
        fault: makes a failure of whatever goes wrong.
    """
    try:
        return reader.read(pixels, number, of)
    except Exception as error:
        return Read(failures=(fault(error, reader.detector),))


def inside_detectors() -> dict[str, str]:
    """Detector → version, or why it is off."""
    found = {}
    for reader in READERS:
        for detector in (reader.detector, *reader.also):
            name, _, version = detector.partition("@")
            found[name] = reader.off() or version
    return found

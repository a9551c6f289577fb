"""The first bytes of a picture → the Pillow plug-in that opens it.

The format is told by content, never by name. Plug-in classes are named here rather than left
to `Image.open`: that tries formats nobody asked for, and its bomb check works through a global
and the global warning filter.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from moderation.errors import MissingExtra, UnreadableImage, UnsupportedFormat

Plugin = Callable[[io.BytesIO], ImageFile.ImageFile]
"""Reads the header; pixels come with `load`."""

_MIN_BYTES = 12  # the longest magic; nothing shorter is a picture
_MAGIC: tuple[tuple[bytes, int, Plugin], ...] = (
    (b"\xff\xd8\xff", 0, JpegImagePlugin.JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", 0, PngImagePlugin.PngImageFile),
    (b"WEBP", 8, WebPImagePlugin.WebPImageFile),
    (b"GIF8", 0, GifImagePlugin.GifImageFile),
    (b"BM", 0, BmpImagePlugin.BmpImageFile),
    (b"II*\x00", 0, TiffImagePlugin.TiffImageFile),
    (b"MM\x00*", 0, TiffImagePlugin.TiffImageFile),
)
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")


def iso_brands(data: bytes) -> bytes:
    """Of ISO media the brands, which say what is inside, the major one first; else empty."""
    if data[4:8] != b"ftyp":
        return b""
    return data[8 : min(int.from_bytes(data[:4], "big"), 256)]


def plugin_for(data: bytes) -> Plugin:
    """Find the plug-in for a file.

    Raises:
        UnreadableImage: Too short to be a picture.
        UnsupportedFormat: Of a format that is not read here.
        MissingExtra: HEIC without `pillow-heif`.
    """
    if len(data) < _MIN_BYTES:
        raise UnreadableImage(
            f"got {len(data)} bytes, a picture has at least {_MIN_BYTES}",
            hint="upload the whole file",
        )
    if brands := iso_brands(data):
        if any(brand in brands for brand in AVIF_BRANDS):
            return AvifImagePlugin.AvifImageFile
        if any(brand in brands for brand in HEIC_BRANDS):
            return _heic_plugin()
    for magic, offset, plugin in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return plugin
    raise UnsupportedFormat(
        f"the file starts with {data[:8]!r}, which no supported format does",
        hint="convert the picture to JPEG, PNG, WebP, GIF, AVIF or HEIC",
    )


def _heic_plugin() -> Plugin:
    try:
        from pillow_heif import HeifImageFile  # optional: only here, so that the rest works without
    except ImportError as error:
        raise MissingExtra(
            "HEIC pictures need `pillow-heif`", hint="pip install notegate[heic]"
        ) from error
    plugin: Plugin = HeifImageFile
    return plugin

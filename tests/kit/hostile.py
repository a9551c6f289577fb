"""Small files that ask for very much: bombs and lies, made by hand."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from kit.pictures import encoded, flat


def png(width: int, height: int, *, extra: bytes = b"", rows: bytes = b"\0" * 400) -> bytes:
    """An RGB PNG that says it is of that size, whatever its rows hold."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = _chunk(b"IHDR", header) + extra + _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + body + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def jpeg_of_size(side: int) -> bytes:
    """A JPEG of 64 × 64 whose header says `side` × `side`."""
    data = bytearray(encoded(flat(width=64, height=64), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def gif_with_frame(side: int) -> bytes:
    """A GIF of 10 × 10 whose first frame says `side` × `side`."""
    data = bytearray(encoded(flat(width=10, height=10), "GIF"))
    at = data.index(b",") + 5
    data[at : at + 4] = struct.pack("<HH", side, side)
    return bytes(data)


def webp_with_canvas(side: int) -> bytes:
    """A WebP of 10 × 10 in an extended header that says `side` × `side`."""
    inner = encoded(flat(width=10, height=10), "WEBP")[12:]
    canvas = (side - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas + canvas + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(width: int, height: int, tile: tuple[int, int]) -> bytes:
    """A grey LZW TIFF with one tile of that size, of which 100 bytes are there."""
    tags = {256: width, 257: height, 258: 8, 259: 5, 262: 1, 277: 1, 284: 1}
    tags |= {322: tile[0], 323: tile[1], 325: 100}
    tags[324] = 8 + 2 + 12 * (len(tags) + 1) + 4  # behind this directory
    fields = b"".join(struct.pack("<HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + fields + bytes(104)


def hostile_files() -> dict[str, bytes]:
    """Name → file; none is above a megabyte or so."""
    large = np.zeros((6900, 7000, 4), np.uint8)
    large[::2] = (200, 90, 30, 128)
    return {
        "png_50000": png(50_000, 50_000),
        "png_profile_bomb": png(10, 10, extra=_chunk(b"iCCP", b"p\0\0" + _zeros(300))),
        "png_text_bomb": png(10, 10, extra=_chunk(b"zTXt", b"t\0\0" + _zeros(300))),
        "png_many_texts": png(
            10, 10, extra=b"".join(_chunk(b"zTXt", b"t%d\0\0" % i + _zeros(1)) for i in range(99))
        ),
        "png_alpha_48_mpx": encoded(large, "PNG", compress_level=1),
        "jpeg_65000": jpeg_of_size(65_000),
        "jpeg_progressive_48_mpx": encoded(large[..., :3].copy(), "JPEG", progressive=True),
        "gif_frame_65000": gif_with_frame(65_000),
        "webp_canvas_16000": webp_with_canvas(16_000),
        "tiff_60000": tiff(60_000, 60_000, (64, 64)),
        "tiff_tile_60000": tiff(64, 64, (60_000, 29_000)),
    }


def _zeros(megabytes: int) -> bytes:
    return zlib.compress(bytes(megabytes * 1_000_000))

"""Bytes of a picture → the blocks that hold metadata, found without decoding a pixel.

JPEG, PNG and WebP are walked here, block by block, with a limit on everything: their metadata is
what people send. The other formats go through Pillow's headers. A file that lies about its lengths
ends the walk; what was found before counts.

Sources: JPEG ITU-T T.81 annex B and JEITA CP-3451 (Exif in APP1); XMP specification part 3 (Adobe);
PNG third edition (W3C), chunks tEXt, zTXt, iTXt, eXIf; WebP container specification (Google);
C2PA specification 2.2, annex A (JUMBF in APP11, caBX, RIFF chunk `C2PA`, BMFF uuid box).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from moderation.errors import ModerationError
from moderation.image.formats import plugin_for
from moderation.image.provenance.record import Place

MAX_BLOCK_BYTES = 1_000_000
"""Of EXIF, XMP or a text chunk. Cameras write less than 64 kB, editors' XMP with its history
some 300 kB; ten times as much is hostile."""
MAX_BLOCKS = 50_000
"""Segments or chunks in a file of 40 MB: PNG encoders that split finely make some 10,000."""
MAX_TEXTS = 100

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_BMFF_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_STANDALONE = frozenset((0x01, *range(0xD0, 0xD9)))  # JPEG markers without a length


@dataclass(slots=True, kw_only=True)
class Metadata:
    """Blocks as they lie in the file."""

    exif: bytes | None = None
    """A TIFF structure, without the `Exif` header."""
    xmp: bytes | None = None
    texts: list[tuple[str, str]] = field(default_factory=list)
    """(keyword, text) of PNG, in the file's order."""
    holds_credential: bool = False
    """There is a place in the file that only content credentials use."""
    faults: dict[str, str] = field(default_factory=dict)
    """Place → why a block was not taken."""

    def take(self, place: Place, block: bytes) -> None:
        """Keep the first block of its kind, within the limit."""
        if len(block) > MAX_BLOCK_BYTES:
            self.faults[place] = (
                f"got {len(block) / 1e6:.1f} MB, limit {MAX_BLOCK_BYTES / 1e6:.1f} MB"
            )
        elif place is Place.EXIF and self.exif is None:
            self.exif = block.removeprefix(_EXIF)
        elif place is Place.XMP and self.xmp is None:
            self.xmp = block


def metadata_of(data: bytes) -> Metadata:
    """Find the metadata blocks of a picture that can be decoded; never raises."""
    found = Metadata()
    if data[:3] == b"\xff\xd8\xff":
        _walk_jpeg(data, found)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        _walk_png(data, found)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        _walk_webp(data, found)
    else:
        _ask_pillow(data, found)
    return found


def _walk_jpeg(data: bytes, found: Metadata) -> None:
    for marker, segment in _jpeg_segments(data):
        if marker == 0xE1 and segment.startswith(_EXIF):
            found.take(Place.EXIF, segment)
        elif marker == 0xE1 and segment.startswith(_XMP):
            # Extended XMP (a second packet by digest) is left out: it holds what is large,
            # and what is asked for here is small and stands in the first.
            found.take(Place.XMP, segment[len(_XMP) :])
        elif marker == 0xEB and segment.startswith(b"JP") and b"jumb" in segment[:64]:
            found.holds_credential = True


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, payload) up to the first scan."""
    at = 2
    for _ in range(MAX_BLOCKS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if len(data) < at + 4 or data[at] != 0xFF or data[at + 1] in (0xDA, 0xD9):
            return
        marker = data[at + 1]
        if marker in _STANDALONE:
            at += 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _walk_png(data: bytes, found: Metadata) -> None:
    at = 8
    for _ in range(MAX_BLOCKS):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if len(kind) < 4 or kind == b"IEND":
            return
        body = slice(at + 8, at + 8 + length)
        at += 12 + length
        if kind == b"eXIf":
            found.take(Place.EXIF, data[body])
        elif kind == b"caBX":
            found.holds_credential = True
        elif kind in _TEXT_CHUNKS and len(found.texts) < MAX_TEXTS:
            if length > MAX_BLOCK_BYTES:
                place = Place.XMP if data[body][:17] == b"XML:com.adobe.xmp" else Place.PNG_TEXT
                found.faults[place] = (
                    f"got {length / 1e6:.1f} MB, limit {MAX_BLOCK_BYTES / 1e6:.1f} MB"
                )
                continue
            _take_png_text(kind, data[body], found)


_TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")


def _take_png_text(kind: bytes, chunk: bytes, found: Metadata) -> None:
    keyword, _, rest = chunk.partition(b"\0")
    text: bytes | None = rest
    if kind == b"zTXt":
        text = _inflated(rest[1:])
    elif kind == b"iTXt":
        packed, (_, _, text) = rest[:1] == b"\1", _thirds(rest[2:])
        text = _inflated(text) if packed else text
    name = keyword.decode("latin-1")
    if text is None:
        found.faults[Place.PNG_TEXT] = (
            f"`{name[:40]}` unpacks to more than {MAX_BLOCK_BYTES / 1e6:.1f} MB, or not at all"
        )
    elif name == "XML:com.adobe.xmp":
        found.take(Place.XMP, text)
    else:
        # tEXt should be Latin-1; what is written today is UTF-8, of which ASCII is a part.
        found.texts.append((name, text.decode("utf-8", "replace")))


def _thirds(rest: bytes) -> tuple[bytes, bytes, bytes]:
    """Language tag, translated keyword, text."""
    language, _, rest = rest.partition(b"\0")
    translated, _, text = rest.partition(b"\0")
    return language, translated, text


def _inflated(packed: bytes) -> bytes | None:
    """Unpacked, or None where it is damaged or larger than the limit: a few kB can hold a GB."""
    stream = zlib.decompressobj()
    try:
        text = stream.decompress(packed, MAX_BLOCK_BYTES + 1)
    except zlib.error:
        return None
    return text if len(text) <= MAX_BLOCK_BYTES else None


def _walk_webp(data: bytes, found: Metadata) -> None:
    at = 12
    for _ in range(MAX_BLOCKS):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if len(kind) < 4:
            return
        if kind == b"EXIF":
            found.take(Place.EXIF, data[at + 8 : at + 8 + length])
        elif kind == b"XMP ":
            found.take(Place.XMP, data[at + 8 : at + 8 + length])
        elif kind == b"C2PA":
            found.holds_credential = True
        at += 8 + length + length % 2


def _ask_pillow(data: bytes, found: Metadata) -> None:
    found.holds_credential = data[4:8] == b"ftyp" and _BMFF_C2PA in data
    try:
        image = plugin_for(data)(io.BytesIO(data))
        exif = image.info.get("exif")
        if not isinstance(exif, bytes) and len(image.getexif()):
            exif = image.getexif().tobytes()
        xmp = image.info.get("xmp")
    except ModerationError:
        return
    except Exception as error:  # as in decoding, a hostile header can raise nearly anything
        found.faults[Place.EXIF] = f"cannot be read ({type(error).__name__})"
        return
    if isinstance(exif, bytes):
        found.take(Place.EXIF, exif)
    if isinstance(xmp, str):
        xmp = xmp.encode()
    if isinstance(xmp, bytes):
        found.take(Place.XMP, xmp)

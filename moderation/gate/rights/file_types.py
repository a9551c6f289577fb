"""What a file of proof is, by its first bytes: a name says nothing, and whoever sends it chose it.

Told apart are pictures that are opened, and what authors work with: layered files, camera raws,
archives, videos. These are not opened; that there is one is the proof, and its digest names it.
"""

from __future__ import annotations

from enum import StrEnum

from moderation.image.formats import AVIF_BRANDS, HEIC_BRANDS, iso_brands


class FileType(StrEnum):
    """Words in the facts of a proof."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    BMP = "bmp"
    AVIF = "avif"
    HEIC = "heic"
    TIFF = "tiff"
    """Or a camera raw: most are TIFF inside, and their first picture is a tiny preview."""
    RAW = "raw"
    """A camera raw with a beginning of its own."""
    PHOTOSHOP = "photoshop"
    KRITA = "krita"
    PROCREATE = "procreate"
    GIMP = "gimp"
    CLIP_STUDIO = "clip_studio"
    ZIP = "zip"
    PDF = "pdf"
    VIDEO = "video"
    EMPTY = "empty"
    UNKNOWN = "unknown"

    @property
    def is_picture(self) -> bool:
        """Its pixels are read."""
        return self in _PICTURES


_PICTURES = frozenset(
    {
        FileType.JPEG,
        FileType.PNG,
        FileType.WEBP,
        FileType.GIF,
        FileType.BMP,
        FileType.AVIF,
        FileType.HEIC,
    }
)
_MAGIC: tuple[tuple[bytes, int, FileType], ...] = (
    (b"\xff\xd8\xff", 0, FileType.JPEG),
    (b"\x89PNG\r\n\x1a\n", 0, FileType.PNG),
    (b"WEBP", 8, FileType.WEBP),
    (b"GIF8", 0, FileType.GIF),
    (b"II*\x00", 0, FileType.TIFF),
    (b"MM\x00*", 0, FileType.TIFF),
    (b"II+\x00", 0, FileType.TIFF),  # BigTIFF
    (b"MM\x00+", 0, FileType.TIFF),
    (b"IIU\x00", 0, FileType.RAW),  # Panasonic
    (b"IIRO", 0, FileType.RAW),  # Olympus
    (b"IIRS", 0, FileType.RAW),
    (b"FUJIFILMCCD-RAW", 0, FileType.RAW),
    (b"FOVb", 0, FileType.RAW),  # Sigma
    (b"8BPS", 0, FileType.PHOTOSHOP),
    (b"gimp xcf", 0, FileType.GIMP),
    (b"CSFCHUNK", 0, FileType.CLIP_STUDIO),
    (b"%PDF-", 0, FileType.PDF),
    (b"\x1aE\xdf\xa3", 0, FileType.VIDEO),  # Matroska, WebM
    (b"AVI ", 8, FileType.VIDEO),
    (b"BM", 0, FileType.BMP),  # the shortest comes last
)
_ZIP = b"PK\x03\x04"
_KRITA = b"mimetypeapplication/x-krita"  # the first entry, stored as it is
_PROCREATE = b"Document.archive"
_DIRECTORY_BYTES = 1 << 20
"""At the end of a ZIP file, where its directory lies."""


def type_of(data: bytes) -> FileType:
    """Tell what a file is; never raises."""
    if not data:
        return FileType.EMPTY
    if data[4:8] == b"ftyp":
        brands = iso_brands(data)
        if any(brand in brands for brand in AVIF_BRANDS):
            return FileType.AVIF
        if any(brand in brands for brand in HEIC_BRANDS):
            return FileType.HEIC
        return FileType.RAW if data[8:12] == b"crx " else FileType.VIDEO
    if data.startswith(_ZIP):
        if _KRITA in data[:128]:
            return FileType.KRITA
        return FileType.PROCREATE if _PROCREATE in data[-_DIRECTORY_BYTES:] else FileType.ZIP
    for magic, offset, found in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return found
    return FileType.UNKNOWN

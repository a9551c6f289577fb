"""EXIF block → camera, date, software, names, and the user comment.

Position (GPS) and serial numbers are never looked up: they say more about a person than a claim
to a picture needs. Source: CIPA DC-008 (Exif 3.0), tags of the first and the Exif directory.
"""

from __future__ import annotations

import contextlib
from datetime import datetime

from PIL import ExifTags, Image

from moderation.image.provenance.record import CameraRecord, clean

_TAG = ExifTags.Base
_COMMENT_CODES = (b"ASCII\0\0\0", b"JIS\0\0\0\0\0", b"\0" * 8)
_UNICODE = b"UNICODE\0"


class UnreadableExif(ValueError):
    """The block is damaged."""


def read_exif(block: bytes) -> tuple[CameraRecord | None, str]:
    """Read a block.

    Args:
        block: TIFF structure, without the `Exif` header.

    Returns:
        What it says of the camera, None where nothing, and the user comment, "" where none.

    Raises:
        UnreadableExif: damaged.
    """
    try:
        exif = Image.Exif()
        exif.load(block)
        directory = exif.get_ifd(ExifTags.IFD.Exif)
        record = CameraRecord(
            make=_text(exif.get(_TAG.Make)),
            model=_text(exif.get(_TAG.Model)),
            taken_at=_time(
                _text(directory.get(_TAG.DateTimeOriginal)),
                _text(directory.get(_TAG.OffsetTimeOriginal)),
            ),
            software=_text(exif.get(_TAG.Software)),
            artist=_text(exif.get(_TAG.Artist)),
            copyright=_text(exif.get(_TAG.Copyright)),
        )
        comment = _comment(directory.get(_TAG.UserComment))
    except Exception as error:  # offsets that lead anywhere raise nearly anything
        raise UnreadableExif(f"cannot be read ({type(error).__name__})") from error
    return (record if record.to_json() else None), comment


def _text(value: object) -> str:
    if isinstance(value, str):
        # Pillow reads ASCII fields as Latin-1; phones write UTF-8 into them.
        with contextlib.suppress(UnicodeEncodeError, UnicodeDecodeError):
            value = value.encode("latin-1").decode("utf-8")
        value = value.partition("\0")[0]
    return clean(value)


def _time(value: str, offset: str) -> str:
    try:
        at = datetime.strptime(value, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return ""
    if offset:
        try:
            return datetime.fromisoformat(at.isoformat() + offset).isoformat()
        except ValueError:
            pass
    return at.isoformat()


def _comment(value: object) -> str:
    """The user comment; eight bytes name its code, which writers get wrong."""
    if isinstance(value, str):
        value = value.encode("utf-8", "replace")
    if not isinstance(value, bytes):
        return ""
    code, text = value[:8], value[8:]
    if code == _UNICODE:
        # The byte order is not said: of the two readings, the one with more ASCII is text.
        readings = [text.decode(order, "replace") for order in ("utf-16-be", "utf-16-le")]
        return max(readings, key=lambda t: sum(c.isascii() for c in t)).strip("\0 ")
    if code not in _COMMENT_CODES:
        text = value
    return text.decode("utf-8", "replace").strip("\0 ")

"""Pictures of a request: inside it as base64, or in one folder of this machine. Never fetched."""

from __future__ import annotations

import binascii
import os
import stat
from pathlib import Path

from moderation.image.decode import DEFAULT_LIMITS
from moderation.service.problems import Refused

MOST_BYTES = DEFAULT_LIMITS.bytes


def decoded(data: str, pointer: str, *, most: int | None = None) -> bytes:
    """Bytes of a picture that came as base64, or of another file with a limit of its own.

    Raises:
        Refused: 422 where it is no base64, 413 where it is too large.
    """
    size = len(data) // 4 * 3 - data.count("=", -2)
    if size > (most or MOST_BYTES):
        raise _too_large(size, pointer, most)
    try:
        return binascii.a2b_base64(data, strict_mode=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        raise Refused(
            422,
            "bad_base64",
            f"`{pointer}` is not base64",
            hint="send standard base64 (RFC 4648) with padding, without blanks or `data:` prefix",
            pointer=pointer,
        ) from None


def read_inside(root: Path | None, name: str, pointer: str, *, most: int | None = None) -> bytes:
    """Bytes of a file below `root`; no way leads out of there, not even a link.

    Args:
        root: folder of the pictures; None where there is none.
        name: relative path.
        pointer: where the request names it.
        most: bytes of a file that is no picture of a note; None for one that is.

    Raises:
        Refused: 422 where there is no such file, 413 where it is too large.
    """
    if "://" in name:
        raise url_refused(pointer)
    if root is None:
        raise Refused(
            422,
            "no_media_root",
            f"`{pointer}` names a file, and this service reads none",
            hint="send the picture as base64 in `data`, or set `MODERATION_MEDIA_ROOT`",
            pointer=pointer,
        )
    try:
        folder = os.path.realpath(root)
        place = os.path.realpath(os.path.join(folder, name))  # noqa: PTH118 - an absolute `name` wins
        if not Path(place).is_relative_to(folder):
            raise _missing(pointer)  # and not a word of what is there
        # Not blocking: a pipe in the folder would wait for a writer for ever.
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise _missing(pointer)
            data = file.read((most or MOST_BYTES) + 1)
    except (OSError, ValueError):  # ValueError: a NUL in the name
        raise _missing(pointer) from None
    if len(data) > (most or MOST_BYTES):
        raise _too_large(max(len(data), about.st_size), pointer, most)
    return data


def url_refused(pointer: str) -> Refused:
    """422 for an address: what lies there is for the caller to get."""
    return Refused(
        422,
        "url_refused",
        f"`{pointer}` is a URL, and URLs are never fetched",
        hint="send the picture as base64 in `data`, or as `path` below the media folder",
        pointer=pointer,
    )


def _too_large(size: int, pointer: str, most: int | None) -> Refused:
    what = "picture" if most is None else "file"
    return Refused(
        413,
        "image_too_large",
        f"the {what} of `{pointer}` has {size:,} bytes, limit {most or MOST_BYTES:,}",
        hint="send a smaller rendition",
        pointer=pointer,
    )


def _missing(pointer: str) -> Refused:
    return Refused(
        422,
        "media_missing",
        f"there is no picture where `{pointer}` says",
        hint="put the picture below the media folder before the note is submitted",
        pointer=pointer,
    )

"""A file that an author sends as proof → facts and a small picture. Pure, and never raises.

Only what the decoder reads is opened, within its limits. What a picture shows is compared with the
disputed pictures by the fingerprints that the register keeps, as the gate itself compares: who has
the larger one usually has the source, which is why the pixels are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import cv2
import numpy as np

from moderation.errors import ImageTooLarge, InputError, MissingExtra
from moderation.gate.rights.file_types import FileType, type_of
from moderation.image.decode import DecodeLimits, Picture, decode
from moderation.image.hashing import hamming_matrix
from moderation.image.matching import (
    MIN_EXACT_QUALITY,
    Candidate,
    KnownPicture,
    match,
    radius_for,
)
from moderation.image.provenance.containers import metadata_of
from moderation.image.provenance.exif import UnreadableExif, read_exif
from moderation.image.query import Query
from moderation.image.scaling import scaled
from moderation.image.verify import MIN_FEATURES
from moderation.match import Direction

MOST_FILE_BYTES = 50_000_000
"""Of one file of proof."""
THUMBNAIL_SIDE_PX = 960
"""Long side of what is kept of a picture while the appeal waits."""
_LIMITS = DecodeLimits(bytes=MOST_FILE_BYTES)
_JPEG_QUALITY = 85


class Side(StrEnum):
    """Whose a disputed picture is."""

    NOTE = "note"
    """The note's that was judged."""
    REGISTER = "register"
    """The earlier one that it was found to copy."""


class Shows(StrEnum):
    """What a proof shows of a disputed picture."""

    FILE = "file"
    """The very same file."""
    SAME = "same"
    MORE = "more"
    """All of it, and more around it: what a crop was made from."""
    PART = "part"
    """Only a part of it."""
    OVERLAP = "overlap"
    OTHER = "other"
    """Nothing proves that they show the same."""
    UNCLEAR = "unclear"
    """Too plain to be told from others, or too little is kept of it."""
    NOT_KEPT = "not_kept"
    """The register has no fingerprint of it: only sizes are compared."""


class Unopened(StrEnum):
    """Why a file has no pixels here."""

    PROJECT = "project"
    """Of a type that is not opened."""
    BROKEN = "broken"
    """Not a complete picture."""
    TOO_LARGE = "too_large"
    """More pixels than are opened here."""
    NO_DECODER = "no_decoder"
    """An optional part is not installed."""


_SHOWS = {
    Direction.SAME: Shows.SAME,
    Direction.ORIGINAL_IN_QUERY: Shows.MORE,
    Direction.QUERY_IN_ORIGINAL: Shows.PART,
    Direction.OVERLAP: Shows.OVERLAP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """A picture that the dispute is about."""

    side: Side
    image_number: int
    """Of the judged note's picture that it is, or that was found to copy it."""
    size: tuple[int, int]
    """Width and height in pixels; (0, 0) where nobody knows."""
    known: KnownPicture | None = None
    """None where the register keeps no fingerprint, as of pictures that were blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What a file of proof says."""

    facts: dict[str, Any]
    thumbnail: bytes | None = field(default=None, repr=False)
    """JPEG of at most `THUMBNAIL_SIDE_PX`, without metadata; None where it was not opened."""


def read_file(data: bytes, disputed: Sequence[Disputed] = ()) -> FileRead:
    """Read a file of proof.

    Args:
        data: all of it, hostile; at most `MOST_FILE_BYTES`.
        disputed: what its picture is compared with.

    Returns:
        Facts as JSON: `type`, `unopened` (why, or None); of a picture also `width`, `height`,
        `taken_at` and `camera` where its EXIF says them (no position), and `compared`: for each
        disputed picture `of`, `picture`, `shows`, `mirrored`, `distance_bits` and `pixels`, how
        many times as many pixels the proof has.
    """
    kind = type_of(data)
    picture, unopened = _opened(data, kind)
    facts: dict[str, Any] = {"type": kind.value}
    facts["unopened"] = None if unopened is None else unopened.value
    if picture is None:
        return FileRead(facts=facts)
    width, height = picture.source_size
    facts |= {"width": width, "height": height, **_camera(data)}
    if disputed:
        query = Query.of(picture)
        facts["compared"] = [_compared(query, one) for one in disputed]
    return FileRead(facts=facts, thumbnail=_thumbnail(picture))


def _opened(data: bytes, kind: FileType) -> tuple[Picture | None, Unopened | None]:
    if not kind.is_picture:
        plain = kind in (FileType.UNKNOWN, FileType.EMPTY)
        return None, Unopened.BROKEN if plain else Unopened.PROJECT
    try:
        return decode(data, limits=_LIMITS), None
    except ImageTooLarge:
        return None, Unopened.TOO_LARGE
    except MissingExtra:
        return None, Unopened.NO_DECODER
    except InputError:
        return None, Unopened.BROKEN


def _camera(data: bytes) -> dict[str, str]:
    """When and with what, as the file says; anybody can write that."""
    block = metadata_of(data).exif
    if block is None:
        return {}
    try:
        camera, _ = read_exif(block)
    except UnreadableExif:
        return {}
    if camera is None:
        return {}
    # Cameras repeat their maker in the model's name.
    named = (
        camera.model if camera.model.startswith(camera.make) else f"{camera.make} {camera.model}"
    )
    told = {"taken_at": camera.taken_at, "camera": named.strip()}
    return {name: value for name, value in told.items() if value}


def _compared(query: Query, one: Disputed) -> dict[str, Any]:
    told: dict[str, Any] = {"of": one.side.value, "picture": one.image_number}
    width, height = one.size
    pixels = query.picture.source_size[0] * query.picture.source_size[1]
    told["pixels"] = round(pixels / (width * height), 3) if width and height else None
    if one.known is None:
        return told | {"shows": Shows.NOT_KEPT.value, "mirrored": False, "distance_bits": None}
    near = _nearest(query, one.known)
    shows, mirrored = _shown(query, one.known, near)
    return told | {
        "shows": shows.value,
        "mirrored": mirrored,
        "distance_bits": near.distance_bits,
    }


def _nearest(query: Query, known: KnownPicture) -> Candidate:
    """The nearest of the proof's views, as an index would have nominated it."""
    recipe = known.fingerprint.recipe
    codes = query.codes_for(recipe)
    distances = hamming_matrix(codes, known.fingerprint.code[np.newaxis])[:, 0]
    row = int(distances.argmin())
    view, mirrored = query.origin_of(recipe, row)
    return Candidate(
        picture_id=known.picture_id,
        distance_bits=int(distances[row]),
        view=view,
        mirrored=mirrored,
    )


def _shown(query: Query, known: KnownPicture, near: Candidate) -> tuple[Shows, bool]:
    kept = known.fingerprint
    if kept.sha256 and kept.sha256 == query.picture.sha256:
        return Shows.FILE, False
    found = match(query, known, near)
    if found is not None:
        return _SHOWS[found.direction], found.mirrored
    if kept.features is not None and len(kept.features) >= MIN_FEATURES:
        return Shows.OTHER, False
    # Without details to look at, only hashes can differ, and those of plain pictures say nothing.
    detailed = min(kept.quality, query.quality) >= MIN_EXACT_QUALITY
    far = detailed and near.bits > radius_for(kept.recipe)
    return Shows.OTHER if far else Shows.UNCLEAR, False


def _thumbnail(picture: Picture) -> bytes:
    """Made anew from the pixels, so that nothing else in the file comes with it."""
    pixels = picture.pixels
    scale = THUMBNAIL_SIDE_PX / max(picture.width, picture.height)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        pixels = scaled(pixels, size)
    _, encoded = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()

"""Real photographs, scaled down, and notes that show pictures; every argument has a default."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import skimage.data
from kit.pictures import Pixels, scaled

from moderation import Author, Note, NoteImage

MORNING = datetime(2026, 11, 21, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
LONG_SIDE_PX = 400


@cache
def photo(name: str) -> Pixels:
    """A photograph that comes with scikit-image, by name, of `LONG_SIDE_PX`; read-only."""
    if name.startswith("motorcycle"):
        left, right, _ = skimage.data.stereo_motorcycle()
        pixels = left if name == "motorcycle_left" else right
    else:
        pixels = getattr(skimage.data, name)()
    small = scaled(np.ascontiguousarray(pixels), LONG_SIDE_PX / max(pixels.shape[:2]))
    small.flags.writeable = False
    return small


def portrait(name: str) -> Pixels:
    """The middle of a photograph, 3:4, as the cells of `pictures.collage` are."""
    pixels = photo(name)
    height, width = pixels.shape[:2]
    across = min(width, height * 3 // 4)
    left = (width - across) // 2
    return np.ascontiguousarray(pixels[: across * 4 // 3, left : left + across])


def showing(
    *pictures: Pixels | bytes | NoteImage,
    id: str = "n1",  # noqa: A002 - the note's own word
    author: str | Author = "alice",
    hours: float | None = 0,
    **fields: Any,
) -> Note:
    """A note with these pictures, published `hours` after eight; None leaves the time out."""
    return Note(
        id=id,
        author=author if isinstance(author, Author) else Author(id=author),
        published_at=None if hours is None else MORNING + hours * HOUR,
        images=[_image(picture) for picture in pictures],
        **fields,
    )


def _image(picture: Pixels | bytes | NoteImage) -> NoteImage:
    if isinstance(picture, NoteImage):
        return picture
    return NoteImage(data=picture) if isinstance(picture, bytes) else NoteImage(array=picture)


def kinds(findings: Sequence[Any]) -> list[str]:
    """Wire strings of the findings about copies."""
    wanted = ("image.copy", "image.copy_partial", "image.template")
    return [finding.kind.value for finding in findings if finding.kind.value in wanted]

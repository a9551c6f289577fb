"""Where a report gets its pixels from, and how a page holds them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

import cv2

from moderation.errors import ModerationError
from moderation.image.decode import decode
from moderation.image.overlay import Pixels
from moderation.note import Note

_JPEG_QUALITY = 82


class PictureSource(Protocol):
    """Pixels by note and number; the register keeps none, so they come from archives."""

    def picture(self, note_id: str, image_number: int) -> Pixels | None:
        """uint8 [H, W, 3], RGB, upright; None where the picture is not at hand."""
        ...


class ArchivePictures:
    """Pictures of notes that are at hand; what cannot be decoded is not there."""

    def __init__(self, notes: Mapping[str, Note]) -> None:
        self._notes = notes

    def picture(self, note_id: str, image_number: int) -> Pixels | None:
        """Decode picture `image_number` of the note, counted from 0."""
        note = self._notes.get(note_id)
        if note is None or not 0 <= image_number < len(note.images):
            return None
        try:
            return decode(note.images[image_number]).pixels
        except ModerationError:  # the verdict already tells it, as `image.undecodable`
            return None


def data_uri(pixels: Pixels) -> str:
    """The picture as JPEG inside a `data:` URI."""
    _, jpeg = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()

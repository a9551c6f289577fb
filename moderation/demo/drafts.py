"""Drafts: notes with their pictures in memory, and the folder that an archive reader takes.

The gate of the demo reads its notes from these files, so that whoever plays on with other
commands works on the very same input.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from moderation.archive import read_notes
from moderation.archive.whole_file import unwritable, whole_file
from moderation.demo.photographs import Photograph
from moderation.finding import ItemFailure
from moderation.note import Author, Note, NoteImage

NOTES_NAME = "notes.jsonl"
PICTURES = "pictures"
"""Folder of an archive's pictures."""
_CHINA_TIME = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """One picture of a draft."""

    suffix: str
    """With its dot; as the bytes are encoded."""
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A note whose pictures are not on disk yet."""

    note: Note
    """Without pictures."""
    pictures: tuple[PictureFile, ...] = ()


def draft(
    note_id: str,
    author: str | Author,
    at: str,
    title: str,
    text: str,
    tags: tuple[str, ...] = (),
    pictures: tuple[PictureFile, ...] = (),
) -> Draft:
    """A draft with its words in reading order; `at` is China time, as `2026-03-08 09:12`."""
    return Draft(
        note=Note(
            id=note_id,
            author=Author(id=author) if isinstance(author, str) else author,
            published_at=datetime.fromisoformat(at).replace(tzinfo=_CHINA_TIME),
            title=title,
            text=text,
            tags=tags,
        ),
        pictures=pictures,
    )


def as_it_is(photograph: Photograph) -> PictureFile:
    """The photograph's own file, byte for byte."""
    return PictureFile(suffix=photograph.suffix, data=photograph.read())


def write_notes(drafts: Iterable[Draft], folder: Path) -> list[Note]:
    """Write an archive and read it back as `moderation check` would.

    Args:
        drafts: with ids that can be file names.
        folder: made if it is missing; gets `notes.jsonl` and `pictures/`.

    Returns:
        The notes as they were read, in order.

    Raises:
        StoreUnwritable: the folder cannot be written.
    """
    lines = []
    try:
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)
        for one in drafts:
            images = []
            for number, picture in enumerate(one.pictures, start=1):
                stem = one.note.id if len(one.pictures) == 1 else f"{one.note.id}-{number}"
                path = f"{PICTURES}/{stem}{picture.suffix}"
                (folder / path).write_bytes(picture.data)
                digest = hashlib.sha256(picture.data).hexdigest()
                images.append(NoteImage(path=path, sha256=digest))
            row = replace(one.note, images=images).to_json()
            lines.append(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        raise unwritable(folder, error) from error
    with whole_file(folder / NOTES_NAME) as sink:
        sink.write(b"".join(lines))
    return [_good(row) for row in read_notes(folder)]


def _good(row: Note | ItemFailure) -> Note:
    if isinstance(row, ItemFailure):
        raise RuntimeError(f"the demo wrote a note that cannot be read: {row.message}")
    return row

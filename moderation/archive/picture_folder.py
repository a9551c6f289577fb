"""A folder of pictures without a word beside them: each is a note."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from moderation.archive.json_lines import unreadable
from moderation.errors import InputError
from moderation.note import UNKNOWN_AUTHOR, Author, Note, NoteImage

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff"}
)


def rows_of_pictures(folder: Path) -> Iterator[tuple[int, Note | InputError]]:
    """Number from 1 and note of each picture; the author is the folder that holds it."""
    for number, path in enumerate(picture_files(folder), start=1):
        yield number, _note_of_picture(folder, path)


def picture_files(folder: Path) -> Iterator[Path]:
    """Pictures below a folder by their names, in the order of their paths."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if path.suffix.lower() in PICTURE_SUFFIXES and not name.startswith("."):
                yield path


def _note_of_picture(folder: Path, path: Path) -> Note | InputError:
    inside = path.relative_to(folder)
    # Files at the top have no author folder: unknown, so that none is exempt as the same author.
    author = Author(id=path.parent.name) if len(inside.parts) > 1 else UNKNOWN_AUTHOR
    try:
        changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return Note(
            id=inside.as_posix(),
            author=author,
            published_at=changed,
            images=(NoteImage(path=path),),
        )
    except InputError as error:
        return error
    except (OSError, ValueError) as error:
        return unreadable(inside, error)

"""A folder of pictures without a word beside them: each is a note."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from moderation.archive.json_lines import unreadable
from moderation.archive.object_store import ObjectPath, Place, StoredPicture, inside, walked
from moderation.errors import InputError
from moderation.note import UNKNOWN_AUTHOR, Author, Note, NoteImage

PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif", ".heic", ".heif", ".bmp", ".tif", ".tiff"}
)


def rows_of_pictures(folder: Place) -> Iterator[tuple[int, Note | InputError]]:
    """Number from 1 and note of each picture; the author is the folder that holds it."""
    for number, path in enumerate(picture_files(folder), start=1):
        yield number, _note_of_picture(folder, path)


def picture_files(folder: Place) -> Iterator[Place]:
    """Pictures below a folder by their names, in the order of their paths."""
    for parent, folders, files in walked(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = parent / name
            if path.suffix.lower() in PICTURE_SUFFIXES and not name.startswith("."):
                yield path


def _note_of_picture(folder: Place, path: Place) -> Note | InputError:
    name = inside(path, folder)
    # Files at the top have no author folder: unknown, so that none is exempt as the same author.
    author = Author(id=path.parent.name) if "/" in name else UNKNOWN_AUTHOR
    try:
        if isinstance(path, ObjectPath):
            changed = path.changed_at()
            image = NoteImage(file=StoredPicture(place=path, path=name))
        else:
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            image = NoteImage(path=path)
        return Note(
            id=name,
            author=author,
            published_at=changed,
            images=(image,),
        )
    except InputError as error:
        return error
    except (OSError, ValueError) as error:
        return unreadable(name, error)

"""Notes from JSONL, Parquet, tar shards or a folder, one at a time.

Every reader gives numbered raw rows; what makes a row a `Note` or a failure is
the same for all, and stands in `_notes`.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

from moderation.archive.json_lines import (
    STDIN,
    Source,
    open_source,
    read_json_lines,
    unreadable,
)
from moderation.archive.note_table import batch_rows, count_rows, is_parquet, read_rows
from moderation.archive.object_store import ObjectPath, Place, inside, located
from moderation.archive.picture_folder import picture_files, rows_of_pictures
from moderation.archive.shards import said_by_folders, shards_in
from moderation.archive.tar_shards import is_tar, read_samples
from moderation.errors import BadArchive, BadNote, InputError
from moderation.finding import ItemFailure
from moderation.note import MAX_ID_CHARS, Note, NoteImage

NoteFormat = Literal["jsonl", "parquet", "tar", "folder"]

_NOTES_IN_FOLDER = ("notes.jsonl", "notes.jsonl.gz", "notes.parquet")
_SAMPLE_BYTES = 1 << 20

Rows = Iterator[tuple[int, Mapping[str, Any] | Note | InputError]]


def read_notes(
    source: Source,
    *,
    format: NoteFormat | None = None,  # noqa: A002 - the word users know from other readers
    allow_outside: bool = False,
) -> Iterator[Note | ItemFailure]:
    """Read an archive note by note.

    Memory does not grow with its length, but for the digests that find
    duplicates (about 100 bytes a note).

    Args:
        source: A path, or the URL of a file or folder in a store (`s3://bucket/folder`,
            `ftp://…`; the extra `objects`, and whatever package fsspec wants for that store).
            Pictures in a store are read when somebody looks at them. One of
            - JSONL: a note a line as `Note.to_json` writes it, UTF-8, plain or gzip; `-` is
              standard input.
            - Parquet: columns named as the JSON fields. `published_at` is a timestamp with time
              zone or an ISO 8601 string; the author is the struct `author` or the flat column
              `author_id`; `images` is `list<struct<path, data, sha256>>` with `data` as binary
              (`bytes` is read as `data` too), or a list of paths, or a list of binaries.
            - Tar, plain or gzip, as WebDataset writes it: `00017.json` is a note and
              `00017.0.jpg`, `00017.1.jpg`, … are its pictures. The id is that of the note, or else
              the key.
            - Folder: its `notes.jsonl`, `notes.jsonl.gz` or `notes.parquet` where there is one.
              Else all Parquet and tar files below it, in the order of their paths; folders named
              as `lang=zh` say what their rows do not (`kind`, `lang`).
              Else every picture file is a note: the id is the path within the folder, the author
              the folder that holds the file (unknown for files at the top), the time that of the
              file's last change.
        format: None tells it from `source`.
        allow_outside: Let image paths leave the folder of `source`. Off by default: a foreign
            archive must not make us read `/etc/passwd`. In a store none may leave it, ever.

    Yields:
        A `Note`, or in its place the failure of a row, with its number from 1. Of two rows with
        the same id and revision the first wins.

    Raises:
        BadArchive: `source` is missing, unreadable, or not of the format.
        MissingExtra: a package that the store wants is not installed.
    """
    place = source if str(source) == STDIN else located(source)
    chosen = format or _format_of(place)
    if chosen == "folder" and not isinstance(place, str):
        folder = place
        if not folder.is_dir():
            raise BadArchive(f"`{folder}` is not a folder", hint="give the path of a folder")
        inner = _notes_in(folder)
        if inner is not None:
            return read_notes(inner, allow_outside=allow_outside)
        if shards := shards_in(folder):
            _refuse_loose_pictures(folder, shards)
            return _sharded(folder, shards, allow_outside=allow_outside)
        return _notes(rows_of_pictures(folder), folder, allow_outside=allow_outside)
    base = Path() if isinstance(place, str) else place.parent
    return _notes(_rows(place, chosen), base, allow_outside=allow_outside)


def notes_in_batch(batch: Any, folder: Path) -> Iterator[Note | ItemFailure]:
    """Read the notes of a record batch or table in memory.

    Args:
        batch: with the columns that `read_notes` reads from Parquet.
        folder: where paths of pictures start, and what they may not leave.

    Yields:
        As `read_notes`, with the number of the row in the batch.

    Raises:
        BadArchive: a column that every note needs is missing.
    """
    return _notes(batch_rows(batch), folder, allow_outside=False)


def note_within(row: Mapping[str, Any], folder: Path) -> Note:
    """Read one note, the paths of whose pictures start from a folder and stay in it.

    Raises:
        BadNote: it breaks the format, or a path leads elsewhere, over a link too.
    """
    note = _note(row, folder, folder)
    _refuse_half_surrogates(note)
    _refuse_outside(note, os.path.realpath(folder))
    return note


def archive_folder(source: Source) -> Place:
    """The folder that paths within an archive start from: itself, or the one that holds it.

    Raises:
        BadArchive: a store cannot be asked.
        MissingExtra: a package that the store wants is not installed.
    """
    place = located(source)
    return place if place.is_dir() else place.parent


def count_notes(source: Source) -> int | None:
    """How many notes there are, for a progress bar: exact or estimated from the first megabyte.

    Returns:
        None where only reading everything would tell (standard input, gzip, no regular file).
    """
    if str(source) == STDIN:
        return None
    path = located(source)
    if not path.exists():
        return None
    if path.is_dir():
        inner = _notes_in(path)
        if inner is not None:
            return count_notes(inner)
        if shards := shards_in(path):
            counts = [count_notes(shard) for shard in shards]
            known = [count for count in counts if count is not None]
            return sum(known) if len(known) == len(counts) else None
        return sum(1 for _ in picture_files(path))
    if not path.is_file():
        return None
    if is_parquet(path):
        return count_rows(path)
    if is_tar(path):
        return None
    return _counted_lines(path)


def _counted_lines(path: Place) -> int | None:
    size = path.size if isinstance(path, ObjectPath) else path.stat().st_size
    with open_source(path) as file:
        if size == 0:
            return 0
        if hasattr(file, "fileobj"):  # gzip: the size on disk says nothing
            return None
        sample = file.read(_SAMPLE_BYTES)
    lines = sample.count(b"\n") + (not sample.endswith(b"\n"))
    return max(1, round(lines * size / len(sample)))


def _format_of(source: Place | str) -> NoteFormat:
    if isinstance(source, str):
        return "jsonl"
    path = source
    try:
        if isinstance(path, Path):
            path.stat()
        elif not path.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from error
    if path.is_dir():
        return "folder"
    if path.is_file() and is_parquet(path):
        return "parquet"
    return "tar" if path.is_file() and is_tar(path) else "jsonl"


def _notes_in(folder: Place) -> Place | None:
    return next((folder / n for n in _NOTES_IN_FOLDER if (folder / n).is_file()), None)


def _rows(source: Place | str, chosen: NoteFormat) -> Rows:
    if isinstance(source, str) or chosen == "jsonl":
        return _jsonl_rows(source)
    return read_rows(source) if chosen == "parquet" else read_samples(source)


def _refuse_loose_pictures(folder: Place, shards: Sequence[Place]) -> None:
    """Rows of a table may name pictures beside it; a tar shard holds its own."""
    loose = next(picture_files(folder), None)
    if loose is not None and not any(map(is_parquet, shards)):
        raise BadArchive(
            f"`{folder}` holds {len(shards)} tar shards and loose pictures, as "
            f"`{inside(loose, folder)}`",
            hint="give a folder with one of them",
        )


def _sharded(
    folder: Place, shards: Sequence[Place], *, allow_outside: bool
) -> Iterator[Note | ItemFailure]:
    """Notes of all shards; of a shard that cannot be read there is one failure, and the rest."""
    seen: set[bytes] = set()
    for shard in shards:
        name = inside(shard, folder)
        said = said_by_folders(name)
        try:
            rows = _rows(shard, _format_of(shard))
            completed = ((n, said | row if isinstance(row, dict) else row) for n, row in rows)
            for item in _notes(
                completed, shard.parent, root=folder, allow_outside=allow_outside, seen=seen
            ):
                if isinstance(item, ItemFailure):
                    yield replace(item, message=f"in `{name}`: {item.message}")
                else:
                    yield item
        except BadArchive as error:
            yield _failure(error, error, None)


def _notes(
    rows: Rows,
    base: Place,
    *,
    allow_outside: bool,
    root: Place | None = None,
    seen: set[bytes] | None = None,
) -> Iterator[Note | ItemFailure]:
    """Notes and failures.

    Args:
        rows: numbered.
        base: where paths of pictures start.
        allow_outside: whether they may leave the archive.
        root: folder of the archive; None for `base`.
        seen: digests of the notes that came before; those that come are added.
    """
    root = root or base
    within = None
    if isinstance(root, Path) and not allow_outside:
        within = os.path.realpath(root)
    seen = set() if seen is None else seen
    for number, row in rows:
        try:
            note = _note(row, base, root)
            _refuse_half_surrogates(note)
            if within is not None:
                _refuse_outside(note, within)
            _refuse_duplicate(note, seen)
        except InputError as error:
            yield _failure(error, row, number)
        else:
            yield note


def _note(row: Mapping[str, Any] | Note | InputError, base: Place, root: Place) -> Note:
    if isinstance(row, InputError):
        raise row
    if isinstance(row, Note):
        return row
    try:
        if isinstance(base, ObjectPath):
            return _stored(Note.from_json(row), base, cast("ObjectPath", root))
        return Note.from_json(row, base=base)
    except RecursionError:  # a message that quotes a deeply nested value
        raise BadNote("the note is nested too deeply", hint="remove the nested field") from None


def _stored(note: Note, base: ObjectPath, root: ObjectPath) -> Note:
    """With pictures that are read from the store, when somebody looks at them."""

    def placed(image: NoteImage) -> NoteImage:
        if image.path is None:
            return image
        return replace(image, path=None, file=base.picture(str(image.path), root))

    return replace(note, images=tuple(map(placed, note.images)))


def _failure(
    error: InputError, row: Mapping[str, Any] | Note | InputError, number: int | None
) -> ItemFailure:
    note_id = row.id if isinstance(row, Note) else ""
    if isinstance(row, Mapping) and isinstance(row.get("id"), str):
        note_id = row["id"][:MAX_ID_CHARS]
    return ItemFailure(
        code=error.code,
        message=error.message,
        hint=error.hint,
        note_id=note_id.encode("utf-8", "backslashreplace").decode(),
        line=number,
    )


def _refuse_half_surrogates(note: Note) -> None:
    """JSON can spell them, but no register and no file can hold them."""
    for name, value in _strings_of(note):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise BadNote(
                f"`{name}` holds half of a surrogate pair at character {error.start}",
                hint="export the note again as valid Unicode",
            ) from None


def _strings_of(note: Note) -> Iterator[tuple[str, str]]:
    yield "id", note.id
    yield "author.id", note.author.id
    yield from (("author.linked_ids", linked) for linked in note.author.linked_ids)
    yield "author.brand_partner", note.author.brand_partner or ""
    yield from note.text_fields()
    yield from (("links", link) for link in note.links)
    yield "lang", note.lang or ""
    for image in note.images:
        yield "images[].path", str(image.path or (image.file.path if image.file else ""))


def _refuse_outside(note: Note, root: str) -> None:
    for i, image in enumerate(note.images):
        if image.path is None:
            continue
        try:
            # Links are followed: one inside the folder may point anywhere.
            real = os.path.realpath(image.path)
        except ValueError:  # NUL in the path
            raise BadNote(
                f"`images[{i}].path` is not a path", hint="correct the path in the note"
            ) from None
        if not Path(real).is_relative_to(root):
            raise BadNote(
                f"`images[{i}].path` leaves the archive's folder",
                hint="put the pictures beside the archive, or allow outside paths if you trust it",
            )


def _refuse_duplicate(note: Note, seen: set[bytes]) -> None:
    # Eight bytes: ten million notes collide by chance with a probability of three in a million.
    key = hashlib.blake2b(f"{note.revision}:{note.id}".encode(), digest_size=8).digest()
    if key in seen:
        raise BadNote(
            f"`id` `{note.id}` with revision {note.revision} came before in this archive",
            hint="remove one of the two, or count up `revision` for an edit",
        )
    seen.add(key)


def _jsonl_rows(source: Source) -> Rows:
    with open_source(source) as stream:
        yield from read_json_lines(stream)

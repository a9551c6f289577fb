"""Rows of notes from a Parquet file, some dozens at a time; the columns are in `read_notes`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from moderation.archive.json_lines import unreadable
from moderation.archive.object_store import ObjectPath, as_bytes
from moderation.archive.store_connections import PART_BYTES
from moderation.errors import BadArchive, BadNote, InputError

_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 32  # a note may hold 18 pictures of several megabytes
_COLUMNS = (
    "id",
    "kind",
    "published_at",
    "title",
    "text",
    "tags",
    "links",
    "lang",
    "author",
    "author_id",
    "images",
    "revision",
)


def is_parquet(path: Path | ObjectPath) -> bool:
    """Told by the first bytes, not by the name.

    Raises:
        BadArchive: the file cannot be opened.
    """
    try:
        with as_bytes(path, PART_BYTES) as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise unreadable(path, error) from error


def count_rows(path: Path | ObjectPath) -> int:
    """Rows as the footer says.

    Raises:
        BadArchive: not a complete Parquet file.
    """
    with _open(path) as table:
        return int(table.metadata.num_rows)


def read_rows(path: Path | ObjectPath) -> Iterator[tuple[int, Mapping[str, Any] | InputError]]:
    """Number from 1 and JSON-like row of each note.

    Raises:
        BadArchive: not a complete Parquet file, or without the columns every note needs.
    """
    import pyarrow as pa

    number = 0
    with _open(path) as table:
        wanted = _columns(table.schema_arrow.names, f"`{path}`")
        try:
            for batch in table.iter_batches(_ROWS_AT_ONCE, columns=wanted, use_threads=False):
                for row in _rows(batch):
                    number += 1
                    yield number, row
        except (pa.ArrowException, OSError) as error:
            yield (
                number + 1,
                BadArchive(
                    f"the table breaks off after row {number}: {error}",
                    hint="write or fetch the file again; the rows before were read",
                ),
            )


@contextmanager
def _open(path: Path | ObjectPath) -> Iterator[Any]:
    """The table; of one in a store only the footer and the columns asked for are fetched."""
    if not isinstance(path, ObjectPath):
        with _parsed(path, path) as table:
            yield table
        return
    try:
        file = path.open(PART_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    with file, _parsed(path, file) as table:
        yield table


def _parsed(path: Path | ObjectPath, source: Path | BinaryIO) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Without pre-buffering, a row group with pictures is not pulled into memory as a whole.
        return pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20)
    except OSError as error:
        raise unreadable(path, error) from error
    except pa.ArrowException as error:
        raise BadArchive(
            f"`{path}` is not a complete Parquet file: {error}", hint="write or fetch it again"
        ) from error


def batch_rows(batch: Any) -> Iterator[tuple[int, Mapping[str, Any] | InputError]]:
    """Number from 1 and JSON-like row of each note of a record batch or table in memory.

    Raises:
        BadArchive: it lacks the columns every note needs.
    """
    wanted = _columns(batch.schema.names, "the batch")
    yield from enumerate(_rows(batch.select(wanted)), start=1)


def _columns(names: Sequence[str], what: str) -> list[str]:
    """Those that are read.

    Raises:
        BadArchive: some that every note needs are not there.
    """
    missing = [name for name in ("id", "published_at") if name not in names]
    if not {"author", "author_id"} & set(names):
        missing.append("author_id")
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise BadArchive(f"{what} has no column {listed}", hint="add or rename the columns")
    return [name for name in _COLUMNS if name in names]


def _rows(batch: Any) -> Iterator[Mapping[str, Any] | InputError]:
    return (_row(batch, i) for i in range(batch.num_rows))


def _row(batch: Any, i: int) -> Mapping[str, Any] | InputError:
    try:
        values = {name: batch.column(name)[i].as_py() for name in batch.schema.names}
    except (ValueError, OverflowError) as error:  # not UTF-8, a time beyond year 9999
        return BadNote(f"the row holds a value that cannot be read: {error}", hint="correct it")
    row = {name: value for name, value in values.items() if value is not None}
    if "author" not in row and "author_id" in row:
        row["author"] = {"id": row.pop("author_id")}
    if isinstance(row.get("published_at"), datetime):
        row["published_at"] = row["published_at"].isoformat()
    if isinstance(row.get("images"), list):
        row["images"] = [_image(image) for image in row["images"]]
    return row


def _image(image: object) -> object:
    if isinstance(image, str):
        return {"path": image}
    if isinstance(image, bytes):
        return {"data": image}
    if not isinstance(image, Mapping):
        return image
    data = image.get("data") if image.get("data") is not None else image.get("bytes")
    if data is None:
        return {"path": image.get("path"), "sha256": image.get("sha256")}
    return {"data": data, "sha256": image.get("sha256")}  # its path is then only a name

"""An archive is cut into shards: so many rows each, in its order, known again by a digest.

A shard that was done is not looked at again while its digest is the same. The digest covers what
the notes say, the bytes of pictures that come along, and size and time of change of picture files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

from moderation.finding import ItemFailure
from moderation.note import Note, NoteImage

Item = Note | ItemFailure


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shard:
    """Some rows of an archive."""

    number: int
    """From 0."""
    items: tuple[Item, ...]
    """Notes, and failures in place of rows that are none."""
    rows: tuple[dict[str, Any], ...]
    """JSON of each, the paths of pictures from the archive on: the same wherever it lies."""
    digest: str


def cut(items: Iterable[Item], size: int, root: object) -> Iterator[Shard]:
    """Shards of so many rows, the last with what is left.

    Args:
        items: of the archive, in its order.
        size: rows of a shard, at least 1.
        root: folder of the archive, as `archive_folder` tells it.
    """
    stream = iter(items)
    for number in count():
        some = tuple(islice(stream, size))
        if not some:
            return
        rows = tuple(row_of(item, root) for item in some)
        yield Shard(number=number, items=some, rows=rows, digest=_digest(some, rows))


def row_of(item: Item, root: object) -> dict[str, Any]:
    """JSON of a row, the paths of pictures from the folder of the archive on."""
    row = item.to_json()
    for image in row.get("images", ()):
        if "path" in image and isinstance(root, Path):  # in a store they start there already
            image["path"] = Path(os.path.relpath(image["path"], root)).as_posix()
    return row


def _digest(items: Iterable[Item], rows: Iterable[dict[str, Any]]) -> str:
    state = hashlib.blake2b(digest_size=16)
    for item, row in zip(items, rows, strict=True):
        files = [_file(image) for image in item.images] if isinstance(item, Note) else []
        state.update(json.dumps([row, files], sort_keys=True).encode() + b"\n")
    return state.hexdigest()


def _file(image: NoteImage) -> list[int | str] | None:
    """Size and time of change; None where the bytes speak for themselves or there is no file."""
    if image.path is None and image.file is None:
        return None
    try:
        if image.path is None:
            return None if image.file is None else image.file.stamp()
        status = Path(image.path).stat()
    except (OSError, ValueError):
        return None
    return [status.st_size, status.st_mtime_ns]

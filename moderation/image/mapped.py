"""Large arrays of an index on disk, mapped into memory: each is whole, or refused.

A folder holds one file for each array, with the start of its digest in its name, and
`manifest.json`, replaced last, that says which belong together and up to where in the register's
log they reach. A file never changes once it is there, so processes share its pages, and what is
mapped goes on working after a newer snapshot has taken its place.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from moderation.errors import RecipeMismatch
from moderation.image.durable import MANIFEST, corrupt, read_file, replace_file, sync_folder

FORMAT = 2
_MAX_MANIFEST_BYTES = 1_048_576
_MAX_PARTS = 64  # parts double in size, so more than a few dozen is not ours
_FILE_NAME = re.compile(r"[a-z]+-[0-9a-f]{16}\.bin")
_STALE_NAME = re.compile(r"\.?[a-z]+(-[0-9a-f]{16})?\.(bin|npy)(\.part)?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredArray:
    """One array and the file that holds it."""

    array: NDArray[Any]
    """Read only, mapped: [rows] or [rows, width]."""
    name: str
    sha256: str

    def is_in(self, folder: Path) -> bool:
        """False where a newer snapshot, perhaps another process's, has cleared the file away."""
        return (folder / self.name).is_file()

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        return {"name": self.name, "sha256": self.sha256, "rows": len(self.array)}


Part = Mapping[str, StoredArray]
"""Arrays that belong together, by what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a folder holds."""

    recipe: str
    seq: int
    """Sequence number of the register's log that the arrays are complete up to."""
    numbers: Mapping[str, int]
    """What else the index must know of itself."""
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an array of a part must look like."""

    dtype: DTypeLike
    width: int | None = None
    """Length of a row; None for one value a row."""

    @property
    def row_bytes(self) -> int:
        """Of one row."""
        return np.dtype(self.dtype).itemsize * (self.width or 1)


class ArrayWriter:
    """Writes one array piece by piece; a context that leaves nothing behind if it fails."""

    def __init__(self, folder: Path, kind: str, shape: Shape) -> None:
        """Make the folder if need be.

        Raises:
            OSError: the disk is full, read-only or forbidden; so does `write`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._kind, self._shape = folder, kind, shape
        self._part = folder / f".{kind}.bin.part"
        self._file = self._part.open("wb")
        self._hash = hashlib.sha256()
        self._rows = 0

    def write(self, rows: NDArray[Any]) -> None:
        """Append rows."""
        data = np.ascontiguousarray(rows, self._shape.dtype)
        self._file.write(data.data if data.size else b"")
        self._hash.update(data.data if data.size else b"")
        self._rows += len(rows)

    def finish(self) -> StoredArray:
        """Flush to disk and map."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        digest = self._hash.hexdigest()
        name = f"{self._kind}-{digest[:16]}.bin"
        self._part.replace(self._folder / name)
        sync_folder(self._folder)
        array = _map(self._folder / name, self._rows, self._shape)
        return StoredArray(array=array, name=name, sha256=digest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


def stored(folder: Path, kind: str, shape: Shape, pieces: Iterable[NDArray[Any]]) -> StoredArray:
    """Write an array that comes in pieces."""
    with ArrayWriter(folder, kind, shape) as writer:
        for piece in pieces:
            writer.write(piece)
        return writer.finish()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the arrays in force, and clear away all others."""
    row = {
        "format": FORMAT,
        "recipe": manifest.recipe,
        "seq": manifest.seq,
        "numbers": dict(manifest.numbers),
        "parts": [
            {kind: array.to_json() for kind, array in part.items()} for part in manifest.parts
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / MANIFEST, json.dumps(row, indent=1).encode())
    kept = {array.name for part in manifest.parts for array in part.values()}
    for file in folder.iterdir():
        if _STALE_NAME.fullmatch(file.name) and file.name not in kept:
            file.unlink()


def read_manifest(
    folder: Path,
    recipe: str,
    shapes: Sequence[Mapping[str, Shape]],
    *,
    known: Iterable[StoredArray] = (),
) -> Manifest:
    """Map the arrays of a folder.

    Args:
        folder: where they lie.
        recipe: what they must be of.
        shapes: of each kind of part, told apart by what they hold.
        known: arrays that are mapped already, and need not be read again to be trusted.

    Raises:
        IndexCorrupt: a file is missing, damaged, or not the one promised.
        RecipeMismatch: the arrays are of another recipe.
    """
    row = _parsed(folder)
    if row["recipe"] != recipe:
        raise RecipeMismatch(
            f"the index holds `{row['recipe']}`, wanted `{recipe}`",
            hint="rebuild the index from the register",
        )
    trusted = {array.sha256: array for array in known}
    by_kinds = {frozenset(shape): shape for shape in shapes}
    parts = []
    for files in row["parts"]:
        if frozenset(files) not in by_kinds:
            raise corrupt(f"`{MANIFEST}` has a part of {', '.join(sorted(files)) or 'nothing'}")
        shape = by_kinds[frozenset(files)]
        parts.append({kind: _checked(folder, files[kind], shape[kind], trusted) for kind in files})
    return Manifest(recipe=recipe, seq=row["seq"], numbers=row["numbers"], parts=tuple(parts))


def head_of(folder: Path) -> tuple[str, int, Mapping[str, int]]:
    """(recipe, sequence number, numbers) of the snapshot in `folder`, its arrays unread.

    Raises:
        IndexCorrupt: there is no manifest that makes sense.
    """
    row = _parsed(folder)
    return row["recipe"], row["seq"], row["numbers"]


def _parsed(folder: Path) -> dict[str, Any]:
    data = read_file(folder / MANIFEST, _MAX_MANIFEST_BYTES)
    try:
        row = dict(json.loads(data))
        if row.get("format") != FORMAT:  # older ones hold other things
            raise corrupt(f"`{MANIFEST}` has format {row.get('format')!r:.20}, wanted {FORMAT}")
        sane = (
            isinstance(row["recipe"], str)
            and _is_count(row["seq"])
            and all(_is_count(number) for number in row["numbers"].values())
            and len(row["parts"]) <= _MAX_PARTS
            and all(_is_file(file) for part in row["parts"] for file in part.values())
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise corrupt(f"`{MANIFEST}` does not parse ({type(error).__name__})") from error
    if not sane:
        raise corrupt(f"`{MANIFEST}` holds a value out of range")
    return row


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**62


def _is_file(file: Mapping[str, Any]) -> bool:
    return (
        bool(_FILE_NAME.fullmatch(file["name"]))
        and isinstance(file["sha256"], str)
        and _is_count(file["rows"])
    )


def _checked(
    folder: Path, file: Mapping[str, Any], shape: Shape, trusted: Mapping[str, StoredArray]
) -> StoredArray:
    name, promised = file["name"], file["sha256"]
    known = trusted.get(promised)
    if known is not None and known.name == name and known.is_in(folder):
        return known
    path = folder / name
    wanted = file["rows"] * shape.row_bytes
    try:
        with path.open("rb") as data:
            size = os.fstat(data.fileno()).st_size
            lengths = f"`{name}` has {size:,} bytes, wanted {wanted:,}"
            if size > wanted:  # before reading: a damaged file may be of any size
                raise corrupt(lengths)
            found = hashlib.file_digest(data, "sha256").hexdigest()
    except OSError as error:
        raise corrupt(f"cannot read `{name}`: {error.strerror or error}") from error
    if found != promised or size != wanted:
        raise corrupt(f"{lengths}, and sha256 {found}, the manifest promises {promised}")
    return StoredArray(array=_map(path, file["rows"], shape), name=name, sha256=promised)


def _map(path: Path, rows: int, shape: Shape) -> NDArray[Any]:
    dims = (rows,) if shape.width is None else (rows, shape.width)
    if not rows * shape.row_bytes:  # nothing can be mapped
        return np.empty(dims, shape.dtype)
    # A plain view: every slice of a `memmap` object costs microseconds.
    return np.asarray(np.memmap(path, shape.dtype, "r", shape=dims))

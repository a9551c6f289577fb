"""The index on disk: a snapshot that is either whole or refused.

A folder holds `codes-….npy`, `ids-….npy` and `manifest.json`. The arrays carry their digest in
their names and the manifest, replaced last, says which two belong together: a crash while
saving leaves the old snapshot in force. The register's log can always rebuild it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import IndexCorrupt, RecipeMismatch, StoreUnwritable
from moderation.image.hashing import HashRecipe

FORMAT = 1
MANIFEST = "manifest.json"
_KINDS = ("codes", "ids")
_MAX_MANIFEST_BYTES = 65_536
_MAX_HEADER_BYTES = 4_096  # of an .npy file
_ARRAY_NAME = re.compile(r"(codes|ids)-[0-9a-f]{16}\.npy")
_STALE_NAME = re.compile(r"\.?(codes|ids)-[0-9a-f]{16}\.npy(\.part)?")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """What an index holds."""

    recipe: HashRecipe
    codes: NDArray[np.uint8]
    """uint8 [n, recipe.bytes]."""
    ids: NDArray[np.int64]
    """int64 [n]."""
    seq: int
    """Sequence number of the register's log that the codes are complete up to."""


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Replace the snapshot in `folder`, which is made if need be.

    Raises:
        StoreUnwritable: The disk is full, read-only or forbidden.
    """
    data = {"codes": _npy(snapshot.codes), "ids": _npy(snapshot.ids)}
    digests = {kind: hashlib.sha256(array).hexdigest() for kind, array in data.items()}
    names = {kind: f"{kind}-{digest[:16]}.npy" for kind, digest in digests.items()}
    manifest = {
        "format": FORMAT,
        "recipe": snapshot.recipe.name,
        "count": len(snapshot.ids),
        "seq": snapshot.seq,
        "files": {kind: {"name": names[kind], "sha256": digests[kind]} for kind in data},
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, array in data.items():
            replace_file(folder / names[kind], array)
        replace_file(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
        for file in folder.iterdir():
            if _STALE_NAME.fullmatch(file.name) and file.name not in names.values():
                file.unlink()
    except OSError as error:
        raise StoreUnwritable(
            f"cannot write the index to `{folder}`: {error.strerror or error}",
            hint="free space or correct the permissions, then save again",
        ) from error


def read_snapshot(folder: Path, recipe: HashRecipe) -> Snapshot:
    """Read the snapshot in `folder`.

    Raises:
        IndexCorrupt: A file is missing, damaged, oversized or not the one promised.
        RecipeMismatch: The snapshot holds codes of another recipe.
    """
    manifest = _manifest(folder)
    if manifest["recipe"] != recipe.name:
        raise RecipeMismatch(
            f"the index holds `{manifest['recipe']}`, wanted `{recipe.name}`",
            hint="rebuild the index from the register",
        )
    count, files = manifest["count"], manifest["files"]
    return Snapshot(
        recipe=recipe,
        codes=_array(folder, files["codes"], (count, recipe.bytes), np.dtype(np.uint8)),
        ids=_array(folder, files["ids"], (count,), np.dtype(np.int64)),
        seq=manifest["seq"],
    )


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def replace_file(path: Path, data: bytes) -> None:
    """Write, flush to disk, then rename into place.

    Raises:
        OSError: the disk is full, read-only or forbidden; the old file is as it was.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A rename must itself reach the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _manifest(folder: Path) -> dict[str, Any]:
    data = read_file(folder / MANIFEST, _MAX_MANIFEST_BYTES)
    try:
        row = json.loads(data)
        files = [(row["files"][kind]["name"], row["files"][kind]["sha256"]) for kind in _KINDS]
        sane = (
            isinstance(row["recipe"], str)
            and all(type(row[name]) is int and row[name] >= 0 for name in ("count", "seq"))
            and all(_ARRAY_NAME.fullmatch(name) and isinstance(sha, str) for name, sha in files)
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise corrupt(f"`{MANIFEST}` does not parse ({type(error).__name__})") from error
    if row.get("format") != FORMAT:
        raise corrupt(f"`{MANIFEST}` has format {row.get('format')!r:.20}, wanted {FORMAT}")
    if not sane:
        raise corrupt(f"`{MANIFEST}` holds a value out of range")
    return dict(row)


def _array(
    folder: Path, file: dict[str, str], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    name = file["name"]
    data = read_file(folder / name, math.prod(shape) * dtype.itemsize + _MAX_HEADER_BYTES)
    found = hashlib.sha256(data).hexdigest()
    if found != file["sha256"]:
        raise corrupt(f"`{name}` has sha256 {found}, the manifest promises {file['sha256']}")
    try:
        array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise corrupt(f"`{name}` is not an array ({type(error).__name__})") from error
    if array.shape != shape or array.dtype != dtype:
        raise corrupt(
            f"`{name}` holds {array.dtype} {list(array.shape)}, wanted {dtype} {list(shape)}"
        )
    return array


def read_file(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes.

    Raises:
        IndexCorrupt: it is missing, unreadable or longer.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > limit:  # before reading: a damaged file may be of any size
                raise corrupt(f"`{path.name}` has {size:,} bytes, limit {limit:,}")
            return file.read()
    except OSError as error:
        raise corrupt(f"cannot read `{path.name}`: {error.strerror or error}") from error


def corrupt(what: str) -> IndexCorrupt:
    """An error that says what is wrong and what to do."""
    return IndexCorrupt(what, hint="rebuild the index from the register")

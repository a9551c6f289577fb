"""Model folders: where they lie, and that they hold what they promise.

A folder `<name>_v<N>` has a `config.json` and, in `digests.json`, the SHA-256 of every file in it.
Nothing is used before it agrees with its digest, and what was read is what is used: a file that
changes afterwards changes nothing. There is no pickle and no network here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from moderation.errors import ArtifactError, DigestMismatch, ModelNotFound

COPY_DESCRIPTOR = "copy-descriptor_v1"
"""The descriptor that is used where none is named."""
NOTE_READER = "note-reader_v1"
"""The reader of notes that is used where none is named."""

CONFIG = "config.json"
DIGESTS = "digests.json"
FORMAT = 1
"""Of the folder; what a newer one means is not guessed."""
MAX_FILE_BYTES = 256 << 20
MAX_JSON_BYTES = 64 << 10
MAX_FILES = 32
RECIPE_DIGITS = 12

_PACKAGE = Path(__file__).resolve().parent
SHELVES = (
    _PACKAGE / "_models",  # of the wheel
    _PACKAGE.parent / "models",  # of a checkout
)
"""Folders of model folders, the first to search first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A model folder whose files agree with their digests."""

    folder: Path
    kind: str
    """What its configuration says it is: `copy-descriptor`."""
    config: Mapping[str, Any]
    files: Mapping[str, bytes]
    """Contents of every file that has a digest, `config.json` included."""

    @property
    def name(self) -> str:
        """Of the folder: `copy-descriptor_v1`."""
        return self.folder.name

    def recipe(self, *used: str) -> str:
        """Name and digest of what decides the answers: `copy-descriptor_v1/3fa9c1…`.

        Args:
            used: files that decide them, beside the configuration.
        """
        both = hashlib.sha256()
        for name in (CONFIG, *used):
            both.update(hashlib.sha256(self.files[name]).digest())
        return f"{self.name}/{both.hexdigest()[:RECIPE_DIGITS]}"

    def file(self, name: str) -> bytes:
        """Contents of a file.

        Raises:
            ArtifactError: the folder has no digest of such a file.
        """
        if name not in self.files:
            raise ArtifactError(
                f"`{self.name}` lists no file `{name}` among its {len(self.files)}",
                hint=f"add the file, and its digest to `{DIGESTS}`",
            )
        return self.files[name]


def artifact_folders() -> dict[str, Path]:
    """Installed model folders by name; the first shelf that has a name counts."""
    found: dict[str, Path] = {}
    for shelf in SHELVES:
        for config in sorted(shelf.glob(f"*_v*/{CONFIG}")):
            found.setdefault(config.parent.name, config.parent)
    return found


def open_artifact(name: str, kind: str, folder: Path | None = None) -> Artifact:
    """Read a model folder and hold it to its digests.

    Args:
        name: of the folder to look for on the shelves.
        kind: what it has to be.
        folder: to use instead of those on the shelves.

    Raises:
        ModelNotFound: there is no such folder.
        DigestMismatch: a file is not the one that the folder promises.
        ArtifactError: the folder is damaged, too large, or of another kind or format.
    """
    at = _located(name, folder)
    digests = _json(at, DIGESTS)
    if CONFIG not in digests or len(digests) > MAX_FILES:
        raise ArtifactError(
            f"`{DIGESTS}` of `{at}` names {len(digests)} files; "
            f"needed are `{CONFIG}` and at most {MAX_FILES - 1} others",
            hint="install the model again, or write the file anew: see the page on own models",
        )
    files = {file: _checked(at, file, wanted) for file, wanted in sorted(digests.items())}
    config = _json(at, CONFIG, files[CONFIG])
    if config.get("format") != FORMAT or config.get("kind") != kind:
        raise ArtifactError(
            f"`{at}` is of kind `{config.get('kind')}` and format `{config.get('format')}`, "
            f"wanted kind `{kind}` and format `{FORMAT}`",
            hint="name the folder of a model of this kind, or upgrade notegate",
        )
    return Artifact(
        folder=at,
        kind=kind,
        config=MappingProxyType(config),
        files=MappingProxyType(files),
    )


def seal(folder: Path) -> None:
    """Write `digests.json` of a folder: its files are declared to be what they should be."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name != DIGESTS)
    digests = {path.name: _sha256(path.read_bytes()) for path in files}
    (folder / DIGESTS).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")


def _located(name: str, folder: Path | None) -> Path:
    places = [folder] if folder is not None else [shelf / name for shelf in SHELVES]
    for place in places:
        if (place / CONFIG).is_file():
            return place.resolve()
    searched = ", ".join(f"`{place}`" for place in places)
    raise ModelNotFound(
        f"no model `{name if folder is None else folder.name}` in {len(places)} places: {searched}",
        hint="reinstall notegate, or name a folder that holds `config.json`",
    )


def _json(folder: Path, name: str, data: bytes | None = None) -> dict[str, Any]:
    """An object of a small file."""
    data = _read(folder / name, MAX_JSON_BYTES) if data is None else data
    try:
        if len(data) > MAX_JSON_BYTES:
            raise ValueError(f"got {len(data)} bytes, limit {MAX_JSON_BYTES} bytes")
        value = json.loads(data)
        if not isinstance(value, dict):
            raise ValueError("not an object")
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{name}` of `{folder}` is no JSON object: {error}",
            hint="install the model again; the file is damaged",
        ) from None
    return value


def _checked(folder: Path, name: str, wanted: object) -> bytes:
    """Contents of a file that has its digest."""
    if Path(name).name != name or name == DIGESTS or not name:
        raise ArtifactError(
            f"`{DIGESTS}` of `{folder}` names `{name}`, which is no file of the folder",
            hint="install the model again from where you trust it",
        )
    if (folder / name).resolve().parent != folder:
        raise ArtifactError(
            f"`{folder / name}` leads to `{(folder / name).resolve()}`, out of the folder",
            hint="install the model again, with files in place of links",
        )
    data = _read(folder / name, MAX_FILE_BYTES)
    found = _sha256(data)
    if found != wanted:
        raise DigestMismatch(
            f"`{folder / name}` has digest `{found}`, expected `{wanted}`",
            hint="install the model again; this file was changed or damaged",
        )
    return data


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise ArtifactError(
            f"cannot read `{path}`: {(error.strerror or str(error)).lower()}",
            hint="install the model again, or allow this user to read it",
        ) from None
    if len(data) > most:
        raise ArtifactError(
            f"`{path}` has more than {most} bytes, limit {most} bytes",
            hint="install the model again; this file is not of a model",
        )
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

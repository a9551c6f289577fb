"""Files in an object store or on a server, named by a URL that the operator gives.

`s3://bucket/folder`, `gs://…`, `ftp://…` and whatever else fsspec reads; `file://…` is a path.
Only the operator names a URL: what an archive says of itself is a path within it, see
`ObjectPath.picture`.
"""

from __future__ import annotations

import io
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from moderation.archive.store_connections import (
    STREAM_BYTES,
    TURNS,
    Stream,
    as_os_error,
    forget_connections,
    hidden,
    opened,
    store,
)
from moderation.errors import BadArchive, BadNote

_STAMPS = (
    *("ETag", "etag", "md5Hash", "checksum", "sha256", "crc32c"),
    *("mtime", "LastModified", "last_modified", "updated", "modify", "modified", "created"),
)
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modify", "modified", "created")


def located(source: str | Path | ObjectPath) -> Path | ObjectPath:
    """A local path, or the place in a store that a URL names.

    Raises:
        BadArchive: the store cannot be reached, or the URL is of a form that is not read.
        MissingExtra: fsspec, or the package that it wants for this store, is not installed.
    """
    if isinstance(source, Path | ObjectPath):
        return source
    text = str(source)
    if "://" not in text:
        return Path(text)
    scheme, _, rest = text.partition("://")
    if scheme in ("file", "local"):
        return Path(unquote(rest))
    if "::" in text:
        raise BadArchive(
            f"`{hidden(text)}` chains stores, which are not read",
            hint="name the file or the folder by its own URL",
        )
    found, path = opened(text)
    return ObjectPath(url=text, path=path.rstrip("/"), scheme=found.scheme)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectPath:
    """A file or folder in a store. As much of `Path` as the readers of archives need."""

    url: str
    """As the operator gave it; may hold a password, so it is never shown."""
    path: str
    """Of this file, as the store names it."""
    scheme: str

    def __str__(self) -> str:
        """Its URL, without a password."""
        head = hidden(self.url).partition("://")[2].partition("/")[0]
        shown = self.path.lstrip("/")
        # Stores of buckets have the bucket in their paths, servers have their name before it.
        return f"{self.scheme}://" + (shown if shown.startswith(head) else f"{head}/{shown}")

    def __truediv__(self, name: str) -> ObjectPath:
        """A name below this folder."""
        return ObjectPath(url=self.url, path=f"{self.path}/{name}", scheme=self.scheme)

    @property
    def name(self) -> str:
        """Last part."""
        return posixpath.basename(self.path)

    @property
    def suffix(self) -> str:
        """With its point, as `.jpg`; empty where there is none."""
        return posixpath.splitext(self.path)[1]

    @property
    def parent(self) -> ObjectPath:
        """The folder that holds it."""
        folder = posixpath.dirname(self.path).rstrip("/")
        return ObjectPath(url=self.url, path=folder, scheme=self.scheme)

    def inside(self, folder: ObjectPath) -> str:
        """Its path from a folder on, which must hold it."""
        return self.path[len(folder.path) :].lstrip("/")

    def is_file(self) -> bool:
        """True where there is such a file.

        Raises:
            BadArchive: the store cannot be asked.
        """
        return self._kind() == "file"

    def is_dir(self) -> bool:
        """True where there is such a folder, or something below it.

        Raises:
            BadArchive: the store cannot be asked.
        """
        return self._kind() == "directory"

    def exists(self) -> bool:
        """True where there is either.

        Raises:
            BadArchive: the store cannot be asked.
        """
        return self._kind() is not None

    def _kind(self) -> str | None:
        try:
            return str(self._told()["type"])
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadArchive(
                f"cannot ask for `{self}`: {error}", hint="check the URL, the account and the store"
            ) from error

    @property
    def size(self) -> int:
        """Bytes.

        Raises:
            OSError: it is not there, or the store fails.
        """
        return int(self._told().get("size") or 0)

    def stamp(self) -> list[int | str]:
        """Size, and what else the store says that changes with the content: digest or time.

        Raises:
            OSError: it is not there, or the store fails.
        """
        told = self._told()
        said = next((str(told[key]) for key in _STAMPS if told.get(key)), "")
        return [int(told.get("size") or 0), said]

    def changed_at(self) -> datetime:
        """When it was last changed, in UTC.

        Raises:
            BadNote: the store does not tell.
            OSError: it is not there, or the store fails.
        """
        told = self._told()
        for value in (told[key] for key in _TIMES if told.get(key)):
            if (at := _moment(value)) is not None:
                return at
        raise BadNote(
            f"the store does not tell when `{self.name}` was changed",
            hint="list the pictures in a `notes.jsonl` with the time of each",
        )

    def open(self, piece_bytes: int = STREAM_BYTES) -> io.BufferedReader:
        """Read it in pieces, from its beginning or from anywhere.

        Args:
            piece_bytes: that are fetched at once, `STREAM_BYTES` or `PART_BYTES`.

        Raises:
            OSError: it is not there, or the store fails.
        """
        return io.BufferedReader(Stream(self.url, self.path, piece_bytes), piece_bytes)

    def walk(self) -> Iterator[tuple[ObjectPath, list[str], list[str]]]:
        """As `os.walk`: a folder, names of folders in it (to be changed in place), names of files.

        Raises:
            OSError: the store fails.
        """
        with as_os_error():
            folders: list[str] = []
            files: list[str] = []
            with TURNS:
                listed = store(self.url).fs.ls(self.path or "/", detail=True)
            for told in listed:
                name = posixpath.basename(told["name"].rstrip("/"))
                if name and told["name"].rstrip("/") != self.path:
                    (folders if told["type"] == "directory" else files).append(name)
        yield self, folders, files
        for name in folders:
            yield from (self / name).walk()

    def picture(self, path: str, root: ObjectPath) -> StoredPicture:
        """The picture that a note of an archive names, from this folder on.

        Args:
            path: as the note says it.
            root: folder of the archive, which the path must not leave.

        Raises:
            BadNote: the path is none, or leads elsewhere.
        """
        whole = posixpath.normpath(f"{self.path}/{path}")
        if "\0" in path:
            raise BadNote("a path of a picture holds a NUL", hint="correct the path in the note")
        if path.startswith("/") or not whole.startswith(root.path + "/"):
            raise BadNote(
                "a path of a picture leaves the archive's folder",
                hint="put the pictures beside the archive; in a store, no path may leave it",
            )
        place = ObjectPath(url=self.url, path=whole, scheme=self.scheme)
        return StoredPicture(place=place, path=place.inside(root))

    def _told(self) -> Mapping[str, Any]:
        with as_os_error(), TURNS:
            told: Mapping[str, Any] = store(self.url).fs.info(self.path or "/")
            return told


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPicture:
    """A picture of a note, in the store that holds the archive: a `PictureFile`.

    It is read when somebody looks at it, by the process that looks.
    """

    place: ObjectPath
    path: str
    """Within the archive."""

    def stamp(self) -> list[int | str]:
        """As `ObjectPath.stamp`."""
        return self.place.stamp()

    def read(self, most: int) -> bytes:
        """Its first bytes, at most so many.

        Raises:
            OSError: it is not there, or the store fails, twice.
        """
        try:
            return self._read(most)
        except FileNotFoundError:
            raise
        except OSError:
            # A connection that lay idle may have been closed by the server.
            forget_connections()
            return self._read(most)

    def _read(self, most: int) -> bytes:
        with self.place.open() as file:
            return file.read(most)


Place = Path | ObjectPath
"""A file or folder, here or in a store."""


def as_bytes(place: Place, piece_bytes: int = STREAM_BYTES) -> io.BufferedReader:
    """Open either for reading, one in a store by pieces of so many bytes.

    Raises:
        OSError, ValueError: it cannot be opened.
    """
    return place.open(piece_bytes) if isinstance(place, ObjectPath) else place.open("rb")


def walked(folder: Place) -> Iterator[tuple[Place, list[str], list[str]]]:
    """Folders below one, this one first, as `os.walk` tells them.

    Raises:
        BadArchive: a store fails; of local folders, those that cannot be read are left out.
    """
    if isinstance(folder, Path):
        for parent, folders, files in os.walk(folder):
            yield Path(parent), folders, files
        return
    try:
        yield from folder.walk()
    except OSError as error:
        raise BadArchive(
            f"cannot list `{folder}`: {error}", hint="check the URL, the account and the store"
        ) from error


def inside(place: Place, folder: Place) -> str:
    """The path of a place from a folder on, with `/`."""
    if isinstance(place, ObjectPath):
        return place.inside(cast("ObjectPath", folder))
    return place.relative_to(cast("Path", folder)).as_posix()


def _moment(value: object) -> datetime | None:
    try:
        if isinstance(value, datetime):
            return value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        text = str(value)
        if text[:14].isdigit():  # `MLSD` of FTP
            return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None

"""Connections to object stores and servers. The only home of fsspec.

Whatever a store raises while it is read comes out as `OSError`, and so does a file that ends before
its size: readers treat them as they treat a failing disk.
"""

from __future__ import annotations

import errno
import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moderation.errors import BadArchive, MissingExtra

STREAM_BYTES = 1 << 20
"""Fetched at once of what is read from beginning to end."""
PART_BYTES = 1 << 16
"""Fetched at once, at least, of what is read here and there."""
TURNS = threading.RLock()
"""A connection answers one question at a time; a scan works in many processes."""

_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A connection, and the scheme of the URL that it was made for."""

    fs: Any
    scheme: str


def opened(url: str) -> tuple[Store, str]:
    """A connection whose listings are fresh, and the path that a URL names there.

    Raises:
        BadArchive: the store cannot be reached.
        MissingExtra: fsspec, or the package that it wants for this store, is not installed.
    """
    try:
        found = store(url)
        with TURNS:
            found.fs.invalidate_cache()
    except ImportError as error:
        if isinstance(error, MissingExtra):
            raise
        scheme = url.partition("://")[0]
        raise MissingExtra(
            f"`{scheme}://` wants a package that is not installed: {error}",
            hint=f"install it, as `pip install {_package_of(scheme)}`",
        ) from error
    except Exception as error:  # each store has exceptions of its own
        raise BadArchive(
            f"cannot open `{hidden(url)}`: {error}",
            hint="check the URL, the account and the store",
        ) from error
    return found, str(found.fs._strip_protocol(url))


def store(url: str) -> Store:
    """A connection of this process, kept for the next time."""
    return _store_of(url, os.getpid())  # a connection is not shared with a child


@lru_cache(_CONNECTIONS)
def _store_of(url: str, pid: int) -> Store:
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra(
            "archives in stores need fsspec, which is not installed",
            hint='install the extra: `pip install "notegate[objects]"`',
        ) from error
    fs, _ = fsspec.core.url_to_fs(url)
    return Store(fs=fs, scheme=url.partition("://")[0])


def forget_connections() -> None:
    """Connect anew the next time."""
    with TURNS:
        _store_of.cache_clear()


def _package_of(scheme: str) -> str:
    from fsspec.registry import known_implementations

    home = known_implementations.get(scheme, {}).get("class", scheme).partition(".")[0]
    return "the package that it names" if home == "fsspec" else home


@contextmanager
def as_os_error() -> Iterator[None]:
    """Make an `OSError` of whatever a store raises."""
    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)) from error
    except OSError:
        raise
    except (MemoryError, MissingExtra):
        raise
    except Exception as error:  # of ftplib, botocore, aiohttp, …
        raise OSError(errno.EIO, f"{type(error).__name__}: {error}") from error


def hidden(url: str) -> str:
    """A URL without the password that it may hold."""
    scheme, sign, rest = url.partition("://")
    head, slash, tail = rest.partition("/")
    return scheme + sign + head.rpartition("@")[2] + slash + tail


class Stream(io.RawIOBase):
    """A file of a store, whose every failure is an `OSError`."""

    def __init__(self, url: str, path: str, piece_bytes: int) -> None:
        """Open it.

        Args:
            url: of the store.
            path: as the store names it.
            piece_bytes: that are fetched at once.

        Raises:
            OSError: it is not there, or the store fails.
        """
        self._name = path.rpartition("/")[2]
        with as_os_error(), TURNS:
            fs = store(url).fs
            self._size = int(fs.info(path).get("size") or 0)
            self._file = fs.open(path, "rb", block_size=piece_bytes)
        self._at = 0

    def readable(self) -> bool:
        """As all files are."""
        return True

    def seekable(self) -> bool:
        """Anywhere."""
        return True

    def tell(self) -> int:
        """Bytes before the next one read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go on from elsewhere; nothing is fetched yet."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fetch as much as there is room for, or less; 0 at the end.

        Raises:
            OSError: the store fails, or ends before the size that it told.
        """
        view = memoryview(buffer).cast("B")
        with as_os_error(), TURNS:
            self._file.seek(min(self._at, self._size))
            data = self._file.read(min(len(view), max(0, self._size - self._at)))
        if not data and self._at < self._size and len(view):
            raise OSError(
                errno.EIO, f"`{self._name}` ends after {self._at:,} of {self._size:,} bytes"
            )
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            with TURNS:
                self._file.close()
        super().close()

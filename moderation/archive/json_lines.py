"""One JSON object a line, read with limits: no line can exhaust memory or stop the rest."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from moderation.archive.object_store import ObjectPath, as_bytes, located
from moderation.archive.store_connections import STREAM_BYTES, hidden
from moderation.errors import BadArchive, BadNote, InputError

Source = str | Path | ObjectPath
"""A path, a URL of a store, or `-`."""
STDIN = "-"
MAX_LINE_BYTES = 8 << 20
"""Twice a note that uses up every limit; JSON of this size takes up to 200 MB once parsed."""
MAX_DOCUMENT_BYTES = 64 << 20
"""Of one JSON document that is read whole: some 300,000 hashes."""

BREAKS = (OSError, EOFError, zlib.error)
"""What reading raises in the middle of a failing disk or a truncated gzip file."""

_BOM = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"
_SKIP_BYTES = 1 << 20


@contextmanager
def open_source(source: Source, piece_bytes: int = STREAM_BYTES) -> Iterator[BinaryIO]:
    """Open a file, one in a store, or standard input for `-`; gzip is recognised by content.

    Of a file in a store so many bytes are fetched at once.

    Raises:
        BadArchive: missing, a folder, or not permitted.
    """
    if str(source) == STDIN:
        stdin = cast("Any", sys.stdin.buffer)  # may be replaced by any binary stream
        yield _unzipped(stdin if hasattr(stdin, "peek") else io.BufferedReader(stdin))
        return
    try:
        file = as_bytes(located(source), piece_bytes)
    except (OSError, ValueError) as error:
        raise unreadable(source, error) from error
    with file:
        try:
            stream = _unzipped(file)
        except OSError as error:  # a failing disk shows at the first byte
            raise unreadable(source, error) from error
        yield stream


def unreadable(source: Source, error: Exception) -> BadArchive:
    """The error for a file that cannot be opened."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return BadArchive(
        f"cannot read `{hidden(str(source))}`: {reason}", hint="check the path and its permissions"
    )


def _unzipped(file: io.BufferedReader) -> BinaryIO:
    # By content, so that a renamed file and a pipe work too.
    if file.peek(2)[:2] == _GZIP_MAGIC:
        return cast("BinaryIO", gzip.GzipFile(fileobj=file))
    return file


def read_lines(
    stream: BinaryIO, *, limit: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, bytes | InputError]]:
    """Number and bytes of each line that is not blank, from 1, without its line end.

    A line above `limit` bytes is skipped without being held, and comes out as
    the error that says so. A stream that breaks off (truncated gzip, failing
    disk) ends with such an error too.
    """
    number = 0
    try:
        while line := stream.readline(limit + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(_BOM)
            if len(line) > limit and not line.endswith(b"\n"):
                length = len(line) + _skip_line(stream)
                yield number, _too_long(length, limit)
            elif line := line.strip():
                yield number, line
    except BREAKS as error:
        yield (
            number + 1,
            BadArchive(
                f"the input breaks off after line {number}: {error}",
                hint="fetch or compress the file again; the lines before were read",
            ),
        )


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while rest := stream.readline(_SKIP_BYTES):
        skipped += len(rest)
        if rest.endswith(b"\n"):
            break
    return skipped


def _too_long(length: int, limit: int) -> BadNote:
    return BadNote(
        f"the line has {length:,} bytes, limit {limit:,}",
        hint="put one note on each line, and pictures into files beside it",
    )


def read_json_lines(
    stream: BinaryIO, *, limit: int = MAX_LINE_BYTES
) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Number and object of each line that is not blank; a bad line comes out as its error."""
    for number, line in read_lines(stream, limit=limit):
        if isinstance(line, InputError):
            yield number, line
            continue
        try:
            yield number, parse_object(line)
        except InputError as error:
            yield number, error


def parse_object(line: bytes) -> dict[str, Any]:
    """Parse one strict JSON object: UTF-8, no NaN, no bottomless nesting.

    Raises:
        BadNote: anything else.
    """
    row = parse_json(line)
    if not isinstance(row, dict):
        raise BadNote(
            f"the line must be a JSON object, got {type(row).__name__}",
            hint="put one object on each line; `jq -c '.[]'` splits an array",
        )
    return row


def read_document(name: str, stream: BinaryIO, smaller: str, head: bytes = b"") -> object:
    """The rest of a stream as one JSON document.

    Args:
        name: of the document, as messages call it.
        stream: read to its end, or to the limit.
        smaller: the hint for a document above `MAX_DOCUMENT_BYTES`.
        head: what was read of it already.

    Raises:
        BadArchive: it breaks off, is too large, or is not JSON.
    """
    try:
        text = head + stream.read(MAX_DOCUMENT_BYTES + 1)
    except BREAKS as error:
        raise BadArchive(
            f"{name} breaks off: {error}", hint="fetch or compress the file again"
        ) from error
    if len(text) > MAX_DOCUMENT_BYTES:
        raise BadArchive(f"{name} is larger than {MAX_DOCUMENT_BYTES >> 20} MB", hint=smaller)
    try:
        return parse_json(text)
    except BadNote as error:
        message = error.message.replace("the line", name)
        raise BadArchive(message, hint=error.hint) from None


def parse_json(text: bytes) -> Any:
    """Parse strict JSON of any shape.

    Raises:
        BadNote: not UTF-8, not JSON, NaN or infinity, or nested too deeply.
    """
    try:
        return json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise BadNote(
            f"the line is not UTF-8 at byte {error.start}", hint="save the file as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise BadNote(
            f"the line is not JSON at character {error.pos}: {error.msg.lower()}",
            hint="write each line with a JSON library",
        ) from None
    except RecursionError:
        raise BadNote(
            "the JSON is nested too deeply",
            hint="remove the nested field; a note needs four levels",
        ) from None
    except ValueError as error:  # a number of thousands of digits
        raise BadNote(
            f"the JSON holds a value that cannot be read: {error}", hint="correct the value"
        ) from None


def _refuse_constant(name: str) -> NoReturn:
    raise BadNote(f"`{name}` is not JSON", hint="write null where a number is unknown")

"""Rows of notes from a tar shard, as WebDataset writes them: one sample after the other.

Files of a sample follow each other and have one key, their name up to its first point:
`00017.json` is the note, `00017.jpg`, or `00017.0.jpg`, `00017.1.png`, …, are its pictures, in the
order of their numbers. The shard is read as a stream, gzip or not; one sample is in memory.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO, cast

from moderation.archive.json_lines import BREAKS, MAX_LINE_BYTES, open_source, parse_object
from moderation.archive.object_store import ObjectPath
from moderation.archive.picture_folder import PICTURE_SUFFIXES
from moderation.archive.store_connections import PART_BYTES
from moderation.errors import BadArchive, BadNote, InputError
from moderation.note import MAX_IMAGES

SUFFIXES = (".tar", ".tar.gz", ".tgz")
MOST_PICTURE_BYTES = 64 << 20
"""Of a picture that are read; more than is ever decoded, so what is cut here is refused there."""
_USTAR_AT, _USTAR = 257, b"ustar"
_NUMBER = re.compile(r"(?:(\d{1,9})\.)?([a-z]+)")

Member = tuple[str, str, bytes]
"""Key, the rest of the name in lower case, content."""


def is_tar(path: Path | ObjectPath) -> bool:
    """Told by the first bytes, below gzip too; by the name where a shard is of the oldest form.

    Raises:
        BadArchive: the file cannot be opened.
    """
    with open_source(path, PART_BYTES) as stream:
        try:
            head = stream.read(_USTAR_AT + len(_USTAR))
        except BREAKS:
            return False
    return head[_USTAR_AT:] == _USTAR or path.name.lower().endswith(SUFFIXES)


def read_samples(path: Path | ObjectPath) -> Iterator[tuple[int, Mapping[str, Any] | InputError]]:
    """Number from 1 and JSON-like row of each sample that has a note or pictures.

    Raises:
        BadArchive: the file cannot be opened.
    """
    number = 0
    with open_source(path) as opened:
        try:
            for key, members in groupby(_members(_Watched(opened)), key=lambda member: member[0]):
                files = dict(_wanted(members))
                if files:
                    number += 1
                    yield number, _row(key, files)
        except (tarfile.TarError, *BREAKS) as error:
            yield (
                number + 1,
                BadArchive(
                    f"the shard breaks off after sample {number}: {error}",
                    hint="write or fetch it again; the samples before were read",
                ),
            )


class _Watched:
    """A stream that knows how a shard ended: by empty blocks, as it should.

    `tarfile` also takes it for the end where a shard was cut between two files, and reads no
    further where another one was appended.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._length = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self._length += len(piece)
        self._last = (self._last + piece)[-2 * tarfile.RECORDSIZE :]
        return piece

    def refuse_other_ends(self, offset: int) -> None:
        """Make sure that only empty blocks follow.

        Raises:
            EOFError: nothing follows, or something that was not read.
        """
        if self._length == offset:
            raise EOFError("it has no end")
        rest = self._last[offset - self._length :]
        while rest:
            if any(rest):
                raise EOFError("something follows its end")
            rest = self.read(tarfile.RECORDSIZE)


def _members(stream: _Watched) -> Iterator[Member]:
    """Plain files; links and devices of a foreign archive are not followed."""
    with tarfile.open(fileobj=cast("BinaryIO", stream), mode="r|") as shard:
        for member in shard:
            folder, _, name = member.name.rpartition("/")
            stem, _, rest = name.partition(".")
            file = shard.extractfile(member) if member.isreg() and stem and rest else None
            if file is not None:
                key = f"{folder}/{stem}" if folder else stem
                most = MAX_LINE_BYTES if rest.lower() == "json" else MOST_PICTURE_BYTES
                yield key, rest.lower(), file.read(most + 1)
        stream.refuse_other_ends(shard.offset)


def _wanted(members: Iterator[Member]) -> Iterator[tuple[str, bytes]]:
    """The note and its pictures; other files of a sample (`cls`, `txt`, …) are none of ours."""
    pictures = 0
    for _, rest, content in members:
        named = _NUMBER.fullmatch(rest)
        if rest == "json":
            yield rest, content
        elif named is not None and f".{named[2]}" in PICTURE_SUFFIXES and pictures <= MAX_IMAGES:
            pictures += 1
            yield rest, content


def _row(key: str, files: Mapping[str, bytes]) -> Mapping[str, Any] | InputError:
    try:
        return _note(key, dict(files))
    except InputError as error:
        return error


def _note(key: str, files: dict[str, bytes]) -> dict[str, Any]:
    text = files.pop("json", None)
    if text is None:
        raise BadNote(
            f"the sample `{key:.80}` has pictures and no note",
            hint=f"put the note beside them, as `{key:.80}.json`",
        )
    if len(text) > MAX_LINE_BYTES:
        raise BadNote(
            f"the note of the sample `{key:.80}` has more than {MAX_LINE_BYTES:,} bytes",
            hint="put pictures into files of the sample, not into the note",
        )
    row = {"id": key} | parse_object(text)
    shown = [files[rest] for rest in sorted(files, key=_place)]
    said = row.get("images") or []
    if not isinstance(said, list) or (said and len(said) != len(shown)):
        listed = len(said) if isinstance(said, list) else "no list of"
        raise BadNote(
            f"`images` of the sample `{key:.80}` has {listed} pictures, the shard {len(shown)}",
            hint="list as many as there are, in the order of their numbers, or none",
        )
    row["images"] = [
        {**_about(one), "data": data}
        for one, data in zip(said or [{}] * len(shown), shown, strict=True)
    ]
    return row


def _about(said: object) -> dict[str, Any]:
    """What the note says of a picture; its path is only a name here."""
    return {k: v for k, v in said.items() if k != "path"} if isinstance(said, Mapping) else {}


def _place(rest: str) -> tuple[int, str]:
    named = _NUMBER.fullmatch(rest)
    return (int(named[1]) if named is not None and named[1] else -1), rest

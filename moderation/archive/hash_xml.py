"""Lists of hashes as XML, in the shape in which NCMEC's hash sharing answers.

    <queryResult><images count="1"><image>
      <member>partner</member><timestamp>2026-02-01T00:00:00Z</timestamp><id>n1</id>
      <fingerprints><md5>…</md5><pdq>f8f8…</pdq></fingerprints>
    </image></images></queryResult>

Of fingerprints those are read that pictures are compared by here; who needs others compares files.
A document with entities of its own is refused, so that a small one cannot become a large one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from xml.parsers import expat

from moderation.archive.json_lines import BREAKS
from moderation.errors import BadArchive, BadHash, InputError

_PIECE_BYTES = 1 << 16
_KINDS = ("pdq", "phash", "dhash", "whash")
_NAMES = {
    **{"id": "id", "timestamp": "published_at", "member": "source"},
    **{"licence": "licence", "license": "licence"},
    **{"author": "author_id", "imageNumber": "image_number", "quality": "quality"},
}
_OTHERS = {"deletedImage": "a deletion", "video": "a video", "deletedVideo": "a deletion"}
MOST_CHARS = 10_000
"""Of one element; more is cut, and refused where it is looked at."""

Entry = tuple[int, Mapping[str, Any] | InputError]


def entries_of(head: bytes, stream: BinaryIO) -> Iterator[Entry]:
    """Number from 1 and fields of each entry, as `read_hashes` knows them from CSV.

    Args:
        head: first line, read already.
        stream: the rest; read in pieces.

    Raises:
        BadArchive: it is no XML, breaks off, or brings entities of its own.
    """
    reading = _Reading()
    try:
        yield from reading.fed(head + b"\n")
        while piece := stream.read(_PIECE_BYTES):
            yield from reading.fed(piece)
        yield from reading.fed(b"", final=True)
    except expat.ExpatError as error:
        raise BadArchive(f"the list is no XML: {error}", hint="export it again") from error
    except BREAKS as error:
        raise BadArchive(f"the list breaks off: {error}", hint="fetch it again") from error


class _Reading:
    """What expat has told so far."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._number = 0
        self._depth = 0
        self._inside = 0  # depth of the entry that is open
        self._fields: dict[str, Any] = {}
        self._words: list[str] = []
        self._length = 0
        self._attributes: Mapping[str, str] = {}
        self._done: list[Entry] = []

    def fed(self, piece: bytes, *, final: bool = False) -> Iterator[Entry]:
        self._parser.Parse(piece, final)
        yield from self._done
        self._done.clear()

    def _refuse(self, *_: object) -> None:
        raise BadArchive("the list brings a document type", hint="export it as plain XML")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if not self._inside and (tag == "image" or tag in _OTHERS):
            self._inside, self._fields = self._depth, {}
        self._words, self._length, self._attributes = [], 0, attributes

    def _text(self, words: str) -> None:
        self._length += len(words)
        if self._inside and self._length <= MOST_CHARS:
            self._words.append(words)

    def _end(self, tag: str) -> None:
        below = self._depth - self._inside if self._inside else 0
        words = "".join(self._words).strip()
        if below == 1 and tag in _NAMES and words:
            self._fields[_NAMES[tag]] = words
        elif below == 2 and tag in _KINDS and "hash" not in self._fields:
            self._fields |= {"hash": words, "type": tag}
            if "recipe" in self._attributes:
                self._fields["recipe"] = self._attributes["recipe"]
        elif self._inside and below == 0:
            self._number += 1
            self._done.append((self._number, self._entry(tag)))
            self._inside = 0
        self._words, self._length = [], 0
        self._depth -= 1

    def _entry(self, tag: str) -> Mapping[str, Any] | InputError:
        name = str(self._fields.get("id", ""))
        if tag in _OTHERS:
            return BadHash(
                f"entry `{name:.80}` is {_OTHERS[tag]}, and only pictures are imported",
                hint="take pictures out with `moderation register remove`",
            )
        if "hash" not in self._fields:
            return BadHash(
                f"entry `{name:.80}` has no fingerprint that pictures are compared by here",
                hint="ask for PDQ hashes: an MD5 or PhotoDNA hash cannot be compared",
            )
        return self._fields

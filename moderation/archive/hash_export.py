"""Hashes as lists that others read: CSV, ThreatExchange's JSON, XML in the shape of NCMEC's.

Every list says of every hash how it was made, so that nobody has to guess; what `read_hashes` reads
back is what was written. Times are UTC.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Literal, get_args
from xml.sax.saxutils import escape, quoteattr

from moderation.archive.hashes import HashRow, kind_of

HashFormat = Literal["csv", "threatexchange", "ncmec"]
HASH_FORMATS: tuple[HashFormat, ...] = get_args(HashFormat)

_COLUMNS = (
    *("hash", "recipe", "note_id", "author_id", "image_number", "published_at", "quality"),
    *("licence", "source"),
)


def hash_list(rows: Iterable[HashRow], form: HashFormat) -> Iterator[bytes]:
    """A list in pieces, as it is written."""
    return _WRITERS[form](rows)


def _csv(rows: Iterable[HashRow]) -> Iterator[bytes]:
    yield _line(_COLUMNS)
    for row in rows:
        yield _line(
            (
                row.code.hex(),
                row.recipe,
                row.note_id,
                row.author_id,
                row.image_number,
                _time(row),
                "" if row.quality is None else row.quality,
                row.licence,
                row.source,
            )
        )


def _line(cells: Iterable[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _threatexchange(rows: Iterable[HashRow]) -> Iterator[bytes]:
    yield b'{"data": ['
    between = b"\n"
    for row in rows:
        said = {
            "id": row.note_id,
            "indicator": row.code.hex(),
            "type": f"HASH_{kind_of(row.recipe).upper()}",
            "recipe": row.recipe,
            "added_on": _time(row) or None,
            "author_id": row.author_id,
            "image_number": row.image_number,
            "quality": row.quality,
            "licence": row.licence,
            "source": row.source,
        }
        known = {name: value for name, value in said.items() if value not in (None, "")}
        yield between + json.dumps(known, ensure_ascii=False).encode()
        between = b",\n"
    yield b"\n]}\n"


def _ncmec(rows: Iterable[HashRow]) -> Iterator[bytes]:
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult>\n<images>\n'
    for row in rows:
        kind, recipe = kind_of(row.recipe), quoteattr(row.recipe)
        fields = (
            ("member", row.source),
            ("timestamp", _time(row)),
            ("id", row.note_id),
            ("author", row.author_id),
            ("imageNumber", str(row.image_number)),
            ("quality", "" if row.quality is None else str(row.quality)),
            ("licence", row.licence),
        )
        told = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields if value)
        fingerprint = f"<{kind} recipe={recipe}>{row.code.hex()}</{kind}>"
        yield f"<image>{told}<fingerprints>{fingerprint}</fingerprints></image>\n".encode()
    yield b"</images>\n</queryResult>\n"


def _time(row: HashRow) -> str:
    return row.published_at.isoformat() if row.published_at is not None else ""


_WRITERS = {"csv": _csv, "threatexchange": _threatexchange, "ncmec": _ncmec}

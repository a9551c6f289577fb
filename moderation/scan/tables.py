"""An observation as rows of two tables, and back: notes, and their pictures without pixels.

What has one value goes into a column; what has a shape of its own (findings, spans, texts) is the
JSON that verdicts hold. Descriptors that are searched for keep their 32 bits, so that a candidate
found from here is the gate's; those that are searched among have the 16 of the register.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from moderation.finding import ItemFailure
from moderation.gate.looking.examination import Examination, ExaminedPicture
from moderation.gate.looking.search import Proven
from moderation.image.descriptor import to_bytes
from moderation.match import Match
from moderation.text.in_pictures import PictureText

Row = dict[str, Any]

_INSTANT = pa.timestamp("us", tz="UTC")

TABLES = ("notes", "pictures")
"""Of an observation."""

NOTES = pa.schema(
    [
        ("note_id", pa.string()),
        ("revision", pa.int32()),
        ("author_id", pa.string()),
        ("published_at", _INSTANT),
        ("kind", pa.string()),
        ("lang", pa.string()),
        ("note", pa.string()),  # JSON without pixels
        ("pictures", pa.int32()),
        ("read_by", pa.string()),
        ("findings", pa.string()),  # JSON, of text, marks and unreadable pictures
        ("failures", pa.string()),  # JSON, of detectors
        # Of a row that is no note; null elsewhere.
        ("error_code", pa.string()),
        ("error_message", pa.string()),
        ("error_hint", pa.string()),
        ("line", pa.int64()),
    ]
)
"""One row for each of the archive, in its order."""

PICTURES = pa.schema(
    [
        ("note_row", pa.int32()),  # row of its note in the shard
        ("note_id", pa.string()),
        ("revision", pa.int32()),
        ("author_id", pa.string()),
        ("published_at", _INSTANT),
        ("image_number", pa.int32()),
        ("sha256", pa.string()),
        ("width", pa.int32()),  # of the source, upright
        ("height", pa.int32()),
        ("recipe", pa.string()),
        ("code", pa.binary()),
        ("quality", pa.int32()),
        ("features", pa.binary()),  # as the register keeps them
        ("descriptor", pa.binary()),
        ("descriptor_recipe", pa.string()),
        ("views", pa.list_(pa.struct([("name", pa.string()), ("box", pa.list_(pa.int32(), 4))]))),
        ("view_codes", pa.binary()),  # uint8 [views × 8, 32]
        ("view_descriptors", pa.binary()),  # little-endian float32 [described, d]
        ("decoded_width", pa.int32()),  # boxes of views are in these pixels
        ("decoded_height", pa.int32()),
        ("parts", pa.int32()),  # that were looked over, flat ones too
        ("parts_left_out", pa.int32()),
        ("parts_too_small", pa.int32()),
        ("texts", pa.string()),  # JSON, what is written in it
        ("skipped", pa.string()),  # JSON, what readers left out
        ("file_says", pa.string()),  # JSON, small facts of its origin
    ]
)
"""One row for each readable picture, in the order of notes."""

PAIRS = pa.schema(
    [
        ("note_row", pa.int32()),
        ("note_id", pa.string()),
        ("image_number", pa.int32()),
        ("number", pa.int64()),  # of the picture, as `picture_id` of matches says it
        ("tried", pa.int32()),  # pictures that it was compared with
        ("works", pa.int32()),  # that were looked at
        ("left_out", pa.int32()),  # likely ones beyond the limits
        ("matches", pa.string()),  # JSON, best first, not rounded
        ("failure", pa.string()),  # JSON, of the search; null where it answered
    ]
)
"""One row for each readable picture: what it shows of pictures published before it."""


def note_row(examined: Examination, said: Mapping[str, Any]) -> Row:
    """What was observed of a note, and its JSON as the archive says it."""
    note = examined.note
    return {
        "note_id": note.id,
        "revision": note.revision,
        "author_id": note.author.id,
        "published_at": note.published_at,
        "kind": note.kind.value,
        "lang": note.lang,
        "note": _json(said),
        "pictures": len(note.images),
        "read_by": examined.read_by,
        "findings": _json([finding.to_json() for finding in examined.findings]),
        "failures": _json([failure.to_json() for failure in examined.failures]),
    }


def failure_row(failure: ItemFailure) -> Row:
    """A row of the archive that is no note."""
    return {
        "note_id": failure.note_id or None,
        "pictures": 0,
        "error_code": failure.code,
        "error_message": failure.message,
        "error_hint": failure.hint,
        "line": failure.line,
    }


def picture_rows(examined: Examination, note_row: int) -> list[Row]:
    """What was observed of a note's readable pictures; the note stands at `note_row`."""
    return [
        {"note_row": note_row} | _picture_row(examined, picture) for picture in examined.pictures
    ]


def pair_row(
    row: Mapping[str, Any], number: int, proven: Proven, digests: Mapping[int, str]
) -> Row:
    """What the picture of an observed row shows.

    Args:
        row: of the picture.
        number: of the picture.
        proven: what came of its candidates.
        digests: number of each picture that it was compared with → digest of its file.
    """
    matches = [_match(one) | {"sha256": digests[one.picture_id]} for one in proven.matches]
    return _pair(row, number) | {
        "tried": len(digests),
        "works": proven.works,
        "left_out": proven.left_out,
        "matches": _json(matches),
    }


def unpaired_row(row: Mapping[str, Any], number: int, failure: ItemFailure) -> Row:
    """A picture that could not be searched for."""
    nothing = {"tried": 0, "works": 0, "left_out": 0, "matches": "[]"}
    return _pair(row, number) | nothing | {"failure": _json(failure.to_json())}


def table_of(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table; what a row does not hold is null there."""
    return pa.Table.from_pylist(list(rows), schema=schema)


def _picture_row(examined: Examination, picture: ExaminedPicture) -> Row:
    query, kept, marks = picture.query, picture.fingerprint, picture.marks
    described = query.descriptors
    return {
        "note_id": examined.note.id,
        "revision": examined.note.revision,
        "author_id": examined.note.author.id,
        "published_at": examined.note.published_at,
        "image_number": picture.number,
        "sha256": kept.sha256,
        "width": kept.size[0],
        "height": kept.size[1],
        "recipe": kept.recipe.name,
        "code": kept.code.tobytes(),
        "quality": kept.quality,
        "features": b"" if kept.features is None else kept.features.to_bytes(),
        "descriptor": None if kept.descriptor is None else to_bytes(kept.descriptor),
        "descriptor_recipe": kept.descriptor_recipe,
        "views": [{"name": view.name.value, "box": list(view.box)} for view in query.views],
        "view_codes": query.codes.tobytes(),
        "view_descriptors": b"" if described is None else described.astype("<f4").tobytes(),
        "decoded_width": query.picture.width,
        "decoded_height": query.picture.height,
        "parts": len(query.found.kept),
        "parts_left_out": query.found.left_out,
        "parts_too_small": query.found.too_small,
        "texts": _json([_text(text) for text in marks.texts]),
        "skipped": _json([skipped.to_json() for skipped in marks.skipped]),
        "file_says": _json(dict(marks.file_says)),
    }


def _pair(row: Mapping[str, Any], number: int) -> Row:
    return {name: row[name] for name in ("note_row", "note_id", "image_number")} | {
        "number": number
    }


def _match(match: Match) -> Row:
    """As in verdicts, but exact: what is decided from here is decided as at the gate."""
    exact = ("score", "share_of_query", "share_of_original", "transform")
    regions = {"region_query": match.region_query, "region_original": match.region_original}
    return match.to_json() | {name: getattr(match, name) for name in exact} | regions


def _text(text: PictureText) -> Row:
    return {
        "field": text.field,
        "text": text.text,
        "box": list(text.box),
        "confidence": text.confidence,
    }


def _json(value: Any) -> str:
    """JSON that Parquet can hold: a half surrogate from a picture becomes its escape."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode()

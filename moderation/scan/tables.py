"""An observation as rows of two tables, and back: notes, and their pictures without pixels.

What has one value goes into a column; what has a shape of its own (findings, spans, texts) is the
JSON that verdicts hold. Descriptors that are searched for keep their 32 bits, so that a candidate
found from here is the gate's; those that are searched among have the 16 of the register.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from moderation.finding import Finding, ItemFailure
from moderation.gate.looking.examination import Examination, ExaminedPicture
from moderation.image.descriptor import to_bytes
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
        ("note_id", pa.string()),
        ("revision", pa.int32()),
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


def picture_rows(examined: Examination) -> list[Row]:
    """What was observed of a note's readable pictures."""
    return [_picture_row(examined, picture) for picture in examined.pictures]


def table_of(rows: Iterable[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table; what a row does not hold is null there."""
    return pa.Table.from_pylist(list(rows), schema=schema)


def findings_of(row: Mapping[str, Any]) -> list[Finding]:
    """Findings of a note's row."""
    return [Finding.from_json(one) for one in json.loads(row["findings"])]


def texts_of(row: Mapping[str, Any]) -> list[PictureText]:
    """What is written in a picture, from its row."""
    return [
        PictureText(
            field=one["field"],
            text=one["text"],
            box=tuple(one["box"]),
            confidence=one["confidence"],
        )
        for one in json.loads(row["texts"])
    ]


def view_codes_of(row: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Codes to search for, from a picture's row: uint8 [views × 8, 32]."""
    return np.frombuffer(row["view_codes"], np.uint8).reshape(-1, len(row["code"]))


def view_descriptors_of(row: Mapping[str, Any]) -> NDArray[np.float32]:
    """Descriptors to search for, from a picture's row: float32 [described, d], unit rows."""
    stored = row["descriptor"]
    dimensions = len(stored) // 2 if stored else 1
    return np.frombuffer(row["view_descriptors"], "<f4").reshape(-1, dimensions)


def _picture_row(examined: Examination, picture: ExaminedPicture) -> Row:
    query, kept, marks = picture.query, picture.fingerprint, picture.marks
    described = query.descriptors
    return {
        "note_id": examined.note.id,
        "revision": examined.note.revision,
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
        "file_says": _json(marks.provenance.evidence()),
    }


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

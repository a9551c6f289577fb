"""Rows of a scan → what the gate works with: queries, known pictures, examinations.

What a row does not hold are pixels. A query that is read back without them can be searched for and
judged; to prove something of it, its picture is decoded again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.errors import ModerationError
from moderation.finding import Finding, ItemFailure, Skipped
from moderation.gate.looking.examination import Examination, ExaminedPicture
from moderation.gate.looking.marks import Marks
from moderation.gate.looking.search import Proven
from moderation.image.decode import Picture
from moderation.image.descriptor import from_bytes
from moderation.image.fingerprint import Fingerprint
from moderation.image.hashing import recipe_named
from moderation.image.local_features import LocalFeatures
from moderation.image.matching import KnownPicture
from moderation.image.query import Query
from moderation.image.views import View, ViewName, Views
from moderation.match import Match
from moderation.note import UNKNOWN_AUTHOR, Note
from moderation.text.captions import Caption, read_caption
from moderation.text.in_pictures import PictureText

Row = Mapping[str, Any]

_NO_PIXELS = np.empty((0, 0, 3), np.uint8)
_NOT_KEPT = "not kept"
_SOME_TIME = "2000-01-01T00:00:00Z"


def note_of(row: Row) -> Note:
    """A note as the archive said it; of its pictures, names and digests."""
    said = json.loads(row["note"])
    for image in said["images"]:
        image.setdefault("path", _NOT_KEPT)
    # Archives may leave open who published something and when; the JSON of notes may not.
    unknown: dict[str, Any] = {}
    if not said["author"]["id"]:
        unknown["author"] = UNKNOWN_AUTHOR
        said["author"] = {"id": _NOT_KEPT}
    if said["published_at"] is None:
        unknown["published_at"] = None
        said["published_at"] = _SOME_TIME
    return replace(Note.from_json(said), **unknown)


def findings_of(row: Row) -> list[Finding]:
    """Findings of a note's row."""
    return [Finding.from_json(one) for one in json.loads(row["findings"])]


def texts_of(row: Row) -> list[PictureText]:
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


def view_codes_of(row: Row) -> NDArray[np.uint8]:
    """Codes to search for, from a picture's row: uint8 [views × 8, 32]."""
    return np.frombuffer(row["view_codes"], np.uint8).reshape(-1, len(row["code"]))


def view_descriptors_of(row: Row) -> NDArray[np.float32]:
    """Descriptors to search for, from a picture's row: float32 [described, d], unit rows."""
    stored = row["descriptor"]
    dimensions = len(stored) // 2 if stored else 1
    return np.frombuffer(row["view_descriptors"], "<f4").reshape(-1, dimensions)


def fingerprint_of(row: Row) -> Fingerprint:
    """What is kept of a picture, from its row.

    Raises:
        IndexCorrupt: it is not what was written.
    """
    return Fingerprint(
        recipe=recipe_named(row["recipe"]),
        code=np.frombuffer(row["code"], np.uint8),
        quality=row["quality"],
        size=(row["width"], row["height"]),
        features=LocalFeatures.from_bytes(row["features"]) if row["features"] else None,
        descriptor=from_bytes(row["descriptor"]) if row["descriptor"] else None,
        descriptor_recipe=row["descriptor_recipe"],
        sha256=row["sha256"],
    )


def query_of(row: Row, picture: Picture | None = None) -> Query:
    """A picture to search for, from its row.

    Args:
        row: of the picture.
        picture: the same, decoded again; None where nothing is to be proven.
    """
    views = [View(name=ViewName(one["name"]), box=tuple(one["box"])) for one in row["views"]]
    if picture is None:
        size = (row["width"], row["height"])
        picture = Picture(pixels=_NO_PIXELS, sha256=row["sha256"], source_size=size)
    descriptors = view_descriptors_of(row)
    return Query(
        picture=picture,
        views=tuple(views),
        codes=view_codes_of(row),
        quality=row["quality"],
        # Of flat parts only their number is known; none of them is searched for.
        found=Views(
            kept=(views[0],) * row["parts"],
            left_out=row["parts_left_out"],
            too_small=row["parts_too_small"],
        ),
        descriptors=descriptors if len(descriptors) else None,
        descriptor_recipe=row["descriptor_recipe"],
    )


def known_of(row: Row, number: int) -> KnownPicture:
    """A picture that others may be copies of, under its number in this scan."""
    return KnownPicture(
        fingerprint=fingerprint_of(row),
        picture_id=number,
        note_id=row["note_id"],
        image_number=row["image_number"],
        author_id=row["author_id"],
        published_at=row["published_at"],
    )


def matches_of(pair: Row) -> list[tuple[Match, str]]:
    """What a picture shows, from its row of pairs, with digests of the files shown."""
    return [(Match.from_json(one), one["sha256"]) for one in json.loads(pair["matches"])]


def examination_of(
    row: Row,
    pictures: Iterable[tuple[Row, Row]],
    *,
    matches: Mapping[int, Sequence[Match]],
    seq: int,
) -> Examination:
    """A note as the gate has examined it.

    Args:
        row: of the note.
        pictures: rows of its pictures, each with what it shows.
        matches: number of a picture in the note → its matches, as a register numbers them.
        seq: last entry of that register's log.
    """
    note = note_of(row)
    pairs = [(picture, pair) for picture, pair in pictures]
    failures = json.loads(row["failures"])
    failures += [json.loads(pair["failure"]) for _, pair in pairs if pair["failure"]]
    return Examination(
        note=note,
        pictures=tuple(
            _examined(picture, pair, matches.get(picture["image_number"], ()))
            for picture, pair in pairs
            if not pair["failure"]  # nobody knows what it shows: it must not become the first
        ),
        findings=tuple(findings_of(row)),
        failures=tuple(ItemFailure.from_json(failure) for failure in failures),
        caption=_caption(note),
        read_by=row["read_by"],
        seq=seq,
    )


def _examined(row: Row, pair: Row, matches: Sequence[Match]) -> ExaminedPicture:
    return ExaminedPicture(
        number=row["image_number"],
        query=query_of(row),
        fingerprint=fingerprint_of(row),
        proven=Proven(matches=matches, works=pair["works"], left_out=pair["left_out"]),
        marks=Marks(
            file_says=json.loads(row["file_says"]),
            skipped=tuple(Skipped.from_json(one) for one in json.loads(row["skipped"])),
        ),
    )


def _caption(note: Note) -> Caption | None:
    try:
        return read_caption(note)
    except ModerationError:  # the observation says so, as a failure
        return None

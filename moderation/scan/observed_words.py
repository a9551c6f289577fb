"""Words of a scan: its notes, and what was read in their pictures, whatever detectors read it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path

from moderation.errors import BadArchive
from moderation.gate.looking.inside import READERS
from moderation.scan.place import Place
from moderation.scan.read_back import Row, note_of, texts_of
from moderation.scan.tables import TABLES
from moderation.text.in_pictures import PictureText
from moderation.text.written import Written

_READ_PICTURES = tuple(reader.detector.partition("@")[0] for reader in READERS)
_NOTE_COLUMNS = ["note", "pictures", "failures", "error_code"]


def observed_words(out: Path) -> Iterator[Written]:
    """Every note of a scan; once for each set of detectors that looked at it.

    Args:
        out: folder of the scan; only read.

    Raises:
        BadArchive: nothing was observed there.
    """
    folders = sorted(out.glob("observed/detectors=*/detectors.json"))
    if not folders:
        raise BadArchive(
            f"nothing is observed in `{out}`",
            hint="give the folder of `moderation scan observe --out`",
        )
    return (written for label in folders for written in _words_in(label))


def _words_in(label: Path) -> Iterator[Written]:
    place = Place(label.parent, TABLES)
    said = json.loads(label.read_bytes())
    read_by = {name: said[name] for name in _READ_PICTURES if name in said}
    for number in count():
        if place.receipt(number) is None:
            return
        texts: Mapping[int, list[PictureText]] = defaultdict(list)
        for row in place.read("pictures", number, ["note_row", "texts"]).to_pylist():
            texts[row["note_row"]] += texts_of(row)
        for place_of_note, row in enumerate(place.read("notes", number, _NOTE_COLUMNS).to_pylist()):
            if row["error_code"] is None:
                read = None if _broke_off(row) else tuple(texts[place_of_note])
                yield Written.of(note_of(row), read, read_by)


def _broke_off(row: Row) -> bool:
    """Whether a reader of pictures, or a picture, has failed: more may be written there."""
    return any(failure["detector"] in _READ_PICTURES for failure in json.loads(row["failures"]))

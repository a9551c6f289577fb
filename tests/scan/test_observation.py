"""What is observed of a note is what the gate sees of it, and rows keep all of it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from kit.codes import laid, qr
from kit.notes import photo, showing
from kit.pictures import collage, scene
from kit.posters import poster

from moderation import Gate
from moderation.finding import FindingKind
from moderation.gate.looking.examination import Examination
from moderation.image.descriptor import Describer
from moderation.image.hashing import PDQ256
from moderation.image.local_features import LocalFeatures
from moderation.note import Note
from moderation.scan.observation import (
    LEFT_OUT,
    may_be_left_out,
    observe_note,
    observing_detectors,
)
from moderation.scan.read_back import (
    findings_of,
    texts_of,
    view_codes_of,
    view_descriptors_of,
)
from moderation.scan.tables import NOTES, PICTURES, Row, note_row, picture_rows, table_of

SELLING = "全场五折最后一天！想要的姐妹加薇信：abc_2046，手慢无"


@pytest.fixture(scope="module")
def describer() -> Describer:
    return Describer.open()


@pytest.fixture(scope="module")
def note() -> Note:
    """A photograph, a collage, a poster with a contact, a code, and a file that is no picture."""
    pictures = [
        photo("coffee"),
        collage([photo("chelsea"), scene(3), photo("rocket"), scene(4)]),
        poster("加薇信 abc_2046 领券", photo="astronaut"),
        laid(qr("https://u.wechat.com/abcdef")),
        b"no picture",
    ]
    return replace(showing(*pictures), text=SELLING)


@pytest.fixture(scope="module")
def examined(note: Note, describer: Describer) -> Examination:
    return observe_note(note, describer)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with Gate.open(tmp_path_factory.mktemp("gate") / "register") as opened:
        yield opened


def stored(examined: Examination) -> tuple[Row, list[Row]]:
    """Through Parquet and back."""
    note = examined.note
    tables = (
        table_of([note_row(examined, note.to_json())], NOTES),
        table_of(picture_rows(examined, 0), PICTURES),
    )
    files = [io.BytesIO() for _ in tables]
    for table, file in zip(tables, files, strict=True):
        pq.write_table(table, file)
    ((row,), pictures) = (pq.read_table(file).to_pylist() for file in files)
    return row, pictures


def test_gate_finds_the_same(note: Note, examined: Examination, gate: Gate) -> None:
    """Nothing was registered before, so the gate has no more to say."""
    verdict = gate.check(note)
    seen = sorted((f.to_json() for f in examined.findings), key=json.dumps)
    assert seen == sorted((f.to_json() for f in verdict.findings), key=json.dumps)
    kinds = {finding.kind for finding in examined.findings}
    assert {
        FindingKind.IMAGE_UNDECODABLE,
        FindingKind.IMAGE_QR,
        FindingKind.TEXT_DIVERSION_CONTACT,
    } <= kinds
    said = [skipped.to_json() for p in examined.pictures for skipped in p.skipped()]
    assert said == [skipped.to_json() for skipped in verdict.skipped]


def test_rows_keep_the_fingerprints_that_the_register_keeps(
    note: Note, examined: Examination, tmp_path: Path
) -> None:
    """Byte by byte, so that what was observed can be registered or searched among."""
    _, rows = stored(examined)
    with Gate.open(tmp_path / "register") as gate:
        gate.register_many([note])
        kept = gate.register.pictures_of_note(note.id)
    assert len(rows) == len(kept) == 4
    for row, picture in zip(rows, kept, strict=True):
        for name in ("image_number", "sha256", "width", "height", "recipe", "code", "quality"):
            assert row[name] == getattr(picture, name), name
        for name in ("features", "descriptor", "descriptor_recipe"):
            assert row[name] == getattr(picture, name), name


def test_rows_keep_all_that_is_searched_for(examined: Examination) -> None:
    """Views, their codes and descriptors, unrounded; words; what was left out."""
    _, rows = stored(examined)
    for row, picture in zip(rows, examined.pictures, strict=True):
        query = picture.query
        assert query.descriptors is not None
        assert np.array_equal(view_codes_of(row), query.codes)
        assert np.array_equal(view_descriptors_of(row), query.descriptors)
        assert [(v["name"], tuple(v["box"])) for v in row["views"]] == [
            (view.name.value, view.box) for view in query.views
        ]
        assert row["recipe"] == PDQ256.name
        assert len(LocalFeatures.from_bytes(row["features"])) > 10
        assert texts_of(row) == list(picture.marks.texts)
        assert json.loads(row["skipped"]) == [s.to_json() for s in picture.marks.skipped]
    assert len(rows[1]["views"]) >= 5  # the collage and its cells
    assert "2046" in "".join(text.text for text in texts_of(rows[2]))


def test_rows_keep_findings(examined: Examination) -> None:
    """Up to the rounding of JSON, spans and boxes included."""
    row, _ = stored(examined)
    wanted = [finding.to_json() for finding in examined.findings]
    assert [finding.to_json() for finding in findings_of(row)] == wanted
    assert json.loads(row["failures"]) == []
    assert Note.from_json(json.loads(row["note"]) | {"images": []}).text == SELLING


def test_same_note_gives_the_same_rows(
    note: Note, examined: Examination, describer: Describer
) -> None:
    """Whoever looks again keeps the same bytes."""
    assert stored(observe_note(note, describer)) == stored(examined)


def test_what_is_left_out_is_not_read(note: Note, describer: Describer) -> None:
    """And said to be, so that nobody takes silence for an answer."""
    quick = observe_note(note, describer, without=("lettering", "codes"))
    assert not any(picture.marks.texts for picture in quick.pictures)
    assert FindingKind.IMAGE_QR not in {finding.kind for finding in quick.findings}
    assert FindingKind.TEXT_DIVERSION_CONTACT in {f.kind for f in quick.findings}  # its own words
    said = observing_detectors(describer, ("lettering", "codes"))
    assert said["lettering"] == said["codes"] == LEFT_OUT
    assert said["watermark"] != LEFT_OUT
    assert set(may_be_left_out()) <= set(said)


def test_half_a_surrogate_from_a_picture_can_be_kept(examined: Examination) -> None:
    """Letters are read by a network, codes hold anything; Parquet takes valid Unicode only."""
    picture = examined.pictures[2]
    (text, *_) = picture.marks.texts
    hostile = replace(picture.marks, texts=(replace(text, text="bad \ud800 end"),))
    strange = replace(examined, pictures=(replace(picture, marks=hostile),))
    _, (row,) = stored(strange)  # no exception
    assert "ud800" in row["texts"]


def test_paths_of_detectors_are_named(describer: Describer) -> None:
    """All that decides an observation; nothing that a register or a policy decides."""
    said = observing_detectors(describer)
    assert said["descriptor"] == describer.recipe
    assert said["fingerprint"] == PDQ256.name
    assert {"decode", "note_reader", "provenance", "watermark", "lettering", "codes"} <= set(said)
    assert not {"copies", "twins", "caption"} & set(said)


def test_rows_name_a_file_beside_the_archive(tmp_path: Path, describer: Describer) -> None:
    """What stands in the row is what the archive says, not where it lay on this machine."""
    note = replace(showing(photo("coffee")), id="n9")
    row = note_row(observe_note(note, describer), {"id": "n9", "images": [{"path": "a/1.jpg"}]})
    assert json.loads(row["note"])["images"] == [{"path": "a/1.jpg"}]

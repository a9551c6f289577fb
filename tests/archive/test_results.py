"""Results: written whole or not at all, read back without loss, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from kit.verdicts import a_copy, a_failure, a_match, a_span, a_text_finding, a_verdict

from moderation.archive import read_results, results, whole_file, write_results
from moderation.archive.whole_file import Sink
from moderation.errors import BadArchive, StoreUnwritable
from moderation.finding import FindingKind, ItemFailure
from moderation.verdict import Decision

TEXT = "加我 wx 领券"
RESULTS = [
    a_verdict(a_copy(), decision=Decision.BLOCK),
    a_failure(),
    a_verdict(
        a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, a_span(TEXT, "wx")),
        note_id="=1+1",
        failures=(a_failure(detector="copies", line=None, image_number=1),),
    ),
    a_verdict(note_id="n4"),
]


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_results_are_read_back_as_they_were(tmp_path, kind):
    """JSONL and Parquet lose nothing."""
    target = tmp_path / "out"
    write_results(iter(RESULTS), target, format=kind)
    assert list(read_results(target)) == RESULTS


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_no_results_are_a_readable_file(tmp_path, kind):
    """An empty batch is no error."""
    write_results([], tmp_path / "out", format=kind)
    assert (tmp_path / "out").exists()
    if kind != "csv":
        assert list(read_results(tmp_path / "out")) == []


def test_parquet_has_flat_columns(tmp_path):
    """What people ask DuckDB for needs no JSON."""
    write_results(RESULTS, tmp_path / "out", format="parquet")
    rows = pq.read_table(tmp_path / "out").to_pylist()
    assert [row["decision"] for row in rows] == ["block", None, "review", "pass"]
    assert rows[0]["best_match_note_id"] == "first"
    assert rows[0]["reason_codes"] == ["image.copy"]
    assert [row["failed"] for row in rows] == [False, True, False, False]


def test_csv_has_a_row_for_every_result(tmp_path):
    """With the words that people look for."""
    write_results(RESULTS, tmp_path / "out.csv", format="csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["decision"] for row in rows] == ["block", "failed", "review", "pass"]
    assert (rows[0]["best_match"], rows[0]["best_match_author"]) == ("first #0", "alice")
    assert rows[1]["line"] == "7"
    assert rows[2]["spans"] == "wx"


@pytest.mark.parametrize("start", [*"=+-@\t\r＝＋－＠", " ="])
def test_no_cell_runs_as_a_formula(tmp_path, start):
    """Hostile ids and authors reach the spreadsheet as text."""
    hostile = start + 'cmd|" /C calc"!A0'
    finding = a_copy(match=a_match(note_id=hostile, author_id=hostile))
    write_results([a_verdict(finding, note_id=hostile)], tmp_path / "o", format="csv")
    with (tmp_path / "o").open(encoding="utf-8-sig", newline="") as file:
        row = next(csv.DictReader(file))
    assert row["note"] == "'" + hostile
    assert row["best_match_author"] == "'" + hostile


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_half_surrogates_do_not_stop_the_writing(tmp_path, kind):
    """They may come from Python callers; JSON keeps them, the others escape them."""
    write_results([a_failure(note_id="a\ud800")], tmp_path / "o", format=kind)
    assert (tmp_path / "o").stat().st_size > 0


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_a_full_disk_is_store_unwritable(kind):
    """And nothing else, whichever library writes."""
    target = Path("/dev/full")
    if not target.exists():
        pytest.skip("needs /dev/full")
    write = getattr(results, f"_write_{kind}")
    with target.open("wb", buffering=0) as full, pytest.raises(StoreUnwritable):
        write(RESULTS, Sink(full, "full"))


def test_a_missing_folder_is_store_unwritable(tmp_path):
    """With the reason of the operating system."""
    with pytest.raises(StoreUnwritable, match="No such file"):
        write_results(RESULTS, tmp_path / "none" / "out", format="jsonl")


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_a_batch_that_dies_leaves_the_old_file(tmp_path, kind):
    """And no draft beside it; an error of the batch stays what it was."""
    target = tmp_path / "out"
    target.write_text("old")

    def dying():
        yield RESULTS[0]
        raise OSError("the camera burns")

    with pytest.raises(OSError, match="camera"):
        write_results(dying(), target, format=kind)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_the_target_may_be_replaced_by_a_file_with_usual_permissions(tmp_path):
    """A draft must not leave its own permissions behind."""
    plain, whole = tmp_path / "plain", tmp_path / "whole"
    plain.touch()
    with whole_file(whole) as sink:
        sink.write(b"x")
    assert plain.stat().st_mode == whole.stat().st_mode


def test_dash_writes_standard_output(capfdbinary):
    """JSONL in a pipe."""
    write_results(RESULTS, "-", format="jsonl")
    assert len(capfdbinary.readouterr().out.splitlines()) == len(RESULTS)


@pytest.mark.parametrize("line", ["{}", '{"note_id": 1}', "[]", "x", '{"failed": true}'])
def test_rows_that_are_no_result_are_failures(tmp_path, line):
    """The others are read."""
    good = json.dumps(RESULTS[0].to_json())
    (tmp_path / "r").write_text(f"{good}\n{line}\n{good}\n")
    first, bad, last = read_results(tmp_path / "r")
    assert first == last == RESULTS[0]
    assert isinstance(bad, ItemFailure)
    assert bad.line == 2


def test_missing_results_are_a_bad_archive(tmp_path):
    """With the path in the message."""
    with pytest.raises(BadArchive, match="none"):
        list(read_results(tmp_path / "none"))

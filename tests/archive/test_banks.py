"""Files of banks: what is written is read, and nothing hostile comes through."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.archive import BankRow, read_bank, rows_to_json
from moderation.errors import BadArchive
from moderation.finding import ItemFailure

words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=20)
bank_rows = st.builds(
    BankRow,
    title=words,
    reason=words,
    until=st.none() | st.datetimes(timezones=st.just(UTC)),
    recipe=st.just("pdq256_v1"),
    code=st.binary(min_size=32, max_size=32),
    quality=st.integers(0, 100),
    width=st.integers(0, 9_000),
    height=st.integers(0, 9_000),
    features=st.binary(max_size=40),
)


def entry(**changes: Any) -> dict[str, Any]:
    values = {"recipe": "pdq256_v1", "hash": "ab" * 32}
    return values | changes


def written(folder: Path, *entries: object, **changes: Any) -> Path:
    document = {"format": "notegate-bank", "version": 1, "bank": "memes", "entries": list(entries)}
    path = folder / "bank.json"
    path.write_text(json.dumps(document | changes))
    return path


@given(rows=st.lists(bank_rows, max_size=3))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[BankRow]
) -> None:
    """Also zipped."""
    path = tmp_path_factory.mktemp("bank") / "bank.json.gz"
    path.write_bytes(gzip.compress(json.dumps(rows_to_json("memes", rows)).encode()))
    assert read_bank(path) == ("memes", rows)


def test_what_may_be_left_out(tmp_path: Path) -> None:
    """All but recipe and hash."""
    _, (row,) = read_bank(written(tmp_path, entry()))
    assert isinstance(row, BankRow)
    assert (row.title, row.until, row.quality, row.features) == ("", None, 0, b"")


@pytest.mark.parametrize(
    ("bad", "code", "problem"),
    [
        pytest.param("word", "bad_note", "must be an object", id="no-object"),
        pytest.param(entry(recipe="md5"), "bad_hash", "unknown recipe", id="recipe"),
        pytest.param(entry(hash="ab"), "bad_hash", "64 hexadecimal digits", id="short-hash"),
        pytest.param(entry(hash="zz" * 32), "bad_hash", "64 hexadecimal digits", id="no-hex"),
        pytest.param(entry(hash=7), "bad_note", "`hash` must be a string", id="number"),
        pytest.param(entry(title="a\nb"), "bad_note", "`title`", id="line-in-title"),
        pytest.param(entry(reason="x" * 2_000), "bad_note", "limit 1,000", id="long-reason"),
        pytest.param(entry(quality=101), "bad_note", "0–100", id="quality"),
        pytest.param(entry(width=True), "bad_note", "0–65535", id="width"),
        pytest.param(entry(until="2026-11-21"), "bad_note", "its zone", id="no-zone"),
        pytest.param(entry(until=5), "bad_note", "its zone", id="no-date"),
        pytest.param(entry(features=[1]), "bad_note", "`features`", id="features-list"),
        pytest.param(entry(features="~"), "bad_hash", "not base64", id="features-text"),
        pytest.param(entry(features="A" * (2 << 20)), "bad_hash", "limit 1,048,576", id="huge"),
    ],
)
def test_a_bad_entry_stops_nothing(tmp_path: Path, bad: object, code: str, problem: str) -> None:
    """It is told with its number; the next one is read."""
    _, (failure, row) = read_bank(written(tmp_path, bad, entry()))
    assert isinstance(failure, ItemFailure)
    assert (failure.code, failure.line) == (code, 1)
    assert problem in failure.message
    assert isinstance(row, BankRow)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"format": "x"}, "is no bank", id="format"),
        pytest.param({"version": 2}, "of version 2, known is 1", id="version"),
        pytest.param({"bank": 5}, "no name", id="name"),
        pytest.param({"entries": {}}, "no list", id="entries"),
        pytest.param({"entries": [0] * 100_001}, "limit 100,000", id="too-many"),
    ],
)
def test_what_is_no_bank_is_refused(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadArchive, match=problem):
        read_bank(written(tmp_path, **changes))


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000, gzip.compress(b"{}" * 99)[:-5]],
    ids=["empty", "list", "half", "no-text", "deep", "cut-gzip"],
)
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bank.json"
    path.write_bytes(content)
    with pytest.raises(BadArchive):
        read_bank(path)
    with pytest.raises(BadArchive):
        read_bank(tmp_path / "missing.json")


def test_dates_are_in_utc(tmp_path: Path) -> None:
    _, (row,) = read_bank(written(tmp_path, entry(until="2026-11-21T08:00:00+08:00")))
    assert isinstance(row, BankRow)
    assert row.until == datetime(2026, 11, 21, tzinfo=UTC)

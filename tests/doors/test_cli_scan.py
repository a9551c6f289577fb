"""`moderation scan`: what it says to people and machines, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from .conftest import told

QUICK = ("--without", "lettering", "--without", "codes", "--without", "watermark")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scan") / "out"


def test_observe_says_what_is_there(run, folder: Path, out: Path) -> None:
    """Bad rows are rows with an error, and the exit code says so; the rest is done."""
    done = run("scan", "observe", folder / "notes.jsonl", "--out", out, "--workers", 1, *QUICK)
    told(done, 8, "2 of 6 rows")
    assert "observed: 6 rows (6 of them now), 3 pictures" in done.stdout
    assert "pictures that cannot be read: 1" in done.stdout
    assert str(out) in done.stdout
    again = run(
        "scan", "observe", folder / "notes.jsonl", "--out", out, *QUICK, "--json", "--lang", "zh"
    )
    said = json.loads(again.stdout)
    assert said.pop("memory_bytes") == 0  # nobody had to be started
    place = Path(said.pop("folder"))
    assert said == {
        "rows": 6,
        "known": 6,
        "failed": 2,
        "pictures": 3,
        "undecodable": 1,
        "unanswered": 0,
        "complete": True,
    }
    rows = pq.read_table(place / "notes" / "part-000000.parquet").to_pylist()
    assert [row["note_id"] for row in rows] == ["n1", "n2", "n3", "n4", None, "n6"]
    assert "text.diversion.contact" in rows[2]["findings"]


def test_observe_speaks_chinese(run, folder: Path, out: Path) -> None:
    """Time that is up at once."""
    done = run(
        *("scan", "observe", folder / "good.jsonl", "--out", out / "zh", "--lang", "zh"),
        *("--max-duration", "0s", *QUICK),
    )
    assert done.exit_code == 0, done.output
    assert "已观测 0 行" in done.stdout
    assert "再次运行即可继续" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--without", "letters"), "no reader of marks is called `letters`"),
        (("--max-duration", "1 day"), "`1 day` is no duration"),
        (("--max-duration", "-1s"), "`-1s` is no duration"),
    ],
)
def test_wrong_options_are_told(run, folder: Path, out: Path, options, says: str) -> None:
    """Before anything is read."""
    done = run("scan", "observe", folder / "good.jsonl", "--out", out / "wrong", *options)
    told(done, 2, says)
    assert not (out / "wrong").exists()


def test_archive_that_is_not_there(run, tmp_path: Path) -> None:
    """Nothing is made."""
    done = run("scan", "observe", tmp_path / "none.jsonl", "--out", tmp_path / "out")
    told(done, 3, "none.jsonl")
    assert not (tmp_path / "out").exists()

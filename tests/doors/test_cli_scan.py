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


def test_whole_scan(run, folder: Path, out: Path) -> None:
    """An original, its mirrored copy, a contact: judged in one go, with the failures at the end."""
    here = out / "whole"
    done = run("scan", folder / "notes.jsonl", "--out", here, "--workers", 1, *QUICK)
    told(done, 8, "2 of 6 rows")
    assert "paired: 3 pictures (3 of them now)" in done.stdout
    assert "1 show an earlier picture, of 1 that had a candidate" in done.stdout
    again = run("scan", "run", folder / "notes.jsonl", "--out", here, *QUICK, "--json")
    said = json.loads(again.stdout)
    assert {stage: said[stage]["known"] for stage in said} == {
        "observed": 6,
        "paired": 3,
        "judged": 4,
    }
    assert said["paired"].pop("tried") >= 1
    assert said["paired"] | {"folder": ""} == {
        "pictures": 3,
        "known": 3,
        "decoded": 1,
        "showing": 1,
        "matches": 1,
        "unanswered": 0,
        "memory_bytes": 0,
        "descriptors_found": 6,
        "descriptors_of": 6,
        "complete": True,
        "folder": "",
    }
    judged = said["judged"]
    assert (judged["notes"], judged["failed"]) == (4, 2)
    assert judged["decisions"]["block"] == 2  # the copy and the contact
    lines = Path(judged["verdicts"]).read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row.get("note_id") for row in rows[:4]] == ["n1", "n2", "n3", "n4"]
    assert [row["code"] for row in rows[4:]] == ["bad_note", "bad_note"]
    history = run("register", "history", "n2", "--register", judged["register"])
    assert "block: picture already registered" in history.stdout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_each_stage_speaks(run, folder: Path, out: Path, lang: str) -> None:
    """What people read of a scan that was done before."""
    chosen = (*QUICK, "--lang", lang)
    here = out / "stages"
    run("scan", "observe", folder / "good.jsonl", "--out", here, "--workers", 1, *chosen)
    paired = run("scan", "pair", folder / "good.jsonl", "--out", here, "--workers", 1, *chosen)
    judged = run("scan", "judge", "--out", here, *chosen)
    assert paired.exit_code == judged.exit_code == 0, paired.output + judged.output
    if lang == "en":
        assert "1 show an earlier picture" in paired.stdout
        assert "notes checked: 3 (2 block, 1 pass)" in judged.stdout
        assert "for `audit`, `review` and `replay`" in judged.stdout
    else:
        assert "1 张确实包含更早发布的图片" in paired.stdout
        assert "判定结果：" in judged.stdout


def test_time_that_is_up_ends_a_scan_before_the_next_stage(run, folder: Path, out: Path) -> None:
    done = run(
        *("scan", folder / "good.jsonl", "--out", out / "short", "--max-duration", "0s"),
        *("--json", *QUICK),
    )
    said = json.loads(done.stdout)
    assert (said["observed"]["complete"], said["paired"], said["judged"]) == (False, None, None)


def test_wrong_policy_is_told_before_anything_is_observed(run, folder: Path, out: Path) -> None:
    done = run("scan", folder / "good.jsonl", "--out", out / "policy", "--policy", "nobody", *QUICK)
    told(done, 4, "nobody")
    assert not (out / "policy").exists()


def test_stages_in_the_wrong_order(run, folder: Path, out: Path) -> None:
    """Each says which one comes first."""
    here = out / "order"
    told(run("scan", "pair", folder / "good.jsonl", "--out", here, *QUICK), 3, "scan observe")
    run("scan", "observe", folder / "good.jsonl", "--out", here, "--workers", 1, *QUICK)
    told(run("scan", "judge", "--out", here, *QUICK), 3, "scan pair")


def test_what_is_neither_a_command_nor_an_archive(run, tmp_path: Path) -> None:
    done = run("scan", tmp_path / "none.jsonl", "--out", tmp_path / "out")
    told(done, 2, "none.jsonl")

"""A note with pictures and words of another: told as one, in the table, the page and the rows."""

from __future__ import annotations

import re

import pytest
from kit import pictures
from kit.captions import CAPTION, OTHER

from moderation.archive import read_results

from .conftest import objects, row


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Two pictures with a text; both and one more with nearly these words; the words alone."""
    folder = tmp_path_factory.mktemp("whole")
    for seed, name in enumerate(("one.png", "two.png", "own.png")):
        (folder / name).write_bytes(pictures.encoded(pictures.scene(seed + 3)))
    rows = [
        row("a1", "alice", 1, "one.png", "two.png", text=CAPTION),
        row("b1", "bob", 2, "one.png", "own.png", "two.png", text="🌸" + CAPTION),
        row("c1", "carol", 3, text=CAPTION + OTHER[:20]),
    ]
    path = folder / "notes.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_tells_the_note_as_one(lang, archive, run, tmp_path, golden):
    """Two of three pictures, in order, with the words; the words alone are told and pass."""
    result = run("check", archive, "--register", tmp_path / "register", "--lang", lang)
    assert result.exit_code == 0, result.output
    golden(f"table-{lang}", re.sub(r"\d\.\d\d", "#.##", result.stdout))


def test_rows_hold_the_summary(archive, run, tmp_path):
    """In JSON lines and in Parquet, and both read back the same."""
    register, table = tmp_path / "register", tmp_path / "verdicts.parquet"
    result = run("check", archive, "--register", register, "--json")
    summaries = [verdict["summary"] for verdict in objects(result.stdout)]
    assert summaries[0] == {"pictures": 2, "copied": 0, "sources": []}
    assert (summaries[1]["pictures"], summaries[1]["copied"]) == (3, 2)
    (source,) = summaries[1]["sources"]
    assert source["note_id"] == "a1"
    assert (source["pictures"], source["originals"], source["in_order"]) == ([0, 2], [0, 1], True)
    assert source["caption"] > 0.9
    assert summaries[2]["sources"][0]["pictures"] == []
    again = run("check", archive, "--register", tmp_path / "other", "--out", table)
    assert again.exit_code == 0, again.output
    assert [verdict.to_json()["summary"] for verdict in read_results(table)] == summaries


def test_the_page_begins_with_the_whole(archive, run, tmp_path):
    """Before the first finding."""
    page = tmp_path / "report.html"
    run("check", archive, "--register", tmp_path / "register", "--lang", "en", "--out", page)
    html = page.read_text(encoding="utf-8")
    told = (
        "2 of 3 pictures are copies of pictures in note a1 by alice (2026-03-01), in the same order"
    )
    assert html.index(told) < html.index('class="finding"')

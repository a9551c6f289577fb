"""`moderation demo`: the whole story through the command."""

from __future__ import annotations

import json

import pytest

from .conftest import told

pytest.importorskip("skimage", reason="the photographs come with the extra `demo`")


@pytest.mark.slow
def test_demo_ends_as_promised(run, tmp_path):
    """Every verdict as expected: exit code 0, a table with each note, a page; then it runs anew."""
    places = ("--register", tmp_path / "register", "--report", tmp_path / "report")
    result = run("demo", *places, "--lang", "en")
    assert result.exit_code == 0, result.output
    answer = run("demo", *places, "--json")
    got = json.loads(answer.stdout)
    assert (got["as_expected"], got["wrong"], answer.exit_code) == (True, [], 0)
    assert f"All {got['notes']} verdicts are the expected ones." in result.stdout
    assert sum(line.endswith("  yes") for line in result.stdout.splitlines()) == got["notes"]
    assert (tmp_path / "report" / "index.html").exists()
    suggested = [x.split() for x in result.stdout.splitlines() if x.startswith("  moderation ")]
    assert len(suggested) >= 3
    for words in suggested:
        assert run(*words[1:]).exit_code in (0, 1), words


def test_demo_empties_no_folder_of_others(run, tmp_path):
    """A folder with files that no demo made is refused as it is."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "thesis.txt").write_text("years of work")
    places = ("--register", tmp_path / "register", "--report", tmp_path / "report")
    told(run("demo", *places), 4, "no demo made")
    assert (tmp_path / "report" / "thesis.txt").read_text() == "years of work"

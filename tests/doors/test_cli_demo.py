"""`moderation demo`: the whole story through the command."""

from __future__ import annotations

import json

import pytest

from moderation.cli.demo import as_it_can_be_typed

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


@pytest.mark.parametrize(
    ("program", "path", "typed"),
    [
        pytest.param("bin/moderation", "bin", "moderation report", id="on-the-path"),
        pytest.param("bin/moderation", "", "bin/moderation report", id="in-a-folder-below"),
        pytest.param("moderation/__main__.py", "", "moderation report", id="as-a-module"),
    ],
)
def test_suggested_command_can_be_typed(monkeypatch, tmp_path, program, path, typed):
    """A program that is on nobody's path is suggested with its own."""
    file = tmp_path / program
    file.parent.mkdir()
    file.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(file)])
    monkeypatch.setenv("PATH", str(tmp_path / path) if path else str(tmp_path / "empty"))
    assert as_it_can_be_typed("moderation report") == typed

"""Bad input from every side: two lines, the right exit code, no traceback, nothing left behind."""

from __future__ import annotations

import json
import os
import sqlite3

import pytest

from .conftest import told


@pytest.fixture
def place(folder, tmp_path):
    """Things that are not what a command needs, by name."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a file")
    (tmp_path / "bad.toml").write_text("title = [")
    (tmp_path / "foreign").mkdir()
    connection = sqlite3.connect(tmp_path / "foreign" / "register.sqlite3")
    connection.execute("CREATE TABLE cats (name)")
    connection.commit()
    connection.close()
    (tmp_path / "noise.parquet").write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    return {
        "good": folder / "good.jsonl",
        "register": tmp_path / "register",
        "tmp": tmp_path,
    }


CASES = {
    "missing-archive": (["check", "{tmp}/none.jsonl"], 3, "none.jsonl"),
    "damaged-parquet": (["check", "{tmp}/noise.parquet"], 3, "noise.parquet"),
    "unknown-policy": (["check", "{good}", "--policy", "defualt"], 4, "did you mean `default`?"),
    "missing-policy-file": (["check", "{good}", "--policy", "{tmp}/none.toml"], 4, "none.toml"),
    "bad-policy-file": (["check", "{good}", "--policy", "{tmp}/bad.toml"], 4, "bad"),
    "folder-for-policy": (["check", "{good}", "--policy", "{tmp}/folder"], 4, "folder"),
    "date-that-is-none": (["check", "{good}", "--as-of", "yesterday"], 2, "`yesterday`"),
    "day-that-is-none": (["check", "{good}", "--as-of", "2026-02-30"], 2, "2026-02-30"),
    "time-without-zone": (["check", "{good}", "--as-of", "2026-02-03T10:00"], 2, "time zone"),
    "out-in-no-folder": (["check", "{good}", "--out", "{tmp}/no/out.jsonl"], 6, "cannot write"),
    "out-is-a-folder": (["check", "{good}", "--out", "{tmp}/folder"], 6, "it is a folder"),
    "page-below-a-file": (["check", "{good}", "--out", "{tmp}/file/x.html"], 6, "cannot write"),
    "page-on-stdout": (["check", "{good}", "--format", "html"], 2, "`--out FILE`"),
    "parquet-on-stdout": (["check", "{good}", "--format", "parquet"], 2, "`--out FILE`"),
    "table-in-a-file": (["check", "{good}", "--format", "table", "--out", "x"], 2, "`--out`"),
    "missing-notes-to-add": (["register", "add", "{tmp}/none"], 3, "none"),
    "missing-hashes": (["register", "import-hashes", "{tmp}/none"], 3, "none"),
    "folder-for-hashes": (["register", "import-hashes", "{tmp}/folder"], 3, "folder"),
    "negative-picture": (
        ["register", "claim", "n1", "--image", "-1", "--author", "a", "--basis", "licensed"],
        2,
        "--image",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_told_before_anything_is_written(case, place, run):
    """Two lines, the exit code of the table, and no register made."""
    args, code, piece = CASES[case]
    given = [arg.format(**place) for arg in args]
    told(run(*given, "--register", place["register"]), code, piece)
    if case not in ("missing-hashes", "folder-for-hashes"):  # the list is opened last
        assert not place["register"].exists()


REPORTS = {
    "missing-results": (["{tmp}/none.jsonl", "--notes", "{good}"], 3, "none.jsonl"),
    "results-are-a-folder": (["{tmp}/folder", "--notes", "{good}"], 3, "folder"),
    "missing-notes": (["{good}", "--notes", "{tmp}/none.jsonl"], 3, "none.jsonl"),
    "missing-originals": (
        ["{good}", "--notes", "{good}", "--originals", "{tmp}/none.jsonl"],
        3,
        "none.jsonl",
    ),
}


@pytest.mark.parametrize("case", REPORTS)
def test_report_that_cannot_be_made_leaves_no_page(case, place, run):
    """Nothing at the place of the page."""
    args, code, piece = REPORTS[case]
    out = place["tmp"] / "page.html"
    told(run("report", *(arg.format(**place) for arg in args), "--out", out), code, piece)
    assert not out.exists()


@pytest.mark.parametrize("name", ["foreign", "file"], ids=["of-another-program", "a-file"])
@pytest.mark.parametrize(
    "args",
    [["check", "{good}"], ["register", "add", "{good}"], ["register", "link", "a", "b"]],
    ids=["check", "add", "link"],
)
def test_what_is_no_register_is_left_alone(name, args, place, run):
    """A database of another program, or a file, is not touched."""
    path = place["tmp"] / name
    content = path if path.is_file() else path / "register.sqlite3"
    before = content.read_bytes()
    told(run(*(arg.format(**place) for arg in args), "--register", path), 6)
    assert content.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("mysql://me:hush@host/db", id="another-kind"),
        pytest.param("postgresql://me:hush@host:port/db", id="unreadable"),
    ],
)
def test_url_is_no_register(place, run, url):
    """Said as it is, without its password, and not made as a folder."""
    result = run("check", place["good"], "--register", url)
    told(result, 4, "postgresql://")
    assert "hush" not in result.output


def test_server_that_is_not_there(place, run):
    """The message names the place, and not the password."""
    url = "postgresql://me:hush@127.0.0.1:1/notes"
    result = run("check", place["good"], "--register", url)
    told(result, 6, "check that the server runs", "postgresql://127.0.0.1:1/notes")
    assert "hush" not in result.output


def test_the_demo_wants_a_folder(run, tmp_path, monkeypatch):
    """It empties its register each time, which is no way to treat a server."""
    monkeypatch.chdir(tmp_path)
    told(run("demo", "--register", "postgresql://me@db/notes"), 2, "give `--register` a folder")
    assert list(tmp_path.iterdir()) == []


def test_picture_that_is_not_registered(place, run):
    """A claim needs something to hold on to."""
    register = ("--register", place["register"])
    run("register", "add", place["good"], *register)
    args = ("--author", "a", "--basis", "licensed")
    told(run("register", "claim", "nobody", *args, *register), 3, "`nobody`")
    told(run("register", "claim", "n1", "--image", "7", *args, *register), 3, "picture 7")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_forbidden_folder_is_told(place, run, tmp_path):
    """Permissions are checked before the work."""
    (tmp_path / "folder").chmod(0o500)
    told(
        run(
            "check", place["good"], "--register", place["register"], "--out", tmp_path / "folder/x"
        ),
        6,
    )


def test_error_for_machines_is_one_object(place, run):
    """With `--json`, standard error has code, exit code, message and hint."""
    result = run("policy", "show", "defualt", "--json")
    assert result.stdout == ""
    assert json.loads(result.stderr) == {
        "error": {
            "code": "bad_policy",
            "exit_code": 4,
            "message": "no policy `defualt` is shipped",
            "hint": "did you mean `default`?",
        }
    }


def test_two_outputs_cannot_share_standard_output(place, run):
    """`--json` and another format there contradict each other."""
    args = ("--register", place["register"], "--format", "csv", "--json")
    result = run("check", place["good"], *args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert json.loads(result.stderr)["error"]["hint"].startswith("leave one of them out")


def test_message_cannot_steer_the_terminal(run):
    """A file name with an escape is shown as its code."""
    result = run("policy", "show", "\x1b]0;owned\x07")
    assert "\x1b" not in result.stderr
    assert "\\x1b" in result.stderr

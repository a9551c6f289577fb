"""`moderation check`: verdicts for people and machines, bad rows told, nothing half-written."""

from __future__ import annotations

import csv
import io
import json

import pytest

from moderation.archive import read_results
from moderation.finding import ItemFailure
from moderation.verdict import Verdict

from .conftest import objects, row, told


@pytest.fixture
def check(run, tmp_path):
    """`check(archive, …)` against a register of this test."""
    return lambda archive, *args, **more: run(
        "check", archive, "--register", tmp_path / "register", *args, **more
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_table_for_people(lang, folder, check, golden):
    """Decision, note, reason in words and best match, in both languages."""
    result = check(folder / "notes.jsonl", "--lang", lang)
    assert result.exit_code == 8
    golden(f"table-{lang}", result.stdout + "--- standard error\n" + result.stderr)


def test_json_lines_are_verdicts_and_failures(folder, check):
    """`--json` writes what `read_results` reads, in the order of the input."""
    result = check(folder / "notes.jsonl", "--json")
    rows = objects(result.stdout)
    verdicts = [Verdict.from_json(row) for row in rows[:4]]
    failures = [ItemFailure.from_json(row) for row in rows[4:]]
    assert [(v.note_id, v.decision.value) for v in verdicts] == [
        ("n1", "pass"),
        ("n2", "block"),
        ("n3", "block"),
        ("n4", "review"),
    ]
    assert [(f.line, f.note_id) for f in failures] == [(5, ""), (6, "n6")]
    assert [v.to_json() for v in verdicts] == rows[:4]
    assert [f.to_json() for f in failures] == rows[4:]
    assert objects(result.stderr) == [
        {
            "error": {
                "code": "partial_batch",
                "exit_code": 8,
                "message": "2 of 6 rows could not be used",
                "hint": "correct the rows that are told as failed, and give them again",
            }
        }
    ]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("out.jsonl", ()),
        ("out.parquet", ()),
        ("out.txt", ("--format", "jsonl")),
        ("out.txt", ("--format", "parquet")),
    ],
    ids=["jsonl", "parquet", "jsonl-by-option", "parquet-by-option"],
)
def test_files_hold_every_result(name, args, folder, check, tmp_path):
    """Formats without loss give the verdicts back, and standard output sums up."""
    out = tmp_path / name
    result = check(folder / "notes.jsonl", "--out", out, "--json", *args)
    assert json.loads(result.stdout) == {
        "notes": 4,
        "decisions": {"pass": 1, "label": 0, "review": 1, "block": 2},
        "failed": 2,
        "dry_run": False,
        "out": str(out),
    }
    got = list(read_results(out))
    assert [type(item) for item in got] == [Verdict] * 4 + [ItemFailure] * 2


def test_csv_goes_to_a_pipe(folder, check):
    """Standard output has the rows alone; the summary goes to standard error."""
    result = check(folder / "good.jsonl", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout.lstrip("\ufeff"))))
    assert [row["decision"] for row in rows] == ["pass", "block", "block"]
    assert "notes checked: 3" in result.stderr


def test_page_shows_the_copy_beside_the_original(folder, check, run, tmp_path):
    """HTML takes the original's picture from `--originals` where it is not in the batch."""
    register = ("--register", tmp_path / "register")
    assert run("register", "add", folder / "first.jsonl", *register).exit_code == 0
    pages = {}
    for name, more in (("with", ("--originals", folder / "first.jsonl")), ("without", ())):
        out = tmp_path / f"{name}.html"
        archive = folder / "second.jsonl"
        assert check(archive, "--dry-run", "--out", out, *more).exit_code == 0
        pages[name] = out.read_text(encoding="utf-8").count("data:image/jpeg")
    assert pages == {"with": 3, "without": 1}


def test_dry_run_leaves_no_trace(folder, check, run, tmp_path):
    """The same verdict twice, and a register that knows of neither."""
    register = ("--register", tmp_path / "register")
    run("register", "add", folder / "first.jsonl", *register)
    before = json.loads(run("register", "stats", *register, "--json").stdout)
    answers = [check(folder / "second.jsonl", "--dry-run", "--json").stdout for _ in "12"]
    assert answers[0] == answers[1]
    assert [o["decision"] for o in objects(answers[0])] == ["block", "block"]
    assert json.loads(run("register", "stats", *register, "--json").stdout) == before


def test_dry_run_makes_no_register(folder, check, tmp_path):
    """Nothing is written, not even an empty register."""
    told(check(folder / "good.jsonl", "--dry-run"), 6, "no register in")
    assert not (tmp_path / "register").exists()


@pytest.mark.parametrize(
    ("level", "code"), [("block", 0), ("review", 1), ("label", 1)], ids=["block", "review", "label"]
)
def test_level_decides_the_exit_code(level, code, check, tmp_path):
    """A note in review is at or above `label` and `review`, and below `block`."""
    archive = tmp_path / "one.jsonl"
    (tmp_path / "x.jpg").write_bytes(b"no picture")
    archive.write_text(row("n1", "a", 1, "x.jpg"), encoding="utf-8")
    assert check(archive, "--fail-on", level, "--json").exit_code == code


@pytest.mark.parametrize(
    ("as_of", "decisions"),
    [
        ("now", ["pass", "pass", "pass"]),
        ("then", ["pass", "review", "pass"]),
        ("2021-01-02", ["review", "review", "review"]),
        ("2019-01-01", ["pass", "pass", "pass"]),
    ],
    ids=["now", "then", "date-inside", "date-before"],
)
def test_rules_of_the_day_asked_for_apply(as_of, decisions, check, tmp_path):
    """A rule of 2021 alone: judged by today, by each note's own day, or by a date."""
    policy = tmp_path / "dated.toml"
    policy.write_text(
        'title = "Dated"\n[[rule]]\nname = "contact"\nkind = "text.diversion.contact"\n'
        'steps = [{ at = 0.1, decision = "review" }]\nfrom = 2021-01-01\nuntil = 2022-01-01\n',
        encoding="utf-8",
    )
    notes = [
        row(f"n{year}", "a", 1, text="加微信 abc12345", published_at=f"{year}-05-01T08:00:00Z")
        for year in (2020, 2021, 2022)
    ]
    archive = tmp_path / "notes.jsonl"
    archive.write_text("\n".join(notes), encoding="utf-8")
    result = check(archive, "--policy", policy, "--as-of", as_of, "--json")
    assert [o["decision"] for o in objects(result.stdout)] == decisions
    assert [o["note_id"] for o in objects(result.stdout)] == ["n2020", "n2021", "n2022"]


def test_notes_come_from_standard_input(folder, check):
    """`-` reads JSON lines; pictures start from the working folder."""
    result = check("-", "--json", stdin=row("n1", "a", 1, text="你好"))
    assert [o["note_id"] for o in objects(result.stdout)] == ["n1"]


def test_folder_of_pictures_is_an_archive(check, folder, tmp_path):
    """Every picture is a note, its folder the author."""
    for author, name in (("alice", "first.png"), ("bob", "copy.jpg")):
        (tmp_path / "in" / author).mkdir(parents=True)
        (tmp_path / "in" / author / name).write_bytes((folder / name).read_bytes())
    rows = objects(check(tmp_path / "in", "--json").stdout)
    assert [o["note_id"] for o in rows] == ["alice/first.png", "bob/copy.jpg"]


def test_paths_outside_are_refused_unless_trusted(check, folder, tmp_path):
    """A foreign archive must not make us read other files."""
    inside = tmp_path / "in"
    inside.mkdir()
    archive = inside / "notes.jsonl"
    archive.write_text(row("n1", "a", 1, str(folder / "first.png")), encoding="utf-8")
    assert check(archive).exit_code == 8
    assert check(archive, "--allow-outside").exit_code == 0


def test_empty_archive_is_no_error(check, tmp_path):
    """Nothing to do is done."""
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    result = check(empty, "--lang", "en")
    assert (result.exit_code, result.stdout) == (0, "no notes in the input\n")


def test_strangers_cannot_steer_the_terminal(check, tmp_path):
    """Escapes and direction marks in an id are shown as codes."""
    archive = tmp_path / "notes.jsonl"
    archive.write_text(row("a\x1b[2Jb\u202ec", "a", 1), encoding="utf-8")
    shown = check(archive).stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "a\\x1b[2Jb\\u202ec" in "".join(shown.split())


def test_failed_write_leaves_the_old_file(check, folder, tmp_path):
    """A batch that breaks off does not touch what was there."""
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    (tmp_path / "register").write_text("a file where the register should be")
    assert check(folder / "good.jsonl", "--out", out).exit_code == 6
    assert out.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.jsonl", "register"]

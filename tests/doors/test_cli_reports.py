"""`moderation review report`: what readers say of notes."""

from __future__ import annotations

import json

import pytest
from kit.desk_rows import AT_ONCE, MIA, judged

from moderation.desk import Desk
from moderation.store import CaseKind, Register, Wanted
from moderation.verdict import Decision

from .conftest import told


@pytest.fixture
def register(tmp_path):
    """Ben's and Cy's notes have passed."""
    path = tmp_path / "register"
    with Register.open(path) as register:
        for note_id, author in (("n1", "ben"), ("n2", "cy")):
            judged(register, note_id, author, decision=Decision.PASS)
    return path


@pytest.fixture
def report(run, register):
    """`report("n1", …)` on that register."""

    def command(*args, **more):
        return run("review", "report", *args, "--register", register, **more)

    return command


def cases(register):
    with Register.open(register) as opened:
        found = opened.cases(Wanted(kind=CaseKind.REPORT))
        return {case.note_id: opened.readers_say(case.case_id) for case in found}


def test_what_became_of_each_report_is_said(report, register):
    """As JSON and in words; after a person has answered, too."""
    for reader, wanted in (("rae", "opened"), ("kim", "added"), ("rae", "known")):
        result = report("n1", "--reader", reader, "--reason", "copy", "--json")
        assert json.loads(result.stdout) == {"note_id": "n1", "outcome": wanted}, result.output
    (said,) = cases(register)["n1"]
    assert (said.reason.value, said.readers, said.words) == ("copy", 2, ())
    with Register.open(register) as opened:
        desk = Desk(opened, undo_for=AT_ONCE)
        desk.decide([opened.cases(Wanted(kind=CaseKind.REPORT))[0].case_id], MIA, "mistaken")
        desk.settle()
    words = ("n1", "--reader", "lou", "--reason", "copy")
    assert "a person has looked at it" in report(*words, "--lang", "en").stdout
    assert "人工处理过" in report(*words, "--lang", "zh").stdout


def test_the_words_of_a_reader_are_kept(report, register):
    result = report("n2", "--reader", "rae", "--reason", "other", "--words", " 见第三张图 ")
    assert result.exit_code == 0, result.output
    assert cases(register)["n2"][0].words == ("见第三张图",)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ((), 2, "name one note or one file"),
        (("n1", "--from", "x.jsonl"), 2, "name one note or one file"),
        (("--from", "x.jsonl", "--reader", "rae"), 2, "a file has the reports in its lines"),
        (("n1", "--reader", "rae"), 2, "needs a reader and a reason"),
        (("n1", "--reason", "copy"), 2, "needs a reader and a reason"),
        (("n1", "--reader", "rae", "--reason", "other"), 3, "needs words"),
        (("n9", "--reader", "rae", "--reason", "copy"), 3, "no verdict on note `n9`"),
        (("n1", "--reader", "ben", "--reason", "copy"), 3, "own"),
    ],
)
def test_what_is_wrong_is_said(report, register, args, code, message):
    told(report(*args), code, message)
    assert cases(register) == {}


def test_many_reports_from_a_file(report, register, tmp_path):
    """Bad lines become failure rows, the others are taken; given again, they are known."""
    good = {"note_id": "n1", "reader_id": "rae", "reason": "copy", "at": "2026-03-03T08:00:00Z"}
    rows = [
        good,
        good | {"reader_id": "kim", "reason": "other", "words": "见图"},
        good | {"reason": "hidden_ad"},
        good | {"note_id": "n9"},
        good | {"reader_id": "ben"},
        good | {"reason": "dislike"},
        good | {"reason": "other"},
        good | {"words": "\ud83d"},
        {"note_id": "n1"},
        ["list"],
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    result = report("--from", "-", "--json", stdin=text)
    assert result.exit_code == 8
    answer = json.loads(result.stdout)
    assert answer["reports"] == {"opened": 1, "added": 1, "known": 1, "answered": 0}
    assert [failure["line"] for failure in answer["failures"]] == [4, 5, 6, 7, 8, 9, 10]
    assert answer["failures"][0]["note_id"] == "n9"
    file = tmp_path / "reports.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows[:2]))
    result = report("--from", file, "--lang", "en")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == ["reports taken: 2", "  known: 2"]
    assert {one.reason.value: one.readers for one in cases(register)["n1"]} == {
        "copy": 1,
        "other": 1,
    }

"""`moderation review`: what people answer, from a verdict to rows that a reader learns from."""

from __future__ import annotations

import json
import stat

import pyarrow.parquet as pq
import pytest
from kit.desk_rows import AT_ONCE, MIA, opened

from moderation.desk import Desk
from moderation.finding import ItemFailure
from moderation.store import NewReview, Register
from moderation.training.reader_data import labelled_notes

from .conftest import objects, row, told

SALE = "想要链接的加微信 abc12345，九块九包邮，现货秒发"
FLOWERS = "今天去公园看花，樱花开了，很开心。"


@pytest.fixture
def archive(tmp_path):
    """A sale and a walk, as they were submitted."""
    path = tmp_path / "notes.jsonl"
    lines = [row("sale", "ann", 1, title="皂", text=SALE), row("walk", "ben", 2, text=FLOWERS)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def review(run, tmp_path, archive):
    """`review("record", …)` on a register that has judged the archive."""
    register = tmp_path / "register"
    assert run("check", archive, "--register", register, "--json").exit_code == 0

    def command(name, *args, **more):
        return run("review", name, *args, "--register", register, **more)

    return command


@pytest.fixture
def answer(review):
    """The JSON that a command answers, after checking that it ended well."""

    def command(*args, **more):
        result = review(*args, "--json", **more)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return command


def put(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_an_answer_becomes_a_row_to_learn_from(answer, archive, tmp_path):
    """From the audit, the archive and the person's word; readable by its owner alone."""
    answer("record", "sale", "--by", "mia", "--answer", "confirmed", "--disclosure", "absent")
    answer("record", "walk", "--by", "mia", "--answer", "confirmed", "--intent", "N0")
    rows = tmp_path / "rows.jsonl"
    rows.write_text("old")
    rows.chmod(0o644)
    got = answer("export", archive, "--output", rows)
    assert (got["rows"], got["texts"], got["left_out"].keys()) == (
        2,
        2,
        {"missing", "edited", "disagreement", "intent_unknown", "disclosure_unknown"},
    )
    assert got["decisions"]["pass"] == 1
    assert stat.S_IMODE(rows.stat().st_mode) == 0o600
    learnt = labelled_notes(None, None, [rows])
    assert [(r.note.text, r.intent, r.disclosure, r.origin) for r in learnt] == [
        (SALE, "C2", "absent", "moderator"),
        (FLOWERS, "N0", "none_needed", "moderator"),
    ]


def test_an_edited_note_is_left_out_and_counted(review, answer, tmp_path):
    """A word about its earlier text labels nothing else."""
    answer("record", "walk", "--by", "mia", "--answer", "confirmed", "--intent", "N0")
    edited = tmp_path / "edited.jsonl"
    edited.write_text(row("walk", "ben", 2, text=FLOWERS + "还想再去"), encoding="utf-8")
    got = answer("export", edited, "--output", tmp_path / "rows.jsonl")
    assert (got["rows"], got["left_out"]["edited"]) == (0, 1)
    result = review("export", edited, "--output", tmp_path / "rows.jsonl", "--lang", "en")
    assert "left out, other words than those judged: 1" in result.stdout


def test_people_who_disagree_are_left_out_until_it_is_settled(answer, archive, tmp_path):
    """And both answers stay in the register."""
    native = ("--answer", "overturned", "--intent", "N1")
    answer("record", "sale", "--by", "mia", "--answer", "confirmed")
    answer("record", "sale", "--by", "ben", *native)
    out = ("--output", tmp_path / "rows.jsonl")
    assert answer("export", archive, *out)["left_out"]["disagreement"] == 1
    answer("record", "sale", "--by", "eva", *native, "--settles", "--reason", "her own soap")
    assert answer("export", archive, *out)["rows"] == 1
    listed = answer("list", "--note", "sale")["reviews"]
    assert [(r["by"], r["answer"]) for r in listed] == [
        ("eva", "overturned"),
        ("ben", "overturned"),
        ("mia", "confirmed"),
    ]


def test_rows_from_flagged_notes_alone_are_warned_of(review, answer, archive, tmp_path):
    """A reader that never sees what passes learns a biased world."""
    answer("record", "sale", "--by", "mia", "--answer", "confirmed", "--disclosure", "absent")
    out = tmp_path / "rows.jsonl"
    result = review("export", archive, "--output", out, "--lang", "en")
    assert "random sample of passes" in result.stderr
    answer("record", "walk", "--by", "mia", "--answer", "confirmed", "--intent", "N0")
    result = review("export", archive, "--output", out, "--lang", "en")
    assert "random sample of passes" not in result.stderr


def test_many_answers_from_a_file(review, answer, tmp_path):
    """Bad lines become failure rows, the others are recorded; given again, nothing changes."""
    good = {"note_id": "sale", "answer": "overturned", "intent": "N1", "at": "2026-03-03T08:00:00Z"}
    file = put(
        tmp_path / "answers.jsonl",
        [
            good,
            good | {"note_id": "walk", "answer": "confirmed", "by": "ben"},
            good | {"reason": "x" * 100_000},
            good | {"reason": "\ud83d"},
            good | {"findings": {"text.rude": "confirmed"}},
            good | {"findings": {"image.copy": "confirmed"}},
            good | {"note_id": "nobody"},
            good | {"note_id": "\ud83d"},
            good | {"intent": "C2"},
            {"answer": "confirmed"},
            ["list"],
        ],
    )
    for _ in range(2):
        result = review("record", "--from", file, "--by", "mia", "--json")
        got = json.loads(result.stdout)
        assert (result.exit_code, got["recorded"]) == (8, 2)
        failures = [ItemFailure.from_json(failure) for failure in got["failures"]]
        assert [failure.line for failure in failures] == list(range(3, 12))
        assert max(len(failure.message) for failure in failures) < 400
    assert [r["by"] for r in answer("list")["reviews"]] == ["ben", "mia"]
    result = review("record", "--from", file, "--by", "mia", "--lang", "en")
    assert "answers recorded: 2" in result.stdout
    assert "line 3 sale: `reason` has 100,000 characters, limit 500" in result.stderr
    told(result, 8, "9 of 11 rows")


def test_what_was_listed_can_be_recorded_elsewhere(review, answer, run, tmp_path, archive):
    """The JSON of `list` is what `record --from` reads."""
    answer("record", "sale", "--by", "mia", "--finding", "text.hard_sell=confirmed")
    listed = answer("list")["reviews"]
    assert NewReview.from_json(listed[0]).by == "mia"
    lines = "".join(json.dumps(row) + "\n" for row in listed)
    other = ("--register", tmp_path / "other")
    run("check", archive, *other)
    result = run("review", "record", "--from", "-", *other, "--json", stdin=lines)
    assert json.loads(result.stdout)["recorded"] == 1, result.output


def test_answers_are_listed_for_people(review, answer):
    """The last first, with what the gate had decided."""
    answer("record", "walk", "--by", "mia", "--answer", "confirmed", "--at", "2026-03-03")
    result = review("list", "--lang", "en", "--limit", "1")
    head, line = result.stdout.splitlines()
    assert head.split()[:2] == ["Answer", "When"]
    assert line.split()[1:] == ["2026-03-03", "00:00", "walk", "pass", "mia", "confirmed", "–", "–"]
    assert "--before 1" in result.stderr
    assert answer("list", "--since", "2026-04-01")["reviews"] == []
    assert review("list", "--by", "eva", "--lang", "en").stdout == (
        "no answer of that kind in this register\n"
    )


def test_the_history_of_a_note_tells_the_answers(review, answer, run, tmp_path):
    """Below the verdicts that they answer."""
    given = answer("record", "sale", "--by", "mia", "--answer", "confirmed")
    history = ("register", "history", "sale", "--register", tmp_path / "register")
    assert json.loads(run(*history, "--json").stdout)["reviews"] == [given]
    assert "mia" in run(*history, "--lang", "en").stdout


def test_forgetting_takes_the_answers_along(answer, run, tmp_path, archive):
    """Counted in the receipt, gone from the list, counted as nothing in an export."""
    for note in ("sale", "walk"):
        answer("record", note, "--by", "mia", "--answer", "confirmed")
    register = ("--register", tmp_path / "register", "--json")
    receipt = json.loads(run("register", "forget", "--author", "ann", "--yes", *register).stdout)
    assert receipt["counts"]["reviews"] == 1
    assert [r["note_id"] for r in answer("list")["reviews"]] == ["walk"]
    assert answer("export", archive, "--output", tmp_path / "rows.jsonl")["texts"] == 1
    assert json.loads(run("register", "stats", *register).stdout)["reviews"] == 1
    assert run("register", "verify", *register).exit_code == 0


@pytest.mark.parametrize(
    ("args", "code", "pieces"),
    [
        pytest.param((), 2, ["name one note or one file"], id="nothing"),
        pytest.param(("sale", "--from", "x"), 2, ["name one note or one file"], id="both"),
        pytest.param(("sale", "--answer", "confirmed"), 2, ["--by NAME"], id="nobody"),
        pytest.param(("--from", "x", "--intent", "N1"), 2, ["--by` alone"], id="label-of-file"),
        pytest.param(("sale", "--by", "mia"), 3, ["neither"], id="no-answer"),
        pytest.param(
            ("sale", "--by", "mia", "--finding", "text.hard_sell"), 2, ["=overturned"], id="finding"
        ),
        pytest.param(
            ("sale", "--by", "mia", "--answer", "confirmed", "--intent", "N7"),
            3,
            ["'N7'", "`C3`"],
            id="intent",
        ),
        pytest.param(
            ("walk", "--by", "mia", "--finding", "text.hard_sell=overturned"),
            3,
            ["no finding", "it has none"],
            id="not-found",
        ),
        pytest.param(
            ("gone", "--by", "mia", "--answer", "confirmed"), 3, ["no verdict"], id="unknown"
        ),
        pytest.param(("--from", "/nowhere"), 3, ["cannot read"], id="no-file"),
    ],
)
def test_what_cannot_be_recorded_is_told(review, args, code, pieces):
    """In the house style, with what to do."""
    told(review("record", *args), code, *pieces)


def test_an_export_needs_a_file(review, archive, tmp_path):
    """And leaves nothing behind where it fails."""
    told(review("export", archive, "--output", "-"), 2, "--output FILE")
    told(review("export", tmp_path / "none.jsonl", "--output", tmp_path / "rows.jsonl"), 3, "none")
    assert not list(tmp_path.glob("*rows*"))


def test_rows_that_cannot_be_read_are_told(review, answer, archive, tmp_path):
    """They may be the ones that people answered about."""
    answer("record", "walk", "--by", "mia", "--answer", "confirmed", "--intent", "N0")
    broken = tmp_path / "broken.jsonl"
    broken.write_text("not json\n" + archive.read_text(encoding="utf-8"), encoding="utf-8")
    out = tmp_path / "rows.jsonl"
    got = answer("export", broken, "--output", out)
    assert (got["rows"], got["unread"]) == (1, 1)
    assert "could not be read: 1" in review("export", broken, "--output", out).stderr
    assert len(objects(out.read_text(encoding="utf-8"))) == 1


@pytest.fixture
def decided(tmp_path):
    """A register where mia has decided one note of ben's."""
    with Register.open(tmp_path / "desk") as register:
        case = opened(register, "n1", "ben", lang="zh")
        desk = Desk(register, undo_for=AT_ONCE)
        desk.decide([case.case_id], MIA, "copied", words="ben took it")
        desk.settle()
    return tmp_path / "desk"


def test_decisions_leave_by_pseudonyms(run, decided, tmp_path):
    """Nobody is named, nor is what was written; the same names again, the same pseudonyms."""
    out = tmp_path / "decisions.jsonl"
    how = ("--register", decided, "--out", out)
    result = run("review", "decisions", *how, "--json")
    assert json.loads(result.stdout) == {"rows": 1, "names": False, "output": str(out)}
    text = out.read_text()
    assert not any(name in text for name in ("ben", "mia", "n1"))
    (row_,) = objects(text)
    assert (row_["choice"], row_["before"], row_["after"]) == ("copied", "review", "block")
    run("review", "decisions", *how)
    assert out.read_text() == text


def test_names_are_given_to_who_asks_for_them(run, decided, tmp_path):
    """In a file that its owner alone can read."""
    out = tmp_path / "decisions.csv"
    result = run(
        "review", "decisions", "--register", decided, "--out", out, "--names", "--lang", "en"
    )
    assert result.exit_code == 0
    assert "names people" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    last = out.read_text(encoding="utf-8-sig").splitlines()[-1]
    assert last.endswith("mia,ben,n1,ben took it")


def test_decisions_are_of_a_stretch(run, decided, tmp_path):
    """And a name without a format is refused before anything is read."""
    out = tmp_path / "decisions.parquet"
    how = ("review", "decisions", "--register", decided, "--out")
    assert run(*how, out, "--until", "2020-01-01").exit_code == 0
    assert pq.read_table(out).num_rows == 0
    result = run(*how, tmp_path / "decisions.txt", "--lang", "en")
    assert result.exit_code == 2
    assert "has no format" in result.stderr

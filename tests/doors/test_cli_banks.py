"""`register bank` and `register templates`: lists and decisions, told in words and in JSON."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest

from .conftest import objects, told

BY = ("--by", "mia")
WHY = ("--reason", "spring meme")


@pytest.fixture
def register(run, tmp_path):
    """`register("bank", "add", …)` on a register of this test."""

    def command(*args, **more):
        return run("register", *args, "--register", tmp_path / "register", **more)

    return command


@pytest.fixture
def answer(register):
    """The JSON that a command answers, after checking that it ended well."""

    def command(*args, **more):
        result = register(*args, "--json", **more)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return command


@pytest.fixture
def meme(folder, tmp_path):
    """A picture that the note of the archive `first.jsonl` shows."""
    row = json.loads((folder / "first.jsonl").read_text().splitlines()[0])
    path = tmp_path / "meme.png"
    shutil.copy(folder / row["images"][0]["path"], path)
    return path


@pytest.fixture
def archive(folder, tmp_path):
    """The first picture of `first.jsonl`, shown by so many authors, one each week."""
    row = json.loads((folder / "first.jsonl").read_text().splitlines()[0])
    picture = folder / row["images"][0]["path"]

    def write(count):
        target = tmp_path / "archive"
        target.mkdir(exist_ok=True)
        shutil.copy(picture, target / "meme.png")
        notes = [
            {
                "id": f"m{i}",
                "author": {"id": f"u{i}"},
                "published_at": datetime.fromtimestamp(7 * 86_400 * (2_600 + i), UTC).isoformat(),
                "images": [{"path": "meme.png"}],
            }
            for i in range(count)
        ]
        (target / "notes.jsonl").write_text("\n".join(map(json.dumps, notes)))
        return target / "notes.jsonl"

    return write


def decision(run, tmp_path, notes):
    """Of the last note that is checked; nothing is written."""
    args = ("--register", tmp_path / "register", "--dry-run", "--json")
    return objects(run("check", notes, *args).stdout)[-1]["decision"]


def test_a_banked_picture_is_free_until_the_list_expires(
    run, answer, archive, folder, meme, tmp_path
):
    """Added, shown, ended, removed; each with who and why."""
    answer("add", folder / "first.jsonl")
    assert decision(run, tmp_path, archive(1)) == "pass"  # older than the first
    added = answer("bank", "add", "memes", meme, *WHY, "--until", "2099-01-01", *BY)
    (entry,) = added["entries"]
    assert (entry["title"], entry["is_new"], entry["added_by"]) == ("meme.png", True, "mia")
    assert len(entry["works"]) == 2
    assert answer("bank", "list")["banks"] == [{"bank": "memes", "pictures": 1, "in_force": 1}]
    assert answer("bank", "show", "memes")["entries"][0]["until"] == "2099-01-01T00:00:00+00:00"
    ended = answer("bank", "expire", "memes", "--at", "2020-01-01", "--reason", "over", *BY)
    assert ended == {"bank": "memes", "pictures": 1, "until": "2020-01-01T00:00:00+00:00"}
    assert answer("bank", "list")["banks"][0]["in_force"] == 0
    assert answer("bank", "remove", "memes", "--reason", "mistake", *BY)["pictures"] == 1
    assert answer("bank", "list") == {"banks": []}
    rulings = answer("templates", "history", "--bank", "memes")["rulings"]
    assert [(r["action"], r["by"], r["reason"]) for r in rulings] == [
        ("bank.add", "mia", "spring meme"),
        ("bank.expire", "mia", "over"),
        ("bank.remove", "mia", "mistake"),
    ]


def test_a_bank_travels_as_a_file(run, answer, meme, tmp_path):
    """Exported here, imported there, under another name."""
    answer("bank", "add", "memes", meme, *WHY, *BY)
    file = tmp_path / "memes.json"
    written = answer("bank", "export", "memes", file, "--with-features")
    assert written == {"bank": "memes", "pictures": 1, "path": str(file)}
    other = ("--register", tmp_path / "other", "--json")
    got = json.loads(
        run("register", "bank", "import", file, "--name", "theirs", *BY, *other).stdout
    )
    assert [(e["bank"], e["title"]) for e in got["entries"]] == [("theirs", "meme.png")]


def test_an_unreadable_picture_is_told_and_stops_nothing(register, meme, tmp_path):
    """Exit code 8, as for any partial batch."""
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    result = register("bank", "add", "memes", bad, meme, *WHY, *BY, "--lang", "en")
    assert result.exit_code == 8
    assert "entry 1, free to show" in result.stdout
    assert result.stderr.startswith("bad.png: ")


def test_what_many_show_is_listed_and_decided(run, answer, archive, folder, tmp_path):
    """Proposed by the import; rejected, it blocks; accepted, it passes until its day."""
    answer("add", archive(9))
    (proposal,) = answer("templates", "list")["proposals"]
    assert (proposal["state"], proposal["authors"], proposal["note_id"]) == ("proposed", 8, "m0")
    late = folder / "first.jsonl"
    assert decision(run, tmp_path, late) == "review"
    work = proposal["work_id"]
    rejected = answer("templates", "reject", work, "--reason", "hers", *BY)
    assert (rejected["state"], rejected["decided_by"]) == ("rejected", "mia")
    assert decision(run, tmp_path, late) == "block"
    assert answer("templates", "find") == {"works": []}
    accepted = answer("templates", "accept", work, *WHY, "--until", "2099-01-01", *BY)
    assert accepted["until"] == "2099-01-01T00:00:00+00:00"
    assert decision(run, tmp_path, late) == "pass"
    assert answer("templates", "list") == {"proposals": []}
    assert len(answer("templates", "list", "--all")["proposals"]) == 1
    actions = [r["action"] for r in answer("templates", "history", "--work", work)["rulings"]]
    assert actions == ["template.reject", "template.accept"]


def test_a_conflict_with_proof_is_told(register, answer, archive):
    """The proof ends the exemption, and says what to do next."""
    answer("add", archive(9))
    answer("exempt", "m0", *WHY, *BY)
    claim = ("claim", "m0", "--author", "ann", "--basis", "external_proof", "--lang", "en")
    assert "decide again" in register(*claim).stderr
    assert answer("templates", "list")["proposals"][0]["state"] == "contested"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_people_read(register, archive, meme, golden, lang):
    """Tables and sentences, in both languages."""
    said = ("--lang", lang)
    shown = [
        register("add", archive(9), *said),
        register("templates", "list", *said),
        register("templates", "accept", 1, *WHY, "--until", "2099-01-01", *BY, *said),
        register("templates", "reject", 1, "--reason", "no", *BY, *said),
        register("templates", "list", *said),
        register("templates", "list", "--all", *said),
        register("bank", "list", *said),
        register("bank", "add", "memes", meme, *WHY, "--until", "2099-01-01", *BY, *said),
        register("bank", "add", "memes", meme, *WHY, *BY, *said),
        register("bank", "list", *said),
        register("bank", "show", "memes", *said),
        register("bank", "expire", "memes", "--at", "2026-01-01", "--reason", "over", *BY, *said),
    ]
    assert [result.exit_code for result in shown] == [0] * len(shown)
    golden(f"people-{lang}", "\n".join(result.stdout for result in shown))


@pytest.mark.parametrize(
    ("args", "exit_code", "words"),
    [
        (("bank", "show", "none"), 3, ("no bank `none`", "bank list")),
        (("bank", "add", "memes", "x.png", *WHY), 2, ("--by",)),
        (("templates", "accept", 7, *WHY, "--until", "2099-01-01", *BY), 3, ("never proposed",)),
        (("templates", "accept", 7, *WHY, *BY), 2, ("--until",)),
        (("templates", "history", "--work", 1, "--bank", "b"), 2, ("two subjects",)),
        (("bank", "import", "/none.json", *BY), 3, ("cannot read",)),
    ],
    ids=["no-bank", "nobody-decides", "no-proposal", "no-end", "two-subjects", "no-file"],
)
def test_what_cannot_be_done_is_told(register, answer, archive, args, exit_code, words):
    """With what to do instead."""
    answer("add", archive(1))
    told(register(*args), exit_code, *words)

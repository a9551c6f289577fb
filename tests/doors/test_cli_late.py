"""The commands for what is told late: claims that others follow, appeals, lists beside backups."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kit.late_rows import HOUR, MORNING, first_note, record, viral, words

from moderation.cli import program
from moderation.store import NewAppeal, Register

from .conftest import ENVIRONMENT

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Register.open(tmp_path / "register") as register:
        viral(register, 3)
    return tmp_path / "register"


@pytest.fixture
def run(folder: Path) -> Run:
    """Output of a command on the register; as JSON where asked for."""

    def command(*words: str, json_too: bool = True, exits: int = 0) -> Any:
        line = [*words, "--register", str(folder), *(["--json"] if json_too else ["--lang", "en"])]
        done = CliRunner().invoke(program, line, env=ENVIRONMENT)
        assert done.exit_code == exits, done.output
        return json.loads(done.stdout) if json_too and exits == 0 else done.output

    return command


def now_said(folder: Path) -> dict[str, str]:
    with Register.open(folder) as register:
        return {note: word for note, (word, _) in words(register).items()}


CLAIM = ("register", "claim", "first", "--author", "author1")
PROOF = (*CLAIM, "--basis", "external_proof", "--at", "2020-01-01")


def test_a_claim_says_who_follows_and_a_dry_run_says_the_same(run: Run, folder: Path) -> None:
    tried = run(*PROOF, "--dry-run")
    assert now_said(folder)["copy1"] == "block"
    told = run(*PROOF, "--by", "mia")
    counts = {"freed": 1, "referred": 1, "same": 2}
    for one in (tried, told):
        assert {name: one["followed"][name] for name in counts} == counts
    assert now_said(folder) == {
        "first": "review",
        "copy0": "block",
        "copy1": "pass",
        "copy2": "block",
    }
    examples = {one["note_id"]: one["after"] for one in told["followed"]["examples"]}
    assert examples == {"first": "review", "copy1": "pass"}
    assert run("register", "follow")["freed"] == 0
    history = run("register", "history", "copy1")["verdicts"]
    assert history[-1]["change"]["cause"] == "claim"
    assert history[0]["change"] is None


def test_people_read_how_many_followed(run: Run) -> None:
    said = run(*PROOF, json_too=False)
    assert "1 freed, 1 to a person, 2 as before" in said
    licensed = (*CLAIM, "--basis", "licensed")
    assert "0 freed" in run(*licensed, json_too=False)
    withdrawn = run(*PROOF[:-2], "--withdraw", json_too=False)
    assert "no longer holds the claim" in withdrawn


def test_an_appeal_is_listed_and_decided(run: Run, folder: Path) -> None:
    with Register.open(folder) as register, register.transaction() as now:
        new = NewAppeal(
            verdict_id=3, note_id="copy1", author_id="author1", at=datetime.now(UTC), statement="me"
        )
        now.open_appeal(new)
    (waiting,) = run("review", "appeals")["appeals"]
    assert (waiting["appeal_id"], waiting["decision"]) == ("a_1", "block")
    assert "author1" in run("review", "appeals", json_too=False)
    decide = ("review", "decide", "a_1", "--by", "mia")
    run(*decide, exits=2)
    run(*decide, "--overturned", "--first", "author1", exits=2)
    run("review", "decide", "seven", "--upheld", "--by", "mia", exits=2)
    told = run(*decide, "--overturned", "--reason", "another cup")
    assert (told["after"], told["state"]) == ("pass", "overturned")
    run(*decide, "--overturned", exits=3)
    assert run("review", "appeals")["appeals"] == []


def test_pairs_that_people_told_apart_are_written_without_a_word(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    """Who is forgotten is in none."""
    run("review", "record", "copy1", "--by", "mia", "--finding", "image.copy=overturned")
    run("review", "record", "copy2", "--by", "mia", "--answer", "confirmed")
    out = tmp_path / "pairs.jsonl"
    assert run("review", "pairs", "--output", str(out))["pairs"] == 1
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["label"], row["note_id"], row["image_number"]) == ("different", "copy1", 0)
    assert row["original"]["note_id"] == "first"
    assert len(row["original"]["sha256"]) == 64
    assert row["note_digest"].startswith("sha256:")
    run("register", "forget", "--author", "alice", "--yes")
    assert run("review", "pairs", "--output", str(out))["pairs"] == 0


def test_the_list_beside_dumps_is_written_and_replayed(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    """For a register on a server, whose backups are made by others."""
    out = tmp_path / "list.jsonl"
    run("register", "forget", "--note", "copy1", "--yes")
    assert run("store", "forgotten", "--output", str(out)) == {"output": str(out), "lines": 1}
    with Register.open(folder) as register, register.transaction() as now:
        work, picture = first_note(now, "other", "zoe")
        record(now, "copy1", "author1", {0: [(work, picture)]}, at=MORNING + HOUR)
    assert run("store", "forgotten", "--apply", str(out)) == {"forgotten": 1, "lines": 1}
    assert "copy1" not in now_said(folder)
    assert run("store", "forgotten", "--nothing") == {"forgotten": 0, "lines": 0}
    run("store", "forgotten", exits=2)

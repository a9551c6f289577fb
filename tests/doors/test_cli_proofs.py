"""`moderation review proof`: what an author sends with an appeal, by the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from kit import pictures
from kit.late_rows import viral
from kit.notes import photo

from moderation.cli import program
from moderation.store import NewAppeal, Register

from .conftest import ENVIRONMENT

Run = Callable[..., Any]
HOSTILE = "gpj.\u202egnp\x1b[2J.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A register with an appeal, a_1."""
    with Register.open(tmp_path / "register") as register:
        viral(register, 3)
        new = NewAppeal(
            verdict_id=3, note_id="copy1", author_id="author1", at=datetime.now(UTC), statement="me"
        )
        with register.transaction() as now:
            now.open_appeal(new)
    return tmp_path / "register"


@pytest.fixture
def run(folder: Path) -> Run:
    """Output of a command on the register; as JSON where asked for."""

    def command(*words: str, json_too: bool = True, exits: int = 0, lang: str = "en") -> Any:
        line = [*words, "--register", str(folder), *(["--json"] if json_too else ["--lang", lang])]
        done = CliRunner().invoke(program, line, env=ENVIRONMENT)
        assert done.exit_code == exits, done.output
        return json.loads(done.stdout) if json_too and exits == 0 else done.output

    return command


@pytest.fixture
def original(tmp_path: Path) -> str:
    path = tmp_path / HOSTILE
    path.write_bytes(pictures.encoded(photo("coffee"), "JPEG"))
    return str(path)


def test_proof_is_added_and_listed(run: Run, original: str) -> None:
    """Files and links in one go; given again they are the same; the list has them, too."""
    links = ("--link", "https://example.org/2024", "--link", "http://a.b/c")
    told = run("review", "proof", "a_1", original, *links)
    assert (told["appeal_id"], len(told["proofs"])) == ("a_1", 3)
    file, first, _ = told["proofs"]
    assert (file["kind"], file["name"], file["facts"]["width"]) == ("file", HOSTILE, 400)
    assert (first["kind"], first["name"], first["bytes"]) == (
        "link",
        "https://example.org/2024",
        None,
    )
    assert run("review", "proof", "1", original, *links) == told
    (waiting,) = run("review", "appeals")["appeals"]
    assert waiting["proofs"] == told["proofs"]
    assert (waiting["appeal_id"], waiting["state"]) == ("a_1", "open")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_people_read_what_it_is_on_a_line_each(run: Run, original: str, lang: str) -> None:
    """A name neither steers the terminal nor turns the line."""
    said = run(
        "review",
        "proof",
        "a_1",
        original,
        "--link",
        "https://a.b/\u202ec",
        json_too=False,
        lang=lang,
    )
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert ("JPEG picture, 400 × 267 px" if lang == "en" else "JPEG 图片，400 × 267 像素") in said
    listed = run("review", "appeals", json_too=False, lang=lang)
    assert "sha256" in listed
    assert "https://a.b/c" in listed


def test_a_file_that_nobody_can_open_is_proof_all_the_same(run: Run, tmp_path: Path) -> None:
    layered, page = tmp_path / "work.psd", tmp_path / "page.jpg"
    layered.write_bytes(b"8BPS\0\1" + bytes(50_000))
    page.write_text("<html><script>alert(1)</script>")
    said = run("review", "proof", "a_1", str(layered), str(page), json_too=False)
    assert "cannot be opened here: Photoshop file, 50.0 kB" in said
    assert "not readable as a picture: file of an unknown type" in said


def test_what_is_no_proof_changes_nothing(run: Run, original: str, tmp_path: Path) -> None:
    """No proof at all, no such file, a pipe, no web address, no such appeal."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 50_000_001)
    run("review", "proof", "a_1", exits=2)
    run("review", "proof", "seven", original, exits=2)
    run("review", "proof", "a_1", str(tmp_path / "absent"), exits=2)
    run("review", "proof", "a_1", str(tmp_path), exits=2)
    run("review", "proof", "a_1", original, str(tmp_path / "pipe"), exits=2)
    assert "limit 50,000,000" in run("review", "proof", "a_1", str(tmp_path / "large"), exits=3)
    assert "web address" in run("review", "proof", "a_1", "--link", "javascript:1", exits=3)
    run("review", "proof", "a_9", original, exits=3)
    (waiting,) = run("review", "appeals")["appeals"]
    assert waiting["proofs"] == []
    run("review", "decide", "a_1", "--upheld", "--by", "mia")
    assert "not open" in run("review", "proof", "a_1", original, exits=3)

"""Shared by the tests of the command line: running a command, and a small archive to judge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from kit import pictures

from moderation.cli import program

ENVIRONMENT = {
    "COLUMNS": "100",
    "LC_ALL": "en_US.UTF-8",
    "MODERATION_REGISTER": None,
    "NO_COLOR": "1",
}


@pytest.fixture
def run() -> Callable[..., Result]:
    """`run("check", path, "--json")`: the command in this process, as `main` runs it."""

    def command(*args: object, stdin: str | bytes | None = None, **environment: str) -> Result:
        given = [str(arg) for arg in args]
        return CliRunner().invoke(program, given, input=stdin, env=ENVIRONMENT | environment)

    return command


def row(note_id: str, author: str, day: int, *images: str, **fields: Any) -> str:
    """One line of an archive; days are of March 2026."""
    return json.dumps(
        {
            "id": note_id,
            "author": {"id": author},
            "published_at": f"2026-03-{day:02}T08:00:00Z",
            "images": [{"path": image} for image in images],
            **fields,
        },
        ensure_ascii=False,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures, and archives that name them. Read only.

    `notes.jsonl`: an original, a mirrored copy of it, a contact, an unreadable picture, and two
    bad rows. `good.jsonl`: the first three of them. `first.jsonl`: the original alone.
    """
    folder = tmp_path_factory.mktemp("archive")
    first, second = pictures.scene(1), pictures.scene(2)
    copy = pictures.encoded(pictures.mirrored(first), "JPEG", quality=85)
    (folder / "first.png").write_bytes(pictures.encoded(first))
    (folder / "second.png").write_bytes(pictures.encoded(second))
    (folder / "copy.jpg").write_bytes(copy)
    (folder / "flat.png").write_bytes(pictures.encoded(pictures.flat()))
    (folder / "broken.jpg").write_bytes(copy[: len(copy) // 3])
    rows = [
        row("n1", "alice", 1, "first.png", "second.png", text="公园里的花开了"),
        row("n2", "bob", 2, "copy.jpg", title="我拍的"),
        row("n3", "carol", 3, text="想要链接的加微信 abc12345"),
        row("n4", "dave", 4, "broken.jpg"),
        "not json",
        '{"id": "n6"}',
    ]
    (folder / "notes.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (folder / "good.jsonl").write_text("\n".join(rows[:3]), encoding="utf-8")
    (folder / "first.jsonl").write_text(rows[0], encoding="utf-8")
    (folder / "second.jsonl").write_text("\n".join(rows[1:3]), encoding="utf-8")
    return folder


def objects(text: str) -> list[Any]:
    """One JSON value a line."""
    return [json.loads(line) for line in text.splitlines()]


def told(result: Result, code: int, *pieces: str) -> None:
    """An error in the house style: two lines on standard error, no traceback, this exit code."""
    lines = result.stderr.splitlines()
    assert result.exit_code == code, result.output
    assert [line.partition(":")[0] for line in lines[-2:]] == ["error", "hint"], result.stderr
    message, hint = (line.partition(": ")[2] for line in lines[-2:])
    assert not message[0].isupper()
    assert not message.endswith(".")
    assert hint
    assert "Traceback" not in result.output
    for piece in pieces:
        assert piece in result.stderr

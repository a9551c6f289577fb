"""`POST /v1/appeals/a_N/proofs`: what an author sends, over HTTP."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from kit import pictures
from kit.asking import JSON, Asking, a_note, problem
from kit.notes import photo

from moderation.service import requests

CAT = photo("chelsea")
LARGE = pictures.encoded(CAT, "JPEG", quality=95)
LINK = {"author_id": "ben", "link": "https://example.org/2024/cat"}


def file(data: bytes = LARGE, name: str = "IMG_1.jpg") -> dict[str, Any]:
    return {"author_id": "ben", "file": {"name": name, "data": base64.b64encode(data).decode()}}


@pytest.fixture
def at(ask: Asking) -> str:
    """Where proofs of an open appeal of ben's go."""
    return appealed(ask)


def appealed(ask: Asking) -> str:
    ask.submit(a_note(CAT, id="n1", author="ann"))
    blocked = ask.submit(a_note(pictures.scaled(CAT, 0.6), id="n2", author="ben")).json()
    assert blocked["decision"] == "block"
    row = {"verdict_id": blocked["verdict_id"], "author_id": "ben", "statement": "我拍的"}
    return f"/v1/appeals/{ask('POST', '/v1/appeals', json=row).json()['appeal_id']}/proofs"


def test_proofs_come_and_are_listed(make: Any, place: str | Path) -> None:
    """On either database: facts and no pixels; the same again is told to be there."""
    ask = Asking(make(register=place))
    at = appealed(ask)
    came = ask("POST", at, json=file())
    assert came.status_code == 201
    told = came.json()
    assert (told["appeal_id"], told["kind"], told["name"]) == ("a_1", "file", "IMG_1.jpg")
    assert told["bytes"] == len(LARGE)
    assert [one["shows"] for one in told["facts"]["compared"]] == ["not_kept", "same"]
    linked = ask("POST", at, json=LINK).json()
    assert (linked["name"], linked["sha256"], linked["facts"]) == (LINK["link"], None, {})
    again = ask("POST", at, json=file(name="other.jpg"))
    assert (again.status_code, again.json()) == (200, told)
    assert ask("POST", at, json=LINK).status_code == 200
    (waiting,) = ask("GET", "/v1/appeals").json()["appeals"]
    del told["appeal_id"], linked["appeal_id"]
    assert waiting["proofs"] == [told, linked]
    assert waiting["statement"] == "我拍的"
    assert ask("DELETE", "/v1/authors/ben").json()["counts"]["appeals"] == 1
    assert ask("GET", "/v1/appeals").json() == {"appeals": []}


def test_a_file_below_the_media_folder_is_named(make: Any, tmp_path: Path) -> None:
    """And no other; no way leads out of there."""
    root = tmp_path / "media"
    root.mkdir()
    (root / "a.psd").write_bytes(b"8BPS\0\1" + bytes(500))
    (tmp_path / "secret").write_text("hush")
    ask = Asking(make(media_root=root))
    at = appealed(ask)
    told = ask("POST", at, json=LINK | {"link": None, "file": {"name": "a.psd", "path": "a.psd"}})
    assert told.json()["facts"] == {"type": "photoshop", "unopened": "project"}
    for path in ("../secret", "/etc/passwd", "https://evil.example/a"):
        row = {"author_id": "ben", "file": {"name": "x", "path": path}}
        assert ask("POST", at, json=row).status_code == 422


@pytest.mark.parametrize(
    "row",
    [
        {"author_id": "ben"},
        LINK | file(),
        {"link": LINK["link"]},
        {"author_id": "ben", "file": {"name": "a.jpg"}},
        {"author_id": "ben", "file": {"name": "", "data": "AAAA"}},
        {"author_id": "ben", "file": {"name": "a.jpg", "data": "AAAA", "path": "a.jpg"}},
        {"author_id": "ben", "file": {"name": "a.jpg", "data": "data:image/png;base64,AAAA"}},
        LINK | {"link": "https://example.org/" + "a" * 2_000},
        LINK | {"link": "javascript:alert(1)"},
        LINK | {"link": 7},
    ],
    ids=range(10),
)
def test_a_proof_has_its_form(ask: Asking, at: str, row: dict[str, Any]) -> None:
    """One of file and link, of an author, with a name; 422, and nothing is kept."""
    assert ask("POST", at, json=row).status_code == 422
    assert ask("GET", "/v1/appeals").json()["appeals"][0]["proofs"] == []


def test_an_appeal_of_another_is_as_one_that_is_not_there(ask: Asking, at: str) -> None:
    stranger = problem(ask("POST", at, json=LINK | {"author_id": "ann"}), 404, "unknown_subject")
    nowhere = ask("POST", "/v1/appeals/a_99/proofs", json=LINK)
    told = problem(nowhere, 404, "unknown_subject")
    assert stranger["detail"].replace("a_1", "a_99") == told["detail"]
    problem(ask("POST", "/v1/appeals/a_0/proofs", json=LINK), 422, "bad_request")


def test_a_decided_appeal_takes_nothing_more(ask: Asking, at: str) -> None:
    """The pictures that came are gone; and a ninth proof is one too many."""
    ask("POST", at, json=file())
    for i in range(7):
        assert ask("POST", at, json=LINK | {"link": f"https://a.b/{i}"}).status_code == 201
    told = problem(ask("POST", at, json=LINK), 422, "bad_note")
    assert "8 proofs, limit 8" in told["detail"]
    ruling = {"state": "upheld", "by": "mia"}
    assert ask("POST", at.replace("/proofs", ":decide"), json=ruling).status_code == 200
    problem(ask("POST", at, json=LINK), 409, "appeal_settled")


def test_files_have_a_limit_of_their_own(
    ask: Asking, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told with both numbers, before it is read."""
    monkeypatch.setattr(requests, "MOST_FILE_BYTES", len(LARGE) - 1)
    told = problem(ask("POST", at, json=file()), 413, "image_too_large")
    assert f"{len(LARGE):,} bytes, limit {len(LARGE) - 1:,}" in told["detail"]


def test_a_body_above_the_limit_is_not_read(make: Any) -> None:
    ask = Asking(make(most_body_bytes=1_000_000))
    at = appealed(ask)
    body = b'{"author_id": "ben", "file": {"name": "a", "data": "' + b"A" * 1_000_000 + b'"}}'
    problem(ask("POST", at, content=body, headers=JSON), 413, "body_too_large")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.jpg"),
        (b"<html><script>alert(1)</script>", "page.jpg"),
        (LARGE[:2000], "cut\0.jpg"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 99, "gpj.\u202egnp"),
        (bytes(999), "../../etc/passwd"),
    ],
    ids=["empty", "html", "cut", "bidi", "path"],
)
def test_hostile_files_are_kept_as_what_they_are(
    ask: Asking, at: str, data: bytes, name: str
) -> None:
    """No error; not readable as a picture, with its digest."""
    told = ask("POST", at, json=file(data, name))
    assert told.status_code == 201, told.text
    assert told.json()["facts"]["unopened"] == "broken"
    assert not {"/", "\0"} & set(told.json()["name"])


def test_the_log_says_nothing_of_what_was_sent(
    ask: Asking, at: str, capfd: pytest.CaptureFixture[str]
) -> None:
    ask("POST", at, json=file(name="ben-secret-name.jpg"))
    ask("POST", at, json=LINK | {"link": "https://ben-secret-name.example/a"})
    logged = "".join(capfd.readouterr())
    assert logged.count("/proofs") == 2
    assert "secret-name" not in logged

"""`POST /v1/notes/{note_id}/reports`: readers report notes over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from kit.asking import Asking, a_note, problem
from kit.notes import photo

from moderation.service.state import Service
from moderation.store import CaseKind, Wanted

CAT = photo("chelsea")
ROW = {"reader_id": "rae", "reason": "copy"}


def at(note_id: str) -> str:
    return f"/v1/notes/{quote(note_id, safe='').replace('.', '%2E')}/reports"


def test_a_report_brings_a_note_before_a_person(make: Any, place: str | Path) -> None:
    """On either database; the same reader counts once, and forgetting the reader takes it back."""
    service: Service = make(register=place)
    ask, register = Asking(service), service.tenants.main.gate.register
    ask.submit(a_note(CAT, id="n1", author="ann"))
    for row, wanted in (
        (ROW, "opened"),
        (ROW | {"reader_id": "kim", "reason": "other", "words": "见第三张图"}, "added"),
        (ROW | {"words": "a calendar"}, "known"),
    ):
        answer = ask("POST", at("n1"), json=row)
        assert (answer.status_code, answer.json()) == (200, {"note_id": "n1", "outcome": wanted})
    (case,) = register.cases(Wanted(kind=CaseKind.REPORT))
    assert [(one.readers, one.words) for one in register.readers_say(case.case_id)] == [
        (1, ("a calendar",)),
        (1, ("见第三张图",)),
    ]
    assert ask("DELETE", "/v1/authors/kim").json()["counts"]["reports"] == 1
    assert len(register.readers_say(case.case_id)) == 1


def test_what_waits_or_is_blocked_is_known(ask: Asking) -> None:
    """Of a copy nothing is left to report."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    assert ask.submit(a_note(CAT, id="n2", author="ben")).json()["decision"] == "block"
    assert ask("POST", at("n2"), json=ROW).json()["outcome"] == "answered"


@pytest.mark.parametrize("note_id", ["a/b/reports", "..", "笔记 1", "a?b#c", "a\nb"])
def test_any_id_can_be_reported(ask: Asking, note_id: str) -> None:
    ask.submit(a_note(CAT, id=note_id))
    assert ask("POST", at(note_id), json=ROW).json() == {"note_id": note_id, "outcome": "opened"}


def test_what_cannot_be_reported_is_refused(ask: Asking) -> None:
    """A note that nobody judged; one's own."""
    ask.submit(a_note(CAT, id="n1", author="ann"))
    problem(ask("POST", at("n9"), json=ROW), 404, "unknown_subject")
    problem(ask("POST", at("n1"), json=ROW | {"reader_id": "ann"}), 422, "bad_note")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"reason": "dislike"}, "bad_request"),
        ({"reason": None}, "bad_request"),
        ({"reader_id": ""}, "bad_request"),
        ({"reader_id": 7}, "bad_request"),
        ({"words": "x" * 501}, "bad_request"),
        ({"reason": "other"}, "bad_note"),
        ({"words": "a\0b"}, "bad_note"),
    ],
)
def test_a_report_has_its_form(ask: Asking, change: dict[str, Any], code: str) -> None:
    ask.submit(a_note(CAT, id="n1", author="ann"))
    problem(ask("POST", at("n1"), json=ROW | change), 422, code)

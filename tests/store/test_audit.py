"""The audit: verdicts as they were given."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_failure, a_span, a_text_finding, a_verdict

from moderation.errors import BadNote
from moderation.finding import Difference, FindingKind
from moderation.note import Author, Note
from moderation.store import Register
from moderation.verdict import Completeness, Verdict


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def record(register: Register, verdict: Verdict, **note: Any) -> int:
    note = {"id": verdict.note_id, "author": Author(id="bob")} | note
    with register.transaction() as tx:
        return tx.record_verdict(verdict, note=Note(**note), decided_at=MORNING)


def test_a_verdict_comes_back_whole(register: Register) -> None:
    """Raw and final scores, proof, spans, failures, policy, detectors and sequence survive."""
    text = "加v信 ‮\ud800 私我"
    verdict = a_verdict(
        a_copy(score=0.0, difference=Difference.SAME_AUTHOR, detail={"holder": "bob", "n": 2}),
        a_copy(),
        a_text_finding(FindingKind.TEXT_DIVERSION_CONTACT, a_span(text, "\ud800 私我")),
        failures=(a_failure(),),
        completeness=Completeness.PARTIAL,
    )
    note = Note(id="n1", author=Author(id="bob"), text=text)
    verdict_id = record(register, verdict, text=text)
    (row,) = register.verdicts()
    assert row.verdict == verdict
    assert Verdict.from_json(row.to_json()["verdict"]) == verdict
    assert (row.verdict_id, row.author_id, row.decided_at) == (verdict_id, "bob", MORNING)
    assert row.note_digest == note.digest()


def test_every_revision_has_its_own_row(register: Register) -> None:
    """Judging again adds; nothing is overwritten."""
    for revision in (1, 1, 2):
        record(register, a_verdict(revision=revision))
    assert [row.verdict.revision for row in register.verdicts("n1")] == [1, 1, 2]


def test_verdicts_are_read_by_note_and_in_portions(register: Register) -> None:
    """`after` goes on where the last portion ended."""
    for i in range(5):
        record(register, a_verdict(note_id=f"n{i % 2}"))
    assert [row.verdict_id for row in register.verdicts(limit=2)] == [1, 2]
    assert [row.verdict_id for row in register.verdicts(after=2, limit=2)] == [3, 4]
    assert [row.verdict_id for row in register.verdicts("n1")] == [2, 4]
    assert register.verdicts("n9") == []
    assert register.stats().verdicts == 5


def test_the_time_of_decision_is_kept_in_utc(register: Register) -> None:
    """Microseconds included."""
    at = MORNING + timedelta(microseconds=1)
    with register.transaction() as tx:
        tx.record_verdict(a_verdict(), note=Note(id="n1"), decided_at=at)
    assert register.verdicts()[0].to_json()["decided_at"] == "2026-11-21T08:00:00.000001+00:00"


def test_a_rolled_back_verdict_was_never_given(register: Register) -> None:
    """Verdict and registration stand or fall together."""

    def judge_and_fail() -> None:
        with register.transaction() as tx:
            tx.record_verdict(a_verdict(a_copy()), note=Note(id="n1"), decided_at=MORNING)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        judge_and_fail()
    assert register.verdicts() == []


@pytest.mark.parametrize(
    "note_id", [pytest.param("a\0b", id="nul"), pytest.param("a\ud800", id="lone-surrogate")]
)
def test_a_verdict_on_an_unstorable_id_is_refused(register: Register, note_id: str) -> None:
    """The caller gets `BadNote`, as for any bad note."""
    with pytest.raises(BadNote, match="holds a"):
        record(register, a_verdict(note_id=note_id))
    assert register.verdicts() == []


def test_of_the_latest_revision_the_last_verdict_stands(register: Register) -> None:
    """Not what was completed late of an earlier one, nor of another author's note of that name."""
    assert register.standing_verdict("n1", "bob") is None
    first = record(register, a_verdict(a_copy()))
    assert register.standing_verdict("n1", "bob") == register.verdicts()[0]
    edited = record(register, a_verdict(revision=2), revision=2)
    again = record(register, a_verdict(a_copy(), revision=2), revision=2)
    record(register, a_verdict(a_copy()))
    other = record(register, a_verdict(revision=3), revision=3, author=Author(id="ann"))
    record(register, a_verdict(note_id="n2", revision=4), revision=4)
    stands = {
        author: row.verdict_id
        for author in ("bob", "ann", "cy")
        if (row := register.standing_verdict("n1", author)) is not None
    }
    assert stands == {"bob": again, "ann": other}
    assert first < edited < again

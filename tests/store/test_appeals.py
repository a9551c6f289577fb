"""Appeals: one that waits for each verdict and author, gone with the note."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.notes import showing
from kit.verdicts import a_verdict

from moderation.errors import BadNote
from moderation.store import AppealState, NewAppeal, Register

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def an_appeal(register: Register, **values: object) -> NewAppeal:
    note = showing(id="n1")
    with register.transaction() as now:
        number = now.record_verdict(a_verdict(note_id="n1"), note=note, decided_at=NOW)
    base = {
        "verdict_id": number,
        "note_id": "n1",
        "author_id": "alice",
        "at": NOW,
        "statement": "这是我自己拍的 📷",
    }
    return NewAppeal(**base | values)  # type: ignore[arg-type]


def test_an_author_has_one_open_appeal_against_a_verdict(register: Register) -> None:
    """The second is the first again; another author has their own."""
    new = an_appeal(register)
    with register.transaction() as now:
        first, is_new = now.open_appeal(new)
        again, is_new_again = now.open_appeal(replace(new, statement="again"))
        other, is_new_of_other = now.open_appeal(replace(new, author_id="bob"))
    assert (is_new, is_new_again, is_new_of_other) == (True, False, True)
    assert again == first
    assert (other.author_id, other.state) == ("bob", AppealState.OPEN)
    assert register.appeals(new.verdict_id) == [first, other]
    assert (first.statement, first.state) == (new.statement, AppealState.OPEN)


def test_an_appeal_goes_with_the_note(register: Register) -> None:
    """Its words are personal data."""
    new = an_appeal(register)
    with register.transaction() as now:
        now.open_appeal(new)
    with register.transaction() as now:
        now.forget_note("n1")
    assert register.appeals(new.verdict_id) == []


def test_words_that_no_database_holds_are_refused(register: Register) -> None:
    """And nothing is written."""
    new = an_appeal(register, statement="a\0b")
    with pytest.raises(BadNote), register.transaction() as now:
        now.open_appeal(new)
    assert register.appeals(new.verdict_id) == []

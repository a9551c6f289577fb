"""Forgetting at the desk: what waits for people, what they did with it, and what they wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_match, a_verdict
from sqlalchemy import func, select

from moderation.errors import UnknownSubject
from moderation.note import Author, Note
from moderation.store import Act, Case, CaseState, Register, Said, SubjectKind, Wanted
from moderation.store.desk.tables import CASE_LOG, CASE_SKIPS
from moderation.verdict import Decision


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def opened(register: Register, note_id: str, author_id: str) -> Case:
    verdict = a_verdict(a_copy(match=a_match(author_id="ava")), note_id=note_id)
    note = Note(id=note_id, author=Author(id=author_id))
    with register.transaction() as now:
        now.record_verdict(verdict, note=note, decided_at=MORNING)
        return now.cases(Wanted())[-1]


def handled(register: Register, case: Case, words: str) -> None:
    """Looked at, left to others, brought before somebody more experienced, decided."""
    with register.transaction() as now:
        now.look_at_case(case.case_id, "mia", at=MORNING)
        now.leave_case(case.case_id, "mia", at=MORNING, act=Act.SKIPPED)
        now.escalate_case(case.case_id, "mia", at=MORNING, words=words)
        said = Said(choice="other", decision=Decision.BLOCK, words=words)
        now.decide_case(case.case_id, "sam", said, at=MORNING, due_at=MORNING)


def rows(register: Register) -> tuple[int, int]:
    """Lines of the log, and cases left to others."""
    with register._connected() as connection:
        log, skips = (
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (CASE_LOG, CASE_SKIPS)
        )
    return log, skips


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in SubjectKind])
def test_cases_go_with_their_log_and_who_left_them(register: Register, kind: SubjectKind) -> None:
    """Those of others stay as they are, and no number is given again."""
    gone, stays = opened(register, "n1", "ben"), opened(register, "n2", "cy")
    handled(register, gone, "seen")
    handled(register, stays, "seen")
    before = register.case(stays.case_id)
    with register.transaction() as now:
        receipt = now.forget_note("n1") if kind is SubjectKind.NOTE else now.forget_author("ben")
    assert receipt.counts["cases"] == 1
    assert rows(register) == (4, 1)
    with pytest.raises(UnknownSubject):
        register.case(gone.case_id)
    assert register.case_log(gone.case_id) == []
    assert register.case(stays.case_id) == before
    assert register.due_cases(MORNING) == [before]
    assert opened(register, "n1", "ben").case_id > stays.case_id


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in SubjectKind])
def test_free_words_about_others_lose_the_name(register: Register, kind: SubjectKind) -> None:
    """In the case and in every line of its log; the rest of the sentence stays."""
    opened(register, "n1", "ben")
    case = opened(register, "n2", "cy")
    handled(register, case, "as ben in n1, not n10")
    with register.transaction() as now:
        now.forget_note("n1") if kind is SubjectKind.NOTE else now.forget_author("ben")
    wanted = f"as {'ben' if kind is SubjectKind.NOTE else 'forgotten'} in forgotten, not n10"
    kept = register.case(case.case_id)
    assert kept.said == Said(choice="other", decision=Decision.BLOCK, words=wanted)
    assert {line.words for line in register.case_log(case.case_id)} == {"", wanted}
    assert kept.state is CaseState.DECIDED


def test_a_saved_filter_loses_the_author(register: Register) -> None:
    """Whose notes somebody watched is told by nothing that is left; other settings stay."""
    said = {"lang": "zh", "filters": [{"name": "ben again", "author_id": "ben", "more": 2}]}
    with register.transaction() as now:
        now.set_at_desk("mia", said)
        now.set_at_desk("sam", {"lang": "en", "filters": [{"author_id": "cy"}]})
        now.forget_author("ben")
    assert register.desk_settings("mia") == {
        "lang": "zh",
        "filters": [{"name": "forgotten again", "author_id": "forgotten", "more": 2}],
    }
    assert register.desk_settings("sam")["filters"] == [{"author_id": "cy"}]

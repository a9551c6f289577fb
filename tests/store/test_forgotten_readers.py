"""Forgetting whoever reported, what was reported, and whose it was; also in a restored backup."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kit.desk_rows import judged
from sqlalchemy import select

from moderation.store import CaseKind, NewReport, Register, ReportReason, Wanted, back_up
from moderation.store.desk.tables import REPORTS
from moderation.store.forgotten_list import LIST_NAME
from moderation.store.registry import FILE_NAME
from moderation.verdict import Decision


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    """Ben's and Cy's notes, each reported by Rae and Kim."""
    with Register.open(place) as register:
        fill(register)
        yield register


def fill(register: Register) -> None:
    for note_id, author_id in (("n1", "ben"), ("n2", "cy")):
        judged(register, note_id, author_id, decision=Decision.PASS)
        for reader in ("rae", "kim"):
            with register.transaction() as now:
                now.report_note(
                    NewReport(
                        note_id=note_id,
                        reader_id=reader,
                        reason=ReportReason.COPY,
                        words=f"{reader} says: taken from ben’s n1 and kim",
                    )
                )


def words(register: Register) -> list[str]:
    with register._connected() as connection:
        return list(
            connection.execute(select(REPORTS.c.words).order_by(REPORTS.c.report_id)).scalars()
        )


def notes(register: Register) -> list[str]:
    """Notes that wait because of readers."""
    return [case.note_id for case in register.cases(Wanted(kind=CaseKind.REPORT))]


def test_what_was_said_of_a_note_goes_with_it(register: Register) -> None:
    """Words about others lose its name."""
    with register.transaction() as now:
        receipt = now.forget_note("n1")
    assert (receipt.counts["reports"], receipt.counts["cases"]) == (2, 1)
    assert words(register) == [
        "rae says: taken from ben’s forgotten and kim",
        "kim says: taken from ben’s forgotten and kim",
    ]
    assert notes(register) == ["n2"]


def test_what_was_said_of_an_author_s_notes_goes_with_the_author(register: Register) -> None:
    with register.transaction() as now:
        receipt = now.forget_author("ben")
    assert (receipt.counts["reports"], receipt.counts["cases"]) == (2, 1)
    assert words(register) == [
        "rae says: taken from forgotten’s forgotten and kim",
        "kim says: taken from forgotten’s forgotten and kim",
    ]


def test_what_a_reader_said_goes_with_the_reader(register: Register) -> None:
    """Everywhere, with the name in what others said; who has asked a person has asked for good."""
    with register.transaction() as now:
        receipt = now.forget_author("rae")
    assert receipt.counts["reports"] == 2
    assert words(register) == ["kim says: taken from ben’s n1 and kim"] * 2
    with register.transaction() as now:
        assert now.forget_author("kim").counts["reports"] == 2
        assert "reports" not in now.forget_author("kim").counts
    assert words(register) == []
    assert notes(register) == ["n1", "n2"]
    (case, _) = register.cases(Wanted(kind=CaseKind.REPORT))
    assert register.readers_say(case.case_id) == []


def test_no_trace_of_a_reader_is_left_on_the_disk(
    register: Register, on_disk: Callable[[], bytes]
) -> None:
    with register._connected() as connection:
        by = (
            connection.execute(select(REPORTS.c.by).order_by(REPORTS.c.report_id)).scalars().first()
        )
    with register.transaction() as now:
        now.forget_author("rae")
    register.scrub()
    register.close()
    data = on_disk()
    assert b"rae says" not in data
    assert by.encode() not in data


def test_a_restored_backup_forgets_a_reader_again(tmp_path: Path) -> None:
    """Though nothing in it names the reader: the list's digest says whose pseudonym it is."""
    place, there = tmp_path / "register", tmp_path / "there"
    with Register.open(place) as register:
        fill(register)
        back_up(place, tmp_path / "copy.sqlite3")
        with register.transaction() as now:
            now.forget_author("rae")
        register.scrub()
        register.list_forgotten(tmp_path / LIST_NAME)
    there.mkdir()
    (there / FILE_NAME).write_bytes((tmp_path / "copy.sqlite3").read_bytes())
    with Register.open(there, forgotten=[tmp_path / LIST_NAME]) as register:
        assert register.replayed == (1, 1)
        assert words(register) == ["kim says: taken from ben’s n1 and kim"] * 2
    assert b"rae says" not in (there / FILE_NAME).read_bytes()

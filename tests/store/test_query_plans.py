"""No question that a check asks reads a whole table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kit.desk_rows import judged, opened
from kit.notes import photo, showing
from kit.register_rows import MORNING
from kit.verdicts import a_copy
from sqlalchemy import Engine, event

from moderation import Gate
from moderation.store import (
    CaseKind,
    CaseState,
    NewEvent,
    NewReport,
    Order,
    PageEnd,
    Register,
    ReportReason,
    Wanted,
)
from moderation.store.registry import FILE_NAME
from moderation.store.schema import METADATA
from moderation.verdict import Decision


@pytest.fixture
def asked() -> Iterator[list[tuple[str, Any]]]:
    """Statements that go to the database, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _ctx: Any, many: bool) -> None:
        statements.append((statement, values[0] if many else values))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


def scans(folder: Path, statements: list[tuple[str, Any]]) -> set[str]:
    """Steps of the plans that read all of a table or of an index."""
    found = set()
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        for statement, values in dict.fromkeys((s, tuple(v)) for s, v in statements):
            if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
                for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", values):
                    named = step.startswith("SCAN ") and step.split()[1] in METADATA.tables
                    if named:
                        found.add(f"{step}: {statement}")
    return found


def steps(folder: Path, asked: tuple[str, Any]) -> str:
    """The plan of one statement."""
    statement, values = asked
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        plan = database.execute(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
        return "; ".join(step for *_, step in plan)


def sorts(folder: Path, statements: list[tuple[str, Any]]) -> set[str]:
    """Steps that put rows in order which no index gives in that order."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as database:
        return {
            f"{step}: {statement}"
            for statement, values in statements
            if statement.startswith("SELECT")
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {statement}", tuple(values))
            if "TEMP B-TREE" in step
        }


def test_a_check_scans_no_table(tmp_path: Path, asked: list[tuple[str, Any]]) -> None:
    """Neither with a copy nor without, with a caption and linked accounts, again and withdrawn."""
    words = (
        "Three days by the lake with my sister: we swam, we read, we burnt every single pancake."
    )
    with Gate.open(tmp_path) as gate:
        gate.register_many([showing(photo("coffee"), id="first", author="ann", text=words)])
        gate.link_authors("ann", ["anna"])
        asked.clear()
        gate.check(showing(photo("coffee"), id="copy", author="bob", hours=3, text=words))
        gate.check(showing(photo("chelsea"), id="own", author="cy", hours=4, text=words[::-1]))
        gate.check(showing(photo("chelsea"), id="own", author="cy", hours=4))
        gate.find_copies(photo("rocket"))
        assert len(asked) > 20
        assert scans(tmp_path, asked) == set()


def test_the_search_for_templates_reads_an_index_alone(
    tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    """It runs at the end of every import: rows of pictures are long, entries of an index short."""
    with Gate.open(tmp_path) as gate:
        asked.clear()
        gate.register.often_shown(8)
        steps = scans(tmp_path, asked)
    assert len(steps) == 1
    assert all("COVERING INDEX" in step for step in steps)


def test_who_delivers_reads_no_delivered_events(
    tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    """A month of them lies there; only endpoints, which are few, are read one by one."""
    with Register.open(tmp_path) as register:
        with register.transaction() as now:
            one = now.add_endpoint("https://example.org", secret="", types=(), at=MORNING)
            event = NewEvent(type="t", note_id="a", author_id="ann", at=MORNING)
            now.add_event(event)
        asked.clear()
        assert register.endpoints_due(MORNING) == [one]
        register.delivery_counts(MORNING)
        register.dead_letters()
        with register.transaction() as now:
            (taken,) = now.claim_deliveries({one: 1}, MORNING, MORNING)
            now.not_delivered(taken, "no", MORNING)
            now.delivered(taken)
            now.replay_dead_letters(MORNING)
        read = {step.split(":")[0] for step in scans(tmp_path, asked)}
    assert read <= {"SCAN endpoints"}


FILTERS = {
    "none": Wanted(),
    "escalated": Wanted(state=CaseState.ESCALATED),
    "reason": Wanted(reason="image.copy"),
    "author_id": Wanted(author_id="ben"),
    "lang": Wanted(lang="zh"),
    "age": Wanted(opened_before=MORNING),
    "reported": Wanted(kind=CaseKind.REPORT, reason="report.copy"),
}


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS.keys())
def test_a_page_of_the_queue_follows_an_index(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    asked: list[tuple[str, Any]],
    wanted: Wanted,
    order: Order,
) -> None:
    """The first one and those behind it, in both orders: no table is read, nothing is sorted.

    What is filtered by is looked up, so a page of one author does not read all others' cases.
    """
    wanted = replace(wanted, order=order)
    filtered = request.node.callspec.id.split("-")[0]
    with Register.open(tmp_path) as register:
        asked.clear()
        register.cases(wanted)
        register.cases(wanted, after=PageEnd(3, 7))
        with register.transaction() as now:
            now.take_next_case("mia", wanted, at=MORNING, until=MORNING)
        register.count_cases(wanted)
        pages = [one for one in asked if "FROM cases" in one[0] and "LIMIT" in one[0]]
        assert len(pages) == 4
        if hasattr(wanted, filtered):
            assert all(f"{filtered}=?" in steps(tmp_path, page) for page in pages)
        assert scans(tmp_path, asked) == set()
        assert sorts(tmp_path, asked) == set()


def test_other_questions_of_the_desk_read_no_table(
    tmp_path: Path, asked: list[tuple[str, Any]]
) -> None:
    """However many cases are closed: what is due, what is alike, what a case was and who did it."""
    with Register.open(tmp_path) as register:
        case = opened(register, findings=[a_copy(detail={"work_id": 7})])
        opened(register, "n2", findings=[a_copy(detail={"work_id": 7})])
        asked.clear()
        assert len(register.alike(case)) == 1
        assert register.count_alike([case]) == {case.case_id: 2}
        register.case_reasons(Wanted())
        register.case_langs(Wanted())
        register.due_cases(MORNING)
        register.case_log(case.case_id)
        register.cases_decided_by("mia", [CaseState.DECIDED])
        register.decided_on(7)
        register.desk_mark()
        judged(register, decision=Decision.PASS, revision=2)
        judged(register, "n2", revision=2)
        read = {step for step in scans(tmp_path, asked) if "case" in step}
    assert read == set()


def test_a_report_reads_no_table(tmp_path: Path, asked: list[tuple[str, Any]]) -> None:
    """However many there are: the first, more of them, one too many, and after an answer."""
    with Register.open(tmp_path) as register:
        judged(register, decision=Decision.PASS)
        asked.clear()
        for reader, reason in (("rae", ReportReason.COPY), ("kim", ReportReason.CONTACT)):
            with register.transaction() as now:
                now.report_note(NewReport(note_id="n1", reader_id=reader, reason=reason))
        (case,) = register.cases(Wanted(kind=CaseKind.REPORT))
        register.readers_say(case.case_id)
        register.who_answered_readers("n1")
        with register.transaction() as now:
            now.close_case(case.case_id, at=MORNING, before="pass", after="pass")
            now.report_note(NewReport(note_id="n1", reader_id="lou", reason=ReportReason.COPY))
        judged(register, decision=Decision.PASS, revision=2)
        with register.transaction() as now:
            now.report_note(NewReport(note_id="n1", reader_id="rae", reason=ReportReason.COPY))
        judged(register, decision=Decision.REVIEW, revision=2)
        judged(register, decision=Decision.LABEL, revision=2)
        judged(register, decision=Decision.PASS, revision=3)
        read = scans(tmp_path, asked)
    assert read == set()

"""The queue beside a plain list of what was opened: pages, filters, both orders, counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING
from kit.verdicts import a_verdict
from sqlalchemy import delete, insert

from moderation.note import Author, Note
from moderation.store import Case, CaseKind, CaseState, Order, PageEnd, Register, Wanted
from moderation.store.desk.tables import CASES

ON_ONE_REGISTER = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
KINDS = (*[CaseKind.MACHINE] * 3, *CaseKind)
STATES = (*[CaseState.OPEN] * 4, *CaseState)
REASONS, AUTHORS, LANGS = ("image.copy", "text.hard_sell", "x"), ("ann", "ben"), ("", "zh", "en")


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    """With one verdict, which all of the cases name."""
    with Register.open(place) as register:
        with register.transaction() as now:
            note = Note(id="n", author=Author(id="ann"))
            now.record_verdict(a_verdict(), note=note, decided_at=MORNING)
        yield register


@st.composite
def queues(draw: st.DrawFn) -> list[Case]:
    """Cases in order of opening, many of equal rank and work."""
    opened_at, cases = MORNING, []
    for number in range(draw(st.integers(0, 25))):
        opened_at += timedelta(minutes=draw(st.integers(0, 2)))
        cases.append(
            Case(
                case_id=3 * number + 1,
                kind=draw(st.sampled_from(KINDS)),
                verdict_id=1,
                note_id=f"n{number}",
                author_id=draw(st.sampled_from(AUTHORS)),
                state=draw(st.sampled_from(STATES)),
                rank=draw(st.integers(0, 3)),
                reason=draw(st.sampled_from(REASONS)),
                lang=draw(st.sampled_from(LANGS)),
                work_id=draw(st.none() | st.integers(1, 3)),
                opened_at=opened_at,
            )
        )
    return cases


wishes = st.builds(
    Wanted,
    kind=st.sampled_from(KINDS),
    state=st.sampled_from(STATES),
    reason=st.sampled_from(("", *REASONS)),
    author_id=st.sampled_from(("", *AUTHORS)),
    lang=st.sampled_from(LANGS),
    opened_before=st.none() | st.integers(0, 20).map(lambda n: MORNING + timedelta(minutes=n)),
    order=st.sampled_from(Order),
)


def put(register: Register, cases: list[Case]) -> None:
    names = [column.name for column in CASES.c if column.name != "words"]
    with register.transaction() as now:
        now._connection.execute(delete(CASES))
        for case in cases:
            row = {name: getattr(case, name) for name in names} | {
                "kind": case.kind.value,
                "state": case.state.value,
            }
            now._connection.execute(insert(CASES), row | {"words": ""})


def in_list(cases: list[Case], wanted: Wanted) -> list[Case]:
    """What the queue should say, read off the list one by one."""
    found = [
        case
        for case in cases
        if (case.kind, case.state) == (wanted.kind, wanted.state)
        and wanted.reason in ("", case.reason)
        and wanted.author_id in ("", case.author_id)
        and wanted.lang in ("", case.lang)
        and (wanted.opened_before is None or case.opened_at < wanted.opened_before)
    ]
    urgent = wanted.order is Order.URGENT
    return sorted(found, key=lambda case: (case.rank if urgent else 0, case.case_id))


@given(cases=queues(), wanted=wishes, limit=st.integers(1, 7))
@ON_ONE_REGISTER
def test_pages_are_those_of_the_list(
    register: Register, cases: list[Case], wanted: Wanted, limit: int
) -> None:
    """Put together, they are all cases that are wanted, each once and in order."""
    put(register, cases)
    found: list[Case] = []
    end: PageEnd | None = None
    while page := register.cases(wanted, after=end, limit=limit):
        assert len(page) <= limit
        found += page
        end = PageEnd(page[-1].rank, page[-1].case_id)
    right = in_list(cases, wanted)
    assert found == right
    assert register.count_cases(wanted) == len(right)
    assert register.count_cases(wanted, at_most=limit) == min(limit, len(right))


@given(cases=queues())
@ON_ONE_REGISTER
def test_what_may_be_filtered_by_is_what_is_there(register: Register, cases: list[Case]) -> None:
    """Reasons and languages of the cases in a state, each once."""
    put(register, cases)
    for kind, state in product(CaseKind, CaseState):
        here = [case for case in cases if (case.kind, case.state) == (kind, state)]
        wanted = Wanted(kind=kind, state=state)
        assert register.case_reasons(wanted) == sorted({case.reason for case in here})
        assert register.case_langs(wanted) == sorted({case.lang for case in here} - {""})


@given(cases=queues())
@ON_ONE_REGISTER
def test_cases_alike_are_those_of_one_work_and_reason(
    register: Register, cases: list[Case]
) -> None:
    put(register, cases)
    machine = CaseKind.MACHINE
    waiting = [case for case in cases if case.state.waits and case.kind is machine]

    def same(one: Case, other: Case) -> bool:
        return (one.work_id, one.reason) == (other.work_id, other.reason)

    shown = [case for case in cases if case.work_id is not None and case.kind is machine]
    for case in cases:
        alike = [other for other in waiting if same(case, other) and other != case]
        assert register.alike(case) == (alike if case in shown else [])
    assert register.count_alike(cases) == {
        case.case_id: sum(same(case, other) for other in waiting) for case in shown
    }


def test_a_page_that_was_read_does_not_shift_when_others_decide(register: Register) -> None:
    """A page goes on behind where the last one ended, whatever has left the queue."""
    cases = [
        Case(
            case_id=number,
            kind=CaseKind.MACHINE,
            verdict_id=1,
            note_id=f"n{number}",
            author_id="ann",
            state=CaseState.OPEN,
            rank=0,
            reason="x",
            lang="",
            work_id=None,
            opened_at=MORNING,
        )
        for number in range(1, 11)
    ]
    put(register, cases)
    first = register.cases(Wanted(), limit=4)
    put(register, cases[3:])
    end = PageEnd(first[-1].rank, first[-1].case_id)
    assert register.cases(Wanted(), after=end, limit=4) == cases[4:8]

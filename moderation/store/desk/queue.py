"""The queue as it is asked: page by page, by filters, by work, by person.

A page costs the same however long the queue is: it starts where the last one ended and follows an
index. Numbers are counted up to a bound, and then said to be more.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from moderation.errors import UnknownSubject
from moderation.store.desk.records import (
    UNDOABLE,
    Act,
    Case,
    CaseKind,
    CaseState,
    LogLine,
    Order,
    Said,
    Wanted,
)
from moderation.store.desk.tables import CASE_LOG, CASE_SKIPS, CASES
from moderation.store.service.connected import Connected

MOST_COUNTED = 1_000
"""A number above is said to be more: counting further would take longer, the longer the queue."""
MOST_ALIKE = 500
"""Cases that are decided together."""


class Place(NamedTuple):
    """Where a page ended, to go on behind it."""

    rank: int
    case_id: int


class CaseReading(Connected):
    """Questions about cases."""

    def case(self, case_id: int) -> Case:
        """By number.

        Raises:
            UnknownSubject: there is none, or its note was forgotten.
        """
        row = None
        if 0 < case_id < 2**63:  # more has no database a number for
            with self._connected() as connection:
                row = connection.execute(select(CASES).where(CASES.c.case_id == case_id)).first()
        if row is None:
            raise UnknownSubject(
                f"there is no case {case_id}", hint="its note may have been deleted; see the queue"
            )
        return _case(row)

    def cases(
        self,
        wanted: Wanted,
        *,
        after: Place | None = None,
        limit: int = 50,
        seen_by: str | None = None,
    ) -> list[Case]:
        """A page of the queue.

        Args:
            wanted: which, and in which order.
            after: where the last page ended; None for the first.
            limit: most to return.
            seen_by: without checks of cases that this person knows; None for all.
        """
        query = select(CASES).where(*conditions(wanted)).limit(limit)
        if seen_by is not None:
            query = query.where(unknown_to(seen_by))
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(ordered(query, wanted, after))]

    def count_cases(
        self, wanted: Wanted, *, at_most: int = MOST_COUNTED, seen_by: str | None = None
    ) -> int:
        """How many there are, counted up to `at_most`; for `seen_by` as `cases` has it."""
        query = select(CASES.c.case_id).where(*conditions(wanted))
        if seen_by is not None:
            query = query.where(unknown_to(seen_by))
        some = query.limit(at_most).subquery()
        with self._connected() as connection:
            return connection.execute(select(func.count()).select_from(some)).scalar_one()

    def count_skips(self, by: str, *, since: datetime | None = None) -> int:
        """How many cases that wait a person has left to others, at this time or later."""
        query = (
            select(func.count())
            .select_from(CASE_SKIPS.join(CASES, CASES.c.case_id == CASE_SKIPS.c.case_id))
            .where(*skips_of(by, since), CASES.c.state.in_(_WAITING))
        )
        with self._connected() as connection:
            return connection.execute(query).scalar_one()

    def case_reasons(self, wanted: Wanted) -> list[str]:
        """Codes of reasons that cases of this kind and state have, in order of the alphabet."""
        return self._distinct(CASES.c.reason, wanted)

    def case_langs(self, wanted: Wanted) -> list[str]:
        """Languages that their notes say, likewise."""
        return [lang for lang in self._distinct(CASES.c.lang, wanted) if lang]

    def _distinct(self, column: ColumnElement[str], wanted: Wanted) -> list[str]:
        # From one to the next along the index: as quick with a million cases as with ten.
        found: list[str] = []
        with self._connected() as connection:
            while True:
                query = select(func.min(column)).where(
                    CASES.c.state == wanted.state.value, CASES.c.kind == wanted.kind.value
                )
                if found:
                    query = query.where(column > found[-1])
                value = connection.execute(query).scalar()
                if value is None:
                    return found
                found.append(value)

    def alike(self, case: Case, *, limit: int = MOST_ALIKE) -> list[Case]:
        """Other cases that wait and whose notes show the same work for the same reason."""
        found: list[Case] = []
        with self._connected() as connection:
            for of_state in _alike(case.work_id, case):
                query = select(CASES).where(*of_state, CASES.c.case_id != case.case_id)
                rows = connection.execute(query.order_by(CASES.c.case_id).limit(limit))
                found += [_case(row) for row in rows]
        return sorted(found, key=lambda one: one.case_id)[:limit]

    def count_alike(self, cases: Collection[Case], *, at_most: int = MOST_ALIKE) -> dict[int, int]:
        """Case → how many cases that wait show the same work, itself included where it waits.

        Counted up to about `at_most`; cases that show no work, and appeals, are absent.
        """
        counted: dict[tuple[int, str], int] = {}
        with self._connected() as connection:
            for case in cases:
                if case.work_id is None or case.kind is not CaseKind.MACHINE:
                    continue
                group = (case.work_id, case.reason)
                if group in counted:
                    continue
                counted[group] = 0
                for of_state in _alike(case.work_id, case):
                    some = select(CASES.c.case_id).where(*of_state).limit(at_most + 1).subquery()
                    number = select(func.count()).select_from(some)
                    counted[group] += connection.execute(number).scalar_one()
        return {
            case.case_id: counted[(case.work_id, case.reason)]
            for case in cases
            if case.work_id is not None and case.kind is CaseKind.MACHINE
        }

    def cases_decided_by(
        self, name: str, states: Collection[CaseState], *, limit: int = 20
    ) -> list[Case]:
        """What a person has decided, the last first."""
        query = (
            select(CASES)
            .where(
                CASES.c.decided_by == name,
                CASES.c.state.in_([s.value for s in states]),
                CASES.c.said.is_not(None),
            )
            .order_by(CASES.c.decided_at.desc(), CASES.c.case_id.desc())
            .limit(limit)
        )
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(query)]

    def decided_with(self, case: Case) -> list[Case]:
        """What its person decided together with a case and can be undone with it, itself included.

        By their numbers; empty where nobody has decided about it.
        """
        query = (
            select(CASES)
            .where(
                CASES.c.decided_by == case.decided_by,
                CASES.c.decided_at == case.decided_at,
                CASES.c.state.in_([state.value for state in UNDOABLE]),
                CASES.c.said.is_not(None),
            )
            .order_by(CASES.c.case_id)
        )
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(query)]

    def decided_on(self, work_id: int, *, limit: int = 8) -> list[Case]:
        """The last cases about a work that were decided, the last first."""
        found: list[Case] = []
        with self._connected() as connection:
            for state in (CaseState.DECIDED, CaseState.CLOSED):
                query = select(CASES).where(
                    CASES.c.work_id == work_id,
                    CASES.c.state == state.value,
                    CASES.c.check_of.is_(None),
                )
                rows = connection.execute(query.order_by(CASES.c.case_id.desc()).limit(limit))
                found += [_case(row) for row in rows]
        return sorted(found, key=lambda one: -one.case_id)[:limit]

    def due_cases(self, at: datetime, *, limit: int = 100) -> list[Case]:
        """Decided cases whose time to be undone is over."""
        query = (
            select(CASES)
            .where(CASES.c.state == CaseState.DECIDED.value, CASES.c.due_at <= at)
            .order_by(CASES.c.due_at, CASES.c.case_id)
            .limit(limit)
        )
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(query)]

    def case_log(self, case_id: int, *, limit: int = 200) -> list[LogLine]:
        """What was done with a case, the last first."""
        query = (
            select(CASE_LOG)
            .where(CASE_LOG.c.case_id == case_id)
            .order_by(CASE_LOG.c.entry_id.desc())
            .limit(limit)
        )
        with self._connected() as connection:
            return [_line(row) for row in connection.execute(query)]

    def desk_mark(self) -> tuple[int, int]:
        """Changes when a case was opened or something was done with one; a look changes nothing."""
        last = select(func.max(CASE_LOG.c.entry_id))
        done = [last.where(CASE_LOG.c.act == act.value) for act in Act if act is not Act.LOOKED]
        opened = select(func.max(CASES.c.case_id)).scalar_subquery()
        query = select(opened, *(one.scalar_subquery() for one in done))
        with self._connected() as connection:
            row = connection.execute(query).one()
        return row[0] or 0, max((number or 0 for number in row[1:]), default=0)


_WAITING = [state.value for state in CaseState if state.waits]


def _alike(work_id: int | None, case: Case) -> list[list[ColumnElement[bool]]]:
    """Conditions for cases of a work and a reason, by state, so that each follows an index."""
    if work_id is None or case.kind is not CaseKind.MACHINE or case.check_of is not None:
        return []
    return [
        [
            CASES.c.work_id == work_id,
            CASES.c.state == state,
            CASES.c.kind == CaseKind.MACHINE.value,
            CASES.c.reason == case.reason,
            CASES.c.check_of.is_(None),
        ]
        for state in _WAITING
    ]


def skips_of(by: str, since: datetime | None) -> list[ColumnElement[bool]]:
    """Conditions for what a person has left to others, at an aware time or later; None for all."""
    return [CASE_SKIPS.c.by == by] + ([] if since is None else [CASE_SKIPS.c.at >= since])


def unknown_to(by: str) -> ColumnElement[bool]:
    """Condition for cases that are no checks of what this person has seen before."""
    seen = exists().where(CASE_LOG.c.case_id == CASES.c.check_of, CASE_LOG.c.by == by)
    return or_(CASES.c.check_of.is_(None), ~seen)


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a case must meet to be wanted."""
    all_of: list[ColumnElement[bool]] = [
        CASES.c.state == wanted.state.value,
        CASES.c.kind == wanted.kind.value,
    ]
    if wanted.reason:
        all_of.append(CASES.c.reason == wanted.reason)
    if wanted.author_id:
        all_of.append(CASES.c.author_id == wanted.author_id)
    if wanted.lang:
        all_of.append(CASES.c.lang == wanted.lang)
    if wanted.opened_before is not None:
        all_of.append(CASES.c.opened_at < wanted.opened_before)
    return all_of


def ordered(query: Select[Any], wanted: Wanted, after: Place | None) -> Select[Any]:
    """The query in the order that is wanted, behind where a page ended."""
    if wanted.order is Order.OLDEST:
        query = query.order_by(CASES.c.case_id)
        return query if after is None else query.where(CASES.c.case_id > after.case_id)
    query = query.order_by(CASES.c.rank, CASES.c.case_id)
    if after is None:
        return query
    return query.where(tuple_(CASES.c.rank, CASES.c.case_id) > tuple(after))


def _case(row: Row[Any]) -> Case:
    values = dict(row._mapping)
    said, words = values["said"], values.pop("words")
    return Case(
        **values
        | {
            "kind": CaseKind(values["kind"]),
            "state": CaseState(values["state"]),
            "said": None if said is None else Said.from_json(said, words),
        }
    )


def _line(row: Row[Any]) -> LogLine:
    return LogLine(**{**row._mapping, "act": Act(row.act)})

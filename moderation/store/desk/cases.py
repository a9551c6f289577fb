"""Cases in the register: asked for page by page, held by one person at a time, decided and undone.

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
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)

from moderation.errors import BadNote, CaseSettled, CaseTaken, UnknownSubject
from moderation.store.desk import opening
from moderation.store.desk.records import (
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
from moderation.store.service.connected import Connected, Writing

MOST_COUNTED = 10_000
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

    def cases(self, wanted: Wanted, *, after: Place | None = None, limit: int = 50) -> list[Case]:
        """A page of the queue.

        Args:
            wanted: which, and in which order.
            after: where the last page ended; None for the first.
            limit: most to return.
        """
        query = select(CASES).where(*_conditions(wanted)).limit(limit)
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(_ordered(query, wanted, after))]

    def count_cases(self, wanted: Wanted, *, at_most: int = MOST_COUNTED) -> int:
        """How many there are, counted up to `at_most`."""
        some = select(CASES.c.case_id).where(*_conditions(wanted)).limit(at_most).subquery()
        with self._connected() as connection:
            return connection.execute(select(func.count()).select_from(some)).scalar_one()

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
            .where(CASES.c.decided_by == name, CASES.c.state.in_([s.value for s in states]))
            .order_by(CASES.c.decided_at.desc(), CASES.c.case_id.desc())
            .limit(limit)
        )
        with self._connected() as connection:
            return [_case(row) for row in connection.execute(query)]

    def decided_on(self, work_id: int, *, limit: int = 8) -> list[Case]:
        """The last cases about a work that were decided, the last first."""
        found: list[Case] = []
        with self._connected() as connection:
            for state in (CaseState.DECIDED, CaseState.CLOSED):
                query = select(CASES).where(
                    CASES.c.work_id == work_id, CASES.c.state == state.value
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
        """Changes whenever a case was opened or something was done with one."""
        query = select(
            select(func.max(CASES.c.case_id)).scalar_subquery(),
            select(func.max(CASE_LOG.c.entry_id)).scalar_subquery(),
        )
        with self._connected() as connection:
            row = connection.execute(query).one()
        return row[0] or 0, row[1] or 0


class CaseWriting(CaseReading, Writing):
    """What is done with cases, under the write lock."""

    def take_case(self, case_id: int, by: str, *, at: datetime, until: datetime) -> Case:
        """Let a person be the only one at a case until then; their own hold is renewed.

        Raises:
            UnknownSubject: there is no such case.
            CaseTaken: somebody else is at it.
            CaseSettled: it does not wait for anybody.
        """
        case = self.waiting_case(case_id)
        other = case.held_by(at)
        if other not in (None, by):
            raise CaseTaken(
                f"`{other}` is at case {case_id} until {case.held_until:%H:%M:%S} UTC",
                hint="take another one, or wait until then",
            )
        self._set(case_id, holder=by, held_until=until)
        if other is None:
            opening.log(self._connection, case_id, at, by, Act.TOOK)
        return self.case(case_id)

    def take_next_case(
        self, by: str, wanted: Wanted, *, at: datetime, until: datetime
    ) -> Case | None:
        """Take the first case that nobody is at and that this person has not left to others."""
        free = CASES.c.held_until.is_(None) | (CASES.c.held_until <= at) | (CASES.c.holder == by)
        skipped = exists().where(CASE_SKIPS.c.case_id == CASES.c.case_id, CASE_SKIPS.c.by == by)
        query = select(CASES.c.case_id).where(*_conditions(wanted), free, ~skipped).limit(1)
        number = self._connection.execute(_ordered(query, wanted, None)).scalar()
        return None if number is None else self.take_case(number, by, at=at, until=until)

    def leave_case(self, case_id: int, by: str, *, at: datetime, act: Act = Act.LEFT) -> None:
        """Give a case back; where it was skipped, the person is not given it again."""
        case = self.case(case_id)
        if case.held_by(at) == by:
            self._set(case_id, holder=None, held_until=None)
        if act is Act.SKIPPED:
            known = select(CASE_SKIPS).where(CASE_SKIPS.c.case_id == case_id, CASE_SKIPS.c.by == by)
            if self._connection.execute(known).first() is None:
                row = {"case_id": case_id, "by": by, "at": at}
                self._connection.execute(insert(CASE_SKIPS), row)
        opening.log(self._connection, case_id, at, by, act)

    def forget_skips(self, by: str) -> int:
        """Let a person be given again what they had left to others; returns how many."""
        return self._connection.execute(delete(CASE_SKIPS).where(CASE_SKIPS.c.by == by)).rowcount

    def escalate_case(self, case_id: int, by: str, *, at: datetime, words: str) -> None:
        """Leave a case to somebody more experienced.

        Raises:
            CaseTaken, CaseSettled, UnknownSubject: as `take_case`.
        """
        case = self._own(case_id, by, at)
        self._set(case_id, state=CaseState.ESCALATED.value, holder=None, held_until=None)
        opening.log(
            self._connection, case_id, at, by, Act.ESCALATED, case.state, CaseState.ESCALATED, words
        )

    def decide_case(
        self, case_id: int, by: str, said: Said, *, at: datetime, due_at: datetime
    ) -> Case:
        """Record what a person decided; it takes effect then, unless it is undone.

        Raises:
            CaseTaken: somebody else is at it.
            CaseSettled: it does not wait for anybody.
            UnknownSubject: there is no such case.
            BadNote: the words cannot be stored.
        """
        case = self._own(case_id, by, at)
        self._set(
            case_id,
            state=CaseState.DECIDED.value,
            holder=None,
            held_until=None,
            decided_by=by,
            decided_at=at,
            said=said.to_json(),
            words=said.words,
            due_at=due_at,
        )
        opening.log(
            self._connection, case_id, at, by, Act.DECIDED, case.state, said.decision, said.words
        )
        return self.case(case_id)

    def sign_appeal(self, case_id: int, by: str, *, at: datetime, after: str, words: str) -> int:
        """Record who decides an appeal, in the transaction that decides it; returns its number.

        Raises:
            CaseTaken, CaseSettled, UnknownSubject: as `take_case`.
            BadNote: the case is no appeal, or the words cannot be stored.
        """
        case = self._own(case_id, by, at)
        if case.appeal_id is None:
            raise BadNote(f"case {case_id} is no appeal", hint="decide it as a case")
        self._set(case_id, decided_by=by, decided_at=at, words=words)
        opening.log(self._connection, case_id, at, by, Act.DECIDED, case.state, after, words)
        return case.appeal_id

    def undo_case(self, case_id: int, by: str, *, at: datetime, words: str = "") -> None:
        """Take back what was decided and has not taken effect.

        Raises:
            CaseSettled: it has taken effect, or nothing is decided.
            UnknownSubject: there is no such case.
        """
        case = self.case(case_id)
        if case.state.waits:
            raise CaseSettled(
                f"nothing is decided about case {case_id}, it is {case.state.value}",
                hint="look at it again; somebody may have undone it before",
            )
        if case.state is not CaseState.DECIDED or case.said is None:
            raise CaseSettled(
                f"what was decided about case {case_id} holds already",
                hint="record another answer with `moderation review record`, or let the author "
                "appeal",
            )
        waited = self._waited_as(case_id)
        opening.reopen(self._connection, case_id, waited)
        opening.log(self._connection, case_id, at, by, Act.UNDID, case.said.decision, waited, words)

    def _waited_as(self, case_id: int) -> CaseState:
        """As what a decided case waited before."""
        query = (
            select(CASE_LOG.c.before)
            .where(CASE_LOG.c.case_id == case_id, CASE_LOG.c.act == Act.DECIDED.value)
            .order_by(CASE_LOG.c.entry_id.desc())
            .limit(1)
        )
        return CaseState(self._connection.execute(query).scalar_one())

    def close_case(self, case_id: int, *, at: datetime, before: str, after: str) -> None:
        """What was decided has taken effect."""
        self._set(case_id, state=CaseState.CLOSED.value, due_at=None)
        opening.log(self._connection, case_id, at, opening.NOBODY, Act.TOOK_EFFECT, before, after)

    def look_at_case(self, case_id: int, by: str, *, at: datetime) -> None:
        """Record that somebody saw a case."""
        opening.log(self._connection, case_id, at, by, Act.LOOKED)

    def waiting_case(self, case_id: int) -> Case:
        """A case that waits.

        Raises:
            CaseSettled: it does not wait for anybody.
            UnknownSubject: there is no such case.
        """
        case = self.case(case_id)
        if not case.state.waits:
            raise CaseSettled(
                f"case {case_id} is {case.state.value}, it waits for nobody",
                hint="take the next one",
            )
        return case

    def _own(self, case_id: int, by: str, at: datetime) -> Case:
        case = self.waiting_case(case_id)
        other = case.held_by(at)
        if other not in (None, by):
            raise CaseTaken(
                f"`{other}` has been at case {case_id} since your time for it was over",
                hint="take the next one; nothing was changed",
            )
        return case

    def _set(self, case_id: int, **values: Any) -> None:
        self._connection.execute(update(CASES).where(CASES.c.case_id == case_id).values(**values))


_WAITING = [state.value for state in CaseState if state.waits]


def _alike(work_id: int | None, case: Case) -> list[list[ColumnElement[bool]]]:
    """Conditions for cases of a work and a reason, by state, so that each follows an index."""
    if work_id is None or case.kind is not CaseKind.MACHINE:
        return []
    return [
        [
            CASES.c.work_id == work_id,
            CASES.c.state == state,
            CASES.c.kind == CaseKind.MACHINE.value,
            CASES.c.reason == case.reason,
        ]
        for state in _WAITING
    ]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        CASES.c.state == wanted.state.value,
        CASES.c.kind == wanted.kind.value,
    ]
    if wanted.reason:
        conditions.append(CASES.c.reason == wanted.reason)
    if wanted.author_id:
        conditions.append(CASES.c.author_id == wanted.author_id)
    if wanted.lang:
        conditions.append(CASES.c.lang == wanted.lang)
    if wanted.opened_before is not None:
        conditions.append(CASES.c.opened_at < wanted.opened_before)
    return conditions


def _ordered(query: Select[Any], wanted: Wanted, after: Place | None) -> Select[Any]:
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

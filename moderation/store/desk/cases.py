"""Cases in the register: held by one person at a time, decided and undone, under the write lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    delete,
    exists,
    insert,
    select,
    update,
)

from moderation.errors import BadNote, CaseSettled, CaseTaken
from moderation.store.desk import opening
from moderation.store.desk.queue import (
    CaseReading,
    conditions,
    ordered,
    skips_of,
    unknown_to,
)
from moderation.store.desk.records import (
    NOBODY,
    Act,
    Case,
    CaseState,
    Said,
    Wanted,
)
from moderation.store.desk.tables import CASE_LOG, CASE_SKIPS, CASES
from moderation.store.desk.two_people import TwoPeopleReading
from moderation.store.service.connected import Writing


class CaseWriting(CaseReading, TwoPeopleReading, Writing):
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
        self,
        by: str,
        wanted: Wanted,
        *,
        at: datetime,
        until: datetime,
        skipped_since: datetime | None = None,
    ) -> Case | None:
        """Take the first case that nobody is at and that this person has not left to others.

        Nor one that they have decided as the first of two, nor a check of what they have seen.

        Args:
            by: the person.
            wanted: which, and in which order.
            at: now.
            until: the end of the hold.
            skipped_since: what was left to others before counts no longer; None where all counts.
        """
        free = CASES.c.held_until.is_(None) | (CASES.c.held_until <= at) | (CASES.c.holder == by)
        skipped = exists().where(
            CASE_SKIPS.c.case_id == CASES.c.case_id, *skips_of(by, skipped_since)
        )
        decides_again = CASES.c.decided_by.is_not(None) & (CASES.c.decided_by == by)
        query = (
            select(CASES.c.case_id)
            .where(*conditions(wanted), free, ~skipped, ~decides_again, unknown_to(by))
            .limit(1)
        )
        number = self._connection.execute(ordered(query, wanted, None)).scalar()
        return None if number is None else self.take_case(number, by, at=at, until=until)

    def leave_case(self, case_id: int, by: str, *, at: datetime, act: Act = Act.LEFT) -> None:
        """Give a case back; where it was skipped, the person is not given it for a while."""
        case = self.case(case_id)
        if case.held_by(at) == by:
            self._set(case_id, holder=None, held_until=None)
        if act is Act.SKIPPED:
            known = (CASE_SKIPS.c.case_id == case_id, CASE_SKIPS.c.by == by)
            again = update(CASE_SKIPS).where(*known).values(at=at)
            if not self._connection.execute(again).rowcount:
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

        That they were at it stays known, so that an undo can give it back to them.

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
            holder=case.held_by(at),
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

    def decide_first(self, case_id: int, by: str, said: Said, *, at: datetime) -> Case:
        """Record what the first of two people decided; it holds once a second one agrees.

        Raises:
            CaseTaken, CaseSettled, UnknownSubject, BadNote: as `decide_case`.
        """
        case = self._own(case_id, by, at)
        self._keep_first(case_id, by, said, at)
        self._set(case_id, holder=case.held_by(at))
        opening.log(
            self._connection, case_id, at, by, Act.FIRST, case.state, said.decision, said.words
        )
        return self.case(case_id)

    def differ(self, case_id: int, by: str, said: Said, *, at: datetime) -> Case:
        """Two people decided differently: somebody more experienced has to.

        Raises:
            CaseTaken, CaseSettled, UnknownSubject, BadNote: as `decide_case`.
        """
        case = self._own(case_id, by, at)
        opening.log(
            self._connection, case_id, at, by, Act.FIRST, case.state, said.decision, said.words
        )
        opening.reopen(self._connection, case_id, CaseState.ESCALATED)
        self._set(case_id, holder=None, held_until=None)
        opening.log(
            self._connection,
            case_id,
            at,
            NOBODY,
            Act.ESCALATED,
            case.state,
            CaseState.ESCALATED,
        )
        return self.case(case_id)

    def _keep_first(self, case_id: int, by: str, said: Said, at: datetime) -> None:
        self._set(
            case_id,
            holder=None,
            held_until=None,
            decided_by=by,
            decided_at=at,
            said=said.to_json(),
            words=said.words,
        )

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
        if case.waits_for_second and case.said is not None:
            opening.reopen(self._connection, case_id, case.state)
            opening.log(
                self._connection, case_id, at, by, Act.UNDID, case.said.decision, case.state, words
            )
            return
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
        if (first := case.said.first) is not None:  # it waits for a second person again
            said = replace(first.said, words=self.words_of_first(case_id, first.by))
            self._keep_first(case_id, first.by, said, first.at)

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
        opening.log(self._connection, case_id, at, NOBODY, Act.TOOK_EFFECT, before, after)

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

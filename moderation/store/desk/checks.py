"""Checks: cases that were decided and are asked for again, of somebody who cannot tell.

    second look    of any decided case; what the first person said is compared with it
    golden case    of one whose right answer is known

Both are ordinary cases to whoever gets them, with a number, an age and a place in the queue of
their own. Their answers change nothing on the note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Row,
    delete,
    exists,
    func,
    insert,
    select,
)

from moderation.errors import CaseSettled
from moderation.store.desk import opening
from moderation.store.desk.queue import CaseReading
from moderation.store.desk.records import NOBODY, Act, Case, CaseKind, CaseState, Said
from moderation.store.desk.tables import CASE_LOG, CASES, GOLDEN_CASES
from moderation.store.schema import VERDICTS
from moderation.store.service.connected import Connected, Writing
from moderation.verdict import Decision

MOST_CHECKED = 10_000
"""Answered checks in one answer."""
_UNANSWERED = [state.value for state in CaseState if state.waits]
_ORIGINALS = CASES.alias("originals")


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """The right answer of a decided case, and who knows it."""

    case_id: int
    said: Said
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCheck:
    """A check that somebody answered, beside what is known."""

    case_id: int
    check_of: int
    reason: str
    """Code of the strongest reason."""
    by: str
    decision: Decision
    at: datetime
    """When it was decided."""
    is_golden: bool
    """True where the right answer was known; else what another person had said."""
    known: Decision

    @property
    def agrees(self) -> bool:
        """Both say the same of the note."""
        return self.decision is self.known


class CheckReading(Connected):
    """Questions about checks."""

    def golden(self, case_id: int) -> Golden | None:
        """What is known to be right of a case; None where it is no golden case."""
        query = select(GOLDEN_CASES).where(GOLDEN_CASES.c.case_id == case_id)
        with self._connected() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        said = Said.from_json(row.said, row.words)
        return Golden(case_id=row.case_id, said=said, by=row.by, at=row.at)

    def has_seen_original(self, case: Case, by: str) -> bool:
        """True where a case is a check of what this person has seen before."""
        if case.check_of is None:
            return False
        seen = exists().where(CASE_LOG.c.case_id == case.check_of, CASE_LOG.c.by == by)
        with self._connected() as connection:
            return bool(connection.execute(select(seen)).scalar())

    def answered_checks(
        self, *, since: datetime, until: datetime, limit: int = MOST_CHECKED
    ) -> list[AnsweredCheck]:
        """Checks whose answer took effect in a stretch of time, the last first.

        Args:
            since: at this aware time or later.
            until: before.
            limit: most to return.
        """
        query = (
            select(
                CASES,
                _ORIGINALS.c.said.label("first_said"),
                GOLDEN_CASES.c.said.label("golden_said"),
            )
            .select_from(CASE_LOG)
            .join(CASES, CASES.c.case_id == CASE_LOG.c.case_id)
            .join(_ORIGINALS, _ORIGINALS.c.case_id == CASES.c.check_of)
            .outerjoin(GOLDEN_CASES, GOLDEN_CASES.c.case_id == CASES.c.check_of)
            .where(
                CASE_LOG.c.by == NOBODY,
                CASE_LOG.c.act == Act.TOOK_EFFECT.value,
                CASE_LOG.c.at >= since,
                CASE_LOG.c.at < until,
                CASES.c.said.is_not(None),
            )
            .order_by(CASE_LOG.c.at.desc(), CASE_LOG.c.entry_id.desc())
            .limit(limit)
        )
        with self._connected() as connection:
            return [_answered(row) for row in connection.execute(query)]


class CheckWriting(CheckReading, CaseReading, Writing):
    """What is written about them."""

    def make_golden(self, case_id: int, said: Said, by: str, *, at: datetime) -> None:
        """Keep what is right of a decided case, in place of what was known.

        Raises:
            UnknownSubject: there is no such case.
            CaseSettled: what was decided about it does not hold yet, or nobody decided it.
        """
        case = self.case(case_id)
        if case.state is not CaseState.CLOSED or case.kind is not CaseKind.MACHINE:
            raise CaseSettled(
                f"case {case_id} is {case.state.value}, of kind {case.kind.value}; only what was "
                "decided about a verdict of the machine can be a golden case",
                hint="wait until it has taken effect, or choose another one",
            )
        self.forget_golden(case_id)
        row = {"case_id": case_id, "said": said.to_json(), "words": said.words, "by": by, "at": at}
        self._connection.execute(insert(GOLDEN_CASES), row)
        opening.log(
            self._connection, case_id, at, by, Act.MADE_GOLDEN, "", said.decision, said.words
        )

    def forget_golden(self, case_id: int) -> None:
        """Let a case be golden no longer; checks of it that wait become second looks."""
        same = GOLDEN_CASES.c.case_id == case_id
        self._connection.execute(delete(GOLDEN_CASES).where(same))

    def golden_to_ask(self) -> Case | None:
        """The golden case that was asked for least lately; None where none can be asked for.

        One whose note was edited since cannot be, nor one that is being asked for.
        """
        checks = CASES.alias("checks")
        waits = exists().where(
            checks.c.check_of == CASES.c.case_id, checks.c.state.in_(opening.PENDING)
        )
        last = (
            select(func.max(checks.c.case_id))
            .where(checks.c.check_of == CASES.c.case_id)
            .scalar_subquery()
        )
        query = (
            select(CASES.c.case_id)
            .join(GOLDEN_CASES, GOLDEN_CASES.c.case_id == CASES.c.case_id)
            .where(~waits, ~opening.edited_since())
            .order_by(func.coalesce(last, 0), CASES.c.case_id)
            .limit(1)
        )
        number = self._connection.execute(query).scalar()
        return None if number is None else self.case(number)

    def open_check(self, case: Case, *, at: datetime) -> int | None:
        """Ask for a decided case again; returns the number of the check.

        None where its note was edited since, or where it is being asked for.
        """
        asked = select(CASES.c.case_id).where(
            CASES.c.check_of == case.case_id, CASES.c.state.in_(opening.PENDING)
        )
        edited = select(CASES.c.case_id).where(
            CASES.c.case_id == case.case_id, opening.edited_since()
        )
        if any(self._connection.execute(query).first() for query in (asked, edited)):
            return None
        row = {
            "kind": case.kind.value,
            "verdict_id": case.verdict_id,
            "note_id": case.note_id,
            "author_id": case.author_id,
            "state": CaseState.OPEN.value,
            "rank": case.rank,
            "reason": case.reason,
            "lang": case.lang,
            "work_id": case.work_id,
            "opened_at": at,
            "words": "",
            "check_of": case.case_id,
        }
        number: int = self._connection.execute(
            insert(CASES).returning(CASES.c.case_id), row
        ).scalar_one()
        return number

    def end_stale_checks(self, *, before: datetime, at: datetime) -> int:
        """Ask no longer for what nobody answered, as when everybody knows it; returns how many.

        Args:
            before: only those that were opened before.
            at: now.
        """
        query = select(CASES.c.case_id, CASES.c.state).where(
            CASES.c.check_of > 0, CASES.c.state.in_(_UNANSWERED), CASES.c.opened_at < before
        )
        rows = self._connection.execute(query).all()
        for row in rows:
            opening.overtake(self._connection, row.case_id, row.state, CaseState.OVERTAKEN, at)
        return len(rows)

    def decided_on_revision_of(self, verdict_id: int) -> Case | None:
        """The decided case on the revision that a verdict is about, the last of several."""
        here = select(VERDICTS.c.note_id, VERDICTS.c.author_id, VERDICTS.c.revision).where(
            VERDICTS.c.verdict_id == verdict_id
        )
        place = self._connection.execute(here).first()
        if place is None:
            return None
        query = (
            select(CASES.c.case_id)
            .join(VERDICTS, VERDICTS.c.verdict_id == CASES.c.verdict_id)
            .where(
                CASES.c.note_id == place.note_id,
                CASES.c.author_id == place.author_id,
                CASES.c.kind == CaseKind.MACHINE.value,
                CASES.c.state == CaseState.CLOSED.value,
                CASES.c.check_of.is_(None),
                VERDICTS.c.revision == place.revision,
            )
            .order_by(CASES.c.case_id.desc())
            .limit(1)
        )
        number = self._connection.execute(query).scalar()
        return None if number is None else self.case(number)


def _answered(row: Row[Any]) -> AnsweredCheck:
    known = row.first_said if row.golden_said is None else row.golden_said
    return AnsweredCheck(
        case_id=row.case_id,
        check_of=row.check_of,
        reason=row.reason,
        by=row.decided_by,
        decision=Decision(row.said["decision"]),
        at=row.decided_at,
        is_golden=row.golden_said is not None,
        known=Decision(known["decision"]),
    )

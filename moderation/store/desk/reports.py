"""Readers report notes: each counts once, a person looks, and their number weighs nothing.

    the first report                opens a case of kind `report`
    of a note that waits            goes with the case that waits, whoever asked for it
    a block                         is all that a report can ask for: nothing opens
    after a person has answered     nothing opens, unless it says what nobody had said

A case has its place in the queue from the report that opened it, and keeps it: neither a hundred
readers nor famous ones come before one. What is asked is the revision that stands. What was said of
a note goes on waiting when it is edited, until a person has answered: else a blank more would be
rid of it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, func, insert, or_, select, update

from moderation.errors import BadNote, UnknownSubject
from moderation.store.desk import opening
from moderation.store.desk.pseudonyms import Named, pseudonyms_of, reader_of
from moderation.store.desk.records import NOBODY, Act, CaseKind, CaseState, Said
from moderation.store.desk.report_records import (
    CODE,
    MOST_REPORTS,
    NewReport,
    ReadersSay,
    ReportOutcome,
    ReportReason,
)
from moderation.store.desk.tables import CASE_LOG, CASES, REPORTS
from moderation.store.records import JudgedAs, SubjectKind
from moderation.store.redaction import Subject
from moderation.store.schema import VERDICTS, portions
from moderation.store.service.connected import Connected, Writing
from moderation.store.templates import links_of
from moderation.verdict import Decision, Verdict

_OF_READERS = (CaseKind.MACHINE.value, CaseKind.REPORT.value)
"""Kinds of cases that what readers say goes with."""


class ReportReading(Connected):
    """Questions about reports."""

    def readers_say(self, case_id: int) -> list[ReadersSay]:
        """What readers say of a case's note, by reason; empty where nobody says anything."""
        query = (
            select(REPORTS.c.reason, REPORTS.c.words)
            .where(REPORTS.c.case_id == case_id)
            .order_by(REPORTS.c.report_id)
        )
        with self._connected() as connection:
            rows = connection.execute(query).all()
        said = {reason: [r.words for r in rows if r.reason == reason] for reason in ReportReason}
        return [
            ReadersSay(reason=reason, readers=len(all_of), words=tuple(filter(None, all_of)))
            for reason, all_of in said.items()
            if all_of
        ]

    def report_reasons(self, case_id: int) -> set[ReportReason]:
        """What readers say of a case's note, and what its case was opened for by the first."""
        codes = select(CASES.c.reason).where(
            CASES.c.case_id == case_id, CASES.c.kind == CaseKind.REPORT.value
        )
        with self._connected() as connection:
            opened = connection.execute(codes).scalars().all()  # its readers may be gone
        return {one.reason for one in self.readers_say(case_id)} | {
            ReportReason(code.removeprefix(CODE)) for code in opened
        }

    def reported_revision(self, case_id: int) -> int | None:
        """The revision that readers had reported first; None where no later one stands."""
        query = (
            select(CASE_LOG.c.before)
            .where(CASE_LOG.c.case_id == case_id, CASE_LOG.c.act == Act.EDITED.value)
            .order_by(CASE_LOG.c.entry_id)
            .limit(1)
        )
        with self._connected() as connection:
            before = connection.execute(query).scalar()
        return None if before is None else int(before)

    def who_answered_readers(self, note_id: str) -> set[str]:
        """People who have decided what became of reports of a note."""
        query = select(CASES.c.decided_by, CASES.c.said).where(
            CASES.c.note_id == note_id,
            CASES.c.kind == CaseKind.REPORT.value,
            CASES.c.state == CaseState.CLOSED.value,
            CASES.c.decided_by.is_not(None),
        )
        found: set[str] = set()
        with self._connected() as connection:
            for row in connection.execute(query):
                first = Said.from_json(row.said, "").first
                found |= {row.decided_by} | ({first.by} if first else set())
        return found


class ReportWriting(ReportReading, Writing):
    """What is written about them."""

    def report_note(self, new: NewReport) -> ReportOutcome:
        """Take what a reader says of a note that was judged.

        An author cannot report their own note, under whichever linked account: a person's answer
        to that would answer all readers for the same reason.

        Raises:
            UnknownSubject: the audit holds no verdict on it.
            BadNote: it is the reader's own.
        """
        stands = self._standing(new.note_id)
        own = {stands.author_id} | links_of(self._connection, [stands.author_id]).get(
            stands.author_id, set()
        )
        if new.reader_id in own:
            raise BadNote(
                f"note `{new.note_id:.60}` is this reader's own",
                hint="let the author edit or delete it; others report it",
            )
        at = new.at or datetime.now(UTC)
        row = {
            "note_id": new.note_id,
            "by": reader_of(self._connection, new.reader_id),
            "reason": new.reason.value,
            "words": new.words,
            "at": at,
        }
        for waiting in _pending(self._connection, new.note_id, stands.author_id):
            if waiting.check_of is None:  # else of somebody who is not to know what was said since
                return self._add(waiting.case_id, row)
        if stands.decision == Decision.BLOCK or new.reason in self._answered(stands):
            return ReportOutcome.ANSWERED
        case_id = self._open(stands, new.reason, at)
        self._connection.execute(insert(REPORTS), row | {"case_id": case_id})
        return ReportOutcome.OPENED

    def _standing(self, note_id: str) -> Row[Any]:
        """The last verdict on the latest revision, of whoever's note of this name came last."""
        named = select(VERDICTS.c.author_id).where(VERDICTS.c.note_id == note_id)
        newest = named.order_by(VERDICTS.c.verdict_id.desc()).limit(1)
        last = self._connection.execute(newest).first()
        stands = last and opening.standing(self._connection, note_id, last.author_id)
        if stands is None:
            raise UnknownSubject(
                f"the audit holds no verdict on note `{note_id:.80}`",
                hint="report what was judged; see `moderation register history`",
            )
        return stands

    def _add(self, case_id: int, row: dict[str, Any]) -> ReportOutcome:
        same = (REPORTS.c.case_id == case_id, REPORTS.c.by == row["by"])
        if self._connection.execute(update(REPORTS).where(*same).values(**row)).rowcount:
            return ReportOutcome.KNOWN
        if not self._has_room(case_id, row["reason"]):
            return ReportOutcome.KNOWN
        self._connection.execute(insert(REPORTS), row | {"case_id": case_id})
        return ReportOutcome.ADDED

    def _has_room(self, case_id: int, reason: str) -> bool:
        """Whether one more is kept; one of the most frequent reason makes way for a new reason.

        So nobody can keep out what others say by saying something else often.
        """
        query = (
            select(REPORTS.c.reason, func.count(), func.max(REPORTS.c.report_id))
            .where(REPORTS.c.case_id == case_id)
            .group_by(REPORTS.c.reason)
        )
        kept = {name: (count, last) for name, count, last in self._connection.execute(query)}
        if sum(count for count, _ in kept.values()) < MOST_REPORTS:
            return True
        if reason in kept:
            return False
        _, last = max(kept.values())
        self._connection.execute(delete(REPORTS).where(REPORTS.c.report_id == last))
        return True

    def _answered(self, stands: Row[Any]) -> set[str]:
        """Reasons for which a person has looked at the revision that stands."""
        closed = (
            CASES.c.note_id == stands.note_id,
            CASES.c.author_id == stands.author_id,
            CASES.c.state == CaseState.CLOSED.value,
            CASES.c.kind.in_(_OF_READERS),
            VERDICTS.c.revision == stands.revision,
        )
        cases = CASES.join(VERDICTS, VERDICTS.c.verdict_id == CASES.c.verdict_id)
        said = select(REPORTS.c.reason).select_from(cases.join(REPORTS)).where(*closed)
        opened = select(CASES.c.reason).select_from(cases).where(*closed)  # its readers may be gone
        return {
            reason.removeprefix(CODE)
            for query in (said, opened)
            for reason in self._connection.execute(query).scalars()
        }

    def _open(self, stands: Row[Any], reason: ReportReason, at: datetime) -> int:
        verdict = Verdict.from_json(stands.body)
        lang = None if stands.judged_as is None else JudgedAs.from_json(stands.judged_as).lang
        new = opening.facts_of(stands.verdict_id, verdict, lang) | {
            "kind": CaseKind.MACHINE.value,
            "note_id": stands.note_id,
            "author_id": stands.author_id,
            "state": CaseState.OPEN.value,
            "opened_at": at,
            "words": "",
        }
        if verdict.decision is not Decision.REVIEW:  # such a one asks for a person by itself
            new |= _as_of_readers(reason)
        inserted = self._connection.execute(insert(CASES).returning(CASES.c.case_id), new)
        number: int = inserted.scalar_one()
        return number


def end_reports(
    connection: Connection,
    verdict_id: int,
    verdict: Verdict,
    *,
    author_id: str,
    lang: str | None,
    at: datetime,
) -> None:
    """Let what readers said follow a new verdict on their note; before the machine's case does.

        a block of what was reported    is what was asked for, and ends it
        review                          makes the case one of the machine, which asks for a person,
                                        too
        all else                        is asked about in place of the verdict before, if it was
                                        the machine that asked, too

    A block of a later revision ends nothing: readers may still see what they have reported, and the
    author may edit again. A check of what was decided about an earlier revision is over.

    Args:
        connection: that holds the write lock.
        verdict_id: number of the verdict.
        verdict: what it says.
        author_id: whose note it is.
        lang: of the note, where it says so.
        at: when it was given.
    """
    waiting = _pending(connection, verdict.note_id, author_id)
    if not waiting or opening.is_history(connection, verdict.note_id, author_id, verdict.revision):
        return
    for case in waiting:
        is_edited = case.revision != verdict.revision
        if case.check_of is not None:
            if is_edited:
                _end(connection, case, verdict.decision, at)
            continue
        if verdict.decision is Decision.BLOCK and not (is_edited or _was_edited(connection, case)):
            _end(connection, case, verdict.decision, at)
            continue
        if is_edited and (case.kind == CaseKind.REPORT or _first_reason(connection, case)):
            revisions = str(case.revision), str(verdict.revision)
            opening.log(connection, case.case_id, at, NOBODY, Act.EDITED, *revisions)
        if verdict.decision is Decision.REVIEW:
            _turn(connection, case.case_id, {"kind": CaseKind.MACHINE.value})
        else:
            _ask_anew(connection, case, opening.facts_of(verdict_id, verdict, lang), at)


def _end(connection: Connection, case: Row[Any], decision: Decision, at: datetime) -> None:
    connection.execute(delete(REPORTS).where(REPORTS.c.case_id == case.case_id))
    if case.kind == CaseKind.REPORT:  # what becomes of the machine's is not the readers' affair
        opening.overtake(connection, case.case_id, case.state, decision, at)


def _was_edited(connection: Connection, case: Row[Any]) -> bool:
    edited = exists().where(CASE_LOG.c.case_id == case.case_id, CASE_LOG.c.act == Act.EDITED.value)
    return bool(connection.execute(select(edited)).scalar())


def _first_reason(connection: Connection, case: Row[Any]) -> str | None:
    """What the first reader said whose word is kept."""
    said = select(REPORTS.c.reason).where(REPORTS.c.case_id == case.case_id)
    first: str | None = connection.execute(said.order_by(REPORTS.c.report_id).limit(1)).scalar()
    return first


def _ask_anew(
    connection: Connection, case: Row[Any], facts: dict[str, object], at: datetime
) -> None:
    """Let a case of readers wait with another verdict; one of the machine becomes one of theirs."""
    if case.kind == CaseKind.REPORT:
        facts |= {"rank": case.rank, "reason": case.reason}
    else:
        first = _first_reason(connection, case)
        if first is None:
            return
        facts |= _as_of_readers(ReportReason(first))
    _turn(connection, case.case_id, facts)
    if case.said is not None:  # by one or by two people, about what no longer stands
        state = CaseState(case.state)
        now = state if state.waits else CaseState.OPEN
        opening.reopen(connection, case.case_id, now)
        opening.log(connection, case.case_id, at, NOBODY, Act.OVERTAKEN, state, now)


def forget_reports(connection: Connection, subject: Subject) -> dict[str, int]:
    """Delete what was said of a note, or of an author's notes, and what the author has reported.

    A case that waits goes on waiting without what a forgotten reader said.

    Returns:
        `{"reports": how many}`; empty where there were none.
    """
    if subject.kind is SubjectKind.NOTE:
        gone = REPORTS.c.note_id == subject.id
    else:
        cases = select(CASES.c.case_id).where(CASES.c.author_id == subject.id)
        gone = or_(REPORTS.c.case_id.in_(cases), REPORTS.c.by == reader_of(connection, subject.id))
    count = connection.execute(delete(REPORTS).where(gone)).rowcount
    return {"reports": count} if count else {}


def forget_readers(connection: Connection, digests: Collection[str]) -> int:
    """Delete what readers have said who are on a list of the forgotten; how many there were.

    Args:
        connection: that holds the write lock.
        digests: as in the list.
    """
    pseudonyms = pseudonyms_of(connection)
    readers = 0
    for some in portions({pseudonyms.of(Named.READER, digest) for digest in digests}):
        said = REPORTS.c.by.in_(some)
        counted = select(func.count(REPORTS.c.by.distinct())).where(said)
        readers += connection.execute(counted).scalar_one()
        connection.execute(delete(REPORTS).where(said))
    return readers


def _pending(connection: Connection, note_id: str, author_id: str) -> list[Row[Any]]:
    """Cases of a note that wait, or whose decision can still be undone: one at most, and checks."""
    query = (
        select(CASES, VERDICTS.c.revision)
        .join(VERDICTS, VERDICTS.c.verdict_id == CASES.c.verdict_id)
        .where(
            CASES.c.note_id == note_id,
            CASES.c.author_id == author_id,
            CASES.c.kind.in_(_OF_READERS),
            CASES.c.state.in_(opening.PENDING),
        )
        .order_by(CASES.c.case_id)
    )
    return list(connection.execute(query))


def _as_of_readers(reason: ReportReason) -> dict[str, object]:
    return {"kind": CaseKind.REPORT.value, "rank": reason.rank, "reason": reason.code}


def _turn(connection: Connection, case_id: int, values: dict[str, object]) -> None:
    connection.execute(update(CASES).where(CASES.c.case_id == case_id).values(**values))

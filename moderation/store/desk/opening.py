"""A case opens with the verdict that asks for a person, in its transaction, whoever gives it.

    review                          opens a case, or becomes the verdict of the one that waits
    pass, label, block              overtakes the case that waits, or whose decision is not in force
    of a later revision             ends checks of what was decided about an earlier one
    an appeal                       opens one of its own, which ends when the appeal is decided
    on an earlier revision          changes nothing: the note was edited since

So nothing that waits for a person can be forgotten, and nobody decides what is no longer asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, insert, select, update

from moderation.store.desk.records import (
    NOBODY,
    Act,
    CaseKind,
    CaseState,
    rank_of,
    reason_of,
    work_of,
)
from moderation.store.desk.tables import CASE_LOG, CASES
from moderation.store.schema import VERDICTS
from moderation.verdict import Decision, Verdict

PENDING = (CaseState.OPEN.value, CaseState.ESCALATED.value, CaseState.DECIDED.value)


def follow_verdict(
    connection: Connection,
    verdict_id: int,
    verdict: Verdict,
    *,
    author_id: str,
    lang: str | None,
    at: datetime,
) -> None:
    """Open, renew or end the case of a note with its new verdict.

    Args:
        connection: that holds the write lock.
        verdict_id: number of the verdict.
        verdict: what it says.
        author_id: whose note it is.
        lang: of the note, where it says so.
        at: when it was given.
    """
    query = select(CASES.c.case_id, CASES.c.state, CASES.c.check_of, CASES.c.said).where(
        CASES.c.note_id == verdict.note_id,
        CASES.c.author_id == author_id,
        CASES.c.kind == CaseKind.MACHINE.value,
        CASES.c.state.in_(PENDING),
    )
    pending = connection.execute(query).all()
    waiting = next((row for row in pending if row.check_of is None), None)
    asks = verdict.decision is Decision.REVIEW
    if not asks and not pending:
        return
    place = (verdict.note_id, author_id, verdict.revision)
    if is_history(connection, *place):  # completed late: nobody waits for what was edited since
        return
    for row in pending:
        if row.check_of is not None:
            _end_check(connection, row.case_id, row.state, at=at)
    if not asks:
        if waiting is not None:
            overtake(connection, waiting.case_id, waiting.state, verdict.decision, at)
        return
    facts = facts_of(verdict_id, verdict, lang)
    if waiting is None:
        new = {
            "kind": CaseKind.MACHINE.value,
            "note_id": verdict.note_id,
            "author_id": author_id,
            "state": CaseState.OPEN.value,
            "opened_at": at,
            "words": "",
        }
        connection.execute(insert(CASES), facts | new)
        return
    connection.execute(update(CASES).where(CASES.c.case_id == waiting.case_id).values(**facts))
    if waiting.said is not None:  # by one or by two people, about what no longer stands
        state = CaseState(waiting.state)
        reopen(connection, waiting.case_id, state if state.waits else CaseState.OPEN)
        log(connection, waiting.case_id, at, NOBODY, Act.OVERTAKEN, waiting.state, CaseState.OPEN)


def follow_appeal(
    connection: Connection, appeal_id: int, verdict_id: int, *, author_id: str, at: datetime
) -> None:
    """Open the case of an appeal.

    Args:
        connection: that holds the write lock.
        appeal_id: number of the appeal.
        verdict_id: that it is against.
        author_id: who appeals.
        at: when.
    """
    row = connection.execute(select(VERDICTS).where(VERDICTS.c.verdict_id == verdict_id)).one()
    verdict = Verdict.from_json(row.body)
    known = row.judged_as or {}
    new = {
        "kind": CaseKind.APPEAL.value,
        "note_id": row.note_id,
        "author_id": author_id,
        "state": CaseState.OPEN.value,
        "opened_at": at,
        "words": "",
        "appeal_id": appeal_id,
    }
    connection.execute(insert(CASES), facts_of(verdict_id, verdict, known.get("lang")) | new)


def settle_appeal(connection: Connection, appeal_id: int, *, at: datetime, after: str) -> None:
    """An appeal was decided, at the desk or elsewhere: its case is done."""
    query = select(CASES.c.case_id, CASES.c.state).where(CASES.c.appeal_id == appeal_id)
    found = connection.execute(query).first()
    if found is None or found.state == CaseState.CLOSED:
        return
    done = {"state": CaseState.CLOSED.value, "holder": None, "held_until": None}
    connection.execute(update(CASES).where(CASES.c.case_id == found.case_id).values(**done))
    log(connection, found.case_id, at, NOBODY, Act.TOOK_EFFECT, found.state, after)


def edited_since() -> ColumnElement[bool]:
    """Condition for cases on whose note a later revision has a verdict."""
    own, later = VERDICTS.alias("own"), VERDICTS.alias("later")
    return exists().where(
        own.c.verdict_id == CASES.c.verdict_id,
        later.c.note_id == own.c.note_id,
        later.c.author_id == own.c.author_id,
        later.c.revision > own.c.revision,
    )


def _end_check(connection: Connection, case_id: int, state: str, *, at: datetime) -> None:
    query = select(CASES.c.case_id).where(CASES.c.case_id == case_id, edited_since())
    if connection.execute(query).first() is not None:
        overtake(connection, case_id, state, CaseState.OVERTAKEN, at)


def note_proof(connection: Connection, appeal_id: int, *, at: datetime) -> None:
    """An author has sent a proof: whoever has the case before them is told that there is more."""
    query = select(CASES.c.case_id).where(CASES.c.appeal_id == appeal_id)
    for case_id in connection.execute(query).scalars().all():
        log(connection, case_id, at, NOBODY, Act.PROVED)


def is_history(connection: Connection, note_id: str, author_id: str, revision: int) -> bool:
    """Whether a later revision of the author's note has been judged."""
    later = exists().where(
        VERDICTS.c.note_id == note_id,
        VERDICTS.c.author_id == author_id,
        VERDICTS.c.revision > revision,
    )
    return bool(connection.execute(select(later)).scalar())


def standing(connection: Connection, note_id: str, author_id: str) -> Row[Any] | None:
    """The row of the verdict that stands on an author's note: of its latest revision the last."""
    query = (
        select(VERDICTS)
        .where(VERDICTS.c.note_id == note_id, VERDICTS.c.author_id == author_id)
        .order_by(VERDICTS.c.revision.desc(), VERDICTS.c.verdict_id.desc())
        .limit(1)
    )
    return connection.execute(query).first()


def facts_of(verdict_id: int, verdict: Verdict, lang: str | None) -> dict[str, object]:
    """What a case says of its verdict."""
    return {
        "verdict_id": verdict_id,
        "rank": rank_of(verdict),
        "reason": reason_of(verdict),
        "lang": lang or "",
        "work_id": work_of(verdict),
    }


def reopen(connection: Connection, case_id: int, state: CaseState = CaseState.OPEN) -> None:
    """Let a case wait for a person again, for anybody or for somebody more experienced."""
    connection.execute(
        update(CASES)
        .where(CASES.c.case_id == case_id)
        .values(
            state=state.value,
            decided_by=None,
            decided_at=None,
            said=None,
            words="",
            due_at=None,
        )
    )


def log(
    connection: Connection,
    case_id: int,
    at: datetime,
    by: str,
    act: Act,
    before: str = "",
    after: str = "",
    words: str = "",
) -> None:
    """Add a line to the log of a case."""
    row = {"case_id": case_id, "at": at, "by": by, "act": act.value}
    row |= {"before": str(before), "after": str(after), "words": words}
    connection.execute(insert(CASE_LOG), row)


def overtake(
    connection: Connection, case_id: int, state: str, after: Decision | CaseState, at: datetime
) -> None:
    """End a case that is needless; one that nobody has seen is as if it had never been."""
    seen = select(exists().where(CASE_LOG.c.case_id == case_id))
    if not connection.execute(seen).scalar():
        connection.execute(delete(CASES).where(CASES.c.case_id == case_id))
        return
    reopen(connection, case_id)
    ended = {"state": CaseState.OVERTAKEN.value, "holder": None, "held_until": None}
    connection.execute(update(CASES).where(CASES.c.case_id == case_id).values(**ended))
    log(connection, case_id, at, NOBODY, Act.OVERTAKEN, state, after)

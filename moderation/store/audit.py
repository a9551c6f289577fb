"""The audit: every verdict as it was given, and whom its evidence mentions.

Rows are only ever added. The one change is erasure: a forgotten author's own
verdicts go, and in verdicts on other notes the evidence keeps its geometry and
scores but no longer says whose picture it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Text, exists, func, insert, select, type_coerce

from moderation.note import Note
from moderation.store.desk import opening
from moderation.store.desk.reports import end_reports
from moderation.store.late_tables import VERDICT_WORKS
from moderation.store.records import AuditRow, JudgedAs, LastVerdict
from moderation.store.schema import VERDICT_MENTIONS, VERDICTS, portions
from moderation.verdict import Decision, Verdict

PERSON_DETAILS = ("holder",)
"""Details of a finding whose value is the id of an author."""


NOTE_DETAILS = ("twin_note",)
"""Details whose value is the id of a note."""


def record(
    connection: Connection,
    verdict: Verdict,
    *,
    note: Note,
    decided_at: datetime,
    as_of: datetime | None = None,
    completes: int | None = None,
) -> int:
    """Add a verdict on `note`, perhaps in completion of an earlier one.

    Returns:
        Its number in the audit.
    """
    verdict_id: int = connection.execute(
        insert(VERDICTS).returning(VERDICTS.c.verdict_id),
        {
            "note_id": verdict.note_id,
            "revision": verdict.revision,
            "author_id": note.author.id,
            "note_digest": note.digest(),
            "text_digest": note.text_digest(),
            "decided_at": decided_at,
            "decision": verdict.decision.value,
            "completeness": verdict.completeness.value,
            "policy": verdict.policy,
            "policy_digest": verdict.policy_digest,
            "detectors": dict(verdict.detectors),
            "register_seq": verdict.register_seq,
            "body": verdict.to_json(),
            "completes": completes,
            "judged_as": JudgedAs.of(note, as_of=as_of).to_json(),
        },
    ).scalar_one()
    _mention(connection, verdict_id, verdict)
    _follow(connection, verdict_id, verdict, note.author.id, note.lang, decided_at)
    return verdict_id


def _mention(connection: Connection, verdict_id: int, verdict: Verdict) -> None:
    mentions = [
        {"verdict_id": verdict_id, "note_id": note_id, "author_id": author_id}
        for note_id, author_id in sorted(set(_mentions(verdict)))
    ]
    if mentions:
        connection.execute(insert(VERDICT_MENTIONS), mentions)
    works = {finding.detail.get("work_id") for finding in verdict.findings}
    rests_on = [
        {"verdict_id": verdict_id, "work_id": work_id}
        for work_id in sorted(work for work in works if type(work) is int)
    ]
    if rests_on:
        connection.execute(insert(VERDICT_WORKS), rests_on)


def repeat(
    connection: Connection,
    row: AuditRow,
    verdict: Verdict,
    *,
    decided_at: datetime,
    judged_as: JudgedAs | None = None,
) -> int:
    """Add a verdict on what an earlier one had seen of its note.

    Args:
        connection: under the write lock.
        row: the earlier one.
        verdict: the new one.
        decided_at: aware.
        judged_as: of a verdict that follows something told late; None for one that completes the
            partial verdict `row`.

    Returns:
        Its number in the audit.
    """
    columns = [c for c in VERDICTS.c if c.name != "verdict_id"]
    known = connection.execute(
        select(*columns).where(VERDICTS.c.verdict_id == row.verdict_id)
    ).one()
    new = dict(known._mapping) | {
        "decided_at": decided_at,
        "decision": verdict.decision.value,
        "completeness": verdict.completeness.value,
        "policy": verdict.policy,
        "policy_digest": verdict.policy_digest,
        "register_seq": verdict.register_seq,
        "body": verdict.to_json(),
        "completes": row.verdict_id if judged_as is None else None,
    }
    if judged_as is not None:
        new["judged_as"] = judged_as.to_json()
    verdict_id: int = connection.execute(
        insert(VERDICTS).returning(VERDICTS.c.verdict_id), new
    ).scalar_one()
    _mention(connection, verdict_id, verdict)
    known_as = judged_as or row.judged_as
    lang = None if known_as is None else known_as.lang
    _follow(connection, verdict_id, verdict, row.author_id, lang, decided_at)
    return verdict_id


def _follow(
    connection: Connection,
    verdict_id: int,
    verdict: Verdict,
    author_id: str,
    lang: str | None,
    at: datetime,
) -> None:
    """What waits for people goes with the verdict: of readers first, who may ask with the gate."""
    end_reports(connection, verdict_id, verdict, author_id=author_id, lang=lang, at=at)
    opening.follow_verdict(connection, verdict_id, verdict, author_id=author_id, lang=lang, at=at)


def completion_of(connection: Connection, verdict_id: int) -> int | None:
    """Number of the verdict that completed a partial one; None where there is none."""
    query = select(func.max(VERDICTS.c.verdict_id)).where(VERDICTS.c.completes == verdict_id)
    return connection.execute(query).scalar_one()


def verdicts(
    connection: Connection, note_id: str | None, *, after: int, limit: int
) -> list[AuditRow]:
    """Verdicts with a number above `after`, oldest first, of one note or of all."""
    query = (
        select(VERDICTS)
        .where(VERDICTS.c.verdict_id > after)
        .order_by(VERDICTS.c.verdict_id)
        .limit(limit)
    )
    if note_id is not None:
        query = query.where(VERDICTS.c.note_id == note_id)
    return [_audit_row(row) for row in connection.execute(query)]


def of_author(connection: Connection, author_id: str, *, limit: int) -> list[AuditRow]:
    """The last verdicts on an author's notes, the last first."""
    query = (
        select(VERDICTS)
        .where(VERDICTS.c.author_id == author_id)
        .order_by(VERDICTS.c.verdict_id.desc())
        .limit(limit)
    )
    return [_audit_row(row) for row in connection.execute(query)]


def latest(connection: Connection, note_id: str) -> AuditRow | None:
    """The last verdict on a note; None where there is none."""
    query = (
        select(VERDICTS)
        .where(VERDICTS.c.note_id == note_id)
        .order_by(VERDICTS.c.verdict_id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _audit_row(row)


def standing(connection: Connection, note_id: str, author_id: str) -> AuditRow | None:
    """The verdict that stands on an author's note; None where there is none."""
    row = opening.standing(connection, note_id, author_id)
    return None if row is None else _audit_row(row)


def numbered(connection: Connection, verdict_ids: Iterable[int]) -> dict[int, AuditRow]:
    """Verdicts by number; numbers that are not there are absent."""
    return {
        row.verdict_id: _audit_row(row)
        for some in portions(verdict_ids)
        for row in connection.execute(select(VERDICTS).where(VERDICTS.c.verdict_id.in_(some)))
    }


def last_verdicts(
    connection: Connection,
    *,
    after: int,
    upto: int,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[LastVerdict]:
    """The last verdict on each note with a number in (`after`, `upto`], oldest first."""
    query = _last(since, until).where(VERDICTS.c.verdict_id > after, VERDICTS.c.verdict_id <= upto)
    query = query.order_by(VERDICTS.c.verdict_id)
    yield from map(_last_verdict, connection.execute(query.execution_options(yield_per=1000)))


def last_verdicts_on(
    connection: Connection,
    note_ids: Iterable[str],
    *,
    upto: int,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, LastVerdict]:
    """Note → its last verdict; notes without one, or with one that is not asked for, are absent."""
    query = _last(since, until).where(VERDICTS.c.verdict_id <= upto)
    return {
        row.note_id: _last_verdict(row)
        for some in portions(note_ids)
        for row in connection.execute(query.where(VERDICTS.c.note_id.in_(some)))
    }


def _last(since: datetime | None, until: datetime | None) -> Select[Any]:
    """Last verdicts that were decided in a stretch of time."""
    later = VERDICTS.alias("later")
    query = select(
        VERDICTS.c.verdict_id,
        VERDICTS.c.author_id,
        VERDICTS.c.decided_at,
        VERDICTS.c.note_id,
        VERDICTS.c.text_digest,
        VERDICTS.c.policy_digest,
        VERDICTS.c.judged_as,
        type_coerce(VERDICTS.c.body, Text),
    ).where(
        ~exists().where(
            later.c.note_id == VERDICTS.c.note_id,
            later.c.verdict_id > VERDICTS.c.verdict_id,
        )
    )
    if since is not None:
        query = query.where(VERDICTS.c.decided_at >= since)
    if until is not None:
        query = query.where(VERDICTS.c.decided_at < until)
    return query


def _last_verdict(row: Sequence[Any]) -> LastVerdict:
    verdict_id, author_id, decided_at, note_id, text_digest, policy_digest, judged_as, said = row
    return LastVerdict(
        verdict_id=verdict_id,
        author_id=author_id,
        decided_at=decided_at,
        note_id=note_id,
        text_digest=text_digest,
        policy_digest=policy_digest,
        judged_as=None if judged_as is None else JudgedAs.from_json(judged_as),
        said=said,
    )


def decisions(connection: Connection, *, after: int) -> dict[Decision, int]:
    """How many verdicts with a higher number say what."""
    query = (
        select(VERDICTS.c.decision, func.count())
        .where(VERDICTS.c.verdict_id > after)
        .group_by(VERDICTS.c.decision)
    )
    return {Decision(word): number for word, number in connection.execute(query)}


def last_number(connection: Connection) -> int:
    """Number of the last verdict; 0 where there is none."""
    return connection.execute(select(func.max(VERDICTS.c.verdict_id))).scalar_one() or 0


def _audit_row(row: Row[Any]) -> AuditRow:
    return AuditRow(
        verdict_id=row.verdict_id,
        author_id=row.author_id,
        note_digest=row.note_digest,
        text_digest=row.text_digest,
        decided_at=row.decided_at,
        verdict=Verdict.from_json(row.body),
        completes=row.completes,
        judged_as=None if row.judged_as is None else JudgedAs.from_json(row.judged_as),
    )


def _mentions(verdict: Verdict) -> Iterator[tuple[Any, Any]]:
    """(note id, author id) of everybody in the evidence; one of the two may be empty."""
    for finding in verdict.findings:
        if finding.match is not None:
            yield finding.match.note_id, finding.match.author_id
        for key in PERSON_DETAILS:
            if key in finding.detail:
                yield "", str(finding.detail[key])
        for key in NOTE_DETAILS:
            if key in finding.detail:
                yield str(finding.detail[key]), ""

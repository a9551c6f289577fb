"""What the desk and the gate did in a stretch of time, as rows to count.

No question costs more than its bound, however long the register has been in use. A stretch begins
with its first instant and ends before its last. What was forgotten is absent from every number, as
it is from the register: an old stretch can shrink.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Text, exists, func, select, tuple_, type_coerce

from moderation.finding import FindingKind
from moderation.store.desk.records import NOBODY, Act, CaseKind, CaseState, Said
from moderation.store.desk.tables import CASE_LOG, CASES
from moderation.store.late_tables import VERDICT_CHANGES
from moderation.store.schema import VERDICTS, portions
from moderation.store.service.appeals import AppealState
from moderation.store.service.connected import Connected
from moderation.store.service.tables import APPEALS
from moderation.verdict import Decision

MOST_CLOSED = 20_000
"""Closed cases in one answer."""
MOST_WAITING = 10_000
"""Cases whose age is looked at; of more, every second, third, … one."""
MOST_VERDICTS = 20_000
"""Verdicts that are read for one stretch; of more, every second, third, … one."""
MOST_APPEALS = 10_000
"""Decided appeals in one answer."""
_WAITING = [state.value for state in CaseState if state.waits]
_REASONS = '"reasons":'
_TOOK_EFFECT = (
    # Nobody makes a decision take effect, and lines of nobody lie by their time in an index.
    CASE_LOG.c.by == NOBODY,
    CASE_LOG.c.act == Act.TOOK_EFFECT.value,
)


class ClosedEnd(NamedTuple):
    """Where a portion of closed cases ended, to go on behind it."""

    closed_at: datetime
    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCase:
    """A case whose decision took effect."""

    entry_id: int
    """Of the line in the log that says so."""
    case_id: int
    note_id: str
    author_id: str
    reason: str
    """Code of the strongest reason."""
    lang: str
    opened_at: datetime
    decided_at: datetime
    closed_at: datetime
    """When it took effect, some seconds after the decision."""
    decided_by: str
    choice: str
    """Code of what was chosen, see `moderation.desk.choices`."""
    before: Decision
    """What stood on the note until then."""
    after: Decision
    mistaken: tuple[FindingKind, ...]
    words: str
    """Why, in the person's words."""

    @property
    def end(self) -> ClosedEnd:
        """To go on behind this one."""
        return ClosedEnd(self.closed_at, self.entry_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCases:
    """Cases of one kind and reason that wait for a person now, escalated ones included."""

    kind: CaseKind
    reason: str
    count: int
    """All of them."""
    oldest: datetime
    """When the one opened that was opened first."""
    opened_at: tuple[datetime, ...]
    """Of all of them, or of every so-manieth, see `one_in`."""
    one_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedAppeal:
    """An appeal that a person has decided."""

    appeal_id: int
    reason: str
    """Code of the strongest reason of the verdict that it was against."""
    appealed_at: datetime
    decided_at: datetime
    overturned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeCell:
    """Verdicts of one day, one decision and one strongest reason."""

    day: date
    """In UTC."""
    decision: Decision
    reason: str
    """Code of the strongest reason; empty where there is none."""
    count: int
    """Verdicts that were read."""
    scored: int = 0
    """Of these, how many reasons had a score: failures have none."""
    score_sum: float = 0.0
    score_squares: float = 0.0
    """Sum of the squares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """What the gate said in a stretch of time."""

    cells: tuple[VolumeCell, ...]
    """In order of day, decision and reason."""
    one_in: int = 1
    """Every so-manieth verdict was read; 1 for all."""


class InsightReading(Connected):
    """Questions about stretches of time."""

    def closed_cases(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        after: ClosedEnd | None = None,
        limit: int = MOST_CLOSED,
    ) -> list[ClosedCase]:
        """Cases of verdicts whose decision took effect in a stretch of time, the last first.

        A decision that was undone, or overtaken before it took effect, is not among them; a note
        that was decided twice has two cases. Appeals and checks are other questions.

        Args:
            since: took effect at this aware time or later; None for all.
            until: took effect before; None for all.
            after: where the last portion ended; None for the first.
            limit: most to return.
        """
        query = (
            select(CASES, CASE_LOG.c.entry_id, CASE_LOG.c.at, CASE_LOG.c.before, CASE_LOG.c.after)
            .join(CASES, CASES.c.case_id == CASE_LOG.c.case_id)
            .where(
                *_TOOK_EFFECT,
                CASES.c.kind == CaseKind.MACHINE.value,
                CASES.c.check_of.is_(None),
                CASES.c.said.is_not(None),
                CASES.c.decided_by.is_not(None),
            )
            .order_by(CASE_LOG.c.at.desc(), CASE_LOG.c.entry_id.desc())
            .limit(limit)
        )
        if since is not None:
            query = query.where(CASE_LOG.c.at >= since)
        if until is not None:
            query = query.where(CASE_LOG.c.at < until)
        if after is not None:
            query = query.where(tuple_(CASE_LOG.c.at, CASE_LOG.c.entry_id) < tuple(after))
        with self._connected() as connection:
            return [_closed(row) for row in connection.execute(query)]

    def waiting_cases(self, *, most: int = MOST_WAITING) -> list[WaitingCases]:
        """Cases that wait for a person now, by kind and reason, most first.

        It says nothing about cases that were decided: what is quickly done never waits long here.

        Args:
            most: cases whose age is looked at.
        """
        waits = (CASES.c.state.in_(_WAITING), CASES.c.kind.in_(list(CaseKind)))
        counted = (
            select(
                CASES.c.kind,
                CASES.c.reason,
                func.count().label("cases"),
                func.min(CASES.c.case_id).label("first"),
            )
            .where(*waits)
            .group_by(CASES.c.kind, CASES.c.reason)
        )
        some = select(CASES.c.case_id, CASES.c.kind, CASES.c.reason, CASES.c.opened_at)
        opened: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        with self._connected() as connection:
            groups = connection.execute(counted).all()
            step = _step(sum(group.cases for group in groups), most)
            oldest = {
                row.case_id: row.opened_at
                for numbers in portions(group.first for group in groups)
                for row in connection.execute(some.where(CASES.c.case_id.in_(numbers)))
            }
            for row in connection.execute(some.where(*waits, CASES.c.case_id % step == 0)):
                opened[row.kind, row.reason].append(row.opened_at)
        found = [
            WaitingCases(
                kind=CaseKind(group.kind),
                reason=group.reason,
                count=group.cases,
                oldest=oldest[group.first],
                opened_at=tuple(opened[group.kind, group.reason]) or (oldest[group.first],),
                one_in=step,
            )
            for group in groups
        ]
        return sorted(found, key=lambda one: (-one.count, one.kind, one.reason))

    def decided_appeals(
        self, *, since: datetime, until: datetime, limit: int = MOST_APPEALS
    ) -> list[DecidedAppeal]:
        """Appeals that were decided in a stretch of time, the last first.

        Only authors who appealed are in it: nobody can say how many others were right. Appeals
        that were decided before the register had a desk have no time, and are absent.

        Args:
            since: decided at this aware time or later.
            until: decided before.
            limit: most to return.
        """
        query = (
            select(
                APPEALS.c.appeal_id,
                APPEALS.c.state,
                CASES.c.reason,
                CASES.c.opened_at,
                CASE_LOG.c.at.label("decided_at"),
            )
            .join(CASES, CASES.c.case_id == CASE_LOG.c.case_id)
            .join(APPEALS, APPEALS.c.appeal_id == CASES.c.appeal_id)
            .where(
                *_TOOK_EFFECT,
                CASE_LOG.c.at >= since,
                CASE_LOG.c.at < until,
                APPEALS.c.state != AppealState.OPEN.value,
            )
            .order_by(CASE_LOG.c.at.desc(), CASE_LOG.c.entry_id.desc())
            .limit(limit)
        )
        with self._connected() as connection:
            return [
                DecidedAppeal(
                    appeal_id=row.appeal_id,
                    reason=row.reason,
                    appealed_at=row.opened_at,
                    decided_at=row.decided_at,
                    overturned=row.state == AppealState.OVERTURNED.value,
                )
                for row in connection.execute(query)
            ]

    def first_verdict_since(self, at: datetime) -> int:
        """Number of the first verdict that was given at this aware time or later.

        Verdicts are numbered as they are recorded, so it is found by halving; where clocks of two
        machines differ, it is off by what they gave meanwhile.

        Returns:
            Its number; one more than the last where none is that late.
        """
        with self._connected() as connection:
            return _first_since(connection, at)

    def verdict_volume(
        self, *, since: datetime, until: datetime, most: int = MOST_VERDICTS
    ) -> Volume:
        """What the gate said in a stretch of time, of what it looked at itself.

        Counted are final verdicts: a partial one that was completed is not, nor are verdicts that
        follow from a person's word or from something told late. A note that was checked twice
        counts twice. Of a verdict the strongest reason counts alone.

        Args:
            since: given at this aware time or later.
            until: given before.
            most: verdicts to read; of more, every so-manieth is read, and the answer says so.
        """
        later = VERDICTS.alias()
        query = select(
            VERDICTS.c.decided_at, VERDICTS.c.decision, type_coerce(VERDICTS.c.body, Text)
        ).where(
            VERDICTS.c.decided_at >= since,
            VERDICTS.c.decided_at < until,
            ~exists().where(later.c.completes == VERDICTS.c.verdict_id),
            ~exists().where(VERDICT_CHANGES.c.verdict_id == VERDICTS.c.verdict_id),
        )
        cells: dict[tuple[date, Decision, str], list[float]] = {}
        with self._connected() as connection:
            numbers = range(_first_since(connection, since), _first_since(connection, until))
            step = _step(len(numbers), most)
            for some in portions(numbers[::step]):
                asked = query.where(VERDICTS.c.verdict_id.in_(some))
                for at, word, body in connection.execute(asked):
                    reason, score = _strongest(body)
                    key = (at.astimezone(UTC).date(), Decision(word), reason)
                    _add(cells.setdefault(key, [0, 0, 0.0, 0.0]), score)
        return Volume(cells=tuple(_cells(cells)), one_in=step)


def _step(count: int, most: int) -> int:
    return max(1, -(-count // most))


def _closed(row: Row[Any]) -> ClosedCase:
    said = Said.from_json(row.said, row.words)
    return ClosedCase(
        entry_id=row.entry_id,
        case_id=row.case_id,
        note_id=row.note_id,
        author_id=row.author_id,
        reason=row.reason,
        lang=row.lang,
        opened_at=row.opened_at,
        decided_at=row.decided_at,
        closed_at=row.at,
        decided_by=row.decided_by,
        choice=said.choice,
        before=Decision(row.before),
        after=Decision(row.after),
        mistaken=said.mistaken,
        words=said.words,
    )


def _first_since(connection: Connection, at: datetime) -> int:
    low, high = 0, connection.execute(select(func.max(VERDICTS.c.verdict_id))).scalar() or 0
    end = high + 1
    query = select(VERDICTS.c.verdict_id, VERDICTS.c.decided_at).order_by(VERDICTS.c.verdict_id)
    while low < high:  # every verdict up to `low` is earlier; numbers may be missing
        middle = (low + high) // 2
        row = connection.execute(query.where(VERDICTS.c.verdict_id > middle).limit(1)).one()
        if row.decided_at < at:
            low = row.verdict_id
        else:
            high = middle
    following = query.where(VERDICTS.c.verdict_id > low).limit(1)
    row_after = connection.execute(following).first()
    return end if row_after is None else row_after.verdict_id


def _strongest(body: str) -> tuple[str, float | None]:
    """(code, score) of the first reason in the JSON of a verdict; ("", None) where there is none.

    The rest of the verdict is not read: it is ten times as long. Inside a text the quotes would be
    escaped, so the first place that looks like the field is the field.
    """
    start = body.find(_REASONS)
    reasons = json.JSONDecoder().raw_decode(body, start + len(_REASONS))[0] if start >= 0 else []
    return (reasons[0]["code"], reasons[0]["score"]) if reasons else ("", None)


def _add(cell: list[float], score: float | None) -> None:
    cell[0] += 1
    if score is not None:
        cell[1] += 1
        cell[2] += score
        cell[3] += score * score


def _cells(cells: dict[tuple[date, Decision, str], list[float]]) -> Iterable[VolumeCell]:
    for day, decision, reason in sorted(cells, key=lambda key: (key[0], key[1].severity, key[2])):
        count, scored, total, squares = cells[day, decision, reason]
        yield VolumeCell(
            day=day,
            decision=decision,
            reason=reason,
            count=int(count),
            scored=int(scored),
            score_sum=total,
            score_squares=squares,
        )

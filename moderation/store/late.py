"""What comes late, in the register: what was told, which verdicts may follow, which have.

What was told is recorded in the transaction that made it true, with the number of the last verdict
before it. Verdicts follow in portions, each with the place reached in one transaction, so whoever
is killed in the middle has lost nothing, and the next goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, union, update

from moderation.store import audit
from moderation.store.late_records import Change, LateCause, NewTruth, Truth
from moderation.store.late_tables import LATE_TRUTHS, VERDICT_CHANGES, VERDICT_WORKS
from moderation.store.records import AuditRow, JudgedAs
from moderation.store.schema import PICTURES, VERDICTS, portions
from moderation.store.service.connected import Connected, Writing
from moderation.store.templates import links_of
from moderation.verdict import Verdict


class LateReading(Connected):
    """Questions about what comes late."""

    def truths(self, *, waiting: bool = False, limit: int = 1000) -> list[Truth]:
        """What was told late, oldest first.

        Args:
            waiting: only what verdicts have not all followed yet.
            limit: most to return.
        """
        query = select(LATE_TRUTHS).order_by(LATE_TRUTHS.c.truth_id).limit(limit)
        if waiting:
            query = query.where(LATE_TRUTHS.c.done_at.is_(None))
        with self._connected() as connection:
            return [_truth(row) for row in connection.execute(query)]

    def may_follow(self, truth: Truth, *, limit: int) -> list[int]:
        """Numbers of the next verdicts that may have to follow, in order.

        Those whose evidence names one of the works, those on notes that show one, and those on
        notes of the accounts.
        """
        number = VERDICTS.c.verdict_id
        next_ones = and_(number > truth.after, number <= truth.upto)
        resting = VERDICT_WORKS.c.verdict_id
        queries = [
            *(
                select(resting.label("number")).where(
                    VERDICT_WORKS.c.work_id.in_(some),
                    resting > truth.after,
                    resting <= truth.upto,
                )
                for some in portions(truth.works)
            ),
            *(
                select(number.label("number"))
                .join(
                    PICTURES,
                    and_(
                        PICTURES.c.note_id == VERDICTS.c.note_id,
                        PICTURES.c.author_id == VERDICTS.c.author_id,
                    ),
                )
                .where(PICTURES.c.work_id.in_(some), next_ones)
                for some in portions(truth.works)
            ),
            *(
                select(number.label("number")).where(VERDICTS.c.author_id.in_(some), next_ones)
                for some in portions(truth.authors)
            ),
        ]
        if not queries:
            return []
        query = union(*queries).order_by("number").limit(limit)
        with self._connected() as connection:
            return list(connection.execute(query).scalars())

    def last_of_notes(self, note_ids: Iterable[str]) -> dict[tuple[str, str], int]:
        """(note, author) → number of the last verdict on the latest revision."""
        found: dict[tuple[str, str], tuple[int, int]] = {}
        with self._connected() as connection:
            for some in portions(note_ids):
                query = select(
                    VERDICTS.c.note_id,
                    VERDICTS.c.author_id,
                    VERDICTS.c.revision,
                    func.max(VERDICTS.c.verdict_id).label("last"),
                ).where(VERDICTS.c.note_id.in_(some))
                grouped = query.group_by(
                    VERDICTS.c.note_id, VERDICTS.c.author_id, VERDICTS.c.revision
                )
                for row in connection.execute(grouped):
                    place = (row.note_id, row.author_id)
                    found[place] = max(found.get(place, (0, 0)), (row.revision, row.last))
        return {place: last for place, (_, last) in found.items()}

    def changes(self, verdict_ids: Iterable[int]) -> dict[int, Change]:
        """Verdict → why it was given; verdicts that looked at their notes are absent."""
        with self._connected() as connection:
            return {
                row.verdict_id: Change(**row._mapping)
                for some in portions(verdict_ids)
                for row in connection.execute(
                    select(VERDICT_CHANGES).where(VERDICT_CHANGES.c.verdict_id.in_(some))
                )
            }

    def count_changes(self, truth_id: int) -> int:
        """How many verdicts were given because of something told late."""
        query = select(func.count()).where(VERDICT_CHANGES.c.truth_id == truth_id)
        with self._connected() as connection:
            return connection.execute(query).scalar_one()

    def links(self, author_ids: Iterable[str]) -> Mapping[str, set[str]]:
        """Account → accounts that the platform links with it; those without any are absent."""
        with self._connected() as connection:
            return links_of(connection, author_ids)

    def notes_without_verdict(self, work_ids: Iterable[int]) -> int:
        """How many notes show one of these works and were never judged, as those of an archive."""
        judged = select(VERDICTS.c.verdict_id).where(VERDICTS.c.note_id == PICTURES.c.note_id)
        count = 0
        with self._connected() as connection:
            for some in portions(work_ids):
                query = select(func.count(PICTURES.c.note_id.distinct())).where(
                    PICTURES.c.work_id.in_(some), ~judged.exists()
                )
                count += connection.execute(query).scalar_one()
        return count


class LateWriting(LateReading, Writing):
    """What is written about it."""

    def tell_late(self, new: NewTruth) -> Truth:
        """Record something that verdicts may have to follow, in the transaction it is told in."""
        row: dict[str, Any] = {
            "at": new.at,
            "cause": new.cause.value,
            "by": new.by,
            "claim_id": new.claim_id,
            "works": list(new.works),
            "authors": list(new.authors),
            "upto": audit.last_number(self._connection),
            "after": 0,
            "counts": {},
            "frees": int(new.frees),
        }
        number = self._connection.execute(
            insert(LATE_TRUTHS).returning(LATE_TRUTHS.c.truth_id), row
        ).scalar_one()
        return _truth_of({**row, "truth_id": number, "done_at": None})

    def reach(
        self, truth: Truth, after: int, counts: Mapping[str, int], *, done_at: datetime | None
    ) -> Truth:
        """Record how far verdicts have followed; once all have, no account is named any more."""
        authors = truth.authors if done_at is None else ()
        self._connection.execute(
            update(LATE_TRUTHS)
            .where(LATE_TRUTHS.c.truth_id == truth.truth_id)
            .values(after=after, counts=dict(counts), done_at=done_at, authors=list(authors))
        )
        return replace(truth, after=after, counts=dict(counts), done_at=done_at)

    def truth(self, truth_id: int) -> Truth | None:
        """How far verdicts have followed by now; None where there is no such number."""
        query = select(LATE_TRUTHS).where(LATE_TRUTHS.c.truth_id == truth_id)
        row = self._connection.execute(query).first()
        return None if row is None else _truth(row)

    def change_verdict(
        self,
        base: AuditRow,
        verdict: Verdict,
        *,
        before_id: int,
        decided_at: datetime,
        judged_as: JudgedAs,
        cause: LateCause,
        by: str,
        truth_id: int | None,
        is_base: bool = False,
    ) -> int:
        """Add a verdict that was given without a look at the note; returns its number.

        Args:
            base: the verdict whose detectors looked.
            verdict: as given now.
            before_id: number of the verdict that it takes the place of.
            decided_at: now.
            judged_as: with the instant whose rules applied.
            cause: why.
            by: `system`, or who decided.
            truth_id: of what was told late.
            is_base: True where what follows later is judged from this one, as a person's word on
                what the detectors saw is in it.
        """
        number = audit.repeat(
            self._connection, base, verdict, decided_at=decided_at, judged_as=judged_as
        )
        row = {
            "verdict_id": number,
            "base_id": number if is_base else base.verdict_id,
            "before_id": before_id,
            "cause": cause.value,
            "by": by,
            "truth_id": truth_id,
        }
        self._connection.execute(insert(VERDICT_CHANGES), row)
        return number


def forget_waiting(connection: Connection, author_ids: Collection[str]) -> None:
    """Take accounts out of what verdicts have still to follow."""
    waiting = select(LATE_TRUTHS).where(LATE_TRUTHS.c.done_at.is_(None))
    for row in connection.execute(waiting).all():
        left = [author for author in row.authors if author not in author_ids]
        if left != row.authors:
            same = LATE_TRUTHS.c.truth_id == row.truth_id
            connection.execute(update(LATE_TRUTHS).where(same).values(authors=left))


def _truth(row: Row[Any]) -> Truth:
    return _truth_of(dict(row._mapping))


def _truth_of(values: Mapping[str, Any]) -> Truth:
    return Truth(
        **{
            **values,
            "cause": LateCause(values["cause"]),
            "works": tuple(values["works"]),
            "authors": tuple(values["authors"]),
            "counts": dict(values["counts"]),
            "frees": bool(values["frees"]),
        }
    )

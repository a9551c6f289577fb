"""Counts by the hour: automatic blocks of a rule, accounts that show a work.

Written under the write lock with the verdict that is counted, so nobody counts twice or misses one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from moderation.store.schema import AUTHOR_LINKS, portions
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import HOUR_COUNTS

HOUR = timedelta(hours=1)
KEPT_HOURS = 24 * 31
"""Blocks and quarantines for so long; who showed a work, for two hours."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Counted(StrEnum):
    """Stored strings: what is counted, and of what."""

    BLOCK = "block"
    """Automatic blocks; by rule, and under an empty subject all together."""
    BRAKED = "braked"
    """What would have been one; likewise."""
    WORK = "work"
    """Unlinked authors who showed a work; by number of the work."""
    SHOWING = "showing"
    """Who they were; by number of the work and author."""
    QUARANTINE = "quarantine"
    """Notes that waited for a person because of a flood, by work, under the hour it began in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sliding:
    """How often something happened within about the last hour, from two counts.

    This hour's count and, of the last hour's, the share that still lies within sixty minutes if it
    was spread evenly. So no hour of the clock exceeds a limit, no sixty minutes exceed twice of it,
    and what comes evenly below the limit never reaches it.
    """

    this: int
    last: int
    at: datetime

    def reaches(self, limit: int) -> bool:
        """True where so many are enough."""
        left = HOUR - (self.at - _EPOCH) % HOUR
        return self.this * HOUR + self.last * left >= limit * HOUR


def hour_of(at: datetime) -> int:
    """Hours since 1970."""
    return (at - _EPOCH) // HOUR


def start_of(hour: int) -> datetime:
    """When an hour began."""
    return _EPOCH + hour * HOUR


class CountReading(Connected):
    """Questions about counts."""

    def sliding(self, kind: Counted, subjects: Iterable[str], at: datetime) -> dict[str, Sliding]:
        """Of each subject, how often it was counted within about the hour before."""
        hour, subjects = hour_of(at), list(dict.fromkeys(subjects))
        columns = HOUR_COUNTS.c
        found = dict.fromkeys(subjects, (0, 0))
        with self._connected() as connection:
            for some in portions(subjects):
                # The next hour too: another host's clock may be ahead, or this one was put back.
                query = select(columns.subject, columns.hour, columns["count"]).where(
                    columns.kind == kind.value,
                    columns.subject.in_(some),
                    columns.hour.between(hour - 1, hour + 1),
                )
                for subject, counted_in, count in connection.execute(query):
                    this, last = found[subject]
                    is_last = counted_in < hour
                    found[subject] = (this, last + count) if is_last else (this + count, last)
        return {
            subject: Sliding(this=this, last=last, at=at) for subject, (this, last) in found.items()
        }

    def quarantined_since(
        self, work_ids: Iterable[int], hours: int, at: datetime
    ) -> dict[int, int]:
        """Work → hour in which its quarantine began; those that are over are absent."""
        hour, columns = hour_of(at), HOUR_COUNTS.c
        found: dict[int, int] = {}
        with self._connected() as connection:
            for some in portions(str(work_id) for work_id in work_ids):
                query = (
                    select(columns.subject, func.max(columns.hour))
                    .where(
                        columns.kind == Counted.QUARANTINE.value,
                        columns.subject.in_(some),
                        columns.hour.between(hour - hours, hour + 1),
                    )
                    .group_by(columns.subject)
                )
                found |= {int(work): began for work, began in connection.execute(query)}
        return found


class CountWriting(CountReading, Writing):
    """What is counted."""

    def count(self, kind: Counted, subject: str, hour: int) -> int:
        """One more; returns how many there are now."""
        columns = HOUR_COUNTS.c
        key = and_(columns.kind == kind.value, columns.subject == subject, columns.hour == hour)
        more = update(HOUR_COUNTS).where(key).values(count=columns["count"] + 1)
        count = self._connection.execute(more.returning(columns["count"])).scalar()
        if count is not None:
            return int(count)
        row = {"kind": kind.value, "subject": subject, "hour": hour, "count": 1}
        self._connection.execute(insert(HOUR_COUNTS), row)
        return 1

    def count_showing(self, work_id: int, author_id: str, linked: Iterable[str], hour: int) -> bool:
        """Count an author of a note that shows a work, once in this hour and the last.

        Accounts that belong together are one author.

        Args:
            work_id: shown.
            author_id: whose note it is; all unknown ones are one.
            linked: accounts that the note says are linked, beside those on record.
            hour: since 1970.

        Returns:
            False where it was counted before.
        """
        accounts = {author_id, *linked, *self._linked_with(author_id)}
        columns = HOUR_COUNTS.c
        for some in portions(_showing(work_id, account) for account in sorted(accounts)):
            before = select(columns.hour).where(
                columns.kind == Counted.SHOWING.value,
                columns.subject.in_(some),
                columns.hour.between(hour - 1, hour + 1),
            )
            if self._connection.execute(before.limit(1)).first() is not None:
                return False
        self.count(Counted.SHOWING, _showing(work_id, author_id), hour)
        self.count(Counted.WORK, str(work_id), hour)
        return True

    def drop_old_counts(self, at: datetime) -> int:
        """Delete what is of no use any more; returns how many rows."""
        hour, columns = hour_of(at), HOUR_COUNTS.c
        of_works = columns.kind.in_([Counted.WORK.value, Counted.SHOWING.value])
        old = or_(columns.hour < hour - KEPT_HOURS, and_(of_works, columns.hour < hour - 1))
        return self._connection.execute(delete(HOUR_COUNTS).where(old)).rowcount

    def _linked_with(self, author_id: str) -> set[str]:
        if not author_id:
            return set()
        columns = AUTHOR_LINKS.c
        either = or_(columns.author_id == author_id, columns.linked_id == author_id)
        pairs = self._connection.execute(select(AUTHOR_LINKS).where(either))
        return {account for pair in pairs for account in pair}


def forget_showings(connection: Connection, author_id: str) -> None:
    """Delete which works an author showed."""
    columns = HOUR_COUNTS.c
    kind = columns.kind == Counted.SHOWING.value
    # Roughly by the database, which may take `a` for `A`; exactly here.
    ends = columns.subject.endswith(f" {author_id}", autoescape=True)
    found = connection.execute(select(columns.subject).where(kind, ends)).scalars()
    own = {subject for subject in found if subject.partition(" ")[2] == author_id}
    for some in portions(own):
        connection.execute(delete(HOUR_COUNTS).where(kind, columns.subject.in_(some)))


def _showing(work_id: int, author_id: str) -> str:
    return f"{work_id} {author_id}"

"""Questions about the audit: verdicts of a note, of an author, of a stretch of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from moderation.store import audit
from moderation.store.records import AuditRow, LastVerdict
from moderation.store.service.connected import Connected
from moderation.verdict import Decision


class AuditReading(Connected):
    """Each is answered from one snapshot."""

    def verdicts(
        self, note_id: str | None = None, *, after: int = 0, limit: int = 1000
    ) -> list[AuditRow]:
        """Verdicts with a number above `after`, oldest first, of one note or of all."""
        with self._connected() as connection:
            return audit.verdicts(connection, note_id, after=after, limit=limit)

    def standing_verdict(self, note_id: str, author_id: str) -> AuditRow | None:
        """The verdict that stands on an author's note: of its latest revision the last."""
        with self._connected() as connection:
            return audit.standing(connection, note_id, author_id)

    def verdicts_of_author(self, author_id: str, *, limit: int = 20) -> list[AuditRow]:
        """The last verdicts on an author's notes, the last first."""
        with self._connected() as connection:
            return audit.of_author(connection, author_id, limit=limit)

    def last_verdicts(
        self,
        *,
        after: int = 0,
        upto: int,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[LastVerdict]:
        """The last verdict on each note, oldest first, from one snapshot.

        Args:
            after: only those with a higher number.
            upto: and with this number at most.
            since: only those decided then or later.
            until: only those decided before.
        """
        with self._connected() as connection:
            yield from audit.last_verdicts(
                connection, after=after, upto=upto, since=since, until=until
            )

    def last_verdicts_on(
        self, note_ids: Iterable[str], *, upto: int, since: datetime | None, until: datetime | None
    ) -> dict[str, LastVerdict]:
        """Note → its last verdict, of those that `last_verdicts` gives, where it is among them."""
        with self._connected() as connection:
            return audit.last_verdicts_on(connection, note_ids, upto=upto, since=since, until=until)

    def decisions(self, *, after: int = 0) -> dict[Decision, int]:
        """How many verdicts with a number above `after` say what."""
        with self._connected() as connection:
            return audit.decisions(connection, after=after)

    def last_verdict_number(self) -> int:
        """Number of the last verdict; 0 where there is none."""
        with self._connected() as connection:
            return audit.last_number(connection)

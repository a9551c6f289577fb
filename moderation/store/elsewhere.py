"""What lies elsewhere of a register's data: backups and scans that are known to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from moderation.store import erasure
from moderation.store.late_tables import COPIES_ELSEWHERE
from moderation.store.records import Place, Receipt
from moderation.store.service.connected import Connected, Writing

BACKUP = "backup"
SCAN = "scan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A backup or a scan."""

    kind: str
    place: str
    """Path, as the machine named it that made it."""
    at: datetime


class ElsewhereReading(Connected):
    """Questions about it."""

    def elsewhere(self) -> list[Elsewhere]:
        """All that is known, the oldest first."""
        query = select(COPIES_ELSEWHERE).order_by(COPIES_ELSEWHERE.c.copy_id)
        with self._connected() as connection:
            return [
                Elsewhere(kind=row.kind, place=row.place, at=row.at)
                for row in connection.execute(query)
            ]

    def all_receipts(self, *, unfinished: bool = False) -> list[Receipt]:
        """Receipts of all that was forgotten, oldest first.

        Args:
            unfinished: only those of which bytes may still lie here.
        """
        with self._connected() as connection:
            return erasure.all_receipts(connection, unfinished=unfinished)


class ElsewhereWriting(ElsewhereReading, Writing):
    """What is written about it."""

    def know_elsewhere(self, new: Elsewhere) -> None:
        """Remember a backup or a scan; the same place again is made anew."""
        self.lose_elsewhere([new.place])
        row = {"kind": new.kind, "place": new.place, "at": new.at}
        self._connection.execute(insert(COPIES_ELSEWHERE), row)

    def lose_elsewhere(self, places: Iterable[str]) -> None:
        """Know nothing more of places that are gone."""
        for place in places:
            self._connection.execute(
                delete(COPIES_ELSEWHERE).where(COPIES_ELSEWHERE.c.place == place)
            )

    def finish_erasure(self, receipt_id: int, places: Iterable[Place], at: datetime) -> None:
        """Record that nothing of a forgotten subject lies here any more, and where else it was."""
        erasure.finish(self._connection, receipt_id, places, at)

"""Banks in the register: named lists of pictures that are free to show.

A picture of a bank lies in the register like any other, so that it is found like any other, but
it belongs to no note and nobody claims it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from moderation.store.schema import PICTURES, portions
from moderation.store.template_records import BankEntry, NewBankEntry
from moderation.store.template_tables import BANK_ENTRIES, BANK_WORKS

BANK_NOTE_PREFIX = "bank:"
"""With the bank's name, stands where a picture of a note has the note's id."""


class BankReading(ABC):
    """Questions about banks; each is answered from one snapshot."""

    @abstractmethod
    def _connected(self) -> AbstractContextManager[Connection]:
        """A connection for one question."""

    def bank_entries(self, bank: str | None = None) -> list[BankEntry]:
        """Pictures of one bank or of all, in the order of their adding."""
        which = None if bank is None else BANK_ENTRIES.c.bank == bank
        with self._connected() as connection:
            return _entries(connection, which)

    def bank_entries_of(self, work_ids: Iterable[int]) -> dict[int, list[BankEntry]]:
        """Work number → entries that free it, ended ones too, in the order of their adding."""
        wanted = list(dict.fromkeys(work_ids))
        found: dict[int, list[BankEntry]] = defaultdict(list)
        with self._connected() as connection:
            for some in portions(wanted):
                of_works = select(BANK_WORKS.c.entry_id).where(BANK_WORKS.c.work_id.in_(some))
                for entry in _entries(connection, BANK_ENTRIES.c.entry_id.in_(of_works)):
                    for work_id in entry.works:
                        if work_id in some:
                            found[work_id].append(entry)
        return found

    def works_of_bare_codes(self, recipe: str, codes: Iterable[bytes]) -> dict[bytes, int]:
        """Hash → work, of pictures of which nothing but this hash is known; the earliest work."""
        found: dict[bytes, int] = {}
        with self._connected() as connection:
            for some in portions(codes):
                query = (
                    select(PICTURES.c.code, PICTURES.c.work_id)
                    .where(
                        PICTURES.c.sha256 == "",
                        func.length(PICTURES.c.features) == 0,
                        PICTURES.c.code.in_(some),
                        PICTURES.c.recipe == recipe,
                    )
                    .order_by(PICTURES.c.picture_id.desc())
                )
                found.update((row.code, row.work_id) for row in connection.execute(query))
        return found


class BankWriting(BankReading):
    """What is done with banks while the write lock is held."""

    def add_bank_entry(self, entry: NewBankEntry, works: Iterable[int]) -> int:
        """Put a picture into a bank, with the works it frees; returns the entry's number."""
        with self._connected() as connection:
            entry_id: int = connection.execute(
                insert(BANK_ENTRIES).returning(BANK_ENTRIES.c.entry_id), asdict(entry)
            ).scalar_one()
            connection.execute(
                insert(BANK_WORKS),
                [{"entry_id": entry_id, "work_id": work_id} for work_id in sorted(set(works))],
            )
        return entry_id

    def end_bank_entries(
        self, entry_ids: Iterable[int], until: datetime | None, *, reason: str | None = None
    ) -> None:
        """Give entries another end, and another reason if one is given."""
        values: dict[str, object] = {"until": until}
        if reason is not None:
            values["reason"] = reason
        with self._connected() as connection:
            for some in portions(entry_ids):
                connection.execute(
                    update(BANK_ENTRIES).where(BANK_ENTRIES.c.entry_id.in_(some)).values(values)
                )


def _entries(connection: Connection, which: ColumnElement[bool] | None) -> list[BankEntry]:
    query = select(BANK_ENTRIES).order_by(BANK_ENTRIES.c.entry_id)
    if which is not None:
        query = query.where(which)
    rows = connection.execute(query).all()
    works: dict[int, list[int]] = defaultdict(list)
    for some in portions(row.entry_id for row in rows):
        pairs = (
            select(BANK_WORKS).where(BANK_WORKS.c.entry_id.in_(some)).order_by(BANK_WORKS.c.work_id)
        )
        for entry_id, work_id in connection.execute(pairs):
            works[entry_id].append(work_id)
    return [BankEntry(**row._mapping, works=tuple(works[row.entry_id])) for row in rows]

"""Hashes that were made elsewhere, by the list that each came on: who gave it, under what licence.

A hash without a list is the register's own. One that came on several lists is told with each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from moderation.errors import BadNote
from moderation.note import MAX_ID_CHARS
from moderation.store.hash_list_tables import HASH_ENTRIES, HASH_LISTS
from moderation.store.schema import portions
from moderation.store.service.connected import Connected, Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class HashTerms:
    """Who gave a list of hashes away, and on what terms."""

    source: str = ""
    """Name of who gave it; empty where the list does not say."""
    licence: str = ""
    """SPDX id or plain words; empty where the list does not say."""

    def __bool__(self) -> bool:
        return bool(self.source or self.licence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedHash:
    """One hash on one list."""

    terms: HashTerms
    imported_at: datetime | None
    """None where it was imported before this was kept."""


class HashListReading(Connected):
    """Questions about lists of hashes; each is answered from one snapshot."""

    def hash_lists(self) -> dict[HashTerms, int]:
        """All lists, with how many hashes came on each; the first imported comes first."""
        query = (
            select(HASH_LISTS, func.count(HASH_ENTRIES.c.picture_id).label("hashes"))
            .join(HASH_ENTRIES)
            .group_by(*HASH_LISTS.c)
            .order_by(HASH_LISTS.c.list_id)
        )
        found: dict[HashTerms, int] = defaultdict(int)
        with self._connected() as connection:
            for row in connection.execute(query):
                found[HashTerms(source=row.source, licence=row.licence)] += row.hashes
        return dict(found)

    def listed_hashes(self, picture_ids: Iterable[int]) -> dict[int, list[ListedHash]]:
        """Picture number → lists that it came on, the first imported first; others are absent."""
        found: dict[int, list[ListedHash]] = defaultdict(list)
        with self._connected() as connection:
            for some in portions(picture_ids):
                query = (
                    select(HASH_ENTRIES.c.picture_id, HASH_ENTRIES.c.imported_at, HASH_LISTS)
                    .join(HASH_LISTS)
                    .where(HASH_ENTRIES.c.picture_id.in_(some))
                    .order_by(HASH_LISTS.c.list_id)
                )
                for row in connection.execute(query):
                    terms = HashTerms(source=row.source, licence=row.licence)
                    listed = ListedHash(terms=terms, imported_at=row.imported_at)
                    found[row.picture_id].append(listed)
        return dict(found)


class HashListWriting(HashListReading, Writing):
    """What is done with them while the write lock is held."""

    def list_hashes(self, came: Sequence[tuple[int, HashTerms]], *, at: datetime) -> None:
        """Record on which lists hashes came; the same again changes nothing.

        Args:
            came: numbers of pictures, each with its list.
            at: when they came.

        Raises:
            BadNote: a source or licence is too long, or holds what does not print.
        """
        connection = self._connection
        lists = dict.fromkeys(terms for _, terms in came)
        list_ids = {terms: _list_id(connection, terms) for terms in lists}
        wanted = {(number, list_ids[terms]): None for number, terms in came}
        known: set[tuple[int, int]] = set()
        for some in portions(number for number, _ in wanted):
            query = select(HASH_ENTRIES.c.picture_id, HASH_ENTRIES.c.list_id)
            rows = connection.execute(query.where(HASH_ENTRIES.c.picture_id.in_(some)))
            known.update((row.picture_id, row.list_id) for row in rows)
        fresh = [
            {"picture_id": number, "list_id": list_id, "imported_at": at}
            for number, list_id in wanted
            if (number, list_id) not in known
        ]
        if fresh:
            connection.execute(insert(HASH_ENTRIES), fresh)


def lists_of(connection: Connection, picture_ids: Collection[int]) -> set[int]:
    """Numbers of the lists that some pictures came on; as many as fit into one `IN (…)`."""
    query = select(HASH_ENTRIES.c.list_id).where(HASH_ENTRIES.c.picture_id.in_(picture_ids))
    return set(connection.execute(query.distinct()).scalars())


def drop_empty(connection: Connection, list_ids: Iterable[int]) -> None:
    """Forget those of these lists of which no hash is left."""
    for some in portions(list_ids):
        held = select(HASH_ENTRIES.c.list_id).where(HASH_ENTRIES.c.list_id == HASH_LISTS.c.list_id)
        connection.execute(delete(HASH_LISTS).where(HASH_LISTS.c.list_id.in_(some), ~held.exists()))


def _list_id(connection: Connection, terms: HashTerms) -> int:
    for name, text in (("source", terms.source), ("licence", terms.licence)):
        if len(text) > MAX_ID_CHARS or not text.isprintable():
            raise BadNote(
                f"`{name}` has {len(text):,} characters, limit {MAX_ID_CHARS}, or one that does "
                "not print",
                hint="name it in a few words, or by its URL",
            )
    same = (HASH_LISTS.c.source == terms.source, HASH_LISTS.c.licence == terms.licence)
    query = select(func.min(HASH_LISTS.c.list_id)).where(*same)
    known = connection.execute(query).scalar()
    if known is not None:
        return known
    new = insert(HASH_LISTS).returning(HASH_LISTS.c.list_id)
    row = {"source": terms.source, "licence": terms.licence}
    return connection.execute(new, row).scalar_one()

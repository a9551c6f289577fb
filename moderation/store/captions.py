"""Captions in the register: kept, replaced by edits, found by the keys they share.

A note of an author has one caption, that of its latest revision. Two captions that are nearly
the same share at least one key, so a search is a few look-ups in an index and needs no memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    insert,
    select,
    union_all,
    update,
)

from moderation.store.records import NewCaption
from moderation.store.schema import BIG, CAPTION_KEYS, CAPTIONS, portions

MAX_PER_KEY = 64
"""Captions looked at for one key, the first registered ones: those count, and a caption that
thousands share must not slow the search down."""
MAX_PER_AUTHOR = 4
"""Of these; else whoever writes the same every day would crowd out everybody else."""
MAX_FOUND = 64
"""Captions returned, those with most keys in common first."""


def near(connection: Connection, keys: Sequence[int]) -> list[Row[tuple[int]]]:
    """Captions that share a key, the likeliest first; of equally likely ones the first registered.

    Args:
        connection: to the register.
        keys: signed 64-bit integers, as the caption's recipe gives them.
    """
    if not keys:
        return []
    named = {f"key_{i}": key for i, key in enumerate(keys)}
    shared = Counter(connection.execute(_looks(len(keys)), named).scalars())
    of_author: Counter[str] = Counter()
    likely = []
    authors = _authors(connection, shared)
    for caption_id in sorted(authors, key=lambda number: (-shared[number], number)):
        author_id = authors[caption_id]
        of_author[author_id] += 1
        if of_author[author_id] <= MAX_PER_AUTHOR or not author_id:
            likely.append(caption_id)
    likely = likely[:MAX_FOUND]
    rows = connection.execute(select(CAPTIONS).where(CAPTIONS.c.caption_id.in_(likely)))
    by_id = {row.caption_id: row for row in rows}
    return [by_id[caption_id] for caption_id in likely]


def of_note(connection: Connection, note_id: str, author_id: str) -> Row[tuple[int]] | None:
    """The caption of an author's note; None where there is none."""
    return connection.execute(select(CAPTIONS).where(_is(note_id, author_id))).one_or_none()


def keep(connection: Connection, caption: NewCaption, keys: Iterable[int]) -> None:
    """Add a caption, or put it in place of an earlier revision's; a later one's stays."""
    known = of_note(connection, caption.note_id, caption.author_id)
    if known is None:
        new = insert(CAPTIONS).returning(CAPTIONS.c.caption_id)
        caption_id: int = connection.execute(new, asdict(caption)).scalar_one()
    elif known.revision > caption.revision:
        return
    else:
        # Its number stays, so that an edit does not take the place among the first registered.
        caption_id = known.caption_id
        here = CAPTIONS.c.caption_id == caption_id
        connection.execute(update(CAPTIONS).where(here).values(asdict(caption)))
        old = CAPTION_KEYS.c.caption_id == caption_id
        connection.execute(delete(CAPTION_KEYS).where(old))
    rows = [{"key": key, "caption_id": caption_id} for key in sorted(set(keys))]
    if rows:
        connection.execute(insert(CAPTION_KEYS), rows)


def withdraw(
    connection: Connection, note_id: str, author_id: str, *, revision: int, later: bool = True
) -> None:
    """Take out the caption of this revision of an author's note; where `later`, or of a later."""
    column = CAPTIONS.c.revision
    which = column >= revision if later else column == revision
    connection.execute(delete(CAPTIONS).where(_is(note_id, author_id), which))


def remove(connection: Connection, which: ColumnElement[bool]) -> int:
    """Delete captions with their keys; returns how many captions."""
    return connection.execute(delete(CAPTIONS).where(which)).rowcount


def _authors(connection: Connection, caption_ids: Iterable[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for some in portions(caption_ids):
        query = select(CAPTIONS.c.caption_id, CAPTIONS.c.author_id).where(
            CAPTIONS.c.caption_id.in_(some)
        )
        found.update((row.caption_id, row.author_id) for row in connection.execute(query))
    return found


@cache
def _looks(count: int) -> CompoundSelect[Any]:
    # To put it together takes ten times as long as to run it.
    looks = (
        select(CAPTION_KEYS.c.caption_id)
        .where(CAPTION_KEYS.c.key == bindparam(f"key_{i}", type_=BIG))
        .order_by(CAPTION_KEYS.c.caption_id)
        .limit(MAX_PER_KEY)
        .subquery()
        for i in range(count)
    )
    return union_all(*(select(look.c.caption_id) for look in looks))


def _is(note_id: str, author_id: str) -> ColumnElement[bool]:
    return and_(CAPTIONS.c.note_id == note_id, CAPTIONS.c.author_id == author_id)

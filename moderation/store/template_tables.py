"""Tables of what is free to show: proposals, attempts, lists of pictures, decisions of people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table

from moderation.store.schema import BIG, METADATA, PICTURES, JsonText, PlainText, UtcTime


def _table(name: str, *items: Any, counted: bool = False) -> Table:
    return Table(name, METADATA, *items, sqlite_strict=True, sqlite_autoincrement=counted)


def _of(key: str) -> ForeignKey:
    return ForeignKey(key, ondelete="CASCADE")


PROPOSALS = _table(
    "template_proposals",
    Column("work_id", BIG, _of("works.work_id"), primary_key=True, autoincrement=False),
    Column("state", PlainText, nullable=False),
    Column("ground", PlainText, nullable=False),
    Column("authors", Integer, nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", PlainText),
    Column("reason", PlainText),
    CheckConstraint(
        "state IN ('proposed', 'accepted', 'rejected', 'contested')",
        name="ck_template_proposals_state",
    ),
    Index("ix_template_proposals_state", "state"),
)

ATTEMPTS = _table(
    "attempts",
    Column("work_id", BIG, _of("works.work_id"), primary_key=True, autoincrement=False),
    Column("author_id", PlainText, primary_key=True),
    Column("note_id", PlainText, primary_key=True),
    Column("at", UtcTime, nullable=False),
    # 1: it was free then, so this is no attempt; nor does it say that all may show it later.
    Column("was_free", Integer, nullable=False),
    Index("ix_attempts_author", "author_id"),
    Index("ix_attempts_note", "note_id"),
)

BANK_ENTRIES = _table(
    "bank_entries",
    Column("entry_id", BIG, primary_key=True),
    Column("bank", PlainText, nullable=False),
    Column("picture_id", BIG, _of("pictures.picture_id"), nullable=False),
    Column("title", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("until", UtcTime),
    Column("added_at", UtcTime, nullable=False),
    Column("added_by", PlainText, nullable=False),
    Index("ix_bank_entries_bank", "bank"),
    Index("ix_bank_entries_picture", "picture_id"),
    counted=True,
)

BANK_WORKS = _table(
    "bank_works",
    Column("entry_id", BIG, _of("bank_entries.entry_id"), primary_key=True, autoincrement=False),
    Column("work_id", BIG, _of("works.work_id"), primary_key=True, autoincrement=False),
    Index("ix_bank_works_work", "work_id"),
)

RULINGS = _table(
    "rulings",
    Column("ruling_id", BIG, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("action", PlainText, nullable=False),
    Column("subject", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("detail", JsonText, nullable=False),
    Index("ix_rulings_subject", "subject"),
    counted=True,
)

Index(
    "ix_pictures_bare_code",
    PICTURES.c.code,
    sqlite_where=PICTURES.c.sha256 == "",
    postgresql_where=PICTURES.c.sha256 == "",
)
"""Hash lists only: pictures of notes have a digest of their file."""

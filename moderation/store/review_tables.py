"""The table of what people answer to verdicts. It holds no word of a note."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table

from moderation.store.schema import BIG, METADATA, JsonText, PlainText, UtcTime

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("review_id", BIG, primary_key=True),
    # No cascade: who deletes a verdict has to say what becomes of the answers to it.
    Column("verdict_id", BIG, ForeignKey("verdicts.verdict_id"), nullable=False),
    Column("note_id", PlainText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("note_digest", PlainText, nullable=False),
    Column("text_digest", PlainText),
    Column("decision", PlainText, nullable=False),
    Column("policy_digest", PlainText, nullable=False),
    Column("detectors", JsonText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("answer", PlainText),
    Column("findings", JsonText, nullable=False),
    Column("intent", PlainText),
    Column("disclosure", PlainText),
    Column("reason", PlainText, nullable=False),
    Column("settles", Integer, nullable=False),
    CheckConstraint("answer IN ('confirmed', 'overturned')", name="ck_reviews_answer"),
    Index("ix_reviews_note", "note_id"),
    Index("ix_reviews_author", "author_id"),
    Index("ix_reviews_verdict", "verdict_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

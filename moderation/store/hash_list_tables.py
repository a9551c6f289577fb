"""Tables of hashes that were made elsewhere: the lists they came on, and which came on which."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from moderation.store.schema import BIG, METADATA, PlainText, UtcTime

HASH_LISTS = Table(
    "hash_lists",
    METADATA,
    Column("list_id", BIG, primary_key=True),
    # Both empty: the list says neither. The pair names a list, but is no key: whoever is forgotten
    # is taken out of these words, and then two lists may have the same.
    Column("source", PlainText, nullable=False),
    Column("licence", PlainText, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Who gave hashes away, and under which licence."""

HASH_ENTRIES = Table(
    "hash_entries",
    METADATA,
    Column(
        "picture_id",
        BIG,
        ForeignKey("pictures.picture_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "list_id",
        BIG,
        ForeignKey("hash_lists.list_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # Unknown where nobody kept it: the hash was imported before this table was there.
    Column("imported_at", UtcTime),
    Index("ix_hash_entries_list", "list_id"),
    sqlite_strict=True,
)
"""Which list brought which hash, and when; the same hash may come on several."""

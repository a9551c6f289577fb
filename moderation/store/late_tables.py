"""Tables of what comes late: which works verdicts rest on, what followed, what lies elsewhere.

None holds a word of a note. Accounts stand in `late_truths` only until all has followed.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from moderation.store.schema import BIG, METADATA, JsonText, PlainText, UtcTime


def _verdict() -> Column[int]:
    return Column(
        "verdict_id",
        BIG,
        ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


VERDICT_WORKS = Table(
    "verdict_works",
    METADATA,
    _verdict(),
    # No foreign key: a work ends with its last picture, and the verdict stays.
    Column("work_id", BIG, primary_key=True, autoincrement=False),
    Index("ix_verdict_works_work", "work_id", "verdict_id"),
    sqlite_strict=True,
)
"""Which works the evidence of a verdict names."""

VERDICT_CHANGES = Table(
    "verdict_changes",
    METADATA,
    _verdict(),
    # The verdict whose detectors looked at the note; what follows is always judged from there.
    Column("base_id", BIG, nullable=False),
    Column("before_id", BIG, nullable=False),
    Column("cause", PlainText, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("truth_id", BIG),
    Index("ix_verdict_changes_truth", "truth_id"),
    sqlite_strict=True,
)
"""Verdicts that were given without a look at the note, and why."""

LATE_TRUTHS = Table(
    "late_truths",
    METADATA,
    Column("truth_id", BIG, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("cause", PlainText, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("claim_id", BIG),
    # What it concerns: works, or all verdicts on the notes of some accounts.
    Column("works", JsonText, nullable=False),
    Column("authors", JsonText, nullable=False),
    # Verdicts up to this number may have to follow; up to `after` all have.
    Column("upto", BIG, nullable=False),
    Column("after", BIG, nullable=False),
    Column("counts", JsonText, nullable=False),
    # 1: nobody may be accused because of it.
    Column("frees", Integer, nullable=False),
    Column("done_at", UtcTime),
    Index("ix_late_truths_done", "done_at"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What was told late, and how far the verdicts before it have followed."""

COPIES_ELSEWHERE = Table(
    "copies_elsewhere",
    METADATA,
    Column("copy_id", BIG, primary_key=True),
    Column("kind", PlainText, nullable=False),
    Column("place", PlainText, nullable=False, unique=True),
    Column("at", UtcTime, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Backups and scans that hold what this register held then."""

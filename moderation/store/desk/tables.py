"""The tables of the moderators' desk: what waits for people, who is at it, what they did.

None holds a word of a note or a pixel of it; what an author sends as proof is kept in small until
the appeal is decided. What names a note or an author goes when it is forgotten.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
)

from moderation.store.schema import BIG, METADATA, JsonText, PlainText, UtcTime

CASES = Table(
    "cases",
    METADATA,
    Column("case_id", BIG, primary_key=True),
    Column("kind", PlainText, nullable=False),
    # The verdict that stands on the note; a later one takes its place while the case is open.
    Column(
        "verdict_id", BIG, ForeignKey("verdicts.verdict_id", ondelete="CASCADE"), nullable=False
    ),
    Column("note_id", PlainText, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    # The lower, the more urgent: the order of the queue is that of an index.
    Column("rank", Integer, nullable=False),
    # Code of the strongest reason.
    Column("reason", PlainText, nullable=False),
    # Empty where nobody said.
    Column("lang", PlainText, nullable=False),
    # The work that the strongest copy shows; no foreign key, as a work ends with its last picture.
    Column("work_id", BIG),
    Column("opened_at", UtcTime, nullable=False),
    # Who is at it, and until when nobody else may be.
    Column("holder", PlainText),
    Column("held_until", UtcTime),
    Column("decided_by", PlainText),
    Column("decided_at", UtcTime),
    # What was decided, as `records.Said`; until `due_at` it can be undone.
    Column("said", JsonText),
    Column("words", PlainText, nullable=False),
    Column("due_at", UtcTime),
    # Of an appeal; no foreign key, as it lives and dies with the verdict.
    Column("appeal_id", BIG),
    # The case that was decided and is asked for again, of somebody who does not know it.
    Column("check_of", BIG, ForeignKey("cases.case_id", ondelete="CASCADE")),
    CheckConstraint("kind IN ('machine', 'report', 'appeal')", name="ck_cases_kind"),
    CheckConstraint(
        "state IN ('open', 'escalated', 'decided', 'closed', 'overtaken')", name="ck_cases_state"
    ),
    Index("ix_cases_state", "state", "kind", "case_id"),
    Index("ix_cases_rank", "state", "kind", "rank", "case_id"),
    # A filter for each of the two orders: else one author's page reads the whole queue.
    Index("ix_cases_reason", "state", "kind", "reason", "rank", "case_id"),
    Index("ix_cases_reason_oldest", "state", "kind", "reason", "case_id"),
    Index("ix_cases_lang", "state", "kind", "lang", "rank", "case_id"),
    Index("ix_cases_lang_oldest", "state", "kind", "lang", "case_id"),
    Index("ix_cases_author", "author_id", "state", "kind", "rank", "case_id"),
    Index("ix_cases_author_oldest", "author_id", "state", "kind", "case_id"),
    Index("ix_cases_appeal", "appeal_id"),
    Index("ix_cases_note", "note_id"),
    Index("ix_cases_verdict", "verdict_id"),
    Index("ix_cases_work", "work_id", "state", "kind", "reason", "case_id"),
    Index("ix_cases_work_last", "work_id", "state", "case_id"),
    Index("ix_cases_due", "state", "due_at"),
    Index("ix_cases_check", "check_of", "state"),
    Index("ix_cases_holder", "holder", "state"),
    Index("ix_cases_decided_by", "decided_by", "state", "decided_at"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What waits for a person, or has waited."""

CASE_SKIPS = Table(
    "case_skips",
    METADATA,
    Column(
        "case_id",
        BIG,
        ForeignKey("cases.case_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("by", PlainText, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Index("ix_case_skips_by", "by"),
    sqlite_strict=True,
)
"""Cases that a person has left to others."""

CASE_LOG = Table(
    "case_log",
    METADATA,
    Column("entry_id", BIG, primary_key=True),
    Column(
        "case_id",
        BIG,
        ForeignKey("cases.case_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("at", UtcTime, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("act", PlainText, nullable=False),
    # What stood before and after, where the act changed it: words of a verdict, or states.
    Column("before", PlainText, nullable=False),
    Column("after", PlainText, nullable=False),
    Column("words", PlainText, nullable=False),
    Index("ix_case_log_case", "case_id"),
    Index("ix_case_log_by", "by", "at"),
    Index("ix_case_log_act", "act", "entry_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Who looked at which case, and did what; rows are only ever added."""

GOLDEN_CASES = Table(
    "golden_cases",
    METADATA,
    Column(
        "case_id",
        BIG,
        ForeignKey("cases.case_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # What is right, as `records.Said`: not always what was decided first.
    Column("said", JsonText, nullable=False),
    Column("words", PlainText, nullable=False),
    Column("by", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    sqlite_strict=True,
)
"""Decided cases whose right answer is known, for checks."""

REPORTS = Table(
    "reports",
    METADATA,
    Column("report_id", BIG, primary_key=True),
    Column("case_id", BIG, ForeignKey("cases.case_id", ondelete="CASCADE"), nullable=False),
    Column("note_id", PlainText, nullable=False),
    # A keyed pseudonym: enough to count each reader once.
    Column("by", PlainText, nullable=False),
    Column("reason", PlainText, nullable=False),
    Column("words", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    UniqueConstraint("case_id", "by", name="uq_reports_case_by"),
    Index("ix_reports_note", "note_id"),
    Index("ix_reports_by", "by"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What readers said of notes."""

APPEAL_PROOFS = Table(
    "appeal_proofs",
    METADATA,
    Column("proof_id", BIG, primary_key=True),
    Column("appeal_id", BIG, ForeignKey("appeals.appeal_id", ondelete="CASCADE"), nullable=False),
    Column("kind", PlainText, nullable=False),
    # Of a file its name; of a link all of it, as text.
    Column("name", PlainText, nullable=False),
    Column("sha256", PlainText, nullable=False),
    Column("bytes", BIG, nullable=False),
    # What was read out of the file, as JSON.
    Column("facts", JsonText, nullable=False),
    # JPEG, for as long as the appeal waits.
    Column("thumbnail", LargeBinary),
    Column("at", UtcTime, nullable=False),
    CheckConstraint("kind IN ('file', 'link')", name="ck_appeal_proofs_kind"),
    Index("ix_appeal_proofs_appeal", "appeal_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What authors send with their appeals."""

DESK_SESSIONS = Table(
    "desk_sessions",
    METADATA,
    # SHA-256 of 256 random bits, as with tokens.
    Column("digest", PlainText, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("role", PlainText, nullable=False),
    # The token that was shown: with it the session ends.
    Column("token_id", PlainText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_desk_sessions_expires", "expires_at"),
    sqlite_strict=True,
)
"""Who is logged in. What proves it is nowhere."""

DESK_SETTINGS = Table(
    "desk_settings",
    METADATA,
    Column("name", PlainText, primary_key=True),
    Column("said", JsonText, nullable=False),
    sqlite_strict=True,
)
"""How each person wants the desk: language, keys, saved filters."""

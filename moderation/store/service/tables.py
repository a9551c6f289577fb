"""The tables of the publish service: who asked for what, what is still owed, who may ask.

None holds a word of a note or a pixel, apart from what an author writes in an appeal. Everything
that names a note or an author goes when it is forgotten, see `erasure`.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table

from moderation.store.schema import BIG, METADATA, JsonText, PlainText, UtcTime


def _verdict(*, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(
        "verdict_id",
        BIG,
        ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=nullable,
        autoincrement=False,
    )


SUBMISSIONS = Table(
    "submissions",
    METADATA,
    Column("key", PlainText, primary_key=True),
    Column("body_digest", PlainText, nullable=False),
    Column("note_id", PlainText, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    # In flight until then; afterwards its process is taken for dead, and the next one goes on.
    Column("lease_until", UtcTime, nullable=False),
    _verdict(nullable=True),
    # What the answer said beside the verdict.
    Column("answer", JsonText),
    Column("expires_at", UtcTime, nullable=False),
    Index("ix_submissions_note", "note_id"),
    Index("ix_submissions_author", "author_id"),
    Index("ix_submissions_verdict", "verdict_id"),
    Index("ix_submissions_expires", "expires_at"),
    sqlite_strict=True,
)
"""Idempotency: what was asked under which key, and what was answered."""

HOLDS = Table(
    "holds",
    METADATA,
    Column("note_id", PlainText, primary_key=True),
    Column("author_id", PlainText, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    _verdict(),
    Column("state", PlainText, nullable=False),
    # None while a person decides, who may take their time.
    Column("expires_at", UtcTime),
    Column("settled_at", UtcTime),
    CheckConstraint("state IN ('held', 'committed', 'aborted', 'lapsed')", name="ck_holds_state"),
    Index("ix_holds_author", "author_id"),
    Index("ix_holds_verdict", "verdict_id"),
    Index("ix_holds_expires", "state", "expires_at"),
    sqlite_strict=True,
)
"""Revisions whose pictures are reserved until the platform says whether it published them."""

UNFINISHED = Table(
    "unfinished",
    METADATA,
    _verdict(primary_key=True),
    Column("note_id", PlainText, nullable=False),
    Column("author_id", PlainText, nullable=False),
    # After that the process that was at work is taken for dead.
    Column("lease_until", UtcTime, nullable=False),
    Index("ix_unfinished_note", "note_id"),
    Index("ix_unfinished_author", "author_id"),
    Index("ix_unfinished_lease", "lease_until"),
    sqlite_strict=True,
)
"""Partial verdicts that were answered at a deadline, and whose final ones are owed."""

SHADOW_VERDICTS = Table(
    "shadow_verdicts",
    METADATA,
    _verdict(primary_key=True),
    Column("policy", PlainText, nullable=False),
    Column("policy_digest", PlainText, primary_key=True),
    Column("decision", PlainText, nullable=False),
    # Of the reasons only code, rule and word: the evidence is in the verdict itself.
    Column("reasons", JsonText, nullable=False),
    sqlite_strict=True,
)
"""What another policy would have decided on the same findings."""

APPEALS = Table(
    "appeals",
    METADATA,
    Column("appeal_id", BIG, primary_key=True),
    _verdict(),
    Column("note_id", PlainText, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("statement", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="ck_appeals_state"),
    Index("ix_appeals_note", "note_id"),
    Index("ix_appeals_author", "author_id"),
    Index("ix_appeals_verdict", "verdict_id"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""What authors say against verdicts, until a person has decided."""

EVENTS = Table(
    "events",
    METADATA,
    # Drawn under the write lock, so it is also the sequence that consumers compare.
    Column("event_id", BIG, primary_key=True),
    Column("message_id", PlainText, nullable=False, unique=True),
    Column("type", PlainText, nullable=False),
    Column("note_id", PlainText, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("payload", JsonText, nullable=False),
    Index("ix_events_note", "note_id"),
    Index("ix_events_author", "author_id"),
    Index("ix_events_at", "at"),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""The outbox: what subscribers are to be told, written in the transaction that made it true."""

ENDPOINTS = Table(
    "endpoints",
    METADATA,
    Column("endpoint_id", BIG, primary_key=True),
    Column("url", PlainText, nullable=False),
    Column("secret", PlainText, nullable=False),
    # Types of events; empty for all.
    Column("types", JsonText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("disabled_why", PlainText, nullable=False),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)
"""Where events go: webhooks (`https://…`) and streams (`redis://…`)."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column(
        "event_id",
        BIG,
        ForeignKey("events.event_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column(
        "endpoint_id",
        BIG,
        ForeignKey("endpoints.endpoint_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("note_id", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime),
    Column("first_error", PlainText, nullable=False),
    Column("last_error", PlainText, nullable=False),
    CheckConstraint("state IN ('pending', 'done', 'dead')", name="ck_deliveries_state"),
    Index("ix_deliveries_due", "endpoint_id", "state", "next_at"),
    Index("ix_deliveries_note", "endpoint_id", "note_id", "state"),
    sqlite_strict=True,
)
"""One event for one endpoint: at least once, and in order for each note."""

TOKENS = Table(
    "tokens",
    METADATA,
    Column("token_id", PlainText, primary_key=True),
    Column("name", PlainText, nullable=False),
    Column("tenant", PlainText, nullable=False),
    # Of 256 random bits, so a plain SHA-256 cannot be guessed back.
    Column("digest", PlainText, nullable=False),
    Column("scopes", JsonText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    sqlite_strict=True,
)
"""Who may ask the service, and what for. The token itself is nowhere."""

HOUR_COUNTS = Table(
    "hour_counts",
    METADATA,
    Column("kind", PlainText, primary_key=True),
    # Name of a rule, or number of a work.
    Column("subject", PlainText, primary_key=True),
    # Hours since 1970, UTC.
    Column("hour", BIG, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Index("ix_hour_counts_hour", "hour"),
    sqlite_strict=True,
)
"""How often something happened in an hour: automatic blocks by a rule, notes that show a work."""

"""What the publish service keeps: keys, holds, debts, events, tokens, counts.

A verdict may also complete an earlier, partial one, and a picture remembers the revision that
showed it first, so that an edit that is given up takes nothing away from what was published.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _verdict(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(
        "verdict_id",
        _BIG,
        sa.ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=nullable,
        autoincrement=False,
    )


def upgrade() -> None:
    """One step up."""
    op.add_column("verdicts", sa.Column("completes", _BIG))
    op.create_index("ix_verdicts_completes", "verdicts", ["completes"])
    op.add_column("pictures", sa.Column("first_revision", sa.Integer))
    op.execute("UPDATE pictures SET first_revision = 1 WHERE revision = 1")
    _asked()
    _owed()
    _told()
    _counted()


def _asked() -> None:
    op.create_table(
        "submissions",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("started_at", _BIG, nullable=False),
        sa.Column("lease_until", _BIG, nullable=False),
        _verdict(nullable=True),
        sa.Column("answer", sa.Text),
        sa.Column("expires_at", _BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_submissions_note", "submissions", ["note_id"])
    op.create_index("ix_submissions_author", "submissions", ["author_id"])
    op.create_index("ix_submissions_verdict", "submissions", ["verdict_id"])
    op.create_index("ix_submissions_expires", "submissions", ["expires_at"])
    op.create_table(
        "holds",
        sa.Column("note_id", sa.Text, primary_key=True),
        sa.Column("author_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        _verdict(),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("expires_at", _BIG),
        sa.Column("settled_at", _BIG),
        sa.CheckConstraint(
            "state IN ('held', 'committed', 'aborted', 'lapsed')", name="ck_holds_state"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_holds_author", "holds", ["author_id"])
    op.create_index("ix_holds_verdict", "holds", ["verdict_id"])
    op.create_index("ix_holds_expires", "holds", ["state", "expires_at"])
    op.create_table(
        "tokens",
        sa.Column("token_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created_at", _BIG, nullable=False),
        sa.Column("expires_at", _BIG),
        sa.Column("revoked_at", _BIG),
        sqlite_strict=True,
    )


def _owed() -> None:
    op.create_table(
        "unfinished",
        _verdict(primary_key=True),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("lease_until", _BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_unfinished_note", "unfinished", ["note_id"])
    op.create_index("ix_unfinished_author", "unfinished", ["author_id"])
    op.create_index("ix_unfinished_lease", "unfinished", ["lease_until"])
    op.create_table(
        "shadow_verdicts",
        _verdict(primary_key=True),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("policy_digest", sa.Text, primary_key=True),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("reasons", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "appeals",
        sa.Column("appeal_id", _BIG, primary_key=True),
        _verdict(),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.CheckConstraint("state IN ('open', 'upheld', 'overturned')", name="ck_appeals_state"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_appeals_note", "appeals", ["note_id"])
    op.create_index("ix_appeals_author", "appeals", ["author_id"])
    op.create_index("ix_appeals_verdict", "appeals", ["verdict_id"])


def _told() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", _BIG, primary_key=True),
        sa.Column("message_id", sa.Text, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_note", "events", ["note_id"])
    op.create_index("ix_events_author", "events", ["author_id"])
    op.create_index("ix_events_at", "events", ["at"])
    op.create_table(
        "endpoints",
        sa.Column("endpoint_id", _BIG, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("types", sa.Text, nullable=False),
        sa.Column("created_at", _BIG, nullable=False),
        sa.Column("disabled_at", _BIG),
        sa.Column("disabled_why", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        _reference("event_id", "events.event_id"),
        _reference("endpoint_id", "endpoints.endpoint_id"),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", _BIG, nullable=False),
        sa.Column("lease_until", _BIG),
        sa.Column("first_error", sa.Text, nullable=False),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'done', 'dead')", name="ck_deliveries_state"),
        sqlite_strict=True,
    )
    op.create_index("ix_deliveries_due", "deliveries", ["endpoint_id", "state", "next_at"])
    op.create_index("ix_deliveries_note", "deliveries", ["endpoint_id", "note_id", "state"])


def _counted() -> None:
    op.create_table(
        "hour_counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("hour", _BIG, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_hour_counts_hour", "hour_counts", ["hour"])


def _reference(name: str, other: str) -> sa.Column[int]:
    return sa.Column(
        name,
        _BIG,
        sa.ForeignKey(other, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )

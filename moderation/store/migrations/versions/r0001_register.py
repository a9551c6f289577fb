"""Works, pictures and their log, claims, verdicts, receipts.

Frozen once released: later changes are later steps.
"""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One step up. There is no way down: an older program refuses a newer register."""
    _pictures()
    _claims()
    _verdicts()
    _receipts()


def _pictures() -> None:
    op.create_table(
        "works",
        sa.Column("work_id", _BIG, primary_key=True),
        sa.Column("exempt_reason", sa.Text),
        sa.Column("exempt_until", _BIG),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "pictures",
        sa.Column("picture_id", _BIG, primary_key=True),
        sa.Column("work_id", _BIG, sa.ForeignKey("works.work_id"), nullable=False),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("image_number", sa.Integer, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("published_at", _BIG, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("code", sa.LargeBinary, nullable=False),
        sa.Column("quality", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("features", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint(
            "note_id", "image_number", "recipe", "sha256", "code", name="uq_pictures_identity"
        ),
        sa.CheckConstraint("state IN ('registered', 'held')", name="ck_pictures_state"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pictures_work", "pictures", ["work_id"])
    op.create_index("ix_pictures_author", "pictures", ["author_id"])
    op.create_index("ix_pictures_recipe", "pictures", ["recipe"])
    op.create_table(
        "log",
        sa.Column("seq", _BIG, primary_key=True),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("picture_id", _BIG, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.CheckConstraint("op IN ('add', 'remove')", name="ck_log_op"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("claim_id", _BIG, primary_key=True),
        sa.Column("work_id", _BIG, sa.ForeignKey("works.work_id"), nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("image_number", sa.Integer, nullable=False),
        sa.Column("proof", sa.Text, nullable=False),
        sa.Column("recorded_at", _BIG, nullable=False),
        sa.UniqueConstraint(
            "work_id", "author_id", "basis", "note_id", "image_number", name="uq_claims_identity"
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_claims_author", "claims", ["author_id"])
    op.create_index("ix_claims_note", "claims", ["note_id"])
    op.create_table(
        "author_links",
        sa.Column("author_id", sa.Text, primary_key=True),
        sa.Column("linked_id", sa.Text, primary_key=True),
        sqlite_strict=True,
    )
    op.create_index("ix_author_links_linked", "author_links", ["linked_id"])


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("verdict_id", _BIG, primary_key=True),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("note_digest", sa.Text, nullable=False),
        sa.Column("decided_at", _BIG, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("completeness", sa.Text, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("policy_digest", sa.Text, nullable=False),
        sa.Column("detectors", sa.Text, nullable=False),
        sa.Column("register_seq", _BIG, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_verdicts_note", "verdicts", ["note_id"])
    op.create_index("ix_verdicts_author", "verdicts", ["author_id"])
    op.create_table(
        "verdict_mentions",
        sa.Column(
            "verdict_id",
            _BIG,
            sa.ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("note_id", sa.Text, primary_key=True),
        sa.Column("author_id", sa.Text, primary_key=True),
        sqlite_strict=True,
    )
    op.create_index("ix_verdict_mentions_note", "verdict_mentions", ["note_id"])
    op.create_index("ix_verdict_mentions_author", "verdict_mentions", ["author_id"])


def _receipts() -> None:
    op.create_table(
        "erasures",
        sa.Column("receipt_id", _BIG, primary_key=True),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("register_seq", _BIG, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_erasures_digest", "erasures", ["digest"])
    meta = op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    # Receipts name nobody; with this secret, "was X forgotten?" can still be answered.
    op.bulk_insert(meta, [{"key": "erasure_secret", "value": secrets.token_hex(32)}])

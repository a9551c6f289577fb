"""What people answer to verdicts, and a digest of the words that a verdict was about.

Verdicts from before have no such digest: their notes are recognised by the digest of the whole.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One step up."""
    op.add_column("verdicts", sa.Column("text_digest", sa.Text))
    op.create_table(
        "reviews",
        sa.Column("review_id", _BIG, primary_key=True),
        sa.Column("verdict_id", _BIG, sa.ForeignKey("verdicts.verdict_id"), nullable=False),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("note_digest", sa.Text, nullable=False),
        sa.Column("text_digest", sa.Text),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("policy_digest", sa.Text, nullable=False),
        sa.Column("detectors", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("intent", sa.Text),
        sa.Column("disclosure", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("settles", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "answer IN ('confirmed', 'overturned')",
            name="ck_reviews_answer",
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reviews_note", "reviews", ["note_id"])
    op.create_index("ix_reviews_author", "reviews", ["author_id"])
    op.create_index("ix_reviews_verdict", "reviews", ["verdict_id"])

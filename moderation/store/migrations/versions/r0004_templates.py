"""What is free to show: proposals, attempts, lists of pictures, and who decided what.

Copies that were held or blocked before this step are not counted as attempts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One step up."""
    _proposals()
    _banks()
    op.create_table(
        "rulings",
        sa.Column("ruling_id", _BIG, primary_key=True),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rulings_subject", "rulings", ["subject"])
    # Hash lists only: pictures of notes have a digest of their file.
    op.create_index(
        "ix_pictures_bare_code",
        "pictures",
        ["code"],
        sqlite_where=sa.text("sha256 = ''"),
        postgresql_where=sa.text("sha256 = ''"),
    )


def _proposals() -> None:
    op.create_table(
        "template_proposals",
        _key("work_id", "works.work_id"),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("ground", sa.Text, nullable=False),
        sa.Column("authors", sa.Integer, nullable=False),
        sa.Column("proposed_at", _BIG, nullable=False),
        sa.Column("decided_at", _BIG),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'rejected', 'contested')",
            name="ck_template_proposals_state",
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_template_proposals_state", "template_proposals", ["state"])
    op.create_table(
        "attempts",
        _key("work_id", "works.work_id"),
        sa.Column("author_id", sa.Text, primary_key=True),
        sa.Column("note_id", sa.Text, primary_key=True),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("was_free", sa.Integer, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_attempts_author", "attempts", ["author_id"])
    op.create_index("ix_attempts_note", "attempts", ["note_id"])


def _banks() -> None:
    op.create_table(
        "bank_entries",
        sa.Column("entry_id", _BIG, primary_key=True),
        sa.Column("bank", sa.Text, nullable=False),
        sa.Column(
            "picture_id",
            _BIG,
            sa.ForeignKey("pictures.picture_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until", _BIG),
        sa.Column("added_at", _BIG, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bank_entries_bank", "bank_entries", ["bank"])
    op.create_index("ix_bank_entries_picture", "bank_entries", ["picture_id"])
    op.create_table(
        "bank_works",
        _key("entry_id", "bank_entries.entry_id"),
        _key("work_id", "works.work_id"),
        sqlite_strict=True,
    )
    op.create_index("ix_bank_works_work", "bank_works", ["work_id"])


def _key(name: str, of: str) -> sa.Column[int]:
    return sa.Column(
        name,
        _BIG,
        sa.ForeignKey(of, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )

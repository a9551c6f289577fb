"""Captions: hashes of their pieces, and keys under which near-identical ones meet.

Notes that were registered before have none: twins of their captions are not found until the
notes are registered again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One step up."""
    op.create_table(
        "captions",
        sa.Column("caption_id", _BIG, primary_key=True),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("published_at", _BIG, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("shingles", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("note_id", "author_id", name="uq_captions_identity"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_captions_author", "captions", ["author_id"])
    op.create_table(
        "caption_keys",
        sa.Column("key", _BIG, primary_key=True, autoincrement=False),
        sa.Column(
            "caption_id",
            _BIG,
            sa.ForeignKey("captions.caption_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_caption_keys_caption", "caption_keys", ["caption_id"])

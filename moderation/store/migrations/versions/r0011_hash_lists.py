"""Lists that hashes came on: their source, their licence, and when they were imported.

Of hashes imported before nobody kept any of it: they came on a list that says nothing, when their
claims were recorded.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLES = (
    ("pictures", "picture_id", "work_id", "note_id", "image_number", "sha256", "features"),
    ("claims", "work_id", "note_id", "image_number", "recorded_at"),
    ("hash_lists", "list_id", "source", "licence"),
    ("hash_entries", "picture_id", "list_id", "imported_at"),
)


def upgrade() -> None:
    """One step up."""
    op.create_table(
        "hash_lists",
        sa.Column("list_id", _BIG, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("licence", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hash_entries",
        _key("picture_id", "pictures.picture_id"),
        _key("list_id", "hash_lists.list_id"),
        sa.Column("imported_at", _BIG),
        sqlite_strict=True,
    )
    _list_those_from_before()
    op.create_index("ix_hash_entries_list", "hash_entries", ["list_id"])


def _list_those_from_before() -> None:
    pictures, claims, lists, entries = (
        sa.table(name, *map(sa.column, columns)) for name, *columns in _TABLES
    )
    # Without features or the digest of a file: nothing but the hash is known. Banks have lists of
    # their own.
    bare = sa.and_(
        pictures.c.sha256 == "",
        sa.func.length(pictures.c.features) == 0,
        pictures.c.note_id.not_like("bank:%"),
    )
    connection = op.get_bind()
    if connection.execute(sa.select(pictures.c.picture_id).where(bare).limit(1)).first() is None:
        return
    connection.execute(sa.insert(lists), {"source": "", "licence": ""})
    recorded = sa.select(sa.func.min(claims.c.recorded_at)).where(
        *(claims.c[name] == pictures.c[name] for name in ("work_id", "note_id", "image_number"))
    )
    rows = sa.select(pictures.c.picture_id, lists.c.list_id, recorded.scalar_subquery())
    rows = rows.where(bare).select_from(pictures.join(lists, sa.true()))
    names = ["picture_id", "list_id", "imported_at"]
    connection.execute(sa.insert(entries).from_select(names, rows))


def _key(name: str, of: str) -> sa.Column[int]:
    return sa.Column(
        name, _BIG, sa.ForeignKey(of, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )

"""What comes late: works behind verdicts, verdicts that followed, copies that lie elsewhere.

The works are read out of the verdicts that are there, so a long audit takes a while: about a
minute for a million verdicts.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 1_000


def _verdict() -> sa.Column[int]:
    return sa.Column(
        "verdict_id",
        _BIG,
        sa.ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )


def upgrade() -> None:
    """One step up."""
    op.create_table(
        "verdict_works",
        _verdict(),
        sa.Column("work_id", _BIG, primary_key=True, autoincrement=False),
        sqlite_strict=True,
    )
    _read_works()
    op.create_index("ix_verdict_works_work", "verdict_works", ["work_id", "verdict_id"])
    op.create_table(
        "verdict_changes",
        _verdict(),
        sa.Column("base_id", _BIG, nullable=False),
        sa.Column("before_id", _BIG, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("truth_id", _BIG),
        sqlite_strict=True,
    )
    op.create_index("ix_verdict_changes_truth", "verdict_changes", ["truth_id"])
    op.create_table(
        "late_truths",
        sa.Column("truth_id", _BIG, primary_key=True),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("claim_id", _BIG),
        sa.Column("works", sa.Text, nullable=False),
        sa.Column("authors", sa.Text, nullable=False),
        sa.Column("upto", _BIG, nullable=False),
        sa.Column("after", _BIG, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("frees", sa.Integer, nullable=False),
        sa.Column("done_at", _BIG),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_late_truths_done", "late_truths", ["done_at"])
    op.create_table(
        "copies_elsewhere",
        sa.Column("copy_id", _BIG, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False, unique=True),
        sa.Column("at", _BIG, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.add_column("erasures", sa.Column("places", sa.Text))
    op.add_column("erasures", sa.Column("done_at", _BIG))
    op.execute('UPDATE erasures SET done_at = "at"')


def _read_works() -> None:
    verdicts = sa.table("verdicts", sa.column("verdict_id"), sa.column("body"))
    works = sa.table("verdict_works", sa.column("verdict_id"), sa.column("work_id"))
    connection, last = op.get_bind(), 0
    while True:
        query = (
            sa.select(verdicts)
            .where(verdicts.c.verdict_id > last, verdicts.c.body.contains('"work_id":'))
            .order_by(verdicts.c.verdict_id)
            .limit(_AT_ONCE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        found = [
            {"verdict_id": row.verdict_id, "work_id": work_id}
            for row in rows
            for work_id in sorted(_works(row.body))
        ]
        if found:
            connection.execute(sa.insert(works), found)
        last = rows[-1].verdict_id


def _works(body: str) -> set[int]:
    named = (finding["detail"].get("work_id") for finding in json.loads(body)["findings"])
    return {work_id for work_id in named if type(work_id) is int}

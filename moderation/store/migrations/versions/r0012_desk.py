"""The moderators' desk: what waits for people, what they did, who is logged in.

What waits is read out of the verdicts that are there: the last one on each note's last revision,
where it asks for a person and nobody has answered about that revision.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT_ONCE = 1_000


def upgrade() -> None:
    """One step up."""
    op.create_table(
        "cases",
        sa.Column("case_id", _BIG, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column(
            "verdict_id",
            _BIG,
            sa.ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("author_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("lang", sa.Text, nullable=False),
        sa.Column("work_id", _BIG),
        sa.Column("opened_at", _BIG, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("held_until", _BIG),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", _BIG),
        sa.Column("said", sa.Text),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("due_at", _BIG),
        sa.Column("appeal_id", _BIG),
        sa.Column("check_of", _BIG, sa.ForeignKey("cases.case_id", ondelete="CASCADE")),
        sa.CheckConstraint("kind IN ('machine', 'report', 'appeal')", name="ck_cases_kind"),
        sa.CheckConstraint(
            "state IN ('open', 'escalated', 'decided', 'closed', 'overtaken')",
            name="ck_cases_state",
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    _fill()
    _fill_appeals()
    for name, columns in {
        "ix_cases_state": ["state", "kind", "case_id"],
        "ix_cases_rank": ["state", "kind", "rank", "case_id"],
        "ix_cases_reason": ["state", "kind", "reason", "rank", "case_id"],
        "ix_cases_reason_oldest": ["state", "kind", "reason", "case_id"],
        "ix_cases_lang": ["state", "kind", "lang", "rank", "case_id"],
        "ix_cases_lang_oldest": ["state", "kind", "lang", "case_id"],
        "ix_cases_author": ["author_id", "state", "kind", "rank", "case_id"],
        "ix_cases_author_oldest": ["author_id", "state", "kind", "case_id"],
        "ix_cases_appeal": ["appeal_id"],
        "ix_cases_note": ["note_id"],
        "ix_cases_verdict": ["verdict_id"],
        "ix_cases_work": ["work_id", "state", "kind", "reason", "case_id"],
        "ix_cases_work_last": ["work_id", "state", "case_id"],
        "ix_cases_due": ["state", "due_at"],
        "ix_cases_check": ["check_of", "state"],
        "ix_cases_holder": ["holder", "state"],
        "ix_cases_decided_by": ["decided_by", "state", "decided_at"],
    }.items():
        op.create_index(name, "cases", columns)
    op.create_table(
        "case_skips",
        sa.Column(
            "case_id",
            _BIG,
            sa.ForeignKey("cases.case_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("by", sa.Text, primary_key=True),
        sa.Column("at", _BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_case_skips_by", "case_skips", ["by"])
    op.create_table(
        "case_log",
        sa.Column("entry_id", _BIG, primary_key=True),
        sa.Column(
            "case_id", _BIG, sa.ForeignKey("cases.case_id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("at", _BIG, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_log_case", "case_log", ["case_id"])
    op.create_index("ix_case_log_by", "case_log", ["by", "at"])
    op.create_index("ix_case_log_act", "case_log", ["act", "entry_id"])
    _create_what_people_add()
    op.create_table(
        "desk_sessions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("token_id", sa.Text, nullable=False),
        sa.Column("created_at", _BIG, nullable=False),
        sa.Column("expires_at", _BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_desk_sessions_expires", "desk_sessions", ["expires_at"])
    op.create_table(
        "desk_settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _create_what_people_add() -> None:
    op.create_table(
        "golden_cases",
        sa.Column(
            "case_id",
            _BIG,
            sa.ForeignKey("cases.case_id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "reports",
        sa.Column("report_id", _BIG, primary_key=True),
        sa.Column(
            "case_id", _BIG, sa.ForeignKey("cases.case_id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("at", _BIG, nullable=False),
        sa.UniqueConstraint("case_id", "by", name="uq_reports_case_by"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reports_note", "reports", ["note_id"])
    op.create_index("ix_reports_by", "reports", ["by"])
    op.create_table(
        "appeal_proofs",
        sa.Column("proof_id", _BIG, primary_key=True),
        sa.Column(
            "appeal_id",
            _BIG,
            sa.ForeignKey("appeals.appeal_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("bytes", _BIG, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("thumbnail", sa.LargeBinary),
        sa.Column("at", _BIG, nullable=False),
        sa.CheckConstraint("kind IN ('file', 'link')", name="ck_appeal_proofs_kind"),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("ix_appeal_proofs_appeal", "appeal_proofs", ["appeal_id"])


def _fill() -> None:
    verdicts = sa.table(
        "verdicts",
        *(
            sa.column(name)
            for name in (
                *("verdict_id", "note_id", "author_id", "revision", "decision", "decided_at"),
                *("body", "judged_as"),
            )
        ),
    )
    later = verdicts.alias("later")
    place = ("note_id", "author_id", "revision")
    reviews = sa.table("reviews", *(sa.column(name) for name in place))
    cases = sa.table("cases", *(sa.column(name) for name in _NAMES))
    connection, last = op.get_bind(), 0
    while True:
        superseded = sa.exists().where(
            later.c.note_id == verdicts.c.note_id,
            later.c.author_id == verdicts.c.author_id,
            (later.c.revision > verdicts.c.revision)
            | (later.c.revision == verdicts.c.revision)
            & (later.c.verdict_id > verdicts.c.verdict_id),
        )
        answered = sa.exists().where(*(reviews.c[name] == verdicts.c[name] for name in place))
        query = (
            sa.select(verdicts)
            .where(
                verdicts.c.verdict_id > last,
                verdicts.c.decision == "review",
                ~superseded,
                ~answered,
            )
            .order_by(verdicts.c.verdict_id)
            .limit(_AT_ONCE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        connection.execute(sa.insert(cases), [_case(row) for row in rows])
        last = rows[-1].verdict_id


def _fill_appeals() -> None:
    names = ("verdict_id", "body", "judged_as")
    verdicts = sa.table("verdicts", *(sa.column(name) for name in names))
    of_appeals = ("appeal_id", "verdict_id", "note_id", "author_id", "at", "state")
    appeals = sa.table("appeals", *(sa.column(name) for name in of_appeals))
    cases = sa.table("cases", *(sa.column(name) for name in _NAMES))
    query = (
        sa.select(appeals, verdicts.c.body, verdicts.c.judged_as, appeals.c.at.label("decided_at"))
        .join(verdicts, verdicts.c.verdict_id == appeals.c.verdict_id)
        .where(appeals.c.state == "open")
        .order_by(appeals.c.appeal_id)
    )
    connection = op.get_bind()
    found = [
        _case(row) | {"kind": "appeal", "appeal_id": row.appeal_id}
        for row in connection.execute(query)
    ]
    if found:
        connection.execute(sa.insert(cases), found)


_NAMES = (
    *(
        "kind",
        "appeal_id",
        "verdict_id",
        "note_id",
        "author_id",
        "state",
        "rank",
        "reason",
        "lang",
        "work_id",
    ),
    *("opened_at", "words"),
)


def _case(row: sa.Row[Any]) -> dict[str, Any]:
    body = json.loads(row.body)
    reasons = body["reasons"]
    known = json.loads(row.judged_as) if row.judged_as else {}
    return {
        "kind": "machine",
        "appeal_id": None,
        "verdict_id": row.verdict_id,
        "note_id": row.note_id,
        "author_id": row.author_id,
        "state": "open",
        "rank": _rank(reasons),
        "reason": reasons[0]["code"] if reasons else "",
        "lang": known.get("lang") or "",
        "work_id": _work(body),
        "opened_at": row.decided_at,
        "words": "",
    }


def _rank(reasons: list[dict[str, Any]]) -> int:
    score = max((reason["score"] or 0.0 for reason in reasons), default=0.0)
    heard = {
        reason.get("instead_of") or reason["decision"]
        for reason in reasons
        if reason["code"] not in ("brake", "flood")
    }
    return (0 if "block" in heard else 500) + round((1 - min(max(score, 0.0), 1.0)) * 500)


def _work(body: dict[str, Any]) -> int | None:
    for reason in body["reasons"]:
        if reason["finding"] is not None:
            work = body["findings"][reason["finding"]]["detail"].get("work_id")
            if type(work) is int:
                return work
    return None

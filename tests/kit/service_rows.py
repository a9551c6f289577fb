"""Rows in the tables of the publish service, and what a register lacked before it had them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kit.register_rows import MORNING
from sqlalchemy import func, insert, select

from moderation.store import Transaction
from moderation.store.desk.tables import (
    APPEAL_PROOFS,
    CASE_LOG,
    CASE_SKIPS,
    CASES,
    DESK_SESSIONS,
    DESK_SETTINGS,
    GOLDEN_CASES,
    REPORTS,
)
from moderation.store.service.tables import (
    APPEALS,
    DELIVERIES,
    ENDPOINTS,
    EVENTS,
    HOLDS,
    HOUR_COUNTS,
    SHADOW_VERDICTS,
    SUBMISSIONS,
    TOKENS,
    UNFINISHED,
)

WITHOUT_DESK = tuple(
    f"DROP TABLE {name}"
    for name in (
        *("reports", "golden_cases", "appeal_proofs"),
        *("case_skips", "case_log", "cases", "desk_sessions", "desk_settings"),
    )
)
"""Makes a register what it was at step 0011, but for its number."""

WITHOUT_HASH_LISTS = (*WITHOUT_DESK, "DROP TABLE hash_entries", "DROP TABLE hash_lists")
"""Makes a register what it was at step 0010, but for its number."""

WITHOUT_LATE_TRUTHS = (
    *WITHOUT_HASH_LISTS,
    "DROP TABLE verdict_works",
    "DROP TABLE verdict_changes",
    "DROP TABLE late_truths",
    "DROP TABLE copies_elsewhere",
    "ALTER TABLE erasures DROP COLUMN places",
    "ALTER TABLE erasures DROP COLUMN done_at",
)
"""Makes a register what it was at step 0009, but for its number."""

WITHOUT_SERVICE = (
    *WITHOUT_LATE_TRUTHS,
    "DROP TABLE policies",
    *(
        f"DROP TABLE {name}"
        for name in (
            "submissions",
            "holds",
            "unfinished",
            "shadow_verdicts",
            "appeals",
            "deliveries",
            "endpoints",
            "events",
            "tokens",
            "hour_counts",
        )
    ),
    "DROP INDEX ix_verdicts_completes",
    "ALTER TABLE verdicts DROP COLUMN completes",
    "ALTER TABLE verdicts DROP COLUMN judged_as",
    "ALTER TABLE pictures DROP COLUMN first_revision",
)
"""Makes a register what it was at step 0006, but for its number."""

LATER = MORNING + timedelta(days=1)


def put_service_rows(now: Transaction, verdict_id: int, note_id: str, author_id: str) -> None:
    """One row in each table, about one verdict; every name in it is the note's or the author's."""
    about: dict[str, Any] = {"note_id": note_id, "author_id": author_id}
    judged = about | {"verdict_id": verdict_id}
    rows: list[tuple[Any, dict[str, Any]]] = [
        (
            SUBMISSIONS,
            judged
            | {
                "key": f"{note_id}:1",
                "body_digest": "sha256:0",
                "started_at": MORNING,
                "lease_until": MORNING,
                "answer": {"final": True},
                "expires_at": LATER,
            },
        ),
        (HOLDS, judged | {"revision": 1, "state": "held", "expires_at": LATER}),
        (UNFINISHED, judged | {"lease_until": LATER}),
        (
            SHADOW_VERDICTS,
            {
                "verdict_id": verdict_id,
                "policy": "next",
                "policy_digest": "sha256:1",
                "decision": "pass",
                "reasons": [],
            },
        ),
        (APPEALS, judged | {"at": MORNING, "statement": "it is mine", "state": "open"}),
        (
            APPEAL_PROOFS,
            {
                "appeal_id": select(func.max(APPEALS.c.appeal_id)).scalar_subquery(),
                "kind": "file",
                "name": f"{author_id} {note_id}.psd",
                "sha256": f"{verdict_id:064}",
                "bytes": 12_000_000,
                "facts": {"type": "photoshop", "unopened": "project"},
                "thumbnail": b"\xff\xd8 of a picture",
                "at": MORNING,
            },
        ),
        (
            EVENTS,
            about
            | {
                "message_id": f"msg_{verdict_id}",
                "type": "verdict.finalized",
                "at": MORNING,
                "payload": {"note_id": note_id},
            },
        ),
        (
            ENDPOINTS,
            {
                "url": "https://example.org/hook",
                "secret": "whsec_x",
                "types": [],
                "created_at": MORNING,
                "disabled_why": "",
            },
        ),
        (
            DELIVERIES,
            {
                "event_id": select(func.max(EVENTS.c.event_id)).scalar_subquery(),
                "endpoint_id": select(func.max(ENDPOINTS.c.endpoint_id)).scalar_subquery(),
                "note_id": note_id,
                "state": "pending",
                "attempts": 0,
                "next_at": MORNING,
                "first_error": "",
                "last_error": "",
            },
        ),
        (
            TOKENS,
            {
                "token_id": f"t{verdict_id}",
                "name": "queue",
                "tenant": "main",
                "digest": "0" * 64,
                "scopes": ["check"],
                "created_at": MORNING,
            },
        ),
        *_desk_rows(verdict_id, judged, note_id, author_id),
        (HOUR_COUNTS, {"kind": "rule", "subject": f"r{verdict_id}", "hour": 1, "count": 1}),
    ]
    for table, row in rows:
        now._connection.execute(insert(table).values(**row))


def _desk_rows(
    verdict_id: int, judged: dict[str, Any], note_id: str, author_id: str
) -> list[tuple[Any, dict[str, Any]]]:
    """A case that is over, what was done with it, and somebody who watches the author."""
    case = {"case_id": select(func.max(CASES.c.case_id)).scalar_subquery()}
    who = f"mia{verdict_id}"
    words = f"{author_id} wrote {note_id}"
    return [
        (
            CASES,
            judged
            | {
                "kind": "machine",
                "state": "closed",
                "rank": 10,
                "reason": "image.copy",
                "lang": "zh",
                "opened_at": MORNING,
                "decided_by": who,
                "decided_at": MORNING,
                "said": {"choice": "other", "decision": "block", "mistaken": []},
                "words": words,
            },
        ),
        (
            CASE_LOG,
            case
            | {
                "at": MORNING,
                "by": who,
                "act": "decided",
                "before": "open",
                "after": "block",
                "words": words,
            },
        ),
        (CASE_SKIPS, case | {"by": who, "at": MORNING}),
        (
            GOLDEN_CASES,
            case
            | {
                "said": {"choice": "other", "decision": "block", "mistaken": []},
                "words": words,
                "by": who,
                "at": MORNING,
            },
        ),
        (
            REPORTS,
            case
            | {
                "note_id": note_id,
                "by": f"reader-{verdict_id:012x}",
                "reason": "other",
                "words": words,
                "at": MORNING,
            },
        ),
        (
            DESK_SESSIONS,
            {
                "digest": f"{verdict_id:064}",
                "name": who,
                "role": "moderator",
                "token_id": "t1",
                "created_at": MORNING,
                "expires_at": LATER,
            },
        ),
        (
            DESK_SETTINGS,
            {"name": who, "said": {"lang": "zh", "filters": [{"author_id": author_id}]}},
        ),
    ]

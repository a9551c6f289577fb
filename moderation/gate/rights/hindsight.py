"""What is known of a decision afterwards: who came to it, and whether it was right."""

from __future__ import annotations

from datetime import datetime

from moderation.gate.rights.following import SYSTEM
from moderation.gate.rights.ruling import Decided, Ruled
from moderation.store import AuditRow, Said, Transaction
from moderation.store.reading import Reading
from moderation.verdict import Decision

_CHOICE_FOR = {Decision.PASS: "mistaken", Decision.LABEL: "mark", Decision.BLOCK: "other"}
"""Decision → code of the choice that says it, see `moderation.desk.choices`."""


def who_decided(now: Reading, row: AuditRow) -> set[str]:
    """People who gave the verdict or answered one on its note: others decide the appeal."""
    changes = now.changes([row.verdict_id])
    answered = {review.by for review in now.reviews(note_id=row.verdict.note_id)}
    answered |= now.who_answered_readers(row.verdict.note_id)
    answered |= now.one_of_two_on(row.verdict.note_id)
    return answered | {change.by for change in changes.values()} - {SYSTEM}


def keep_what_is_right(now: Transaction, ruled: Ruled, decided: Decided, at: datetime) -> None:
    """Let the case that a person decided by a mistake be a golden one.

    Nothing is kept where the case could not show it (who was first, who holds a licence), nor where
    a person has to look again at what is left.

    Args:
        now: the transaction that decides the appeal.
        ruled: what the person says.
        decided: what came of it.
        at: when.
    """
    if not ruled.overturned or ruled.is_of_rights or decided.after not in _CHOICE_FOR:
        return
    case = now.decided_on_revision_of(decided.appeal.verdict_id)
    if case is None:
        return
    kinds = now.verdicts_numbered([case.verdict_id])[case.verdict_id].verdict.reason_kinds()
    said = Said(
        choice=_CHOICE_FOR[decided.after],
        decision=decided.after,
        mistaken=tuple(kind for kind in kinds if not ruled.findings or kind in ruled.findings),
        words=ruled.reason,
    )
    now.make_golden(case.case_id, said, ruled.by, at=at)

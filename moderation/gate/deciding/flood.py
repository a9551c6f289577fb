"""Flood: a picture that comes from too many accounts within an hour waits for a person, each time.

A campaign or a craze: nobody is accused, and who may show the picture is not touched. What all may
show (templates, lists), and what waits for a decision on that, has its own terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from moderation.finding import Difference
from moderation.note import Note
from moderation.policy import FloodTerms
from moderation.store import Transaction
from moderation.store.service.counts import Counted, hour_of, start_of
from moderation.store.service.events import NewEvent
from moderation.verdict import FLOOD, Decision, Reason, Registration, Verdict

COUNTED_FROM = 0.5
"""Score from which a note counts as one that shows a work."""
HELD_FROM = 0.3
"""Score from which it waits once the work is quarantined: variants of one picture come together."""
_SHOWN = (None, Difference.UNVERIFIED)


def in_quarantine(
    verdict: Verdict,
    now: Transaction,
    note: Note,
    terms: FloodTerms | None,
    *,
    at: datetime,
    as_review: Registration,
    before: Verdict | None = None,
) -> Verdict:
    """Count who shows which work, and send a note to a person where these are too many.

    Stronger decisions stay. The note that is one too many is the first to wait.

    Args:
        verdict: by the policy.
        now: the transaction that will record it.
        note: under check.
        terms: in force; None counts nothing.
        at: when it came in, by the clock of this host: what a note says of its own time does not
            matter here.
        as_review: what the policy says becomes of the pictures of a note under review.
        before: the partial verdict that this one completes; the works for which the note waits
            already are not counted again.
    """
    scores = dict(_shown(verdict))
    if terms is None or not scores:
        return verdict
    hour = hour_of(at)
    began = now.quarantined_since(scores, terms.quarantine_hours, at)
    counted = began.keys() & _waits_for(before)
    for work_id, score in scores.items():
        if score < COUNTED_FROM:
            continue
        now.count_showing(work_id, note.author.id, note.author.linked_ids, hour)
        recent = now.sliding(Counted.WORK, [str(work_id)], at)[str(work_id)]
        if work_id not in began and recent.reaches(terms.authors_per_hour + 1):
            began[work_id] = hour
            now.add_event(_quarantined(verdict, work_id, terms, at))
    for start, work_id in sorted((start, work_id) for work_id, start in began.items()):
        if work_id not in counted:
            now.count(Counted.QUARANTINE, str(work_id), start)
    return waiting(verdict, as_review=as_review) if began else verdict


def waiting(verdict: Verdict, *, as_review: Registration) -> Verdict:
    """A verdict with the reason that a picture comes in a flood. Pure; never softer."""
    reason = Reason(
        code=FLOOD,
        decision=Decision.REVIEW,
        rule=FLOOD,
        score=None,
        threshold=None,
        finding=None,
    )
    reasons = sorted((*verdict.reasons, reason), key=lambda r: -r.decision.severity)
    if verdict.decision >= Decision.REVIEW:
        return replace(verdict, reasons=tuple(reasons))
    return replace(
        verdict, decision=Decision.REVIEW, reasons=tuple(reasons), registration=as_review
    )


def _waits_for(before: Verdict | None) -> set[int]:
    """Works for which a note may wait already."""
    if before is None or all(reason.code != FLOOD for reason in before.reasons):
        return set()
    return {work_id for work_id, _ in _shown(before)}


def _shown(verdict: Verdict) -> Iterator[tuple[int, float]]:
    """Works that a note shows without a right of its own, with the best score of each, rising."""
    found = [
        (int(finding.detail["work_id"]), finding.score)
        for finding in verdict.findings
        if finding.match is not None
        and "work_id" in finding.detail
        and finding.difference in _SHOWN
        and finding.score >= HELD_FROM
    ]
    return iter(sorted(found))


def _quarantined(verdict: Verdict, work_id: int, terms: FloodTerms, at: datetime) -> NewEvent:
    until = start_of(hour_of(at) + 1) + timedelta(hours=terms.quarantine_hours)
    payload: dict[str, Any] = {
        "work_id": work_id,
        "authors_per_hour": terms.authors_per_hour,
        "until": until.isoformat(),
        "policy": {"name": verdict.policy, "digest": verdict.policy_digest},
    }
    return NewEvent(type="flood.quarantined", note_id="", author_id="", at=at, payload=payload)

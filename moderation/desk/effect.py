"""What a moderator decided becomes the verdict: pictures, events and the answer go with it.

A picture that had joined a work by a match that is not so leaves it, as after an appeal: else the
next who looks at the work would find the same mistake.

All in one transaction, some seconds after the decision: until then it can be undone, and nobody
outside has heard of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from moderation.desk.ruling import answer_of, as_ruled, overturned_in
from moderation.gate.publishing.settling import announce_change, is_superseded, own_hold
from moderation.gate.rights.again import ORDINARY, judged_as_of
from moderation.gate.rights.appeals import MODERATOR, part_pictures
from moderation.gate.rights.following import own_among, with_pictures_kept
from moderation.store import (
    AuditRow,
    Case,
    CaseKind,
    HoldState,
    LateCause,
    NewTruth,
    Said,
    Transaction,
)
from moderation.verdict import Decision, Verdict


def take_effect(now: Transaction, case: Case, *, at: datetime) -> int:
    """Let what was decided about a case hold; of a check nothing but the answer is kept.

    Args:
        now: the transaction that holds all of it.
        case: decided, and its time to be undone is over.
        at: now.

    Returns:
        Number of the verdict that stands now.

    Raises:
        BadNote: a picture is the very file that the person says it does not show.
    """
    said, by = case.said, case.decided_by
    if said is None or by is None or case.decided_at is None:
        raise ValueError(f"case {case.case_id} is not decided")
    last = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
    change = now.changes([last.verdict_id]).get(last.verdict_id)
    base_id = last.verdict_id if change is None else change.base_id
    base = now.verdicts_numbered([base_id])[base_id]
    before, after = last.verdict.decision.value, said.decision.value
    now.close_case(case.case_id, at=at, before=before, after=after)  # its verdict comes by it
    if case.kind is CaseKind.REPORT:
        if before == after:  # the note stays as it is, and nobody hears of it
            return last.verdict_id
    else:
        _record_answers(now, case, last, said, by=by, at=case.decided_at)
    if case.check_of is not None:
        return last.verdict_id
    parted = part_pictures(now, last, overturned_in(last.verdict, said))
    ruled = _with_pictures(now, as_ruled(last.verdict, said), base, at=at)
    number = now.change_verdict(
        base,
        ruled,
        before_id=last.verdict_id,
        decided_at=at,
        judged_as=replace(base.judged_as or ORDINARY, as_of=judged_as_of(base)),
        cause=LateCause.REVIEW,
        by=by,
        truth_id=None,
        is_base=True,
    )
    if parted:  # verdicts that rest on these pictures follow
        works = {work for picture, new in parted for work in (picture.work_id, new)}
        told = NewTruth(
            cause=LateCause.REVIEW, at=at, by=by, works=tuple(sorted(works)), frees=True
        )
        now.tell_late(told)
    announce_change(
        now,
        ruled,
        number,
        at=at,
        author_id=case.author_id,
        before=last.verdict.decision,
        cause=LateCause.REVIEW.value,
        actor=MODERATOR,
    )
    return number


def _record_answers(
    now: Transaction, case: Case, last: AuditRow, said: Said, *, by: str, at: datetime
) -> None:
    """What the person, and who came to it first, say of what the machine found."""
    now.record_review(answer_of(last, said, by=by, at=at))
    if case.check_of is None and (first := said.first) is not None:
        words = now.words_of_first(case.case_id, first.by)
        said_first = replace(first.said, words=words)
        now.record_review(answer_of(last, said_first, by=first.by, at=first.at))


def _with_pictures(now: Transaction, ruled: Verdict, base: AuditRow, *, at: datetime) -> Verdict:
    """The verdict with what became of the note's pictures."""
    place = (ruled.note_id, base.author_id, ruled.revision)
    if ruled.decision is not Decision.BLOCK:
        shown = own_among(now.pictures_of_notes([ruled.note_id]), base)
        return with_pictures_kept(now, ruled, base, shown)
    hold = own_hold(now, *place)
    if hold is not None and hold.state is HoldState.HELD:
        now.settle_hold(hold, HoldState.ABORTED, at)
    elif not is_superseded(now, *place):
        now.withdraw_revision(*place)
    return ruled

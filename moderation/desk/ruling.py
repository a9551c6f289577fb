"""The verdict that a person's word makes of the machine's. Pure.

What is not so weighs nothing any more and gives no reason. What is so goes on being seen, with what
its rule demands beside what the person decided (`Reason.instead_of`), so that a policy can be
replayed on it. The first reason says that a person has decided, and what they chose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from moderation.desk.choices import choice_named
from moderation.errors import BadNote
from moderation.finding import Difference, Finding, FindingKind
from moderation.store import Answer, AuditRow, NewReview, Said, refuse_unfitting
from moderation.verdict import PERSON, Completeness, Decision, Reason, Registration, Verdict


def answers_to(verdict: Verdict, said: Said) -> Mapping[FindingKind, Answer]:
    """What a person's choice says of each kind of finding that the verdict rests on.

    Raises:
        BadNote: a finding is said to be mistaken that the verdict does not rest on; or all are, and
            the choice says that something is so.
    """
    rests_on = verdict.reason_kinds()
    strangers = [kind for kind in said.mistaken if kind not in rests_on]
    if strangers:
        raise BadNote(
            f"the verdict on `{verdict.note_id:.60}` does not rest on `{strangers[0]}`",
            hint="look at the case again; a later verdict may have taken its place",
        )
    chosen = choice_named(said.choice)
    whole = chosen.answer
    all_wrong = bool(rests_on) and set(said.mistaken) >= set(rests_on)
    if all_wrong and whole is Answer.CONFIRMED and not chosen.needs_words:
        raise BadNote(
            f"`{said.choice}` says that something is so, and all that was found is said not to be",
            hint="choose `mistaken`, or `other` and say why in a sentence",
        )
    return {kind: Answer.OVERTURNED if kind in said.mistaken else whole for kind in rests_on}


def answer_of(row: AuditRow, said: Said, *, by: str, at: datetime) -> NewReview:
    """What a person's choice says to the machine, as the register keeps it beside the verdict.

    Args:
        row: the verdict that asked for a person.
        said: what the person decided.
        by: the person.
        at: when.

    Raises:
        BadNote: as `answers_to`; or it contradicts itself, or its words cannot be kept.
    """
    findings = answers_to(row.verdict, said)
    review = NewReview(
        note_id=row.verdict.note_id,
        by=by,
        # Where nothing was found and something failed, the whole is answered.
        answer=None if findings else choice_named(said.choice).answer,
        findings=findings,
        reason=said.words,
        at=at,
        verdict_id=row.verdict_id,
    )
    refuse_unfitting(review, row.verdict)
    return review


def overturned_in(verdict: Verdict, said: Said) -> tuple[Finding, ...]:
    """Findings that weighed something and are not so.

    Raises:
        BadNote: as `answers_to`.
    """
    answers = answers_to(verdict, said)
    wrong = {kind for kind, answer in answers.items() if answer is Answer.OVERTURNED}
    return tuple(f for f in verdict.findings if f.kind in wrong and f.score > 0)


def as_ruled(verdict: Verdict, said: Said) -> Verdict:
    """The verdict with a person's word.

    Args:
        verdict: that asked for a person.
        said: what the person decided.

    Raises:
        BadNote: as `answers_to`.
    """
    answers = answers_to(verdict, said)
    wrong = {kind for kind, answer in answers.items() if answer is Answer.OVERTURNED}
    by_a_person = Reason(
        code=PERSON,
        decision=said.decision,
        rule=f"{PERSON}.{said.choice}",
        score=None,
        threshold=None,
        finding=None,
    )
    kept = [
        _decided(reason, said.decision)
        for reason in verdict.reasons
        if reason.finding is not None and verdict.findings[reason.finding].kind not in wrong
    ]
    return replace(
        verdict,
        decision=said.decision,
        reasons=(by_a_person, *kept),
        findings=tuple(_marked(finding, wrong) for finding in verdict.findings),
        failures=(),  # a person has looked
        completeness=Completeness.COMPLETE,
        registration=Registration.SKIPPED,
    )


def _decided(reason: Reason, decision: Decision) -> Reason:
    demanded = reason.instead_of or reason.decision
    if demanded is decision:
        return replace(reason, decision=decision, instead_of=None)
    return replace(reason, decision=decision, instead_of=demanded)


def _marked(finding: Finding, wrong: set[FindingKind]) -> Finding:
    if finding.kind in wrong and finding.score > 0:
        return replace(finding, score=0.0, difference=Difference.OVERTURNED)
    return finding

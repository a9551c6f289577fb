"""Judgement: findings and failures under a policy become a verdict.

Monotone by construction: each finding and each failure speaks for itself, at most
helped by others that point to the same note, and the verdict is the strongest
word. One more of either can only add a word.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from moderation.finding import Difference, Finding, FindingKind, ItemFailure
from moderation.note import Note
from moderation.policy.named import Policy
from moderation.policy.terms import Rule, Terms
from moderation.summary import pictures_from, place_of
from moderation.verdict import UNDECIDED_RULE, Completeness, Decision, Reason, Verdict

NOBODY: Mapping[str, str] = MappingProxyType({})

UNREADABLE_RULE = "unreadable-picture"
"""Built in: a picture that nobody could look at is never passed in silence."""


def decide(
    policy: Policy,
    note: Note,
    findings: Sequence[Finding],
    failures: Sequence[ItemFailure] = (),
    *,
    as_of: datetime,
    detectors: Mapping[str, str] = NOBODY,
    register_seq: int = 0,
) -> Verdict:
    """Judge a note by its findings under the terms in force at `as_of`.

    Pure: the same values give the same verdict, in whatever order findings and
    failures come. Monotone: one more finding or failure never softens it.

    Args:
        policy: Terms under a name.
        note: Only its kind, author id, declared brand and number of pictures are read.
        findings: What the detectors saw; compared by `score`, rounded to the
            four digits that audit rows keep, so that a replay agrees.
        failures: What could not be judged.
        as_of: Aware instant whose rules apply.
        detectors: Detector → version, for the record.
        register_seq: Last entry of the register's log taken into account.

    Raises:
        BadSetting: `as_of` has no time zone.
    """
    terms = policy.terms.at(as_of)
    findings = sorted(findings, key=_finding_order)
    failures = sorted(failures, key=_failure_order)
    reasons = sorted(reasons_under(terms, note, findings, failures), key=_reason_order)
    decision = max((reason.decision for reason in reasons), default=Decision.PASS)
    unread = any(
        finding.kind is FindingKind.IMAGE_UNDECODABLE
        and finding.difference is not Difference.OVERTURNED
        for finding in findings
    )
    return Verdict(
        note_id=note.id,
        revision=note.revision,
        decision=decision,
        reasons=tuple(reasons),
        findings=tuple(findings),
        failures=tuple(failures),
        completeness=Completeness.PARTIAL if failures or unread else Completeness.COMPLETE,
        policy=policy.name,
        policy_digest=policy.digest,
        detectors=dict(detectors),
        register_seq=register_seq,
        registration=terms.registration[decision],
        pictures=len(note.images),
    )


def reasons_under(
    terms: Terms, note: Note, findings: Sequence[Finding], failures: Sequence[ItemFailure]
) -> Iterator[Reason]:
    """What findings and failures lead to, in no order: all that a verdict's word rests on.

    Args:
        terms: in force, see `Terms.at`.
        note: as `decide` reads it.
        findings: what the detectors saw.
        failures: what could not be judged.
    """
    for number in range(len(findings)):
        yield from _heard(terms, note, findings, number)
    yield from failure_reasons(terms, failures)


def _heard(terms: Terms, note: Note, findings: Sequence[Finding], number: int) -> Iterator[Reason]:
    finding = findings[number]
    if finding.difference is Difference.OVERTURNED:
        return
    score = round(finding.score, 4)
    if finding.kind is FindingKind.IMAGE_UNDECODABLE:
        yield Reason(
            code=finding.kind.value,
            decision=Decision.REVIEW,
            rule=UNREADABLE_RULE,
            score=score,
            threshold=0.0,
            finding=number,
        )
    if any(allowance.exempts(note, finding.kind) for allowance in terms.allowances):
        return
    if finding.difference is Difference.WIDELY_SHOWN:
        # Counted under another policy, perhaps: where this one is silent, a person looks.
        proposal = terms.template_proposal
        undecided = Decision.REVIEW if proposal is None else proposal.undecided
        if undecided > Decision.PASS:
            yield Reason(
                code=finding.kind.value,
                decision=undecided,
                rule=UNDECIDED_RULE,
                score=score,
                threshold=0.0,
                finding=number,
            )
    for rule in terms.rules:
        if rule.kind is not finding.kind or not rule.when.holds(note):
            continue
        if rule.when.counts_pictures and not _shown_enough(rule, note, findings, finding):
            continue
        step = rule.reached(score)
        if step is not None:
            yield Reason(
                code=finding.kind.value,
                decision=min(step.decision, _ceiling(finding)),
                rule=rule.name,
                score=score,
                threshold=step.at,
                finding=number,
            )


def _shown_enough(rule: Rule, note: Note, findings: Sequence[Finding], finding: Finding) -> bool:
    """Whether enough pictures are copies from the one note that the finding points to.

    One more finding can only add a picture, so this does not disturb that more never softens.
    """
    place = place_of(finding)
    if place is None:
        return False
    shown = len(pictures_from(findings, place, at=rule.when.pictures_at))
    share = shown / len(note.images) if note.images else 0.0
    return shown >= rule.when.min_pictures and share >= rule.when.share_of_pictures


def _ceiling(finding: Finding) -> Decision:
    # A hash without features proves nothing that would justify a block.
    unverified = finding.match is not None and not finding.match.verified
    return Decision.REVIEW if unverified else Decision.BLOCK


def failure_reasons(terms: Terms, failures: Iterable[ItemFailure]) -> Iterator[Reason]:
    """What the silence of detectors leads to, one reason for each failure."""
    for failure in failures:
        yield Reason(
            code=f"failure.{failure.detector or 'unknown'}",
            decision=terms.on_failure(failure.detector, failure.cause),
            rule=f"fail.{failure.detector if failure.detector in terms.fail else 'default'}",
            score=None,
            threshold=None,
            finding=None,
        )


def _reason_order(reason: Reason) -> tuple[object, ...]:
    score = -1.0 if reason.score is None else reason.score
    number = -1 if reason.finding is None else reason.finding
    return (-reason.decision.severity, -score, reason.code, reason.rule, number)


def _finding_order(finding: Finding) -> tuple[object, ...]:
    number = -1 if finding.image_number is None else finding.image_number
    content = json.dumps(finding.to_json(), sort_keys=True)
    return (number, finding.kind.value, -finding.score, content)


def _failure_order(failure: ItemFailure) -> str:
    return json.dumps(failure.to_json(), sort_keys=True)

"""Brake: automatic blocks beyond what a policy allows in an hour wait for a person instead.

A rule that suddenly blocks far more than usual is more likely wrong than right. The count is state,
so it is asked and written under the register's lock, beside the verdict; `decide` knows nothing of
it. See `docs/why/brake-and-flood.md`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from moderation.policy import BrakeTerms
from moderation.store import Transaction
from moderation.store.service.counts import Counted, hour_of, start_of
from moderation.store.service.events import NewEvent
from moderation.verdict import BRAKE, Decision, Reason, Registration, Verdict

ALL = ""
"""Stands for all rules together."""


def under_brake(
    verdict: Verdict,
    now: Transaction,
    terms: BrakeTerms | None,
    *,
    at: datetime,
    as_review: Registration,
    before: Verdict | None = None,
) -> Verdict:
    """Count a block and let it stand, or make it a review where its rules have given too many.

    A block stands as long as one of its rules is within its limit. Whatever is braked is told to
    subscribers once for each rule and hour.

    Args:
        verdict: by the policy alone.
        now: the transaction that will record it.
        terms: in force; None lets every block stand.
        at: when it is given, by the clock of this host.
        as_review: what the policy says becomes of the pictures of a note under review.
        before: the partial verdict that this one completes; what was counted with it is not counted
            again.
    """
    if terms is None or verdict.decision is not Decision.BLOCK:
        return verdict
    rules = blocking_rules(verdict)
    limits = {rule: terms.limit(rule) for rule in rules} | {ALL: terms.blocks_per_hour}
    counted = now.sliding(Counted.BLOCK, limits, at)
    engaged = {
        subject
        for subject, limit in limits.items()
        if limit is not None and counted[subject].reaches(limit)
    }
    hour = hour_of(at)
    counted_before = frozenset() if before is None else _told_of(before)
    for subject in sorted(engaged - counted_before):
        if now.count(Counted.BRAKED, subject, hour) == 1:
            now.add_event(_engaged(verdict, subject, limits[subject], at))
    braked = under(verdict, engaged, as_review=as_review)
    if braked.decision is Decision.BLOCK:
        for subject in (*sorted(set(rules) - engaged), ALL):
            now.count(Counted.BLOCK, subject, hour)
    return braked


def blocking_rules(verdict: Verdict) -> tuple[str, ...]:
    """Rules that demand a block, each once."""
    return tuple(dict.fromkeys(r.rule for r in verdict.reasons if r.decision is Decision.BLOCK))


def under(verdict: Verdict, engaged: Collection[str], *, as_review: Registration) -> Verdict:
    """A block without the rules under the brake. Pure.

    What becomes a review is held, or left out of the register where the policy says so of reviews;
    it is never registered for good before a person has looked.

    Args:
        verdict: a block.
        engaged: rules under the brake, `ALL` for all of them.
        as_review: what the policy says becomes of the pictures of a note under review.
    """
    if not engaged:
        return verdict
    fresh = sorted(set(engaged) - _told_of(verdict))
    reasons = [*_lowered(verdict.reasons, engaged), *map(_told, fresh)]
    reasons.sort(key=lambda reason: -reason.decision.severity)  # stable: else as they were
    decision = reasons[0].decision
    if decision is Decision.BLOCK:
        return replace(verdict, reasons=tuple(reasons))
    held = Registration.SKIPPED if as_review is Registration.SKIPPED else Registration.HELD
    return replace(verdict, decision=decision, reasons=tuple(reasons), registration=held)


def _lowered(reasons: Iterable[Reason], engaged: Collection[str]) -> Iterable[Reason]:
    for reason in reasons:
        braked = ALL in engaged or reason.rule in engaged
        if braked and reason.decision is Decision.BLOCK:
            yield replace(reason, decision=Decision.REVIEW, instead_of=Decision.BLOCK)
        else:
            yield reason


def _told_of(verdict: Verdict) -> frozenset[str]:
    """Rules under whose brake a verdict came, `ALL` for all of them."""
    told = (reason.rule for reason in verdict.reasons if reason.code == BRAKE)
    return frozenset(rule.removeprefix(BRAKE).removeprefix(".") for rule in told)


def _told(subject: str) -> Reason:
    return Reason(
        code=BRAKE,
        decision=Decision.REVIEW,
        rule=f"{BRAKE}.{subject}" if subject else BRAKE,
        score=None,
        threshold=None,
        finding=None,
        instead_of=Decision.BLOCK,
    )


def _engaged(verdict: Verdict, subject: str, limit: int | None, at: datetime) -> NewEvent:
    payload: dict[str, Any] = {
        "rule": subject or None,
        "limit": limit,
        "hour": start_of(hour_of(at)).isoformat(),
        "policy": {"name": verdict.policy, "digest": verdict.policy_digest},
    }
    return NewEvent(type="brake.engaged", note_id="", author_id="", at=at, payload=payload)

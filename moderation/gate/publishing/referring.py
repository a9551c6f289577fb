"""A note that cannot be looked at goes to a person: it is neither passed nor forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from moderation.finding import ItemFailure
from moderation.gate.deciding.conclusion import Filed
from moderation.gate.deciding.limits import within_limits
from moderation.gate.publishing.settling import announce, is_superseded
from moderation.gate.publishing.submission import Answer, Submission
from moderation.policy import Policy, decide
from moderation.store import Transaction
from moderation.verdict import Decision, Registration


def refer(
    now: Transaction,
    submission: Submission,
    failure: ItemFailure,
    policy: Policy,
    *,
    as_of: datetime | None,
) -> Answer:
    """Give the verdict `review`, or what the policy says of such a failure where that is harder.

    No detector runs. The revision's pictures are not registered; what an earlier one published
    stays.

    Args:
        now: the transaction that files it.
        submission: whose note nobody can look at.
        failure: why.
        policy: to decide by.
        as_of: instant whose rules apply; None for now.
    """
    note, at = submission.note, datetime.now(UTC)
    seq = now.last_seq()
    verdict = decide(policy, note, (), (failure,), as_of=as_of or at, register_seq=seq)
    verdict = replace(
        verdict,
        decision=max(verdict.decision, Decision.REVIEW),
        reasons=tuple(
            replace(reason, decision=max(reason.decision, Decision.REVIEW))
            for reason in verdict.reasons
        ),
    )
    if as_of is None:
        verdict = within_limits(now, note, verdict, policy.terms.at(at), at=at)
    verdict = replace(verdict, registration=Registration.SKIPPED)
    if not is_superseded(now, note.id, note.author.id, note.revision):
        now.withdraw_revision(note.id, note.author.id, note.revision)
    now.keep_policy(policy.digest, policy.to_json, at=at)
    number = now.record_verdict(verdict, note=note, decided_at=at, as_of=as_of)
    announce(now, Filed(verdict=verdict, verdict_id=number, at=at), author_id=note.author.id)
    return Answer(verdict=verdict, verdict_id=number, final=True)

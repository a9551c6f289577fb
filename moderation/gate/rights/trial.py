"""What would follow from something, were it told: nothing is written, and nobody waits.

It is told in a transaction that is rolled back at once, to hear what the register would then say of
the works. The verdicts that rest on them may be thousands: they are looked at afterwards, in a
snapshot, while others register.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from moderation.gate.rights.again import Rights
from moderation.gate.rights.following import (
    Followed,
    Following,
    became,
    next_portion,
    policies_of,
)
from moderation.store import BankEntry, Register, Transaction, Truth, Work
from moderation.store.reading import Reading
from moderation.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What was told, and what the register would say because of it."""

    truths: list[Truth]
    works: Mapping[int, Work]
    entries: Mapping[int, list[BankEntry]]
    links: Mapping[str, set[str]]

    def among(self, rights: Rights) -> Rights:
        """What the register says, with what it would say."""
        works = {**rights.works, **self.works}
        return replace(
            rights,
            works={number: self._linked(work) for number, work in works.items()},
            entries={**rights.entries, **self.entries},
            links={**rights.links, **self.links},
        )

    def _linked(self, work: Work) -> Work:
        claims = (
            replace(claim, linked_ids=tuple(sorted({*claim.linked_ids, *linked})))
            if (linked := self.links.get(claim.author_id))
            else claim
            for claim in work.claims
        )
        return replace(work, claims=tuple(claims))


class _Heard(Exception):
    """Rolls back what was told."""

    def __init__(self, told: _Told) -> None:
        super().__init__("told on trial, rolled back")
        self.told = told


def try_following(register: Register, tell: Callable[[Transaction], object]) -> Following:
    """Tell something on trial; see `Gate.try_late`."""
    told = _hear(register, tell)
    following = Following()
    with register.snapshot() as then:
        for truth in told.truths:
            _follow(then, told, truth, following)
    return following


def _hear(register: Register, tell: Callable[[Transaction], object]) -> _Told:
    try:
        with register.transaction() as now:
            known = {truth.truth_id for truth in now.truths(waiting=True)}
            tell(now)
            truths = [truth for truth in now.truths(waiting=True) if truth.truth_id not in known]
            works = {work for truth in truths for work in truth.works}
            raise _Heard(
                _Told(
                    truths=truths,
                    works=now.works(works),
                    entries=now.bank_entries_of(works),
                    links=now.links({author for truth in truths for author in truth.authors}),
                )
            )
    except _Heard as heard:
        return heard.told


def _follow(then: Reading, told: _Told, truth: Truth, following: Following) -> None:
    policy_of, seq = policies_of(then), then.last_seq()
    given: dict[int, Verdict] = {}
    while (portion := next_portion(then, truth)).numbers:
        rights = told.among(portion.rights)
        following.counts.update(portion.superseded)
        for case in portion.cases:
            last = given.get(case.last.verdict_id, case.last.verdict)
            own = portion.own(case)
            outcome, verdict = became(case, last, own, rights, truth, policy_of, seq)
            following.counts[outcome] += 1
            if verdict is None:
                continue
            given[case.last.verdict_id] = verdict
            following.add(
                Followed(
                    note_id=verdict.note_id,
                    before_id=case.last.verdict_id,
                    verdict_id=case.last.verdict_id,
                    before=last.decision,
                    after=verdict.decision,
                    outcome=outcome,
                )
            )
        truth = replace(truth, after=portion.numbers[-1])
    following.unjudged += then.notes_without_verdict(set(truth.works))

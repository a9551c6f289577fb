"""What follows from something told late: verdicts that rest on it are given again, in portions.

    told      the claim and the intent that verdicts follow, in one transaction
    followed  portion by portion: verdicts, holds, events and the place reached, in one each

Whoever is killed has lost nothing: the intent stands in the register, and the next who follows, a
command or the sweep of a service, goes on behind the last portion. To do it again changes nothing,
since a verdict that says what the policy demands now stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from moderation.gate.publishing.settling import announce_change, own_hold
from moderation.gate.rights.again import (
    ORDINARY,
    Outcome,
    Rights,
    judged_again,
    judged_as_of,
    outcome,
)
from moderation.policy import Policy
from moderation.store import (
    AuditRow,
    HoldState,
    Register,
    StoredPicture,
    Transaction,
    Truth,
)
from moderation.store.reading import Reading
from moderation.verdict import Decision, Registration, Verdict

VERDICTS_AT_ONCE = 100
"""In one transaction: others get in between."""
EXAMPLES = 20
SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What became of one verdict that rests on something told late."""

    note_id: str
    before_id: int
    verdict_id: int
    before: Decision
    after: Decision
    outcome: Outcome

    def to_json(self) -> dict[str, object]:
        """JSON as `moderation register claim --json` writes it."""
        return {
            "note_id": self.note_id,
            "before_id": self.before_id,
            "verdict_id": self.verdict_id,
            "before": self.before.value,
            "after": self.after.value,
            "outcome": self.outcome.value,
        }


@dataclass(slots=True, kw_only=True)
class Following:
    """What followed from what was told, together."""

    counts: Counter[str] = field(default_factory=Counter)
    """Outcome → verdicts."""
    examples: list[Followed] = field(default_factory=list)
    """The first that changed."""
    unjudged: int = 0
    """Notes that show the works and have no verdict, as those of an archive."""

    @property
    def changed(self) -> int:
        """Verdicts that were given anew."""
        return self.counts[Outcome.FREED] + self.counts[Outcome.REFERRED]

    def add(self, one: Followed) -> None:
        """Keep the first of those that changed."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(one)

    def to_json(self) -> dict[str, object]:
        """JSON as `moderation register claim --json` writes it, under `followed`."""
        return {
            **{outcome.value: self.counts[outcome] for outcome in Outcome},
            "unjudged": self.unjudged,
            "examples": [one.to_json() for one in self.examples],
        }


PolicyOf = Callable[[str], Policy | None]
"""Digest → the policy; None where nobody keeps it."""


class Case(NamedTuple):
    """A verdict that stands on a note, and the one whose detectors looked."""

    last: AuditRow
    base: AuditRow


class Portion(NamedTuple):
    """The next verdicts that may have to follow, with what is known of them."""

    numbers: list[int]
    """Of the verdicts; empty at the end."""
    cases: list[Case]
    superseded: Counter[str]
    """Outcome → verdicts that stand no more."""
    shown: Mapping[str, Sequence[StoredPicture]]
    """Note → pictures of it in the register."""
    rights: Rights

    def own(self, case: Case) -> list[StoredPicture]:
        """Pictures of a verdict's note that are its author's."""
        return own_among(self.shown, case.base)


def follow(
    register: Register, *, progress: Callable[[int], None] | None = None, most: int | None = None
) -> Following:
    """Let verdicts follow whatever was told and has not been followed to its end.

    Args:
        register: written to.
        progress: told the number of verdicts done so far.
        most: stops after about so many verdicts; a later call goes on.

    Raises:
        StoreError: the register cannot be used; what is done stays.
    """
    told, policy_of = Following(), policies_of(register)
    done = 0
    for truth in register.truths(waiting=True):
        works = set(truth.works)
        while True:
            with register.transaction() as now:
                known = now.truth(truth.truth_id)
                if known is None or known.done_at is not None:
                    break  # another process was quicker
                number = follow_portion(now, known, policy_of, told)
            done += number
            if progress is not None:
                progress(done)
            if most is not None and done >= most:
                return told
        told.unjudged += register.notes_without_verdict(works)
    return told


def follow_portion(now: Transaction, truth: Truth, policy_of: PolicyOf, told: Following) -> int:
    """Let the next verdicts follow; returns how many were looked at, 0 at the end.

    Args:
        now: the transaction that holds all of it, the place reached included.
        truth: what was told, as far as it was followed.
        policy_of: gives recorded policies.
        told: gets what became of them.
    """
    at, seq = datetime.now(UTC), now.last_seq()
    portion = next_portion(now, truth)
    counts = Counter(portion.superseded)
    for case in portion.cases:
        counts[_follow_one(now, case, portion, truth, policy_of, told, at, seq)] += 1
    told.counts.update(counts)
    total = Counter(truth.counts)
    total.update(counts)
    numbers = portion.numbers
    after = numbers[-1] if numbers else truth.upto
    now.reach(truth, after, total, done_at=None if numbers else at)
    return len(numbers)


def next_portion(now: Reading, truth: Truth) -> Portion:
    """Look at the next verdicts, as far as something was followed; writes nothing."""
    numbers = now.may_follow(truth, limit=VERDICTS_AT_ONCE)
    cases, superseded = _cases(now, numbers)
    shown = now.pictures_of_notes({case.base.verdict.note_id for case in cases})
    rights = rights_of(now, [case.base for case in cases], shown)
    left = Counter({Outcome.SUPERSEDED.value: superseded} if superseded else {})
    return Portion(numbers, cases, left, shown, rights)


def became(
    case: Case,
    last: Verdict,
    own: Sequence[StoredPicture],
    rights: Rights,
    truth: Truth,
    policy_of: PolicyOf,
    seq: int,
) -> tuple[Outcome, Verdict | None]:
    """What becomes of one verdict, and the one to give in its place; writes nothing.

    Args:
        case: the verdict.
        last: that stands on the note.
        own: the note's pictures in the register.
        rights: of all works behind it.
        truth: what was told.
        policy_of: gives recorded policies.
        seq: last entry of the log.
    """
    policy = policy_of(case.base.verdict.policy_digest)
    if policy is None:
        return Outcome.UNKNOWN_POLICY, None
    target = judged_again(case.base, rights, policy, shown=own, register_seq=seq)
    return outcome(last, target, accuses=not truth.frees)


def own_among(shown: Mapping[str, Sequence[StoredPicture]], base: AuditRow) -> list[StoredPicture]:
    """Pictures of a verdict's note that are its author's."""
    pictures = shown.get(base.verdict.note_id, ())
    return [picture for picture in pictures if picture.author_id == base.author_id]


def rights_of(
    now: Reading, bases: Sequence[AuditRow], shown: Mapping[str, Sequence[StoredPicture]]
) -> Rights:
    """What the register knows of all works that some verdicts rest on, or their notes show."""
    findings = [finding for base in bases for finding in base.verdict.findings]
    matched = {f.match.picture_id for f in findings if f.match is not None} - {0}
    work_of = now.works_of(matched)
    works = {f.detail["work_id"] for f in findings if type(f.detail.get("work_id")) is int}
    works |= set(work_of.values())
    works |= {picture.work_id for pictures in shown.values() for picture in pictures}
    known = now.works(int(work) for work in works)
    return Rights(
        works=known,
        entries=now.bank_entries_of(known),
        work_of=work_of,
        links=now.links({base.author_id for base in bases} - {""}),
    )


def policies_of(register: Reading) -> PolicyOf:
    """Policies as the register keeps them, each read once."""
    known: dict[str, Policy | None] = {}

    def policy_of(digest: str) -> Policy | None:
        if digest not in known:
            said = register.policy_said(digest)
            known[digest] = None if said is None else Policy.from_json(said)
        return known[digest]

    return policy_of


def _cases(now: Reading, numbers: Sequence[int]) -> tuple[list[Case], int]:
    """Verdicts that stand on the notes, each with its base; how many others were superseded."""
    rows = now.verdicts_numbered(numbers)
    last = now.last_of_notes({row.verdict.note_id for row in rows.values()})
    changes = now.changes({*rows, *last.values()})

    def base(number: int) -> int:
        return changes[number].base_id if number in changes else number

    cases: dict[int, int] = {}
    superseded = 0
    for number, row in rows.items():
        stands = last[(row.verdict.note_id, row.author_id)]
        # What was given meanwhile on the same look at the note is no later look at it.
        if base(stands) != base(number) or now.is_owed(stands):
            superseded += 1
        else:
            cases[stands] = base(stands)
    found = now.verdicts_numbered({*cases, *cases.values()})
    return [Case(found[one], found[other]) for one, other in cases.items()], superseded


def _follow_one(
    now: Transaction,
    case: Case,
    portion: Portion,
    truth: Truth,
    policy_of: PolicyOf,
    told: Following,
    at: datetime,
    seq: int,
) -> Outcome:
    (last, base), own = case, portion.own(case)
    what, verdict = became(case, last.verdict, own, portion.rights, truth, policy_of, seq)
    if verdict is None:
        return what
    if what is Outcome.FREED:
        verdict = with_pictures_kept(now, verdict, base, own)
    number = now.change_verdict(
        base,
        verdict,
        before_id=last.verdict_id,
        decided_at=at,
        judged_as=replace(base.judged_as or ORDINARY, as_of=judged_as_of(base)),
        cause=truth.cause,
        by=SYSTEM,
        truth_id=truth.truth_id,
    )
    told.add(
        Followed(
            note_id=verdict.note_id,
            before_id=last.verdict_id,
            verdict_id=number,
            before=last.verdict.decision,
            after=verdict.decision,
            outcome=what,
        )
    )
    if verdict.decision is not last.verdict.decision:
        announce_change(
            now,
            verdict,
            number,
            at=at,
            author_id=base.author_id,
            before=last.verdict.decision,
            cause=truth.cause.value,
            actor=SYSTEM,
        )
    return what


def with_pictures_kept(
    now: Transaction, verdict: Verdict, base: AuditRow, pictures: Sequence[StoredPicture]
) -> Verdict:
    """A milder verdict, with the note's held pictures registered where nothing waits for them.

    What a blocked note showed is not in the register, and nobody kept its fingerprint: it is known
    when the note is submitted again.
    """
    place = (verdict.note_id, base.author_id, verdict.revision)
    if not pictures:
        return verdict
    hold = own_hold(now, *place)
    if hold is not None and hold.state is HoldState.HELD:
        return replace(verdict, registration=Registration.HELD)  # until the platform publishes it
    if verdict.decision > Decision.LABEL:
        return replace(verdict, registration=Registration(pictures[-1].state))
    if hold is None:
        now.publish_pictures(*place)
    return replace(verdict, registration=Registration.REGISTERED)

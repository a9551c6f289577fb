"""The desk: what people at it can do, each in one transaction and within what their role allows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from moderation.desk.choices import choice_named
from moderation.desk.effect import take_effect
from moderation.desk.people import Person, Role
from moderation.desk.ruling import answer_of, overturned_in
from moderation.errors import BadNote, CaseSettled, InputError, NotAllowed, UnknownSubject
from moderation.finding import FindingKind
from moderation.gate.rights.appeals import decide_appeal, joined_by_mistake, who_decided
from moderation.gate.rights.following import follow
from moderation.gate.rights.ruling import Decided, Ruled
from moderation.store import (
    Act,
    AppealState,
    Case,
    CaseKind,
    CaseState,
    Register,
    Said,
    Transaction,
    Wanted,
)

HELD_FOR = timedelta(minutes=10)
"""A case is nobody else's for so long; looking at it again begins anew."""
UNDO_FOR = timedelta(seconds=30)
"""What was decided can be undone for so long, and takes effect then."""
SETTLED_AT_ONCE = 50
FOLLOWED_AT_ONCE = 500
"""Verdicts that follow what was decided, in one go; the rest follows at the next."""
NOBODY = "system"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Decisions that took effect in one go."""

    cases: tuple[int, ...]
    failed: int
    """That could not, and wait for a person again."""


class Desk:
    """Cases of one register. Safe to use from many threads and processes."""

    def __init__(
        self,
        register: Register,
        *,
        held_for: timedelta = HELD_FOR,
        undo_for: timedelta = UNDO_FOR,
    ) -> None:
        """Around an open register, which it does not close.

        Args:
            register: written to.
            held_for: how long a case is nobody else's.
            undo_for: how long a decision can be undone before it takes effect.
        """
        self.register = register
        self.held_for = held_for
        self.undo_for = undo_for

    def look(self, case_id: int, person: Person) -> Case:
        """A case; that somebody saw it is recorded.

        Raises:
            UnknownSubject: there is none, or its note was forgotten.
        """
        with self.register.transaction() as now:
            case = now.case(case_id)
            now.look_at_case(case_id, person.name, at=_now())
        return case

    def look_together(self, case_ids: Iterable[int], person: Person) -> None:
        """Record that somebody saw all of these."""
        at = _now()
        with self.register.transaction() as now:
            for case_id in case_ids:
                now.look_at_case(case_id, person.name, at=at)

    def take(self, case_id: int, person: Person) -> Case:
        """Be the only one at a case for a while; one's own hold is renewed.

        Raises:
            NotAllowed: the role does not allow it.
            CaseTaken: somebody else is at it.
            CaseSettled: it does not wait for anybody.
            UnknownSubject: there is none.
        """
        at = _now()
        with self.register.transaction() as now:
            case = now.case(case_id)
            self._may_decide(case, person)
            _refuse_own_appeal(now, case, person)
            return now.take_case(case_id, person.name, at=at, until=at + self.held_for)

    def take_next(self, person: Person, wanted: Wanted | None = None) -> Case | None:
        """Take the first case that nobody is at; None where none waits.

        Raises:
            NotAllowed: the role does not allow it.
        """
        wanted = wanted or Wanted()
        person.must(Role.SENIOR if wanted.state is CaseState.ESCALATED else Role.MODERATOR)
        at = _now()
        with self.register.transaction() as now:
            while True:
                case = now.take_next_case(person.name, wanted, at=at, until=at + self.held_for)
                if case is None or not _is_own_appeal(now, case, person):
                    return case
                now.leave_case(case.case_id, person.name, at=at, act=Act.SKIPPED)

    def leave(self, case_id: int, person: Person, *, skip: bool = False) -> None:
        """Give a case back; with `skip` the person is not given it again."""
        person.must(Role.MODERATOR)
        with self.register.transaction() as now:
            act = Act.SKIPPED if skip else Act.LEFT
            now.leave_case(case_id, person.name, at=_now(), act=act)

    def give_again(self, person: Person) -> int:
        """Let a person be given again what they had left to others; returns how many."""
        with self.register.transaction() as now:
            return now.forget_skips(person.name)

    def escalate(self, case_id: int, person: Person, *, words: str) -> None:
        """Leave a case to somebody more experienced, and say why.

        Raises:
            BadNote: no word why.
            CaseTaken, CaseSettled, NotAllowed, UnknownSubject: as `take`.
        """
        person.must(Role.MODERATOR)
        if not words.strip():
            raise BadNote(
                "an escalated case needs a word why, got 0 characters",
                hint="say in a sentence what you are not sure of",
            )
        with self.register.transaction() as now:
            now.escalate_case(case_id, person.name, at=_now(), words=words.strip())

    def decide(
        self,
        case_ids: Sequence[int],
        person: Person,
        choice: str,
        *,
        words: str = "",
        mistaken: Iterable[FindingKind] = (),
        seen: Mapping[int, int] | None = None,
    ) -> list[Case]:
        """Decide cases, all or none; it takes effect when it can no longer be undone.

        Args:
            case_ids: one, or several that show the same work.
            person: who decides.
            choice: code of a choice.
            words: why; needed where the choice does not say it.
            mistaken: kinds of findings that are not so, beside those that the choice overturns.
            seen: case → number of the verdict that the person saw; None where nobody could have
                edited the note meanwhile.

        Raises:
            BadNote: no such choice, no words where they are needed, or it contradicts itself or
                what is seen: the very file shows what it shows.
            CaseSettled: it does not wait for anybody, or another verdict than the one seen stands.
            NotAllowed, CaseTaken, UnknownSubject: as `take`.
        """
        chosen, at = choice_named(choice), _now()
        words = words.strip()
        if chosen.needs_words and not words:
            raise BadNote(
                "this choice needs a word why, got 0 characters", hint="write why in a sentence"
            )
        said = Said(choice=choice, decision=chosen.decision, mistaken=tuple(mistaken), words=words)
        with self.register.transaction() as now:
            decided = []
            for case_id in case_ids:
                case = now.waiting_case(case_id)
                self._may_decide(case, person)
                if case.kind is not CaseKind.MACHINE:
                    raise BadNote(f"case {case_id} is an appeal", hint="decide it as an appeal")
                if seen is not None and seen.get(case_id, case.verdict_id) != case.verdict_id:
                    raise CaseSettled(
                        f"on the note of case {case_id} the verdict `v_{case.verdict_id}` stands, "
                        f"not `v_{seen[case_id]}`",
                        hint="look at the case again: the note was edited, or something was told",
                    )
                row = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
                answer_of(row, said, by=person.name, at=at)
                joined_by_mistake(now, row, overturned_in(row.verdict, said))
                decided.append(
                    now.decide_case(case_id, person.name, said, at=at, due_at=at + self.undo_for)
                )
        return decided

    def decide_appeal(self, case_id: int, ruled: Ruled, person: Person) -> Decided:
        """Decide an appeal. It takes effect at once, with all that rests on it, and for good.

        Args:
            case_id: of the appeal's case.
            ruled: what the person says; a word why is needed.
            person: who decides; not who has decided about the note before.

        Raises:
            BadNote: no word why; or see `moderation.gate.rights.appeals.decide_appeal`.
            NotAllowed, CaseTaken, CaseSettled, UnknownSubject: as `take`.
        """
        if not ruled.reason.strip():
            raise BadNote(
                "an appeal needs a word why, got 0 characters",
                hint="say in a sentence what the proof shows; the author will ask",
            )
        with self.register.transaction() as now:
            self._may_decide(now.case(case_id), person)
            after = AppealState.OVERTURNED if ruled.overturned else AppealState.UPHELD
            appeal_id = now.sign_appeal(
                case_id, person.name, at=_now(), after=after.value, words=ruled.reason.strip()
            )
            return decide_appeal(now, appeal_id, replace(ruled, by=person.name))

    def undo(self, case_id: int, person: Person) -> list[Case]:
        """Take back a decision that has not taken effect, with all that were decided with it.

        Raises:
            NotAllowed: somebody else decided, and the role does not allow that.
            CaseSettled: it has taken effect.
            UnknownSubject: there is none.
        """
        person.must(Role.MODERATOR)
        at = _now()
        with self.register.transaction() as now:
            case = now.case(case_id)
            if case.state is not CaseState.DECIDED or case.decided_by is None:
                now.undo_case(case_id, person.name, at=at)  # says why not
            if case.decided_by != person.name:
                person.must(Role.SENIOR)
            together = [
                one
                for one in now.cases_decided_by(
                    case.decided_by or "", [CaseState.DECIDED], limit=1_000
                )
                if one.decided_at == case.decided_at
            ]
            for one in together:
                now.undo_case(one.case_id, person.name, at=at)
            return [now.case(one.case_id) for one in together]

    def last_decided(self, person: Person) -> Case | None:
        """What this person decided last and can still undo; None where there is nothing."""
        found = self.register.cases_decided_by(person.name, [CaseState.DECIDED], limit=1)
        return next(iter(found), None)

    def settle(self) -> Settled:
        """Let decisions whose time to be undone is over take effect, and verdicts follow them.

        Call it every second or two.

        Whoever calls it settles for all, so that nothing waits for a process that has died.
        """
        closed: list[int] = []
        failed = 0
        while due := self.register.due_cases(_now(), limit=SETTLED_AT_ONCE):
            for one in due:
                try:
                    with self.register.transaction() as now:
                        done = self._settle_one(now, one.case_id)
                except InputError as error:  # what was decided cannot hold: a person looks again
                    log.warning("case %d cannot be settled", one.case_id, exc_info=True)
                    self._give_back(one.case_id, str(error))
                    failed += 1
                else:
                    closed += [one.case_id] if done else []
        follow(self.register, most=FOLLOWED_AT_ONCE)
        return Settled(cases=tuple(closed), failed=failed)

    def _settle_one(self, now: Transaction, case_id: int) -> bool:
        at = _now()
        try:
            case = now.case(case_id)
        except UnknownSubject:  # forgotten meanwhile
            return False
        if case.state is not CaseState.DECIDED or case.due_at is None or case.due_at > at:
            return False  # another process was quicker, or it was undone
        take_effect(now, case, at=at)
        return True

    def _give_back(self, case_id: int, why: str) -> None:
        with self.register.transaction() as now:
            case = now.case(case_id)
            if case.state is CaseState.DECIDED:
                now.undo_case(case_id, NOBODY, at=_now(), words=why)

    def _may_decide(self, case: Case, person: Person) -> None:
        person.must(Role.SENIOR if case.state is CaseState.ESCALATED else Role.MODERATOR)


def _is_own_appeal(now: Transaction, case: Case, person: Person) -> bool:
    if case.kind is not CaseKind.APPEAL:
        return False
    row = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
    return person.name in who_decided(now, row)


def _refuse_own_appeal(now: Transaction, case: Case, person: Person) -> None:
    if _is_own_appeal(now, case, person):
        raise NotAllowed(
            f"`{person.name}` has decided about this note before",
            hint="leave the appeal to somebody else",
        )


def _now() -> datetime:
    return datetime.now(UTC)

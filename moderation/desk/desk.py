"""The desk: what people at it can do, each in one transaction and within what their role allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from moderation.desk.choices import choice_named
from moderation.desk.oversight import AT_RANDOM, Chance, needs_second
from moderation.desk.people import Person, Role
from moderation.desk.reported import said_to_readers
from moderation.desk.ruling import answer_of, overturned_in
from moderation.desk.settling import Settled, settle
from moderation.errors import BadNote, CaseSettled, NotAllowed
from moderation.finding import FindingKind
from moderation.gate.rights.appeals import decide_appeal, joined_by_mistake
from moderation.gate.rights.hindsight import who_decided
from moderation.gate.rights.ruling import Decided, Ruled
from moderation.store import (
    UNDOABLE,
    Act,
    AppealState,
    AuditRow,
    Case,
    CaseKind,
    CaseState,
    Register,
    Said,
    SaidFirst,
    Transaction,
    Wanted,
)
from moderation.store.reading import Reading

HELD_FOR = timedelta(minutes=10)
"""A case is nobody else's for so long; looking at it again begins anew."""
SKIPPED_FOR = timedelta(minutes=30)
"""Who has left a case to others is not given it for so long: if it waits then, others pass, too."""
UNDO_FOR = timedelta(seconds=30)
"""What was decided can be undone for so long, and takes effect then."""


class Desk:
    """Cases of one register. Safe to use from many threads and processes."""

    def __init__(
        self,
        register: Register,
        *,
        held_for: timedelta = HELD_FOR,
        undo_for: timedelta = UNDO_FOR,
        skipped_for: timedelta = SKIPPED_FOR,
        chance: Chance = AT_RANDOM,
    ) -> None:
        """Around an open register, which it does not close.

        Args:
            register: written to.
            held_for: how long a case is nobody else's.
            undo_for: how long a decision can be undone before it takes effect.
            skipped_for: how long whoever has left a case to others is not given it.
            chance: of what is decided, says what is asked again of somebody else.
        """
        self.register = register
        self.held_for = held_for
        self.undo_for = undo_for
        self.skipped_for = skipped_for
        self._chance = chance

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
            _refuse_who_knows(now, case, person)
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
                case = now.take_next_case(
                    person.name,
                    wanted,
                    at=at,
                    until=at + self.held_for,
                    skipped_since=at - self.skipped_for,
                )
                if case is None or not _knows(now, case, person):
                    return case
                now.leave_case(case.case_id, person.name, at=at, act=Act.SKIPPED)

    def leave(self, case_id: int, person: Person, *, skip: bool = False) -> None:
        """Give a case back; with `skip` the person is not given it for `skipped_for`."""
        person.must(Role.MODERATOR)
        with self.register.transaction() as now:
            act = Act.SKIPPED if skip else Act.LEFT
            now.leave_case(case_id, person.name, at=_now(), act=act)

    def count_skipped(self, person: Person) -> int:
        """How many cases that wait this person has left to others and is not given for now."""
        return self.register.count_skips(person.name, since=_now() - self.skipped_for)

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

        Where the policy asks for two people, the first decision waits for a second that is the
        same; where it is not, the case is escalated.

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
        asked = Said(choice=choice, decision=chosen.decision, mistaken=tuple(mistaken), words=words)
        with self.register.transaction() as now:
            decided = []
            for case_id in case_ids:
                case = now.waiting_case(case_id)
                self._may_decide(case, person)
                _refuse_who_knows(now, case, person)
                if case.kind is CaseKind.APPEAL:
                    raise BadNote(f"case {case_id} is an appeal", hint="decide it as an appeal")
                if seen is not None and seen.get(case_id, case.verdict_id) != case.verdict_id:
                    raise CaseSettled(
                        f"on the note of case {case_id} the verdict `v_{case.verdict_id}` stands, "
                        f"not `v_{seen[case_id]}`",
                        hint="look at the case again: the note was edited, or something was told",
                    )
                row = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
                said = asked
                if case.kind is CaseKind.REPORT:
                    said = said_to_readers(row.verdict, asked)
                else:
                    answer_of(row, said, by=person.name, at=at)
                    joined_by_mistake(now, row, overturned_in(row.verdict, said))
                decided.append(self._decide_one(now, case, row, person, said, at))
        return decided

    def _decide_one(
        self, now: Transaction, case: Case, row: AuditRow, person: Person, said: Said, at: datetime
    ) -> Case:
        if case.said is not None and case.decided_by and case.decided_at:
            if not said.agrees(case.said):
                return now.differ(case.case_id, person.name, said, at=at)
            first = SaidFirst(by=case.decided_by, at=case.decided_at, said=case.said)
            said = replace(said, first=first)
        elif needs_second(now, case, row, said, at):
            return now.decide_first(case.case_id, person.name, said, at=at)
        return now.decide_case(case.case_id, person.name, said, at=at, due_at=at + self.undo_for)

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

    def make_golden(self, case_id: int, person: Person, *, words: str = "") -> None:
        """Let what was decided about a case be what checks of others are compared with.

        Raises:
            NotAllowed: the role does not allow it.
            CaseSettled: what was decided does not hold yet, or the case is no verdict's.
            UnknownSubject: there is none.
        """
        person.must(Role.SENIOR)
        with self.register.transaction() as now:
            case = now.case(case_id)
            if case.said is None or case.check_of is not None:
                raise CaseSettled(
                    f"nothing is decided about case {case_id}",
                    hint="choose one that a person has decided",
                )
            said = replace(case.said, first=None, words=words.strip() or case.said.words)
            now.make_golden(case_id, said, person.name, at=_now())

    def forget_golden(self, case_id: int, person: Person) -> None:
        """Let a case be golden no longer."""
        person.must(Role.SENIOR)
        with self.register.transaction() as now:
            now.forget_golden(case_id)

    def undo(self, case_id: int, person: Person) -> list[Case]:
        """Take back a decision that has not taken effect, with all that were decided with it.

        What this person was at when they decided, and nobody else is at since, they are at again.

        Raises:
            NotAllowed: somebody else decided, and the role does not allow that.
            CaseSettled: it has taken effect.
            UnknownSubject: there is none.
        """
        person.must(Role.MODERATOR)
        at = _now()
        with self.register.transaction() as now:
            case = now.case(case_id)
            if case.decided_by is None or case.state not in UNDOABLE or case.said is None:
                now.undo_case(case_id, person.name, at=at)  # says why not
            if case.decided_by != person.name:
                person.must(Role.SENIOR)
            together = now.decided_with(case)
            for one in together:
                now.undo_case(one.case_id, person.name, at=at)
                if one.holder == person.name:
                    now.take_case(one.case_id, person.name, at=at, until=at + self.held_for)
            return [now.case(one.case_id) for one in together]

    def last_decided(self, person: Person) -> Case | None:
        """What this person decided last and can still undo; None where there is nothing.

        As the first of two they can undo it for as long as it waits; here it stands as others do.
        """
        found = self.register.cases_decided_by(person.name, UNDOABLE, limit=1)
        case = next(iter(found), None)
        if case is None or case.due_at is not None or case.decided_at is None:
            return case
        until = case.decided_at + self.undo_for
        return replace(case, due_at=until) if _now() < until else None

    def settle(self) -> Settled:
        """Let decisions whose time to be undone is over take effect, and verdicts follow them.

        Call it every second or two.
        """
        return settle(self.register, chance=self._chance)

    def knows(self, case: Case, person: Person) -> bool:
        """True where this person has a word in it already, and somebody else has to decide."""
        return _knows(self.register, case, person)

    def _may_decide(self, case: Case, person: Person) -> None:
        person.must(Role.SENIOR if case.state is CaseState.ESCALATED else Role.MODERATOR)


def _is_own_appeal(now: Reading, case: Case, person: Person) -> bool:
    if case.kind is not CaseKind.APPEAL:
        return False
    row = now.verdicts_numbered([case.verdict_id])[case.verdict_id]
    return person.name in who_decided(now, row)


def _knows(now: Reading, case: Case, person: Person) -> bool:
    return (
        _is_own_appeal(now, case, person)
        or person.name in now.first_deciders(case.case_id)
        or now.has_seen_original(case, person.name)
    )


def _refuse_who_knows(now: Transaction, case: Case, person: Person) -> None:
    if _knows(now, case, person):
        raise NotAllowed(
            f"`{person.name}` has decided about this note before",
            hint="leave it to somebody else, and take the next one",
        )


def _now() -> datetime:
    return datetime.now(UTC)

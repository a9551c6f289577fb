"""Whatever is told late, in whatever order: promises over random registers, and a slow check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from kit.late_rows import HOUR, MORNING, first_note, proof, record

from moderation.gate.rights.following import Following, follow_portion, policies_of
from moderation.image.ownership import held_by
from moderation.note import ClaimBasis
from moderation.store import LateCause, NewTruth, Register, Transaction
from moderation.verdict import Decision

WORKS = 3
PEOPLE = tuple("abcdef")


@dataclass(frozen=True)
class Said:
    """Somebody claims a work, or the claim is taken back."""

    work: int
    author: str
    day: int
    basis: str
    back: bool = False


says = st.builds(
    Said,
    work=st.integers(0, WORKS - 1),
    author=st.sampled_from(PEOPLE),
    day=st.integers(0, 25),
    basis=st.sampled_from(["external_proof", "licensed"]),
)
notes = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.lists(st.integers(0, WORKS - 1), min_size=1, max_size=2),
        st.integers(-2, 5),
    ),
    min_size=1,
    max_size=5,
)
"""Author, works that the pictures show, hours after the first note."""
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with Register.open(tmp_path_factory.mktemp("late")) as opened:
        yield opened


class _Over(Exception):
    pass


class World:
    """A register inside a transaction that is rolled back: works, notes, what follows."""

    def __init__(self, now: Transaction, drawn: list[tuple[str, list[int], int]]) -> None:
        self.now = now
        self.firsts = [first_note(now, f"w{i}", PEOPLE[i]) for i in range(WORKS)]
        self.shown: dict[str, tuple[str, list[int], int]] = {}
        for number, (author, works, hours) in enumerate(drawn):
            pictures = {i: [self.firsts[work]] for i, work in enumerate(works)}
            record(now, f"n{number}", author, pictures, at=MORNING + hours * HOUR)
            self.shown[f"n{number}"] = (author, works, hours)

    def say(self, said: Said) -> Following:
        work = self.firsts[said.work][0]
        claim = proof(work, said.author, day=said.day, basis=said.basis)
        if said.back:
            self.now.withdraw_claim(claim)
        else:
            self.now.add_claim(claim)
        new = NewTruth(
            cause=LateCause.CLAIM,
            at=MORNING,
            works=(work,),
            frees=said.basis == "licensed" and not said.back,
        )
        told, policy_of, truth = Following(), policies_of(self.now), self.now.tell_late(new)
        while follow_portion(self.now, truth, policy_of, told):
            truth = self.now.truth(truth.truth_id) or truth
        return told

    def last(self) -> dict[str, tuple[Decision, Decision]]:
        """Note → word, and what the policy demands."""
        found = {}
        for row in self.now.verdicts(limit=10_000):
            found[row.verdict.note_id] = (row.verdict.decision, row.verdict.judged)
        return found

    def demanded(self) -> dict[str, Decision]:
        """The slow and obvious answer: every note judged from scratch by the claims of now."""
        works = self.now.works(work for work, _ in self.firsts)
        claims = [works[work].claims for work, _ in self.firsts]

        def is_copy(author: str, work: int, hours: int) -> bool:
            holder = held_by(claims[work])
            assert holder is not None
            licensed = {c.author_id for c in claims[work] if c.basis is ClaimBasis.LICENSED}
            earlier = holder.basis is ClaimBasis.FIRST_SEEN and hours < 0
            return author not in {holder.author_id, *licensed} and not earlier

        found = {f"w{i}": is_copy(PEOPLE[i], i, 0) for i in range(WORKS)}
        for note, (author, shown, hours) in self.shown.items():
            found[note] = any(is_copy(author, work, hours) for work in shown)
        return {n: Decision.BLOCK if copy else Decision.PASS for n, copy in found.items()}

    def rest_on(self, work: int) -> set[str]:
        return {f"w{work}", *(n for n, (_, shown, _) in self.shown.items() if work in shown)}


def in_world(register: Register, drawn: list[tuple[str, list[int], int]], act: object) -> object:
    """What `act` returns of a world that is gone afterwards."""
    out: list[object] = []
    with suppress(_Over), register.transaction() as now:
        out.append(act(World(now, drawn)))  # type: ignore[operator]
        raise _Over
    return out[0]


@quick
@given(drawn=notes, said=st.lists(says, max_size=5), back=st.booleans())
def test_the_policy_s_demand_is_that_of_a_judgement_from_scratch(
    register: Register, drawn: list[tuple[str, list[int], int]], said: list[Said], back: bool
) -> None:
    """Of every note, not only of those that followed."""

    def act(world: World) -> None:
        for one in said:
            world.say(one)
        if back and said:
            taken = said[0]
            world.say(Said(taken.work, taken.author, taken.day, taken.basis, back=True))
        assert {n: demand for n, (_, demand) in world.last().items()} == world.demanded()

    in_world(register, drawn, act)


@quick
@given(drawn=notes, before=st.lists(says, max_size=3), licence=says)
def test_a_licence_makes_no_verdict_harder(
    register: Register, drawn: list[tuple[str, list[int], int]], before: list[Said], licence: Said
) -> None:
    def act(world: World) -> None:
        for one in before:
            world.say(one)
        was = world.last()
        world.say(Said(licence.work, licence.author, licence.day, "licensed"))
        for note, (word, demand) in world.last().items():
            assert word <= was[note][0]
            assert demand <= was[note][1]

    in_world(register, drawn, act)


@quick
@given(drawn=notes, said=says)
def test_a_claim_changes_nothing_that_does_not_rest_on_its_work(
    register: Register, drawn: list[tuple[str, list[int], int]], said: Said
) -> None:
    def act(world: World) -> None:
        was = world.last()
        followed = world.say(said)
        changed = {note for note, words in world.last().items() if words != was[note]}
        assert changed <= world.rest_on(said.work)
        assert followed.changed == len(changed)

    in_world(register, drawn, act)


@quick
@given(drawn=notes, said=st.lists(says, min_size=1, max_size=4))
def test_told_twice_changes_nothing(
    register: Register, drawn: list[tuple[str, list[int], int]], said: list[Said]
) -> None:
    def act(world: World) -> None:
        for one in said:
            world.say(one)
        was = world.now.last_verdict_number()
        for one in said:
            assert world.say(one).changed == 0
        assert world.now.last_verdict_number() == was

    in_world(register, drawn, act)


@quick
@given(drawn=notes, one=says, other=says)
def test_the_order_of_two_claims_does_not_matter(
    register: Register, drawn: list[tuple[str, list[int], int]], one: Said, other: Said
) -> None:
    """What the policy demands is the same; a block that was lifted meanwhile waits for a person.

    Of two proofs with one date the first that was recorded counts, which is the rule of claims.
    """
    assume((one.work, one.day) != (other.work, other.day))

    def ends(*said: Said) -> object:
        def act(world: World) -> dict[str, tuple[Decision, Decision]]:
            for each in said:
                world.say(each)
            return world.last()

        return in_world(register, drawn, act)

    there, back = ends(one, other), ends(other, one)
    assert isinstance(there, dict)
    assert isinstance(back, dict)
    for note, (word, demand) in there.items():
        assert back[note][1] == demand
        assert back[note][0] == word or {word, back[note][0]} == {Decision.REVIEW, Decision.BLOCK}


@quick
@given(drawn=notes, said=st.lists(says, max_size=5))
def test_nobody_is_blocked_in_retrospect(
    register: Register, drawn: list[tuple[str, list[int], int]], said: list[Said]
) -> None:
    """A block that stands is one that the gate gave when it looked."""

    def act(world: World) -> None:
        given_first = world.last()
        for one in said:
            world.say(one)
        for note, (word, _) in world.last().items():
            assert word is not Decision.BLOCK or given_first[note][0] is Decision.BLOCK

    in_world(register, drawn, act)

"""Decisions that need two people: kept from each other, the same, different, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit.desk_rows import AT_ONCE, MIA, SAM, TOM, judged, opened, under
from kit.register_rows import MORNING

from moderation.desk import Desk, Person, Role
from moderation.errors import CaseSettled, NotAllowed
from moderation.policy import Policy
from moderation.store import Act, Answer, Case, CaseKind, CaseState, NewAppeal, Register, Wanted
from moderation.verdict import Decision

HOUR = timedelta(hours=1)
TWO_TO_BLOCK = Policy.parse(
    'title = "t"\n[[second_person]]\ndecisions = ["block"]\nkinds = ["image.copy"]\n', name="two"
)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


@pytest.fixture
def desk(register: Register) -> Desk:
    return Desk(register, undo_for=AT_ONCE)


@pytest.fixture
def case(register: Register) -> Case:
    return opened(register, **under(register, TWO_TO_BLOCK))


def test_the_first_of_two_decides_nothing_yet(desk: Desk, case: Case) -> None:
    """The case waits, for anybody but them."""
    (after,) = desk.decide([case.case_id], MIA, "copied", words="seen before")
    assert (after.state, after.decided_by, after.due_at) == (CaseState.OPEN, "mia", None)
    assert after.waits_for_second
    assert desk.settle().cases == ()
    row = desk.register.latest_verdict(case.note_id)
    assert row is not None
    assert row.verdict.decision is Decision.REVIEW
    assert desk.take_next(MIA) is None
    with pytest.raises(NotAllowed, match="`mia` has decided about this note before"):
        desk.take(case.case_id, MIA)
    with pytest.raises(NotAllowed):
        desk.decide([case.case_id], MIA, "copied")
    taken = desk.take_next(TOM)
    assert taken is not None
    assert taken.case_id == case.case_id


def test_two_who_agree_decide(desk: Desk, case: Case) -> None:
    """Both answers are kept, each with its own words."""
    desk.decide([case.case_id], MIA, "copied", words="seen before")
    (after,) = desk.decide([case.case_id], TOM, "other", words="a copy, mirrored")
    assert (after.state, after.decided_by) == (CaseState.DECIDED, "tom")
    assert desk.settle().cases == (case.case_id,)
    row = desk.register.latest_verdict(case.note_id)
    assert row is not None
    assert row.verdict.decision is Decision.BLOCK
    told = {
        (one.by, one.reason, *one.findings.values())
        for one in desk.register.reviews(note_id=case.note_id)
    }
    assert told == {
        ("mia", "seen before", Answer.CONFIRMED),
        ("tom", "a copy, mirrored", Answer.CONFIRMED),
    }


@pytest.mark.parametrize("second", ["mistaken", "mark"])
def test_two_who_differ_leave_it_to_somebody_more_experienced(
    desk: Desk, case: Case, second: str
) -> None:
    """Whose word is the last, whatever the policy asks."""
    desk.decide([case.case_id], MIA, "copied", words="seen before")
    (after,) = desk.decide([case.case_id], TOM, second, words="it is not")
    assert (after.state, after.said) == (CaseState.ESCALATED, None)
    assert desk.register.two_differ(after)
    words = [one.words for one in desk.register.case_log(case.case_id) if one.act is Act.FIRST]
    assert words == ["it is not", "seen before"]
    assert desk.take_next(SAM, Wanted(state=CaseState.ESCALATED)) is not None
    (last,) = desk.decide([case.case_id], SAM, "copied")
    assert (last.state, last.decided_by) == (CaseState.DECIDED, "sam")
    assert desk.settle().cases == (case.case_id,)


def test_a_senior_who_was_one_of_two_is_not_the_third(desk: Desk, case: Case) -> None:
    desk.decide([case.case_id], SAM, "copied")
    desk.decide([case.case_id], TOM, "mistaken")
    assert desk.take_next(SAM, Wanted(state=CaseState.ESCALATED)) is None
    with pytest.raises(NotAllowed):
        desk.decide([case.case_id], SAM, "copied")


def test_neither_of_two_who_differed_decides_the_appeal(desk: Desk, case: Case) -> None:
    """Nor does the senior; all three have said what they think of the note."""
    desk.decide([case.case_id], MIA, "copied")
    desk.decide([case.case_id], TOM, "mistaken")
    desk.decide([case.case_id], SAM, "copied")
    desk.settle()
    row = desk.register.latest_verdict(case.note_id)
    assert row is not None
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id=case.note_id,
        author_id=case.author_id,
        at=datetime.now(UTC),
        statement="it is mine",
    )
    with desk.register.transaction() as now:
        now.open_appeal(new)
    appeals = Wanted(kind=CaseKind.APPEAL)
    (appeal,) = desk.register.cases(appeals)
    for person in (MIA, TOM, SAM):
        assert desk.take_next(person, appeals) is None
        with pytest.raises(NotAllowed):
            desk.take(appeal.case_id, person)
    assert desk.take_next(Person(name="lin", role=Role.MODERATOR), appeals) is not None


def test_what_the_policy_does_not_ask_for_needs_one(desk: Desk, case: Case) -> None:
    (after,) = desk.decide([case.case_id], MIA, "mark")
    assert after.state is CaseState.DECIDED


def test_other_findings_need_one(register: Register, desk: Desk) -> None:
    from kit.verdicts import a_text_finding

    from moderation.finding import FindingKind

    found = a_text_finding(FindingKind.TEXT_HARD_SELL)
    case = opened(register, findings=(found,), **under(register, TWO_TO_BLOCK))
    (after,) = desk.decide([case.case_id], MIA, "disguised")
    assert after.state is CaseState.DECIDED


def test_a_policy_that_is_not_kept_asks_for_nobody(register: Register, desk: Desk) -> None:
    """As before there were such policies."""
    case = opened(register)
    (after,) = desk.decide([case.case_id], MIA, "copied")
    assert after.state is CaseState.DECIDED


def test_a_table_that_has_ended_asks_for_nobody(register: Register, desk: Desk) -> None:
    ended = Policy.parse(
        'title = "t"\n[[second_person]]\ndecisions = ["block"]\nuntil = 2020-01-01\n', name="t"
    )
    case = opened(register, **under(register, ended))
    (after,) = desk.decide([case.case_id], MIA, "copied")
    assert after.state is CaseState.DECIDED


def test_the_first_can_take_it_back_while_it_waits(desk: Desk, case: Case) -> None:
    """And may then decide anew; nobody else may take it back but a senior."""
    desk.decide([case.case_id], MIA, "copied")
    with pytest.raises(NotAllowed):
        desk.undo(case.case_id, TOM)
    (after,) = desk.undo(case.case_id, MIA)
    assert (after.state, after.said, after.decided_by) == (CaseState.OPEN, None, None)
    assert desk.take(case.case_id, MIA).holder == "mia"
    with pytest.raises(CaseSettled):
        desk.undo(case.case_id, MIA)


def test_the_first_is_at_it_again_unless_somebody_else_is(
    register: Register, desk: Desk, case: Case
) -> None:
    """As the first of two they have given the case away, and the second may be at it."""
    desk.take(case.case_id, MIA)
    desk.decide([case.case_id], MIA, "copied")
    (after,) = desk.undo(case.case_id, MIA)
    assert after.held_by(datetime.now(UTC)) == "mia"
    desk.decide([case.case_id], MIA, "copied")
    desk.take(case.case_id, TOM)
    (after,) = desk.undo(case.case_id, MIA)
    assert (after.said, after.held_by(datetime.now(UTC))) == (None, "tom")


def test_the_second_is_at_it_again_and_the_first_word_stays(register: Register, case: Case) -> None:
    desk = Desk(register, undo_for=HOUR)
    desk.decide([case.case_id], MIA, "copied")
    desk.take(case.case_id, TOM)
    desk.decide([case.case_id], TOM, "copied")
    (after,) = desk.undo(case.case_id, TOM)
    assert (after.decided_by, after.held_by(datetime.now(UTC))) == ("mia", "tom")


def test_when_the_second_takes_it_back_it_waits_for_a_second_again(
    register: Register, case: Case
) -> None:
    desk = Desk(register, undo_for=HOUR)
    desk.decide([case.case_id], MIA, "copied", words="seen before")
    desk.decide([case.case_id], TOM, "copied")
    (after,) = desk.undo(case.case_id, TOM)
    assert after.waits_for_second
    assert after.said is not None
    assert (after.decided_by, after.said.words) == ("mia", "seen before")
    assert desk.take(case.case_id, TOM).holder == "tom"


def test_an_edit_makes_the_first_word_void(register: Register, desk: Desk, case: Case) -> None:
    """It was about what no longer stands; the same person may decide again."""
    desk.decide([case.case_id], MIA, "copied")
    judged(register, revision=2, at=MORNING + HOUR, **under(register, TWO_TO_BLOCK))
    after = register.case(case.case_id)
    assert (after.said, after.decided_by) == (None, None)
    assert desk.take(case.case_id, MIA).holder == "mia"


def test_copies_are_decided_together_by_two(register: Register, desk: Desk) -> None:
    from kit.verdicts import a_copy

    how = under(register, TWO_TO_BLOCK)
    found = a_copy(detail={"work_id": 7})
    group = [
        opened(register, f"n{i}", f"author{i}", findings=(found,), **how).case_id for i in range(3)
    ]
    desk.decide(group, MIA, "copied")
    assert {register.case(one).decided_by for one in group} == {"mia"}
    assert len(desk.undo(group[0], MIA)) == 3
    desk.decide(group, MIA, "copied")
    desk.decide(group, TOM, "copied")
    assert set(desk.settle().cases) == set(group)


def test_what_was_decided_first_can_be_undone_at_once(register: Register, case: Case) -> None:
    """As any decision; later, on its page."""
    desk = Desk(register, undo_for=HOUR)
    desk.decide([case.case_id], MIA, "copied")
    last = desk.last_decided(MIA)
    assert last is not None
    assert last.due_at is not None
    assert Desk(register, undo_for=AT_ONCE).last_decided(MIA) is None

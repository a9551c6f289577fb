"""Checks: second looks and golden cases come as any case, to whoever cannot know them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit.desk_rows import AT_ONCE, MIA, SAM, TOM, VERA, judged, opened, under
from kit.register_rows import MORNING
from kit.subscribers import listen
from sqlalchemy import func, select

from moderation.desk import Desk
from moderation.desk.checked import checks_seen
from moderation.desk.insight import Stretch, look_back
from moderation.errors import CaseSettled, NotAllowed
from moderation.policy import Policy
from moderation.store import (
    AnsweredCheck,
    Case,
    CaseState,
    Register,
    Wanted,
)
from moderation.store.service.tables import EVENTS
from moderation.verdict import Decision

ALWAYS, NEVER = (lambda: 0.0), (lambda: 0.999)
LOOKS = Policy.parse('title = "t"\n[[check]]\nsecond_looks = 0.05\n', name="looks")
GOLDEN = Policy.parse('title = "t"\n[[check]]\ngolden = 0.02\n', name="golden")
AS_BEFORE = ("note_id", "author_id", "verdict_id", "kind", "rank", "reason", "lang", "work_id")


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


@pytest.fixture
def desk(register: Register) -> Desk:
    return Desk(register, undo_for=AT_ONCE, chance=ALWAYS)


def decided(desk: Desk, policy: Policy, note_id: str = "n1", choice: str = "copied") -> Case:
    """A case that mia has decided, with what follows from that."""
    how = under(desk.register, policy)
    case = opened(desk.register, note_id, f"author-of-{note_id}", **how)
    desk.take(case.case_id, MIA)
    desk.decide([case.case_id], MIA, choice)
    desk.settle()
    return desk.register.case(case.case_id)


def only_check(register: Register) -> Case:
    (check,) = (case for case in register.cases(Wanted()) if case.check_of is not None)
    return check


def everything_said(register: Register, note_id: str) -> tuple[object, ...]:
    """All that a check may not touch."""
    rows = register.verdicts(note_id)
    with register._connected() as connection:
        events = connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()
    return [(row.verdict_id, row.verdict.decision) for row in rows], events


def test_a_second_look_is_a_case_like_any(desk: Desk) -> None:
    """All that a page shows of it is that of the first, but for its number and its age."""
    case = decided(desk, LOOKS)
    check = only_check(desk.register)
    assert {n: getattr(check, n) for n in AS_BEFORE} == {n: getattr(case, n) for n in AS_BEFORE}
    assert (check.check_of, check.state, check.said) == (case.case_id, CaseState.OPEN, None)
    assert check.opened_at > case.opened_at
    assert desk.register.case_log(check.case_id) == []


def test_it_comes_to_nobody_who_has_seen_the_case(desk: Desk) -> None:
    """Neither to who decided nor to who looked; nor do they see it in the queue."""
    case = decided(desk, LOOKS)
    desk.look(case.case_id, VERA)
    check = only_check(desk.register)
    assert desk.take_next(MIA) is None
    for person in (MIA, VERA):
        assert desk.register.cases(Wanted(), seen_by=person.name) == []
        assert desk.knows(check, person)
    with pytest.raises(NotAllowed):
        desk.take(check.case_id, MIA)
    assert desk.register.cases(Wanted(), seen_by="tom") == [check]
    taken = desk.take_next(TOM)
    assert taken is not None
    assert taken.case_id == check.case_id


def test_its_answer_changes_nothing_but_what_is_known(desk: Desk) -> None:
    """No verdict and no event; the answer stands beside the first."""
    listen(desk.register)
    case = decided(desk, LOOKS)
    check = only_check(desk.register)
    before = everything_said(desk.register, case.note_id)
    assert before[1] == 1
    desk.take(check.case_id, TOM)
    desk.decide([check.case_id], TOM, "mistaken")
    assert desk.settle().cases == (check.case_id,)
    assert everything_said(desk.register, case.note_id) == before
    answers = {one.by: one.verdict_id for one in desk.register.reviews(note_id=case.note_id)}
    assert answers == {"mia": case.verdict_id, "tom": case.verdict_id}
    (seen,) = answered(desk.register)
    assert (seen.check_of, seen.by, seen.is_golden) == (case.case_id, "tom", False)
    assert (seen.known, seen.decision, seen.agrees) == (Decision.BLOCK, Decision.PASS, False)


def answered(register: Register) -> list[AnsweredCheck]:
    now = datetime.now(UTC)
    return register.answered_checks(
        since=now - timedelta(hours=1), until=now + timedelta(minutes=1)
    )


def test_a_check_is_not_checked(desk: Desk) -> None:
    decided(desk, LOOKS)
    desk.decide([only_check(desk.register).case_id], TOM, "copied")
    desk.settle()
    assert desk.register.cases(Wanted()) == []


@pytest.mark.parametrize("policy", [LOOKS, GOLDEN], ids=["looks", "golden"])
def test_chance_decides(register: Register, policy: Policy) -> None:
    desk = Desk(register, undo_for=AT_ONCE, chance=NEVER)
    decided(desk, policy)
    assert register.cases(Wanted()) == []


def test_a_share_is_a_share(register: Register) -> None:
    """Of many decisions about so many are asked again; one draw for each."""
    drawn = iter([number / 40 for number in range(40) for _ in range(2)])
    desk = Desk(register, undo_for=AT_ONCE, chance=lambda: next(drawn))
    half = Policy.parse('title = "t"\n[[check]]\nsecond_looks = 0.5\n', name="half")
    for number in range(40):
        decided(desk, half, f"n{number}")
    checks = register.cases(Wanted(), limit=100)
    assert len(checks) == 20
    assert all(check.check_of is not None for check in checks)


def test_a_note_that_is_edited_is_asked_for_no_longer(desk: Desk) -> None:
    case = decided(desk, LOOKS)
    check = only_check(desk.register)
    judged(
        desk.register,
        case.note_id,
        case.author_id,
        decision=Decision.PASS,
        revision=2,
        at=MORNING + timedelta(hours=2),
    )
    assert check.case_id not in {one.case_id for one in desk.register.cases(Wanted())}


def test_what_nobody_answers_is_asked_for_a_week(desk: Desk) -> None:
    """As where everybody at the desk has seen the case."""
    decided(desk, LOOKS, "n1")
    check = only_check(desk.register)
    now = datetime.now(UTC)
    with desk.register.transaction() as writing:
        assert writing.end_stale_checks(before=check.opened_at, at=now) == 0
    desk.look(check.case_id, VERA)
    with desk.register.transaction() as writing:
        assert writing.end_stale_checks(before=now, at=now) == 1
    assert desk.register.case(check.case_id).state is CaseState.OVERTAKEN


def test_another_verdict_on_the_same_words_leaves_it(desk: Desk) -> None:
    """It asks what the first person was asked."""
    case = decided(desk, LOOKS)
    judged(desk.register, case.note_id, case.author_id, decision=Decision.PASS)
    assert only_check(desk.register).verdict_id == case.verdict_id


def test_copies_are_not_counted_with_it(desk: Desk) -> None:
    from kit.verdicts import a_copy

    found = a_copy(detail={"work_id": 7})
    how = under(desk.register, LOOKS)
    first = opened(desk.register, "n1", "ben", findings=(found,), **how)
    desk.decide([first.case_id], MIA, "copied")
    desk.settle()
    check = only_check(desk.register)
    other = opened(desk.register, "n2", "kim", findings=(found,))
    assert desk.register.alike(check) == []
    assert desk.register.alike(other) == []
    assert desk.register.count_alike([other]) == {other.case_id: 1}


def test_it_is_in_no_count_of_decisions(desk: Desk) -> None:
    case = decided(desk, LOOKS)
    desk.decide([only_check(desk.register).case_id], TOM, "mistaken")
    desk.settle()
    assert [one.case_id for one in desk.register.closed_cases()] == [case.case_id]


def test_seniors_make_golden_cases_and_they_come_to_others(desk: Desk) -> None:
    known = decided(desk, GOLDEN, "known")
    desk.make_golden(known.case_id, SAM, words="a copy, no doubt")
    golden = desk.register.golden(known.case_id)
    assert golden is not None
    assert (golden.said.decision, golden.said.words) == (Decision.BLOCK, "a copy, no doubt")
    decided(desk, GOLDEN, "another")
    check = only_check(desk.register)
    assert check.check_of == known.case_id
    for person in (MIA, SAM):
        assert desk.knows(check, person)
    desk.decide([check.case_id], TOM, "copied")
    desk.settle()
    (seen,) = answered(desk.register)
    assert (seen.is_golden, seen.agrees) == (True, True)


def test_golden_cases_come_in_turns_and_one_at_a_time(desk: Desk) -> None:
    quiet = Desk(desk.register, undo_for=AT_ONCE, chance=NEVER)
    for note in ("a", "b"):
        desk.make_golden(decided(quiet, GOLDEN, note).case_id, SAM)
    asked = []
    for number in range(4):
        decided(desk, GOLDEN, f"n{number}")
        waiting = desk.register.cases(Wanted())
        assert len({one.check_of for one in waiting}) == len(waiting)
        check = waiting[0]
        asked.append(check.note_id)
        desk.decide([check.case_id], TOM, "copied")
        desk.settle()
    assert asked[:4] == ["a", "b", "a", "b"]


def test_who_may_not_make_golden_cases(desk: Desk) -> None:
    """Nor of what is undecided, of a check, or of an appeal."""
    case = decided(desk, LOOKS)
    with pytest.raises(NotAllowed):
        desk.make_golden(case.case_id, MIA)
    check = only_check(desk.register)
    with pytest.raises(CaseSettled):
        desk.make_golden(check.case_id, SAM)
    desk.decide([check.case_id], TOM, "copied")
    desk.settle()
    with pytest.raises(CaseSettled):
        desk.make_golden(check.case_id, SAM)


def test_golden_no_longer(desk: Desk) -> None:
    known = decided(desk, GOLDEN, "known")
    desk.make_golden(known.case_id, SAM)
    desk.forget_golden(known.case_id, SAM)
    assert desk.register.golden(known.case_id) is None
    decided(desk, GOLDEN, "another")
    assert desk.register.cases(Wanted()) == []


def test_what_is_forgotten_is_not_asked_for(desk: Desk) -> None:
    """The case, its check, and what was known of it."""
    known = decided(desk, LOOKS, "known")
    desk.make_golden(known.case_id, SAM, words="known is a copy")
    check = only_check(desk.register)
    with desk.register.transaction() as now:
        now.forget_note("known")
    assert desk.register.golden(known.case_id) is None
    assert check not in desk.register.cases(Wanted())


def test_words_of_golden_cases_name_nobody_who_was_forgotten(desk: Desk) -> None:
    known = decided(desk, GOLDEN, "known")
    desk.make_golden(known.case_id, SAM, words="the picture of other-note, mirrored")
    with desk.register.transaction() as now:
        now.forget_note("other-note")
    golden = desk.register.golden(known.case_id)
    assert golden is not None
    assert "other-note" not in golden.said.words


# What they say


def check(by: str, reason: str, decision: Decision, known: Decision, *, golden: bool, at: int):
    return AnsweredCheck(
        case_id=100 + at,
        check_of=at,
        reason=reason,
        by=by,
        decision=decision,
        at=MORNING + timedelta(minutes=at),
        is_golden=golden,
        known=known,
    )


def test_counted_by_reason_and_by_person() -> None:
    """Each check once on either side, golden ones apart."""
    block, passed = Decision.BLOCK, Decision.PASS
    seen = checks_seen(
        [
            check("tom", "image.copy", block, block, golden=False, at=1),
            check("tom", "image.copy", passed, block, golden=False, at=2),
            check("tom", "text.hard_sell", block, block, golden=True, at=3),
            check("mia", "image.copy", passed, block, golden=True, at=4),
        ],
        lambda name: f"person {name}",
    )
    by_reason = {one.of: (one.second, one.golden) for one in seen.by_reason}
    assert [(r.hits, r.of) for r in by_reason["image.copy"]] == [(1, 2), (0, 1)]
    assert [(r.hits, r.of) for r in by_reason["text.hard_sell"]] == [(0, 0), (1, 1)]
    assert [one.of for one in seen.by_person] == ["person tom", "person mia"]
    assert [one.check_of for one in seen.differing] == [2, 4]


def test_insight_has_them(desk: Desk) -> None:
    case = decided(desk, LOOKS)
    desk.decide([only_check(desk.register).case_id], TOM, "mistaken")
    desk.settle()
    until = datetime.now(UTC) + timedelta(minutes=1)
    seen = look_back(desk.register, Stretch.of_days(7, until)).checks
    assert [one.check_of for one in seen.differing] == [case.case_id]
    (person,) = seen.by_person
    assert person.of.startswith("moderator-")

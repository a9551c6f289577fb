"""Cases open with their verdicts, are held by one person at a time, decided, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit.desk_rows import (
    AT_ONCE,
    MIA,
    SAM,
    TOM,
    VERA,
    case_of,
    judged,
    opened,
    take_all,
    take_the_same,
    two_findings,
)
from kit.register_children import in_processes
from kit.register_rows import MORNING
from kit.verdicts import a_copy, a_text_finding, a_verdict

from moderation.desk import Desk, Person, Role
from moderation.errors import BadNote, CaseSettled, CaseTaken, NotAllowed, UnknownSubject
from moderation.finding import FindingKind
from moderation.note import Author, Note
from moderation.store import (
    Act,
    CaseKind,
    CaseState,
    JudgedAs,
    LateCause,
    NewAppeal,
    Register,
    Wanted,
)
from moderation.verdict import Completeness, Decision

HOUR = timedelta(hours=1)
OPEN = Wanted()
ESCALATED = Wanted(state=CaseState.ESCALATED)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


@pytest.fixture
def desk(register: Register) -> Desk:
    return Desk(register, undo_for=HOUR)


# Cases come and go with verdicts


def test_a_case_says_what_its_verdict_says(register: Register) -> None:
    """Of the note itself no word is kept."""
    found = a_copy(score=0.9, detail={"work_id": 7})
    number = judged(register, "n1", "ben", found, lang="zh")
    (case,) = register.cases(OPEN)
    assert (case.verdict_id, case.note_id, case.author_id) == (number, "n1", "ben")
    assert (case.reason, case.lang, case.work_id) == ("image.copy", "zh", 7)
    assert (case.opened_at, case.state, case.rank) == (MORNING, CaseState.OPEN, 550)


@pytest.mark.parametrize("word", [Decision.PASS, Decision.LABEL, Decision.BLOCK])
def test_no_case_where_nobody_is_asked(register: Register, word: Decision) -> None:
    judged(register, decision=word)
    assert register.cases(OPEN) == []


def test_a_verdict_that_takes_its_case_back_takes_it_with_it(register: Register) -> None:
    """What is not committed has opened nothing."""
    note = Note(id="n1", author=Author(id="ben"))

    def record_and_fail() -> None:
        with register.transaction() as now:
            now.record_verdict(a_verdict(a_copy()), note=note, decided_at=MORNING)
            assert len(now.cases(OPEN)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_and_fail()
    assert register.desk_mark() == (0, 0)


def test_an_edit_renews_the_case_that_waits(register: Register) -> None:
    """Its place in time stays; what it rests on is what stands now."""
    before = opened(register)
    found = a_text_finding(FindingKind.TEXT_HARD_SELL)
    number = judged(register, "n1", "ben", found, revision=2, at=MORNING + HOUR)
    (case,) = register.cases(OPEN)
    assert (case.case_id, case.opened_at) == (before.case_id, MORNING)
    assert (case.verdict_id, case.reason) == (number, "text.hard_sell")


def test_a_pass_ends_a_case_that_nobody_saw_as_if_it_had_never_been(register: Register) -> None:
    case = opened(register)
    judged(register, decision=Decision.PASS, revision=2)
    with pytest.raises(UnknownSubject):
        register.case(case.case_id)


@pytest.mark.parametrize("decided", [False, True], ids=["looked-at", "decided"])
def test_a_pass_overtakes_a_case_that_somebody_saw(desk: Desk, decided: bool) -> None:
    """And says so in the log; what was decided about what no longer stands is gone."""
    case = opened(desk.register)
    desk.look(case.case_id, VERA)
    if decided:
        desk.decide([case.case_id], MIA, "copied")
    judged(desk.register, decision=Decision.PASS, revision=2)
    after = desk.register.case(case.case_id)
    assert (after.state, after.said, after.due_at) == (CaseState.OVERTAKEN, None, None)
    line = desk.register.case_log(case.case_id)[0]
    assert (line.act, line.by) == (Act.OVERTAKEN, "system")
    assert (line.before, line.after) == ("decided" if decided else "open", "pass")
    with pytest.raises(CaseSettled):
        desk.take(case.case_id, MIA)


def test_an_edit_reopens_what_was_decided_about_the_words_before(desk: Desk) -> None:
    case = opened(desk.register)
    desk.decide([case.case_id], MIA, "permitted")
    judged(desk.register, revision=2)
    after = desk.register.case(case.case_id)
    assert (after.state, after.decided_by) == (CaseState.OPEN, None)
    assert desk.register.case_log(case.case_id)[0].act is Act.OVERTAKEN


def test_an_answer_about_an_earlier_revision_comes_too_late(register: Register) -> None:
    """A late detector's word on what was edited since neither opens a case nor ends one."""
    judged(register, "n1", decision=Decision.PASS, revision=2)
    judged(register, "n1", revision=1)
    assert register.cases(OPEN) == []
    case = opened(register, "n2", revision=2)
    judged(register, "n2", decision=Decision.PASS, revision=1)
    judged(register, "n2", "ben", a_text_finding(FindingKind.TEXT_HARD_SELL), revision=1)
    assert register.cases(OPEN) == [case]


@pytest.mark.parametrize("late", [False, True], ids=["completed", "told-late"])
def test_verdicts_without_a_look_open_cases_too(register: Register, late: bool) -> None:
    """The completion of a partial one, and what follows a late truth."""
    number = judged(register, decision=Decision.PASS, lang="en", completeness=Completeness.PARTIAL)
    with register.transaction() as now:
        row = now.verdicts_numbered([number])[number]
        verdict = a_verdict(a_copy())
        if late:
            note = Note(id="n1", author=Author(id="ben"), lang="en")
            then = JudgedAs.of(note, as_of=MORNING)
            now.change_verdict(
                row,
                verdict,
                before_id=number,
                decided_at=MORNING,
                judged_as=then,
                cause=LateCause.CLAIM,
                by="system",
                truth_id=None,
            )
        else:
            now.repeat_verdict(row, verdict, decided_at=MORNING)
    (case,) = register.cases(OPEN)
    assert (case.note_id, case.author_id, case.lang) == ("n1", "ben", "en")
    assert case.verdict_id > number


def test_two_authors_of_one_id_have_a_case_each(register: Register) -> None:
    opened(register, "n1", "ben")
    opened(register, "n1", "cy")
    judged(register, "n1", "ben", decision=Decision.PASS, revision=2)
    assert [case.author_id for case in register.cases(OPEN)] == ["cy"]


# One person at a case


def test_a_case_is_nobody_elses_for_a_while(desk: Desk) -> None:
    case = opened(desk.register)
    mine = desk.take(case.case_id, MIA)
    assert mine.held_until is not None
    assert mine.holder == "mia"
    for act in (
        lambda: desk.take(case.case_id, TOM),
        lambda: desk.decide([case.case_id], TOM, "mistaken"),
        lambda: desk.escalate(case.case_id, TOM, words="why"),
    ):
        with pytest.raises(CaseTaken, match="`mia`"):
            act()
    assert desk.take_next(TOM) is None
    again = desk.take(case.case_id, MIA)
    assert again.held_until is not None
    assert again.held_until > mine.held_until
    desk.leave(case.case_id, MIA)
    assert desk.take(case.case_id, TOM).holder == "tom"


def test_a_hold_ends_by_itself(register: Register) -> None:
    """Whoever went home holds nobody up, and can still decide while nobody else is at it."""
    desk = Desk(register, held_for=AT_ONCE)
    case = opened(register)
    desk.take(case.case_id, MIA)
    desk.take(case.case_id, TOM)
    desk.decide([case.case_id], MIA, "mistaken")
    assert register.case(case.case_id).decided_by == "mia"


def test_who_leaves_a_case_to_others_is_not_given_it_again(desk: Desk) -> None:
    """Until they ask for it; a case that was only given back comes again."""
    first, second = opened(desk.register), opened(desk.register, "n2")
    assert desk.take_next(MIA) is not None
    desk.leave(first.case_id, MIA, skip=True)
    taken = desk.take_next(MIA)
    assert taken is not None
    assert taken.case_id == second.case_id
    desk.leave(second.case_id, MIA)
    again = desk.take_next(MIA)
    assert again is not None
    assert again.case_id == second.case_id
    other = desk.take_next(TOM)
    assert other is not None
    assert other.case_id == first.case_id
    desk.leave(first.case_id, TOM)
    with desk.register.transaction() as now:
        assert now.forget_skips("mia") == 1
    found = desk.take_next(MIA)
    assert found is not None
    assert found.case_id == first.case_id


def test_what_was_left_to_others_comes_again_after_a_while(register: Register) -> None:
    """In its place; who leaves it again is left in peace for as long again."""
    long, over = Desk(register), Desk(register, skipped_for=AT_ONCE)
    case = opened(register)
    for _ in range(2):
        long.take(case.case_id, MIA)
        long.leave(case.case_id, MIA, skip=True)
        assert (long.take_next(MIA), long.count_skipped(MIA)) == (None, 1)
        assert (over.count_skipped(MIA), over.count_skipped(TOM)) == (0, 0)
        again = over.take_next(MIA)
        assert again is not None
        assert again.case_id == case.case_id


def test_a_case_that_one_knows_is_asked_for_once(register: Register) -> None:
    """However short the while is: of what one may not decide the next one comes."""
    desk = Desk(register, undo_for=AT_ONCE, skipped_for=AT_ONCE)
    case = opened(register)
    desk.decide([case.case_id], MIA, "copied")
    desk.settle()
    appeal = NewAppeal(
        verdict_id=register.verdicts("n1")[-1].verdict_id,
        note_id="n1",
        author_id="ben",
        at=MORNING,
        statement="mine",
    )
    with register.transaction() as now:
        now.open_appeal(appeal)
    wanted = Wanted(kind=CaseKind.APPEAL)
    assert desk.take_next(MIA, wanted) is None
    assert desk.take_next(TOM, wanted) is not None


def test_the_most_urgent_comes_first(desk: Desk) -> None:
    """What would have been blocked, then the higher score, then the older."""
    for number, score in enumerate((0.6, 0.9, 0.9)):
        opened(desk.register, f"n{number}", findings=[a_copy(score=score)])
    order = []
    for person in (MIA, TOM, SAM):
        case = desk.take_next(person)
        assert case is not None
        order.append(case.note_id)
    assert order == ["n1", "n2", "n0"]


def test_threads_are_given_a_case_each(desk: Desk) -> None:
    """Of 24 cases, each goes to one of eight people who ask all at once."""
    wanted = {opened(desk.register, f"n{number}").case_id for number in range(24)}

    def take(number: int) -> int:
        person = Person(name=f"person{number}", role=Role.MODERATOR)
        case = desk.take_next(person)
        assert case is not None
        return case.case_id

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(take, range(24))) == wanted


def test_processes_are_given_a_case_each(place: str | Path) -> None:
    """Two that take and decide until nothing is left have decided all, and none twice."""
    with Register.open(place) as register:
        wanted = [opened(register, f"n{number}").case_id for number in range(20)]
    told = in_processes(2, take_all, place)
    assert sorted(told[0] + told[1]) == wanted


def test_of_two_processes_one_gets_the_same_case(place: str | Path) -> None:
    """At the same instant, round after round."""
    with Register.open(place) as register:
        wanted = [opened(register, f"n{number}").case_id for number in range(10)]
    told = in_processes(2, take_the_same, place, wanted)
    assert sorted(told[0] + told[1]) == wanted


# Deciding


def test_an_escalated_case_waits_for_somebody_more_experienced(desk: Desk) -> None:
    case = opened(desk.register)
    with pytest.raises(BadNote, match="0 characters"):
        desk.escalate(case.case_id, MIA, words="  ")
    desk.escalate(case.case_id, MIA, words="an agency, I think")
    assert desk.take_next(MIA) is None
    for act in (
        lambda: desk.take(case.case_id, MIA),
        lambda: desk.take_next(MIA, ESCALATED),
        lambda: desk.decide([case.case_id], MIA, "mistaken"),
    ):
        with pytest.raises(NotAllowed, match="senior"):
            act()
    taken = desk.take_next(SAM, ESCALATED)
    assert taken is not None
    desk.decide([case.case_id], SAM, "mistaken")
    acts = [line.act for line in desk.register.case_log(case.case_id)]
    assert acts == [Act.DECIDED, Act.TOOK, Act.ESCALATED]


def test_who_may_look_may_not_do_more(desk: Desk) -> None:
    """And that they looked is recorded."""
    case = opened(desk.register)
    assert desk.look(case.case_id, VERA) == case
    for act in (
        lambda: desk.take(case.case_id, VERA),
        lambda: desk.take_next(VERA),
        lambda: desk.leave(case.case_id, VERA),
        lambda: desk.escalate(case.case_id, VERA, words="why"),
        lambda: desk.decide([case.case_id], VERA, "mistaken"),
        lambda: desk.undo(case.case_id, VERA),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert [line.act for line in desk.register.case_log(case.case_id)] == [Act.LOOKED]
    assert desk.register.case(case.case_id) == case


def test_what_contradicts_itself_is_refused_and_nothing_is_written(desk: Desk) -> None:
    """Not for one of several either: all or none."""
    first = opened(desk.register, "n1", findings=two_findings())
    second = opened(desk.register, "n2")
    contact = FindingKind.TEXT_DIVERSION_CONTACT
    refused = [
        ([first.case_id], "other", "  ", ()),
        ([first.case_id], "nonsense", "why", ()),
        ([first.case_id], "copied", "", (FindingKind.TEXT_HARD_SELL,)),
        ([second.case_id], "copied", "", (FindingKind.IMAGE_COPY,)),
        ([first.case_id, second.case_id], "copied", "", (contact,)),
    ]
    mark = desk.register.desk_mark()
    for case_ids, choice, words, mistaken in refused:
        with pytest.raises(BadNote):
            desk.decide(case_ids, MIA, choice, words=words, mistaken=mistaken)
    with pytest.raises(UnknownSubject):
        desk.decide([first.case_id, 404], MIA, "mistaken")
    assert desk.register.cases(OPEN) == [first, second]
    assert desk.register.desk_mark() == mark
    assert desk.register.reviews() == []
    desk.decide([first.case_id], MIA, "other", words=" a threat ", mistaken=[contact])
    said = desk.register.case(first.case_id).said
    assert said is not None
    assert (said.words, said.mistaken) == ("a threat", (contact,))


def test_nobody_decides_what_they_have_not_seen(desk: Desk) -> None:
    """The note was edited while somebody looked at it: they look again."""
    case = opened(desk.register)
    seen = {case.case_id: case.verdict_id}
    judged(desk.register, revision=2)
    with pytest.raises(CaseSettled, match=f"not `v_{case.verdict_id}`"):
        desk.decide([case.case_id], MIA, "permitted", seen=seen)
    now = desk.register.case(case.case_id)
    desk.decide([case.case_id], MIA, "permitted", seen={case.case_id: now.verdict_id})


# Undoing


def test_an_undo_takes_back_all_that_were_decided_together(desk: Desk) -> None:
    """And nothing else; each waits as it waited before."""
    cases = [opened(desk.register, f"n{number}") for number in range(4)]
    desk.escalate(cases[1].case_id, MIA, words="why")
    before = [desk.register.case(case.case_id) for case in cases[:3]]
    desk.decide([cases[3].case_id], SAM, "mistaken")
    desk.decide([case.case_id for case in before], SAM, "copied", words="all three")
    assert desk.last_decided(SAM) == desk.register.case(cases[2].case_id)
    taken_back = desk.undo(cases[0].case_id, SAM)
    assert sorted(taken_back, key=lambda case: case.case_id) == before
    assert desk.register.case(cases[3].case_id).state is CaseState.DECIDED
    assert [line.act for line in desk.register.case_log(cases[0].case_id)] == [
        Act.UNDID,
        Act.DECIDED,
    ]


def test_who_may_undo(desk: Desk) -> None:
    """The person, and somebody more experienced; not a colleague."""
    case = opened(desk.register)
    desk.decide([case.case_id], MIA, "copied")
    with pytest.raises(NotAllowed, match="senior"):
        desk.undo(case.case_id, TOM)
    (again,) = desk.undo(case.case_id, SAM)
    assert again == case
    with pytest.raises(CaseSettled, match="nothing is decided"):
        desk.undo(case.case_id, MIA)
    assert desk.last_decided(MIA) is None


def test_an_undo_gives_back_what_one_was_at(desk: Desk) -> None:
    """For a whole time again; who was at nothing when they decided is at nothing."""
    held, beside = opened(desk.register), opened(desk.register, "n2")
    desk.take(held.case_id, MIA)
    desk.decide([held.case_id, beside.case_id], MIA, "copied")
    assert desk.register.case(held.case_id).held_by(datetime.now(UTC)) is None
    before = datetime.now(UTC)
    desk.undo(beside.case_id, MIA)
    again, other = (desk.register.case(case.case_id) for case in (held, beside))
    assert (again.state, again.holder) == (CaseState.OPEN, "mia")
    assert again.held_until is not None
    assert again.held_until >= before + desk.held_for
    assert (other.holder, other.held_until) == (None, None)
    with pytest.raises(CaseTaken):
        desk.take(held.case_id, TOM)


def test_an_undo_gives_nothing_to_who_takes_back_what_another_decided(desk: Desk) -> None:
    """A senior corrects; whose case it is then is for the queue."""
    case = opened(desk.register)
    desk.take(case.case_id, MIA)
    desk.decide([case.case_id], MIA, "copied")
    (after,) = desk.undo(case.case_id, SAM)
    assert after.held_by(datetime.now(UTC)) is None
    assert desk.take(case.case_id, TOM).holder == "tom"


def test_what_holds_is_not_undone(register: Register) -> None:
    desk = Desk(register, undo_for=AT_ONCE)
    case = opened(register)
    desk.decide([case.case_id], MIA, "copied")
    assert desk.settle().cases == (case.case_id,)
    for person in (MIA, SAM):
        with pytest.raises(CaseSettled, match="holds already"):
            desk.undo(case.case_id, person)
    with pytest.raises(CaseSettled):
        desk.decide([case.case_id], SAM, "mistaken")
    assert register.verdicts("n1")[-1].verdict.decision is Decision.BLOCK
    assert case_of(register, "n1").state is CaseState.CLOSED

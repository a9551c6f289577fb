"""Cases of readers where the policy asks for two people, and where they are asked for again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.desk_rows import AT_ONCE, MIA, SAM, TOM, judged, under
from kit.register_rows import MORNING
from kit.verdicts import a_verdict

from moderation.desk import Desk
from moderation.errors import NotAllowed
from moderation.note import Author, Note
from moderation.policy import Policy
from moderation.store import Case, CaseKind, CaseState, NewReport, Register, ReportReason, Wanted
from moderation.verdict import Decision

TWO_TO_BLOCK = Policy.parse(
    'title = "t"\n[[second_person]]\ndecisions = ["block", "label"]\n', name="two"
)
LOOKS = Policy.parse('title = "t"\n[[check]]\nsecond_looks = 0.05\n', name="looks")
REPORTED = Wanted(kind=CaseKind.REPORT)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


@pytest.fixture
def desk(register: Register) -> Desk:
    return Desk(register, undo_for=AT_ONCE, chance=lambda: 0.0)


def reported(
    register: Register, policy: Policy, decision: Decision = Decision.PASS, reader: str = "rae"
) -> Case:
    """The case of a note that a policy let be seen."""
    judged(register, decision=decision, **under(register, policy))
    return said_by(register, reader)


def reported_for_nothing(register: Register, policy: Policy) -> Case:
    """The same of a note in which nothing was found."""
    verdict = a_verdict(note_id="n1", decision=Decision.PASS, **under(register, policy))
    assert verdict.reason_kinds() == ()
    with register.transaction() as now:
        note = Note(id="n1", author=Author(id="ben"))
        now.record_verdict(verdict, note=note, decided_at=MORNING)
    return said_by(register, "rae")


def said_by(register: Register, reader: str) -> Case:
    new = NewReport(note_id="n1", reader_id=reader, reason=ReportReason.COPY, words="look")
    with register.transaction() as now:
        now.report_note(new)
    return register.cases(REPORTED)[-1]


def stands(register: Register) -> Decision:
    row = register.latest_verdict("n1")
    assert row is not None
    return row.verdict.decision


def test_two_who_agree_block_what_readers_report(register: Register, desk: Desk) -> None:
    """Each without a word for the machine; the first cannot be the second."""
    case = reported(register, TWO_TO_BLOCK)
    (first,) = desk.decide([case.case_id], MIA, "copied", words="in the book")
    assert first.waits_for_second
    assert desk.settle().cases == ()
    with pytest.raises(NotAllowed):
        desk.decide([case.case_id], MIA, "copied")
    desk.decide([case.case_id], TOM, "other", words="page 12")
    assert desk.settle().cases == (case.case_id,)
    assert stands(register) is Decision.BLOCK
    assert register.reviews() == []
    assert register.who_answered_readers("n1") == {"mia", "tom"}


def test_two_who_differ_about_readers_leave_it_to_a_senior(register: Register, desk: Desk) -> None:
    case = reported(register, TWO_TO_BLOCK)
    desk.decide([case.case_id], MIA, "copied")
    (after,) = desk.decide([case.case_id], TOM, "mistaken")
    assert after.state is CaseState.ESCALATED
    desk.decide([case.case_id], SAM, "mistaken")
    desk.settle()
    assert (stands(register), len(register.verdicts("n1"))) == (Decision.PASS, 1)


def test_the_first_word_of_two_is_void_when_another_verdict_stands(
    register: Register, desk: Desk
) -> None:
    case = reported(register, TWO_TO_BLOCK)
    desk.decide([case.case_id], MIA, "copied")
    judged(register, decision=Decision.LABEL, **under(register, TWO_TO_BLOCK))
    again = register.case(case.case_id)
    assert (again.kind, again.state, again.said) == (CaseKind.REPORT, CaseState.OPEN, None)
    desk.take(case.case_id, MIA)  # nobody has decided about this one


def test_a_label_that_two_would_give_again_leaves_the_note_as_it_is(
    register: Register, desk: Desk
) -> None:
    """Two are asked for it all the same, as the policy says."""
    case = reported(register, TWO_TO_BLOCK, Decision.LABEL)
    desk.decide([case.case_id], MIA, "mark")
    desk.decide([case.case_id], TOM, "permitted")  # the same: the label stays
    assert desk.settle().cases == (case.case_id,)
    assert (stands(register), len(register.verdicts("n1"))) == (Decision.LABEL, 1)


OF_COPIES, OF_WAYS_OUT = (
    Policy.parse(
        'title = "t"\n[[second_person]]\ndecisions = ["block", "label", "pass"]\n'
        f'kinds = ["{kind}"]\n',
        name="two",
    )
    for kind in ("image.copy", "text.diversion.contact")
)


@pytest.mark.parametrize(
    ("policy", "choice", "asks"),
    [
        (OF_COPIES, "copied", True),
        (OF_COPIES, "other", True),
        (OF_COPIES, "disguised", False),
        (OF_COPIES, "mark", True),
        (OF_COPIES, "mistaken", True),
        (OF_WAYS_OUT, "disguised", True),
        (OF_WAYS_OUT, "other", True),
        (OF_WAYS_OUT, "copied", False),
        (OF_WAYS_OUT, "mark", False),
        (OF_WAYS_OUT, "permitted", False),
    ],
    ids=lambda one: one.digest[-6:] if isinstance(one, Policy) else str(one),
)
def test_two_are_asked_by_what_the_person_means_or_else_the_reader(
    register: Register, desk: Desk, policy: Policy, choice: str, asks: bool
) -> None:
    """The verdict rests on nothing, and a reader has said that it is a copy."""
    case = reported_for_nothing(register, policy)
    (after,) = desk.decide([case.case_id], MIA, choice, words="in the book")
    assert after.waits_for_second is asks
    if asks:
        desk.decide([case.case_id], TOM, choice, words="page 12")
    assert desk.settle().cases == (case.case_id,)


def test_what_all_readers_say_counts_and_what_those_said_who_were_forgotten(
    register: Register, desk: Desk
) -> None:
    """A note is marked that one called a copy, who is gone, and another a way out."""
    case = reported_for_nothing(register, OF_COPIES)
    with register.transaction() as now:
        now.report_note(NewReport(note_id="n1", reader_id="kim", reason=ReportReason.CONTACT))
        now.forget_author("rae")
        assert now.report_reasons(case.case_id) == {ReportReason.COPY, ReportReason.CONTACT}
    (after,) = desk.decide([case.case_id], MIA, "mark")
    assert after.waits_for_second


def test_a_second_look_shows_what_readers_had_said_and_changes_nothing(
    register: Register, desk: Desk
) -> None:
    """It waits among the reported; who reports since is not put into it."""
    case = reported(register, LOOKS)
    desk.take(case.case_id, MIA)
    desk.decide([case.case_id], MIA, "mistaken")
    desk.settle()
    (check,) = register.cases(REPORTED)
    assert (check.check_of, check.rank, check.reason) == (case.case_id, case.rank, case.reason)
    new = NewReport(note_id="n1", reader_id="kim", reason=ReportReason.CONTACT)
    with register.transaction() as now:
        assert now.report_note(new) == "opened"
    assert register.readers_say(check.case_id) == []
    desk.take(check.case_id, TOM)
    desk.decide([check.case_id], TOM, "copied")
    desk.settle()
    assert (stands(register), len(register.verdicts("n1"))) == (Decision.PASS, 1)
    assert register.reviews() == []


@pytest.mark.parametrize("decision", [Decision.PASS, Decision.BLOCK], ids=lambda one: one.value)
def test_a_second_look_ends_with_an_edit_alone(
    register: Register, desk: Desk, decision: Decision
) -> None:
    """A later verdict on the same revision leaves it: what was shown then is asked about."""
    case = reported(register, LOOKS)
    desk.take(case.case_id, MIA)
    desk.decide([case.case_id], MIA, "mistaken")
    desk.settle()
    judged(register, decision=decision, **under(register, LOOKS))
    (check,) = register.cases(REPORTED)
    assert check.check_of == case.case_id
    judged(register, decision=decision, revision=2, **under(register, LOOKS))
    assert register.cases(REPORTED) == []

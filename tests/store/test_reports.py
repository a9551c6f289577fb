"""What readers say of notes: who counts, what becomes of it, and what it never changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.desk_rows import AT_ONCE, MIA, SAM, judged, opened, report_together
from kit.register_children import in_processes
from sqlalchemy import func, select

from moderation.desk import Desk
from moderation.errors import BadNote, UnknownSubject
from moderation.store import (
    MOST_REPORTS,
    Act,
    Case,
    CaseKind,
    CaseState,
    NewReport,
    Register,
    ReportOutcome,
    ReportReason,
    Wanted,
)
from moderation.store.desk.tables import REPORTS
from moderation.verdict import Decision

REPORTED = Wanted(kind=CaseKind.REPORT)
OPENED, ADDED, KNOWN, ANSWERED = ReportOutcome
COPY, HIDDEN_AD, CONTACT, OTHER = ReportReason


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


@pytest.fixture
def passed(register: Register) -> Register:
    """Ben's note has passed."""
    judged(register, decision=Decision.PASS)
    return register


def says(
    register: Register,
    reader_id: str,
    reason: ReportReason = COPY,
    words: str = "",
    note_id: str = "n1",
) -> ReportOutcome:
    """A reader reports a note."""
    if reason is OTHER and not words:
        words = "look"
    new = NewReport(note_id=note_id, reader_id=reader_id, reason=reason, words=words)
    with register.transaction() as now:
        return now.report_note(new)


def said(register: Register, case_id: int) -> dict[ReportReason, tuple[int, tuple[str, ...]]]:
    return {one.reason: (one.readers, one.words) for one in register.readers_say(case_id)}


def kept(register: Register) -> int:
    with register._connected() as connection:
        return connection.execute(select(func.count()).select_from(REPORTS)).scalar_one()


def closed(register: Register, choice: str = "mistaken", note_id: str = "n1") -> Case:
    """A person answers what readers say."""
    case = case_of(register, note_id, CaseState.OPEN, CaseState.ESCALATED)
    desk = Desk(register, undo_for=AT_ONCE)
    desk.decide([case.case_id], MIA, choice, words="seen")
    assert desk.settle().cases == (case.case_id,)
    return register.case(case.case_id)


def waiting(register: Register, note_id: str = "n1") -> list[Case]:
    """Cases of a note that wait or can still be undone, of readers and of the machine."""
    kinds = (CaseKind.MACHINE, CaseKind.REPORT)
    states = (CaseState.OPEN, CaseState.ESCALATED, CaseState.DECIDED)
    return [
        case
        for kind, state in product(kinds, states)
        for case in register.cases(Wanted(kind=kind, state=state))
        if case.note_id == note_id
    ]


def case_of(register: Register, note_id: str, *states: CaseState) -> Case:
    (case,) = (case for case in waiting(register, note_id) if case.state in states)
    return case


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": "dislike"}, "unknown word 'dislike' in `reason`"),
        ({"reason": "other", "words": None}, "needs words, got 0 characters"),
        ({"reason": "other", "words": " \n"}, "needs words, got 0 characters"),
        ({"words": "x" * 501}, "`words` has 501 characters, limit 500"),
        ({"words": "a\0b"}, "NUL"),
        ({"reader_id": ""}, "`reader_id` is empty"),
        ({"reader_id": 7}, "`reader_id` must be a string, got int"),
        ({"note_id": "\ud800"}, "lone surrogate"),
        ({"at": "2026-11-21T08:00:00"}, "no time with a time zone"),
        ({"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}, "still to come"),
        ({"note_id": None}, "`note_id` is missing"),
    ],
)
def test_a_report_has_its_form(change: dict[str, Any], message: str) -> None:
    row = {"note_id": "n1", "reader_id": "rae", "reason": "copy", "words": "x"} | change
    with pytest.raises(BadNote, match=message):
        NewReport.from_json(row)


def test_what_was_never_judged_cannot_be_reported(register: Register) -> None:
    with pytest.raises(UnknownSubject, match="`n1`"):
        says(register, "rae")
    assert kept(register) == 0


def test_the_first_report_opens_a_case_and_more_go_with_it(passed: Register) -> None:
    """With the verdict that stands, and a place by what it says; the later words of one count."""
    assert says(passed, "rae", HIDDEN_AD, "she owns the shop") is OPENED
    (case,) = passed.cases(REPORTED)
    assert (case.kind, case.state, case.verdict_id) == (CaseKind.REPORT, CaseState.OPEN, 1)
    assert (case.reason, case.rank) == ("report.hidden_ad", HIDDEN_AD.rank)
    assert (case.note_id, case.author_id, case.work_id) == ("n1", "ben", None)
    assert passed.cases(Wanted()) == []
    assert says(passed, "kim", COPY) is ADDED
    assert says(passed, "lou", HIDDEN_AD) is ADDED
    assert says(passed, "rae", HIDDEN_AD, "her sister owns it") is KNOWN
    assert said(passed, case.case_id) == {
        COPY: (1, ()),
        HIDDEN_AD: (2, ("her sister owns it",)),
    }
    assert says(passed, "rae", CONTACT) is KNOWN
    assert said(passed, case.case_id) == {COPY: (1, ()), HIDDEN_AD: (1, ()), CONTACT: (1, ())}
    assert passed.cases(REPORTED) == [case]


def test_copies_come_before_what_leads_away_before_advertisements_before_the_rest() -> None:
    """The rule of `ReportReason.rank`; all of them in the space of ranks."""
    ranks = [reason.rank for reason in (COPY, CONTACT, HIDDEN_AD, OTHER)]
    assert ranks == sorted(set(ranks))
    assert 0 < ranks[0] < ranks[-1] < 1000


def test_nobody_reports_their_own_note_under_any_account(passed: Register) -> None:
    """A person's answer would answer all readers."""
    with passed.transaction() as now:
        now.link_authors("ben", ["ben_2"])
        now.link_authors("ben_3", ["ben"])
    for reader in ("ben", "ben_2", "ben_3"):
        with pytest.raises(BadNote, match="own"):
            says(passed, reader)
    assert says(passed, "ben_4") is OPENED


def test_a_note_that_waits_already_gets_no_second_case(register: Register) -> None:
    """What readers say stands beside what the machine says; its place stays the machine's."""
    case = opened(register)
    assert says(register, "rae", OTHER, "known from a book") is ADDED
    assert says(register, "rae", OTHER, "known from a calendar") is KNOWN
    assert waiting(register) == [case]
    desk = Desk(register, undo_for=timedelta(hours=1))
    desk.escalate(case.case_id, MIA, words="which book?")
    assert says(register, "kim", OTHER, "this one") is ADDED
    desk.decide([case.case_id], SAM, "copied")
    assert says(register, "lou") is ADDED
    assert said(register, case.case_id) == {
        COPY: (1, ()),
        OTHER: (2, ("known from a calendar", "this one")),
    }
    assert [one.rank for one in waiting(register)] == [case.rank]


def test_a_review_that_nobody_waits_for_is_asked_for_again_as_the_machine_s(
    register: Register,
) -> None:
    """Such a verdict can come from before there was a desk."""
    case = opened(register)
    with register.transaction() as now:
        now.close_case(case.case_id, at=case.opened_at, before="review", after="review")
    assert says(register, "rae") is OPENED
    (again,) = waiting(register)
    assert (again.kind, again.rank, again.reason) == (CaseKind.MACHINE, case.rank, case.reason)


def test_what_is_blocked_needs_no_report(register: Register) -> None:
    judged(register, decision=Decision.BLOCK)
    assert says(register, "rae") is ANSWERED
    assert (waiting(register), kept(register)) == ([], 0)


@pytest.mark.parametrize("choice", ["mistaken", "permitted", "trifle", "mark"])
def test_what_a_person_has_answered_is_not_asked_again(passed: Register, choice: str) -> None:
    """Unless somebody says what nobody had said; an edit makes it another note."""
    says(passed, "rae", COPY)
    says(passed, "kim", HIDDEN_AD)
    closed(passed, choice)
    assert [says(passed, f"mob{i}", COPY) for i in range(5)] == [ANSWERED] * 5
    assert says(passed, "rae", HIDDEN_AD) is ANSWERED
    assert waiting(passed) == []
    assert says(passed, "rae", CONTACT) is OPENED
    assert says(passed, "mob1", COPY) is ADDED  # somebody looks anyway
    closed(passed, choice)
    assert says(passed, "lou", CONTACT) is ANSWERED
    judged(passed, decision=Decision.PASS, revision=2)
    assert says(passed, "lou", COPY) is OPENED


def test_what_was_answered_with_the_machine_s_case_is_answered(register: Register) -> None:
    opened(register)
    says(register, "rae", HIDDEN_AD)
    closed(register, "permitted")
    assert says(register, "kim", HIDDEN_AD) is ANSWERED
    assert says(register, "kim", COPY) is OPENED


@pytest.mark.parametrize("decision", list(Decision), ids=lambda one: one.value)
def test_an_edit_ends_nothing_of_what_readers_said(passed: Register, decision: Decision) -> None:
    """Whatever is said of it, a person answers: the same case and place, with what stands now."""
    says(passed, "rae", HIDDEN_AD, "she owns the shop")
    (case,) = passed.cases(REPORTED)
    assert passed.reported_revision(case.case_id) is None
    number = judged(passed, decision=decision, revision=2)
    (now,) = waiting(passed)
    asks = decision is Decision.REVIEW
    assert (now.case_id, now.verdict_id, now.state) == (case.case_id, number, CaseState.OPEN)
    assert now.kind is (CaseKind.MACHINE if asks else CaseKind.REPORT)
    if not asks:
        assert (now.rank, now.reason) == (case.rank, case.reason)
    assert passed.reported_revision(case.case_id) == 1
    line = passed.case_log(case.case_id)[-1]
    assert (line.act, line.by, line.before, line.after) == (Act.EDITED, "system", "1", "2")
    assert says(passed, "kim", COPY) is ADDED
    assert said(passed, case.case_id) == {HIDDEN_AD: (1, ("she owns the shop",)), COPY: (1, ())}
    closed(passed, "permitted")
    assert says(passed, "lou", HIDDEN_AD) is ANSWERED


def test_no_way_around_readers_by_edits(passed: Register) -> None:
    """Neither one that is blocked and taken back, nor one that goes to a person and is not."""
    says(passed, "rae", HIDDEN_AD)
    (case,) = passed.cases(REPORTED)
    for revision, decision in enumerate(
        (Decision.BLOCK, Decision.PASS, Decision.REVIEW, Decision.BLOCK, Decision.LABEL), 2
    ):
        judged(passed, decision=decision, revision=revision)
        judged(passed, decision=decision, revision=revision)  # completed, or given again
    (now,) = waiting(passed)
    assert (now.case_id, now.kind, now.rank) == (case.case_id, CaseKind.REPORT, case.rank)
    assert now.reason == "report.hidden_ad"
    assert passed.reported_revision(case.case_id) == 1
    assert kept(passed) == 1


def test_what_was_decided_before_an_edit_is_asked_again(passed: Register) -> None:
    """It could still be undone, and nobody has seen what stands now."""
    says(passed, "rae")
    (case,) = passed.cases(REPORTED)
    Desk(passed, undo_for=timedelta(hours=1)).decide([case.case_id], MIA, "mistaken")
    judged(passed, decision=Decision.PASS, revision=2)
    (now,) = waiting(passed)
    assert (now.case_id, now.state, now.said) == (case.case_id, CaseState.OPEN, None)
    acts = [line.act for line in passed.case_log(case.case_id)]
    assert acts == [Act.OVERTAKEN, Act.EDITED, Act.DECIDED]


def test_a_note_that_is_forgotten_is_asked_about_no_longer(passed: Register) -> None:
    says(passed, "rae")
    judged(passed, decision=Decision.PASS, revision=2)
    with passed.transaction() as now:
        now.forget_note("n1")
    assert (waiting(passed), kept(passed)) == ([], 0)


def test_a_verdict_on_what_was_edited_since_changes_nothing(register: Register) -> None:
    """It was completed late."""
    judged(register, decision=Decision.PASS, revision=2)
    says(register, "rae")
    before = waiting(register)
    for decision in Decision:
        judged(register, decision=decision, revision=1)
        assert waiting(register) == before
    assert says(register, "kim") is ADDED


def test_what_readers_add_to_a_case_of_the_machine_outlives_an_edit_too(
    register: Register,
) -> None:
    """Where the machine asks no longer, readers do; without them its case ends as ever."""
    opened(register)
    says(register, "rae")
    judged(register, revision=2)
    (case,) = waiting(register)
    assert (case.kind, said(register, case.case_id)) == (CaseKind.MACHINE, {COPY: (1, ())})
    assert register.reported_revision(case.case_id) == 1
    judged(register, decision=Decision.PASS, revision=3)
    (now,) = waiting(register)
    assert (now.case_id, now.kind, now.reason) == (case.case_id, CaseKind.REPORT, "report.copy")
    other = opened(register, "n2")
    judged(register, "n2", decision=Decision.PASS, revision=2)
    assert waiting(register, "n2") == []
    assert register.reported_revision(other.case_id) is None


@pytest.mark.parametrize("decided", [False, True], ids=["open", "decided"])
def test_a_later_verdict_on_the_same_revision_is_asked_about_in_place(
    passed: Register, decided: bool
) -> None:
    """What was decided about the one before is open again; number and place stay."""
    says(passed, "rae", CONTACT, "see the last picture")
    (case,) = passed.cases(REPORTED)
    if decided:
        Desk(passed, undo_for=timedelta(hours=1)).decide([case.case_id], MIA, "mistaken")
    number = judged(passed, decision=Decision.LABEL)
    (now,) = waiting(passed)
    assert (now.case_id, now.kind, now.state) == (case.case_id, CaseKind.REPORT, CaseState.OPEN)
    assert (now.verdict_id, now.rank, now.reason) == (number, case.rank, case.reason)
    assert now.said is None
    assert said(passed, case.case_id) == {CONTACT: (1, ("see the last picture",))}


def test_the_case_of_readers_becomes_the_machine_s_and_theirs_again(passed: Register) -> None:
    """Where a later verdict on the same revision asks for a person, and another no longer does."""
    says(passed, "rae", HIDDEN_AD)
    says(passed, "kim", COPY)
    (case,) = waiting(passed)
    judged(passed, decision=Decision.REVIEW)
    (machine,) = waiting(passed)
    assert (machine.case_id, machine.kind) == (case.case_id, CaseKind.MACHINE)
    assert (machine.reason, said(passed, case.case_id)) == (
        "image.copy",
        {COPY: (1, ()), HIDDEN_AD: (1, ())},
    )
    judged(passed, decision=Decision.PASS)
    (again,) = waiting(passed)
    assert (again.case_id, again.kind) == (case.case_id, CaseKind.REPORT)
    assert (again.reason, again.rank) == ("report.hidden_ad", HIDDEN_AD.rank)
    judged(passed, decision=Decision.BLOCK)
    assert (waiting(passed), kept(passed)) == ([], 0)


def test_of_one_case_so_many_are_kept_and_no_reason_keeps_out_another(passed: Register) -> None:
    """A mob that says one thing cannot drown what somebody else says."""
    outcomes = [says(passed, f"mob{i}", OTHER) for i in range(MOST_REPORTS + 3)]
    assert outcomes == [OPENED, *[ADDED] * (MOST_REPORTS - 1), *[KNOWN] * 3]
    (case,) = passed.cases(REPORTED)
    assert says(passed, "rae", COPY, "page 12") is ADDED
    assert says(passed, "kim", COPY) is KNOWN
    assert says(passed, "mob0", OTHER, "still") is KNOWN
    found = said(passed, case.case_id)
    assert found[COPY] == (1, ("page 12",))
    assert found[OTHER][0] == MOST_REPORTS - 1
    assert found[OTHER][1][0] == "still"
    assert kept(passed) == MOST_REPORTS


def test_who_reports_is_not_kept(passed: Register, on_disk: Any) -> None:
    """A pseudonym is, which another register would not give."""
    says(passed, "rae-of-the-river", COPY, "look")
    with passed._connected() as connection:
        (by,) = connection.execute(select(REPORTS.c.by)).scalars()
    assert by.startswith("reader-")
    assert len(by) == len("reader-") + 12
    passed.close()
    data = on_disk()
    assert by.encode() in data
    assert b"rae-of-the-river" not in data


def test_many_at_the_same_instant_open_one_case(passed: Register, place: str | Path) -> None:
    """Of four processes one opens it; each reader, who says it twice, counts once."""
    told = [one for some in in_processes(4, report_together, place, 6) for one in some]
    assert Counter(told) == {"opened": 1, "added": 11, "known": 12}
    (case,) = waiting(passed)
    assert said(passed, case.case_id) == {COPY: (12, ())}


NOTES, READERS = ("n1", "n2", "n3"), tuple(f"r{i}" for i in range(6))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(NOTES), st.sampled_from(READERS), st.sampled_from(list(ReportReason))
        ),
        max_size=40,
    )
)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_number_of_readers_changes_the_order(
    register: Register, reports: list[tuple[str, str, ReportReason]]
) -> None:
    """Whoever says what, how often: one case for each note, each reader once, and the order stays.

    The third note waits for the machine, whose queue stays as it is, too.
    """
    names = {note: f"{note}-{register.last_verdict_number()}" for note in NOTES}
    for note, name in names.items():
        judged(register, name, decision=Decision.REVIEW if note == "n3" else Decision.PASS)
    places: dict[str, tuple[int, int, str]] = {}
    last: dict[str, dict[str, ReportReason]] = {note: {} for note in NOTES}
    for note, reader, reason in reports:
        outcome = says(register, reader, reason, note_id=names[note])
        first = not last[note] and note != "n3"
        assert outcome is (OPENED if first else KNOWN if reader in last[note] else ADDED)
        last[note][reader] = reason
        for each, name in names.items():
            cases = waiting(register, name)
            assert len(cases) == (bool(last[each]) or each == "n3")
            for case in cases:
                place = (case.case_id, case.rank, case.reason)
                assert places.setdefault(each, place) == place
                found = said(register, case.case_id)
                assert {why: readers for why, (readers, _) in found.items()} == {
                    why: sum(one is why for one in last[each].values())
                    for why in ReportReason
                    if why in last[each].values()
                }
    for wanted in (REPORTED, Wanted()):
        order = [(case.rank, case.case_id) for case in register.cases(wanted, limit=10_000)]
        assert order == sorted(order)

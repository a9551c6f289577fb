"""What a person decides about a note that readers reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit.desk_rows import AT_ONCE, MIA, SAM, TOM, judged
from kit.late_rows import words
from kit.notes import photo, showing
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Decision, Gate, Policy
from moderation.desk import CHOICES, Desk
from moderation.desk.reported import choices_for
from moderation.errors import BadNote, CaseSettled, NotAllowed
from moderation.finding import FindingKind
from moderation.gate.rights.ruling import Ruled
from moderation.store import (
    Case,
    CaseKind,
    CaseState,
    NewAppeal,
    NewReport,
    Register,
    ReportOutcome,
    ReportReason,
    Wanted,
)
from moderation.store.service.tables import EVENTS
from moderation.verdict import PERSON, Registration

REPORTED = Wanted(kind=CaseKind.REPORT)
LENIENT = Policy.parse(
    'title = "t"\n[[rule]]\nname = "contact"\nkind = "text.diversion.contact"\n'
    'steps = [{ at = 0.1, decision = "label" }]\n',
    name="t",
)
CONTACT = "想要链接的加微信 abc12345"
STAYS = ("mistaken", "permitted", "trifle")
Notes = dict[str, tuple[str, str]]


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    """Ben's cat has passed, Cy's words were labelled, and Rae objects to both."""
    with Gate.open(place, index=tmp_path / "index", threads=1, policy=LENIENT) as gate:
        listen(gate.register)
        assert gate.check(showing(photo("chelsea"), id="b1", author="ben")).decision == "pass"
        labelled = gate.check(showing(photo("rocket"), id="c1", author="cy", text=CONTACT))
        assert labelled.decision is Decision.LABEL
        for note_id in ("b1", "c1"):
            assert says(gate, note_id, "rae") is ReportOutcome.OPENED
        yield gate


@pytest.fixture
def desk(gate: Gate) -> Desk:
    return Desk(gate.register, undo_for=AT_ONCE)


def says(
    gate: Gate, note_id: str, reader_id: str, reason: ReportReason = ReportReason.COPY
) -> ReportOutcome:
    with gate.register.transaction() as now:
        return now.report_note(NewReport(note_id=note_id, reader_id=reader_id, reason=reason))


def case_of(gate: Gate, note_id: str, wanted: Wanted = REPORTED) -> Case:
    (case,) = (case for case in gate.register.cases(wanted) if case.note_id == note_id)
    return case


def settled(gate: Gate, desk: Desk, note_id: str, choice: str, **how: Any) -> Case:
    """A person decides, and it holds."""
    case_id = case_of(gate, note_id).case_id
    desk.take(case_id, MIA)
    desk.decide([case_id], MIA, choice, **how)
    assert desk.settle().cases == (case_id,)
    return gate.register.case(case_id)


def events(gate: Gate) -> list[dict[str, Any]]:
    with gate.register._connected() as connection:
        query = select(EVENTS.c.payload).where(EVENTS.c.type == "verdict.changed")
        return list(connection.execute(query.order_by(EVENTS.c.event_id)).scalars())


def state(gate: Gate) -> Any:
    """All that readers, authors and subscribers could notice."""
    return (
        [(row.verdict_id, row.verdict) for n in ("b1", "c1") for row in gate.register.verdicts(n)],
        [(p.picture_id, p.state) for n in ("b1", "c1") for p in gate.register.pictures_of_note(n)],
        events(gate),
        gate.register.reviews(),
    )


@pytest.mark.parametrize("choice", STAYS)
@pytest.mark.parametrize("note_id", ["b1", "c1"])
def test_where_readers_are_not_followed_nothing_changes(
    gate: Gate, desk: Desk, note_id: str, choice: str
) -> None:
    """No verdict, no event, no answer for the machine; a label stays what it is."""
    before, stands = state(gate), gate.register.verdicts(note_id)[-1].verdict.decision
    case = settled(gate, desk, note_id, choice)
    assert (case.state, case.decided_by) == (CaseState.CLOSED, "mia")
    assert case.said is not None
    assert (case.said.choice, case.said.decision) == (choice, stands)
    assert state(gate) == before


def test_a_label_that_is_there_is_not_given_again(gate: Gate, desk: Desk) -> None:
    before = state(gate)
    settled(gate, desk, "c1", "mark")
    assert state(gate) == before


@pytest.mark.parametrize("choice", ["copied", "disguised", "other"])
@pytest.mark.parametrize("note_id", ["b1", "c1"])
def test_what_was_missed_is_blocked_and_told(
    gate: Gate, desk: Desk, note_id: str, choice: str
) -> None:
    """The person's reason first, what was found after it; pictures go, and nothing is learnt."""
    before = gate.register.verdicts(note_id)[-1].verdict
    assert gate.register.pictures_of_note(note_id)
    settled(gate, desk, note_id, choice, words="it is in the book")
    last = gate.register.verdicts(note_id)[-1].verdict
    assert (last.decision, last.registration) == (Decision.BLOCK, Registration.SKIPPED)
    assert (last.reasons[0].code, last.reasons[0].rule) == (PERSON, f"{PERSON}.{choice}")
    assert [reason.code for reason in last.reasons[1:]] == [r.code for r in before.reasons]
    assert {reason.instead_of for reason in last.reasons[1:]} <= {Decision.LABEL}
    assert last.judged is before.decision
    assert gate.register.pictures_of_note(note_id) == []
    (told,) = events(gate)
    assert (told["note_id"], told["previous"], told["decision"]) == (
        note_id,
        before.decision.value,
        "block",
    )
    assert (told["actor"], told["cause"]) == ("moderator", "review")
    assert gate.register.reviews() == []
    assert says(gate, note_id, "kim", ReportReason.CONTACT) is ReportOutcome.ANSWERED


def test_a_label_keeps_the_pictures(gate: Gate, desk: Desk) -> None:
    settled(gate, desk, "b1", "mark")
    last = gate.register.verdicts("b1")[-1].verdict
    assert (last.decision, last.registration) == (Decision.LABEL, Registration.REGISTERED)
    assert [p.state for p in gate.register.pictures_of_note("b1")] == ["registered"]
    assert [told["decision"] for told in events(gate)] == ["label"]


def test_a_finding_cannot_be_said_to_be_mistaken(gate: Gate, desk: Desk) -> None:
    """Nobody asked about it; who is accused by it appeals."""
    case = case_of(gate, "c1")
    kinds = [FindingKind.TEXT_DIVERSION_CONTACT]
    with pytest.raises(BadNote, match="not what readers say"):
        desk.decide([case.case_id], MIA, "mistaken", mistaken=kinds)
    assert gate.register.case(case.case_id).state is CaseState.OPEN


def test_until_then_it_can_be_undone(gate: Gate) -> None:
    """And waits where it waited: among the reported, with what was said."""
    desk = Desk(gate.register, undo_for=timedelta(hours=1))
    before, case = state(gate), case_of(gate, "b1")
    said = gate.register.readers_say(case.case_id)
    desk.decide([case.case_id], MIA, "copied")
    assert desk.last_decided(MIA) is not None
    desk.settle()
    assert state(gate) == before
    desk.undo(case.case_id, MIA)
    assert case_of(gate, "b1") == case
    assert gate.register.readers_say(case.case_id) == said
    desk.escalate(case.case_id, MIA, words="which book?")
    with pytest.raises(NotAllowed):
        desk.decide([case.case_id], MIA, "copied")
    desk.decide([case.case_id], SAM, "copied")


def test_what_a_person_has_not_seen_is_not_decided(gate: Gate, desk: Desk) -> None:
    """Between the page and the key the note was labelled."""
    case = case_of(gate, "b1")
    desk.take(case.case_id, MIA)
    gate.check(showing(photo("chelsea"), id="b1", author="ben", text=CONTACT))
    with pytest.raises(CaseSettled, match="stands"):
        desk.decide([case.case_id], MIA, "copied", seen={case.case_id: case.verdict_id})


def test_a_blank_more_does_not_rid_an_author_of_readers(gate: Gate, desk: Desk) -> None:
    """The person answers about the edited note, and it is the edited note that goes."""
    case = case_of(gate, "c1")
    edited = showing(photo("rocket"), id="c1", author="cy", text=CONTACT + " ", revision=2)
    assert gate.check(edited).decision is Decision.LABEL
    now = case_of(gate, "c1")
    assert (now.case_id, now.verdict_id) == (case.case_id, case.verdict_id + 1)
    assert gate.register.reported_revision(case.case_id) == 1
    settled(gate, desk, "c1", "disguised")
    last = gate.register.verdicts("c1")[-1].verdict
    assert (last.revision, last.decision) == (2, Decision.BLOCK)


@pytest.mark.parametrize("choice", [*STAYS, "mark"])
def test_nothing_that_readers_ask_for_frees_an_edit_that_was_blocked(
    place: str | Path, choice: str
) -> None:
    """Whether the machine was right about it is for its author to ask."""
    with Register.open(place) as register:
        judged(register, decision=Decision.PASS)
        with register.transaction() as now:
            now.report_note(NewReport(note_id="n1", reader_id="rae", reason=ReportReason.COPY))
        judged(register, decision=Decision.BLOCK, revision=2)
        (case,) = register.cases(REPORTED)
        desk = Desk(register, undo_for=AT_ONCE)
        desk.decide([case.case_id], MIA, choice)
        assert desk.settle().cases == (case.case_id,)
        assert [row.verdict.decision for row in register.verdicts("n1")] == ["pass", "block"]


def appealed(gate: Gate, note_id: str) -> Case:
    row = gate.register.verdicts(note_id)[-1]
    new = NewAppeal(
        verdict_id=row.verdict_id,
        note_id=note_id,
        author_id=row.author_id,
        at=datetime.now(UTC),
        statement="I took it",
    )
    with gate.register.transaction() as now:
        now.open_appeal(new)
    return case_of(gate, note_id, Wanted(kind=CaseKind.APPEAL))


def test_an_appeal_against_it_is_another_person_s(gate: Gate, desk: Desk) -> None:
    """Overturned, the note is what the policy says again, and readers have been answered."""
    settled(gate, desk, "b1", "copied")
    appeal = appealed(gate, "b1")
    ruled = Ruled(overturned=True, by="whoever", reason="the camera file is his")
    with pytest.raises(NotAllowed):
        desk.decide_appeal(appeal.case_id, ruled, MIA)
    decided = desk.decide_appeal(appeal.case_id, ruled, TOM)
    assert (decided.before, decided.after) == (Decision.BLOCK, Decision.PASS)
    assert words(gate.register)["b1"][0] == "pass"
    assert says(gate, "b1", "kim") is ReportOutcome.ANSWERED


def test_who_left_a_label_as_it_is_leaves_the_appeal_to_others(gate: Gate, desk: Desk) -> None:
    """Though no verdict has their name."""
    settled(gate, desk, "c1", "permitted")
    appeal = appealed(gate, "c1")
    upheld = Ruled(overturned=False, by="whoever", reason="it leads away")
    with pytest.raises(NotAllowed):
        desk.decide_appeal(appeal.case_id, upheld, MIA)
    assert desk.decide_appeal(appeal.case_id, upheld, TOM).after is Decision.LABEL


def test_cases_of_readers_have_a_queue_of_their_own_and_no_groups(gate: Gate, desk: Desk) -> None:
    assert desk.take_next(MIA) is None
    taken = desk.take_next(MIA, REPORTED)
    assert taken is not None
    desk.leave(taken.case_id, MIA, skip=True)
    other = desk.take_next(MIA, REPORTED)
    assert other is not None
    assert {taken.note_id, other.note_id} == {"b1", "c1"}
    assert gate.register.count_alike([taken, other]) == {}
    assert gate.register.alike(taken) == []


def test_the_choices_say_what_they_make_of_the_note(gate: Gate) -> None:
    """Of a labelled note those that let it be leave the label."""
    verdict = gate.register.verdicts("c1")[-1].verdict
    assert choices_for(CaseKind.MACHINE, verdict) == CHOICES
    made = {one.code: one.decision for one in choices_for(CaseKind.REPORT, verdict)}
    assert made == {one.code: one.decision for one in CHOICES} | dict.fromkeys(
        STAYS, Decision.LABEL
    )

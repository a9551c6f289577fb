"""What was decided takes effect: pictures, holds, events, answers and later truths."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kit import desk_rows, pictures
from kit.desk_rows import AT_ONCE, CAREFUL, MIA, case_of, opened, settle_together
from kit.late_rows import words
from kit.notes import MORNING, photo, showing
from kit.register_children import in_processes
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Decision, Gate
from moderation.desk import Desk, settling
from moderation.desk.oversight import AT_RANDOM
from moderation.errors import BadNote
from moderation.finding import Difference, FindingKind
from moderation.store import (
    Act,
    Answer,
    CaseState,
    Hold,
    HoldState,
    LateCause,
    Register,
    Wanted,
)
from moderation.store.service.tables import EVENTS
from moderation.verdict import PERSON, Registration

CAT = photo("chelsea")
LIKE = pictures.recompressed(CAT, 60)


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    """Alice's cat has passed; Ben's copy of it, saved anew, waits for a person."""
    with Gate.open(place, index=tmp_path / "index", threads=1, policy=CAREFUL) as gate:
        listen(gate.register)
        gate.check(showing(CAT, id="a1", author="ava"))
        gate.check(showing(LIKE, id="b1", author="ben", hours=1))
        yield gate


def settled(gate: Gate, choice: str, note_id: str = "b1", **how: Any) -> int:
    """Decide the case of a note and let it hold; the case's number."""
    desk = Desk(gate.register, undo_for=AT_ONCE)
    case = case_of(gate.register, note_id, CaseState.OPEN)
    desk.decide([case.case_id], MIA, choice, **how)
    assert desk.settle().cases == (case.case_id,)
    return case.case_id


def events(register: Register) -> list[dict[str, Any]]:
    with register._connected() as connection:
        query = select(EVENTS.c.payload).where(EVENTS.c.type == "verdict.changed")
        return list(connection.execute(query.order_by(EVENTS.c.event_id)).scalars())


def held(gate: Gate, note_id: str = "b1") -> Hold:
    """A pipeline holds the note until somebody has decided."""
    row = gate.register.verdicts(note_id)[-1]
    hold = Hold(
        note_id=note_id,
        author_id=row.author_id,
        revision=row.verdict.revision,
        verdict_id=row.verdict_id,
        state=HoldState.HELD,
        expires_at=None,
    )
    with gate.register.transaction() as now:
        now.hold(hold)
    return hold


def test_a_block_takes_the_pictures_back_and_is_told(gate: Gate) -> None:
    """By a moderator, because of a review; the machine's findings go on being seen."""
    assert [p.state for p in gate.register.pictures_of_note("b1")] == ["held"]
    case_id = settled(gate, "copied", words="the same cat")
    last = gate.register.verdicts("b1")[-1]
    assert last.verdict.decision is Decision.BLOCK
    assert last.verdict.registration is Registration.SKIPPED
    assert (last.verdict.reasons[0].code, last.verdict.reasons[0].rule) == (
        PERSON,
        f"{PERSON}.copied",
    )
    assert last.verdict.judged is Decision.REVIEW  # what the policy says stays known
    assert gate.register.pictures_of_note("b1") == []
    (told,) = events(gate.register)
    assert (told["note_id"], told["previous"], told["decision"]) == ("b1", "review", "block")
    assert (told["actor"], told["cause"]) == ("moderator", "review")
    assert told["verdict_id"] == f"v_{last.verdict_id}"
    change = gate.register.changes([last.verdict_id])[last.verdict_id]
    assert (change.cause, change.by) == (LateCause.REVIEW, "mia")
    assert gate.register.case(case_id).state is CaseState.CLOSED
    line = gate.register.case_log(case_id)[0]
    assert (line.act, line.before, line.after) == (Act.TOOK_EFFECT, "review", "block")


def test_the_answer_is_recorded_beside_the_verdict_that_asked(gate: Gate) -> None:
    """With the time of the decision, not of its effect."""
    asked = gate.register.verdicts("b1")[-1].verdict_id
    case_id = settled(gate, "copied", words="the same cat")
    (review,) = gate.register.reviews(note_id="b1")
    assert (review.verdict_id, review.by, review.reason) == (asked, "mia", "the same cat")
    assert review.findings == {FindingKind.IMAGE_COPY: Answer.CONFIRMED}
    assert review.at == gate.register.case(case_id).decided_at


@pytest.mark.parametrize("choice", ["mistaken", "permitted", "trifle", "mark"])
def test_what_readers_may_see_is_registered(gate: Gate, choice: str) -> None:
    settled(gate, choice)
    last = gate.register.verdicts("b1")[-1].verdict
    assert last.decision is (Decision.LABEL if choice == "mark" else Decision.PASS)
    assert last.registration is Registration.REGISTERED
    assert [p.state for p in gate.register.pictures_of_note("b1")] == ["registered"]


@pytest.mark.parametrize("choice", ["permitted", "copied"])
def test_a_hold_is_aborted_by_a_block_and_kept_by_a_pass(gate: Gate, choice: str) -> None:
    """Who holds a note publishes it when the platform does."""
    held(gate)
    settled(gate, choice)
    (hold,) = gate.register.holds("b1", 1)
    states = [p.state for p in gate.register.pictures_of_note("b1")]
    registration = gate.register.verdicts("b1")[-1].verdict.registration
    if choice == "copied":
        assert (hold.state, states) == (HoldState.ABORTED, [])
        assert registration is Registration.SKIPPED
    else:
        assert (hold.state, states) == (HoldState.HELD, ["held"])
        assert registration is Registration.HELD


def test_nothing_has_changed_until_then(gate: Gate) -> None:
    """Nor has it after an undo: no verdict, no picture, no event, no answer."""
    desk = Desk(gate.register, undo_for=timedelta(hours=1))
    case = case_of(gate.register, "b1", CaseState.OPEN)

    def seen() -> tuple[Any, ...]:
        register = gate.register
        return (
            register.verdicts(),
            register.pictures_of_note("b1"),
            register.reviews(),
            events(register),
            register.stats(),
        )

    before = seen()
    desk.decide([case.case_id], MIA, "copied")
    assert desk.settle().cases == ()
    assert seen() == before
    (again,) = desk.undo(case.case_id, MIA)
    assert again == case
    assert seen() == before


def test_what_a_person_said_stays_where_the_policy_demands_the_same(gate: Gate) -> None:
    """Another claim on the work says nothing new of Ben's copy; an edit is another matter."""
    settled(gate, "permitted")
    number = gate.register.verdicts("b1")[-1].verdict_id
    gate.claim("a1", author_id="dan", basis="external_proof", at=MORNING.replace(year=2020))
    assert gate.register.verdicts("b1")[-1].verdict_id == number
    assert words(gate.register)["b1"] == ("pass", "review")
    gate.check(showing(LIKE, id="b1", author="ben", hours=2, revision=2))
    assert words(gate.register)["b1"][0] == "review"
    again = case_of(gate.register, "b1", CaseState.OPEN)
    assert gate.register.cases(Wanted(state=CaseState.CLOSED))[0].case_id < again.case_id


def test_a_mistake_is_not_found_again_whatever_is_told_of_the_work(gate: Gate) -> None:
    """The picture leaves the work."""
    (joined,) = gate.register.pictures_of_note("b1")
    settled(gate, "mistaken")
    (own,) = gate.register.pictures_of_note("b1")
    assert own.work_id != joined.work_id
    (work,) = gate.register.works([own.work_id]).values()
    assert [(claim.author_id, claim.note_id) for claim in work.claims] == [("ben", "b1")]
    (finding,) = gate.register.verdicts("b1")[-1].verdict.findings
    assert (finding.score, finding.difference) == (0.0, Difference.OVERTURNED)
    gate.claim("a1", author_id="dan", basis="external_proof", at=MORNING.replace(year=2020))
    assert words(gate.register)["b1"] == ("pass", "pass")
    assert [c for c in gate.register.cases(Wanted()) if c.note_id == "b1"] == []


def test_one_file_shows_what_it_shows(gate: Gate) -> None:
    """Nobody can say that it does not; what may be said is that it is allowed."""
    gate.check(showing(CAT, id="c1", author="cy", hours=3))
    case = case_of(gate.register, "c1", CaseState.OPEN)
    with pytest.raises(BadNote, match="the very file"):
        Desk(gate.register).decide([case.case_id], MIA, "mistaken")
    assert gate.register.case(case.case_id) == case
    settled(gate, "permitted", "c1")
    assert words(gate.register)["c1"][0] == "pass"


def test_proof_frees_whom_a_person_had_blocked(gate: Gate) -> None:
    """What is milder than the policy demanded holds at once, a person's word or not."""
    settled(gate, "copied")
    gate.claim("a1", author_id="ben", basis="licensed")
    assert words(gate.register)["b1"] == ("pass", "pass")


def test_what_is_due_is_settled_by_whoever_lives(
    place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between decision and effect: nothing is lost, and it happens once."""
    with Register.open(place) as register:
        case = opened(register)
    tests = str(Path(desk_rows.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "kit.desk_rows", str(place), str(case.case_id)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([tests, *sys.path])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "decided\n"
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    with Register.open(place) as register:
        assert register.case(case.case_id).state is CaseState.DECIDED
        assert register.verdicts("n1")[-1].verdict.decision is Decision.REVIEW
    told = in_processes(2, settle_together, place)
    assert sorted(told) == [[], [case.case_id]]
    with Register.open(place) as register:
        last = register.verdicts("n1")[-1]
        assert (last.verdict.decision, len(register.verdicts("n1"))) == (Decision.BLOCK, 2)
        (review,) = register.reviews()
        assert (review.by, review.reason) == ("mia", "seen before")


def test_what_was_forgotten_meanwhile_takes_no_effect(place: str | Path) -> None:
    """Neither does it stop the others that are due."""
    with Register.open(place) as register:
        desk = Desk(register, undo_for=AT_ONCE)
        gone, stays = opened(register), opened(register, "n2", "cy")
        desk.decide([gone.case_id, stays.case_id], MIA, "copied")
        due = register.due_cases(datetime.now(UTC))
        with register.transaction() as now:
            now.forget_author("ben")
        with register.transaction() as now:
            assert settling.settle_one(now, due[0].case_id, AT_RANDOM) is False
        assert desk.settle().cases == (stays.case_id,)
        assert register.verdicts("n1") == []

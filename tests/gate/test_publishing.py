"""The publish pipeline at the gate: answers in time, once for each key, and none forgotten."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kit import pictures
from kit.notes import photo, showing
from kit.subscribers import listen
from sqlalchemy import select

from moderation import Decision, Gate, Note
from moderation.errors import HoldSettled, InFlight, KeyReused, Overloaded, UnknownSubject
from moderation.finding import Cause
from moderation.gate.looking import inside, underway
from moderation.gate.looking.inside import PictureReader, Pixels, Read
from moderation.gate.publishing import answering, keys
from moderation.gate.publishing.submission import Answer, Registering, Submission
from moderation.store import HoldState, NewEvent
from moderation.store.service.tables import EVENTS
from moderation.text.in_pictures import PictureText
from moderation.verdict import Completeness, Registration

CAT, CUP = photo("chelsea"), photo("coffee")
SOON_S = 0.8
THREADS = 2


class Slow:
    """A reader of pictures that answers when it is let go, and sees a contact."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.error: Exception | None = None
        self.begun = 0

    def reader(self) -> PictureReader:
        return PictureReader(detector="lettering@1", off=lambda: None, read=self.read)

    def read(self, pixels: Pixels, number: int, of: int) -> Read:
        self.begun += 1
        assert self.go.wait(30)
        if self.error is not None:
            raise self.error
        line = PictureText(
            field=f"image[{number}].ocr", text="加V：abc_2046", box=(0.1, 0.2, 0.6, 0.25)
        )
        return Read(texts=(line,))


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    slow = Slow()
    monkeypatch.setattr(inside, "READERS", (slow.reader(),))
    yield slow
    slow.go.set()


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=THREADS) as gate:
        gate.warm_up()
        listen(gate.register)
        yield gate


def ask(gate: Gate, note: Note, **how: object) -> Answer:
    """Submit under the key of its revision."""
    how = {"key": f"{note.id}:{note.revision}", "body_digest": note.digest()} | how
    return gate.submit(Submission(note=note, **how))  # type: ignore[arg-type]


def events(gate: Gate) -> list[dict[str, object]]:
    """Payloads of all events, in order."""
    with gate.register._connected() as connection:
        query = select(EVENTS.c.payload).order_by(EVENTS.c.event_id)
        return list(connection.execute(query).scalars())


def test_what_is_looked_at_in_time_is_final(gate: Gate) -> None:
    """The same verdict as `check` gives, with a number, and one event."""
    note = showing(CAT, text="今天的猫")
    wanted = gate.check(note, register=False)
    answer = ask(gate, note, within_s=30)
    assert answer.final
    assert answer.verdict.to_json() == wanted.to_json()
    assert answer.verdict_id is not None
    (event,) = events(gate)
    assert (event["decision"], event["previous"]) == ("pass", None)
    row, completed = gate.answer(answer.verdict_id)
    assert (row.verdict, completed) == (answer.verdict, None)


def test_a_late_reader_is_named_and_the_final_verdict_follows(gate: Gate, slow: Slow) -> None:
    """Provisionally passed, then to a person, since a picture gives a contact."""
    started = time.monotonic()
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    assert time.monotonic() - started < SOON_S + 0.5
    verdict = answer.verdict
    assert not answer.final
    assert (verdict.decision, verdict.completeness) == (Decision.PASS, Completeness.PARTIAL)
    assert [(f.detector, f.cause, f.image_number) for f in verdict.failures] == [
        ("lettering", Cause.TIMEOUT, 0)
    ]
    assert (gate.owed, gate.register.count_debts(), events(gate)) == (1, 1, [])
    slow.go.set()
    assert gate.drain(10) == 0
    row, completed = gate.answer(answer.verdict_id or 0)
    assert completed is not None
    final = gate.answer(completed)[0]
    assert (row.verdict, final.completes) == (verdict, answer.verdict_id)
    assert final.verdict.decision is Decision.REVIEW
    assert final.verdict.completeness is Completeness.COMPLETE
    assert gate.register.count_debts() == 0
    (event,) = events(gate)
    assert (event["decision"], event["previous"]) == ("review", "pass")
    (picture,) = gate.register.pictures_of_note("n1")
    assert picture.state == "held"


def test_a_late_search_goes_to_a_person(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a picture is a copy is never passed over."""
    go = threading.Event()
    looking = answering.Underway._find

    def waiting(self: answering.Underway, number: int) -> object:
        assert go.wait(30)
        return looking(self, number)

    monkeypatch.setattr(answering.Underway, "_find", waiting)
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    assert answer.verdict.decision is Decision.REVIEW
    late = {(f.detector, f.cause) for f in answer.verdict.failures}
    assert ("copies", Cause.TIMEOUT) in late
    assert gate.register.pictures_of_note("n1") == []
    go.set()
    assert gate.drain(20) == 0
    completed = gate.answer(answer.verdict_id or 0)[1]
    assert gate.answer(completed or 0)[0].verdict.decision is Decision.PASS
    (picture,) = gate.register.pictures_of_note("n1")
    assert picture.state == "registered"


def test_a_key_is_answered_once(gate: Gate) -> None:
    """Again the same answer; another body is refused; nothing is judged twice."""
    first = ask(gate, showing(CAT))
    again = ask(gate, showing(CAT))
    assert again.replayed
    assert (again.verdict, again.verdict_id) == (first.verdict, first.verdict_id)
    with pytest.raises(KeyReused, match="n1:1"):
        ask(gate, showing(CUP))
    assert len(gate.register.verdicts()) == len(events(gate)) == 1


def test_a_key_in_flight_has_to_wait(gate: Gate, slow: Slow) -> None:
    """Then the answer of the first is given to the second."""
    with ThreadPoolExecutor(1) as other:
        first = other.submit(ask, gate, showing(CAT))
        until = time.monotonic() + 10
        while not gate.load().steps and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(InFlight):
            ask(gate, showing(CAT))
        slow.go.set()
        answer = first.result(30)
    assert ask(gate, showing(CAT)).verdict_id == answer.verdict_id


def test_a_key_that_failed_is_free_again(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever tries again is not told to wait for somebody who gave up."""

    def broken(*_: object, **__: object) -> object:
        raise Overloaded("full", hint="wait")

    with monkeypatch.context() as patch:
        patch.setattr(answering, "conclude", broken)
        with pytest.raises(Overloaded):
            ask(gate, showing(CAT))
    assert ask(gate, showing(CAT)).verdict.decision is Decision.PASS


def test_a_key_of_a_dead_process_is_taken_over(
    gate: Gate, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Soon after its answer was due; and where it was only slow, it writes nothing."""
    monkeypatch.setattr(keys, "UNHURRIED", timedelta(0))
    with ThreadPoolExecutor(1) as other:
        slow_one = other.submit(ask, gate, showing(CAT))
        until = time.monotonic() + 10
        while not gate.load().steps and time.monotonic() < until:
            time.sleep(0.01)
        second = ask(gate, showing(CAT), within_s=SOON_S)
        assert second.verdict_id is not None
        slow.go.set()
        with pytest.raises(InFlight):
            slow_one.result(30)
    assert gate.drain(10) == 0
    row, completed = gate.answer(second.verdict_id)
    assert [r.verdict_id for r in gate.register.verdicts("n1")] == [row.verdict_id, completed]
    assert ask(gate, showing(CAT)).verdict_id == second.verdict_id


def test_a_held_note_is_first_until_it_is_given_up(gate: Gate) -> None:
    """Copies of it are told; after the abort it was never there."""
    held = ask(gate, showing(CAT), registering=Registering.HOLD)
    assert held.verdict.registration is Registration.HELD
    assert held.hold_until is not None
    copy = showing(pictures.mirrored(CAT), id="n2", author="bob", hours=1)
    assert gate.check(copy, register=False).decision is Decision.BLOCK
    (hold,) = gate.abort("n1", 1)
    assert hold.state is HoldState.ABORTED
    assert gate.check(copy, register=False).decision is Decision.PASS
    with pytest.raises(HoldSettled, match="aborted"):
        gate.commit("n1", 1)
    assert gate.abort("n1", 1) == [hold]


def test_a_committed_note_is_registered(gate: Gate) -> None:
    """Saying so twice changes nothing; what is unknown is said to be."""
    ask(gate, showing(CAT), registering=Registering.HOLD)
    (hold,) = gate.commit("n1", 1)
    assert hold.state is HoldState.COMMITTED
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered"]
    assert gate.commit("n1", 1) == [hold]
    with pytest.raises(HoldSettled):
        gate.abort("n1", 1)
    with pytest.raises(UnknownSubject):
        gate.commit("n1", 2)


def test_an_edit_that_is_given_up_takes_nothing_from_what_was_published(gate: Gate) -> None:
    """The picture of the first revision stays first, the new one goes."""
    ask(gate, showing(CAT))
    ask(gate, showing(CAT, CUP, revision=2), registering=Registering.HOLD)
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered", "held"]
    gate.abort("n1", 2)
    (kept,) = gate.register.pictures_of_note("n1")
    assert (kept.revision, kept.state, kept.first_revision) == (1, "registered", 1)
    copy = showing(CAT, id="n2", author="bob", hours=1)
    assert gate.check(copy, register=False).decision is Decision.BLOCK


def test_holds_lapse(gate: Gate) -> None:
    """As if they had been aborted."""
    ask(gate, showing(CAT), registering=Registering.HOLD, hold_for=timedelta(0))
    assert gate.sweep().lapsed == 1
    assert gate.register.pictures_of_note("n1") == []
    assert gate.sweep().lapsed == 0


def test_events_that_all_have_received_go_after_a_month(gate: Gate) -> None:
    """Whoever sweeps deletes them, whether a deliverer runs or not."""
    (one,) = gate.register.endpoints()
    now = datetime.now(UTC)
    with gate.register.transaction() as tx:
        for days in (29, 31, 32):
            at = now - timedelta(days=days)
            tx.add_event(NewEvent(type="t", note_id=f"{days}", author_id="ann", at=at))
        for delivery in tx.claim_deliveries({one.endpoint_id: 3}, now, now):
            if delivery.note_id != "32":
                tx.delivered(delivery)
    gate.sweep()
    with gate.register._connected() as connection:
        left = connection.execute(select(EVENTS.c.note_id).order_by(EVENTS.c.event_id)).scalars()
        assert list(left) == ["29", "32"]


def test_judging_only_writes_nothing(gate: Gate, slow: Slow) -> None:
    """Not even a debt: nobody waits for a final verdict of it."""
    slow.go.set()
    full = ask(gate, showing(CAT), registering=Registering.NEVER)
    assert (full.verdict.decision, full.verdict_id) == (Decision.REVIEW, None)
    slow.go.clear()
    late = ask(gate, showing(CAT), registering=Registering.NEVER, within_s=SOON_S)
    assert (late.final, late.verdict.completeness) == (True, Completeness.PARTIAL)
    assert late.verdict.decision is Decision.REVIEW, "nothing follows, so nothing passes for now"
    assert gate.register.verdicts() == []
    assert gate.register.stats().pictures == 0


def test_too_much_waiting_is_refused_before_anything_is_begun(gate: Gate, slow: Slow) -> None:
    """A note that nobody would look at in time, and one whose time is over."""
    with ThreadPoolExecutor(4) as others:
        waiting = [others.submit(ask, gate, showing(CAT, id=f"n{n}")) for n in range(4)]
        until = time.monotonic() + 20
        while slow.begun < THREADS and time.monotonic() < until:  # then nothing goes on
            time.sleep(0.01)
        gate._detectors._took_s |= {"lettering": 10.0, "copies": 10.0}
        with pytest.raises(Overloaded, match="due in"):
            ask(gate, showing(CUP, id="late"), within_s=SOON_S)
        with pytest.raises(Overloaded):
            ask(gate, showing(CUP, id="late"), within_s=0)
        assert gate.register.verdicts("late") == []
        slow.go.set()
        assert all(one.result(30).final for one in waiting)
    assert ask(gate, showing(CUP, id="late"), within_s=20).final


def test_work_behind_an_answer_does_not_keep_the_next_note_out(gate: Gate, slow: Slow) -> None:
    """It is not counted as waiting, and the note that comes goes first."""
    for number in range(2):
        assert not ask(gate, showing(CAT, CUP, id=f"n{number}"), within_s=SOON_S).final
    gate._detectors._took_s["lettering"] = 10.0
    load = gate.load()
    assert load.late_s > 0
    answer = ask(gate, showing(CUP, id="next"), within_s=SOON_S)
    assert answer.verdict_id is not None
    slow.go.set()
    assert gate.drain(20) == 0


def test_where_writing_takes_long_detectors_are_waited_for_less(
    gate: Gate, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is due, not the detectors; but most of the time is theirs."""
    conclude = answering.conclude

    def slowly(*args: object, **how: object) -> object:
        time.sleep(0.3)
        return conclude(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(answering, "conclude", slowly)
    took = []
    for number in range(6):
        started = time.monotonic()
        ask(gate, showing(CAT, id=f"n{number}"), within_s=SOON_S)
        took.append(time.monotonic() - started)
    assert took[-1] < took[0] - 0.1
    assert gate._reserve_s(Submission(note=showing(CAT), within_s=SOON_S)) <= 0.4 * SOON_S
    slow.go.set()
    assert gate.drain(30) == 0


def test_what_is_read_of_pictures_counts_as_deciding(
    gate: Gate, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note full of words takes a while after its detectors have stopped."""
    gathered = underway.gathered

    def slowly(*args: object, **how: object) -> object:
        time.sleep(0.2)
        return gathered(*args, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(underway, "gathered", slowly)
    submission = Submission(note=showing(CAT), within_s=SOON_S)
    before = gate._reserve_s(submission)
    ask(gate, showing(CAT), within_s=SOON_S)
    assert gate._reserve_s(submission) >= min(0.2, 0.4 * SOON_S) > before
    slow.go.set()
    assert gate.drain(30) == 0


def test_what_nobody_will_look_at_goes_to_a_person(
    gate: Gate, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With too much work behind the answers, what is late is left out for good, and said."""
    monkeypatch.setattr(answering, "FINISH_WITHIN_S", -1.0)
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    assert answer.final
    assert answer.verdict.decision is Decision.REVIEW
    assert {f.cause for f in answer.verdict.failures} == {Cause.OVERLOAD}
    assert gate.register.count_debts() == 0


def test_the_debt_of_a_dead_process_is_settled_by_another(
    gate: Gate, slow: Slow, place: str | Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the policy's word for an error: nothing passes because somebody died."""
    monkeypatch.setattr(answering, "LEASE", timedelta(0))
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    assert answer.verdict.decision is Decision.PASS
    with Gate.open(place, index=tmp_path / "other") as other:
        assert other.sweep().settled == 1
        completed = other.answer(answer.verdict_id or 0)[1]
        final = other.answer(completed or 0)[0].verdict
    assert final.decision is Decision.REVIEW
    assert [(f.detector, f.cause) for f in final.failures] == [("lettering", Cause.ERROR)]
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["held"]
    slow.go.set()
    assert gate.drain(10) == 0
    assert len(gate.register.verdicts()) == 2, "who was taken for dead does not answer again"
    assert len(events(gate)) == 1


def test_a_living_process_keeps_its_debts(gate: Gate, slow: Slow) -> None:
    """Its own sweep extends what would run out."""
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    later = datetime.now(UTC) + timedelta(seconds=45)
    assert len(gate.register.debts_due(later + timedelta(minutes=1))) == 1
    with gate.register.transaction() as now:
        now.extend_debt(answer.verdict_id or 0, datetime.now(UTC))
    gate.sweep()
    assert gate.register.debts_due(later) == []
    assert gate.register.count_debts() == 1


def test_a_final_verdict_on_an_older_revision_changes_no_picture(gate: Gate, slow: Slow) -> None:
    """The edit has been judged meanwhile."""
    ask(gate, showing(CAT), within_s=SOON_S)
    ask(gate, showing(CUP, revision=2), registering=Registering.ON_PASS, within_s=SOON_S)

    def of_first() -> list[str]:
        return [p.state for p in gate.register.pictures_of_note("n1") if p.revision == 1]

    before = of_first()
    slow.go.set()
    assert gate.drain(10) == 0
    assert of_first() == before
    assert len(gate.register.verdicts("n1")) == 4


def test_a_reader_that_fails_late_is_an_error(gate: Gate, slow: Slow) -> None:
    """The final verdict says so, and is final."""
    slow.error = RuntimeError("broken")
    answer = ask(gate, showing(CAT), within_s=SOON_S)
    slow.go.set()
    assert gate.drain(10) == 0
    completed = gate.answer(answer.verdict_id or 0)[1]
    final = gate.answer(completed or 0)[0].verdict
    assert [(f.detector, f.cause) for f in final.failures] == [("lettering", Cause.ERROR)]
    assert final.decision is Decision.REVIEW


def test_a_committed_hold_stays_published_when_the_final_verdict_comes(
    gate: Gate, slow: Slow
) -> None:
    """Though a person is to look: the event tells the platform, who can still take it down."""
    ask(gate, showing(CAT), within_s=SOON_S, registering=Registering.HOLD)
    gate.commit("n1", 1)
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered"]
    slow.go.set()
    assert gate.drain(10) == 0
    (event,) = events(gate)
    assert event["decision"] == "review"
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered"]
    assert gate.commit("n1", 1)[0].state is HoldState.COMMITTED


def test_who_waits_for_a_person_never_lapses(gate: Gate, slow: Slow) -> None:
    """However long nobody looks, and nobody tells us; a yes registers the pictures."""
    slow.go.set()
    assert ask(gate, showing(CAT)).verdict.decision is Decision.REVIEW
    (hold,) = gate.register.holds("n1", 1)
    assert (hold.state, hold.expires_at) == (HoldState.HELD, None)
    assert gate.register.holds_due(datetime.now(UTC) + timedelta(days=10_000)) == []
    gate.commit("n1", 1)
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered"]


def test_a_hold_ends_with_a_final_verdict_that_passes(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was held for a late search is registered, and no abort comes after it."""
    go, looking = threading.Event(), answering.Underway._find

    def waiting(self: answering.Underway, number: int) -> object:
        assert number == 0 or go.wait(30)
        return looking(self, number)

    monkeypatch.setattr(answering.Underway, "_find", waiting)
    answer = ask(gate, showing(CAT, CUP), within_s=4 * SOON_S)
    assert answer.verdict.registration is Registration.HELD
    assert [h.state for h in gate.register.holds("n1", 1)] == [HoldState.HELD]
    go.set()
    assert gate.drain(20) == 0
    assert [p.state for p in gate.register.pictures_of_note("n1")] == ["registered"] * 2
    assert [h.state for h in gate.register.holds("n1", 1)] == [HoldState.COMMITTED]
    with pytest.raises(HoldSettled, match="committed"):
        gate.abort("n1", 1)


def test_giving_up_an_edit_takes_nothing_from_the_next_one(gate: Gate) -> None:
    """Nor does a hold that lapses when the author has long gone on."""
    ask(gate, showing(CAT))
    for revision in (2, 3):
        ask(gate, showing(CAT, CUP, revision=revision), registering=Registering.HOLD)
    gate.commit("n1", 3)
    gate.abort("n1", 2)
    kept = gate.register.pictures_of_note("n1")
    assert [(p.revision, p.first_revision, p.state) for p in kept] == [
        (3, 1, "registered"),
        (3, 3, "registered"),
    ]
    copy = showing(CUP, id="n2", author="bob", hours=1)
    assert gate.check(copy, register=False).decision is Decision.BLOCK


def test_one_of_many_at_once_is_the_first(gate: Gate) -> None:
    """Eight authors submit the same picture; one is registered, the others are told of it."""
    notes = [showing(CAT, id=f"n{n}", author=f"a{n}", hours=None) for n in range(8)]
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda note: ask(gate, note, within_s=30), notes))
    passed = [a for a in answers if a.verdict.decision is Decision.PASS]
    assert len(passed) == 1
    assert all(a.verdict.decision is Decision.BLOCK for a in answers if a not in passed)

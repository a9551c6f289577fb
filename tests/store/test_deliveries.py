"""The outbox: at least once, in order for each note, and nothing lost when who delivers dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING
from sqlalchemy import delete, select

from moderation.errors import UnknownSubject
from moderation.store import Delivery, NewEvent, Register
from moderation.store.service.tables import ENDPOINTS, EVENTS

LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def subscribe(register: Register, *types: str) -> int:
    with register.transaction() as now:
        return now.add_endpoint("https://example.org", secret="whsec_x", types=types, at=MORNING)


def happen(register: Register, *note_ids: str, kind: str = "verdict.finalized") -> list[int]:
    with register.transaction() as now:
        added = [
            now.add_event(
                NewEvent(type=kind, note_id=note_id, author_id="ann", at=MORNING, payload={"n": 1})
            )
            for note_id in note_ids
        ]
    return [number for number in added if number is not None]


def rows_of_events(register: Register) -> list[int]:
    with register._connected() as connection:
        query = select(EVENTS.c.event_id).order_by(EVENTS.c.event_id)
        return list(connection.execute(query).scalars())


def take(register: Register, endpoint_id: int, *, at=MORNING, room: int = 10) -> list[Delivery]:
    with register.transaction() as now:
        return now.claim_deliveries({endpoint_id: room}, at, at + LEASE)


def die(register: Register, delivery: Delivery) -> None:
    with register.transaction() as now:
        now.not_delivered(delivery, "answered 500", None)


def test_the_second_event_of_a_note_waits_for_the_first(register: Register) -> None:
    """Also while the first is put off; another note's go on; what is about no note has no order."""
    one = subscribe(register)
    a1, a2, b1, x, y = happen(register, "a", "a", "b", "", "")
    assert register.endpoints_due(MORNING) == [one]
    taken = take(register, one)
    assert [d.event_id for d in taken] == [a1, b1, x, y]
    assert register.endpoints_due(MORNING) == []
    later = MORNING + 5 * SECOND
    with register.transaction() as now:
        now.not_delivered(taken[0], "answered 500", later)
        for delivery in taken[1:]:
            now.delivered(delivery)
    assert take(register, one, at=MORNING + 4 * SECOND) == []
    (again,) = take(register, one, at=later)
    assert (again.event_id, again.attempts, again.message_id) == (a1, 1, taken[0].message_id)
    with register.transaction() as now:
        now.delivered(again)
    assert [d.event_id for d in take(register, one, at=later)] == [a2]


def test_the_dead_block_nothing_and_can_be_replayed_or_dropped(register: Register) -> None:
    """A person sees payload, attempts, first and last error."""
    one = subscribe(register)
    a1, a2 = happen(register, "a", "a")
    (first,) = take(register, one)
    with register.transaction() as now:
        now.not_delivered(first, "refused", MORNING)
    (again,) = take(register, one)
    die(register, again)
    (letter,) = register.dead_letters(endpoint_id=one)
    assert (letter.event_id, letter.attempts, dict(letter.payload)) == (a1, 2, {"n": 1})
    assert (letter.first_error, letter.last_error) == ("refused", "answered 500")
    (second,) = take(register, one)
    assert second.event_id == a2
    die(register, second)
    with register.transaction() as now:
        assert now.replay_dead_letters(MORNING, event_id=a1, endpoint_id=one) == 1
        assert now.drop_dead_letters(event_id=a1) == 0
        assert now.drop_dead_letters() == 1
    assert register.dead_letters() == []
    assert [(d.event_id, d.attempts) for d in take(register, one)] == [(a1, 0)]


def test_only_the_last_who_took_it_may_put_it_off(register: Register) -> None:
    """But what was received was received, whoever says so."""
    one = subscribe(register)
    happen(register, "a")
    (slow,) = take(register, one)
    assert take(register, one, at=MORNING + LEASE - SECOND) == []
    (quick,) = take(register, one, at=MORNING + LEASE)
    with register.transaction() as now:
        now.not_delivered(slow, "timed out", None)
        now.give_back([slow])
    assert register.dead_letters() == []
    assert take(register, one, at=MORNING + LEASE) == []
    with register.transaction() as now:
        now.delivered(slow)
        now.not_delivered(quick, "timed out", None)
    assert register.delivery_counts(MORNING).pending == 0
    assert register.dead_letters() == []


def test_who_gives_back_lets_others_send_at_once(register: Register) -> None:
    one = subscribe(register)
    happen(register, "a")
    with register.transaction() as now:
        now.give_back(now.claim_deliveries({one: 1}, MORNING, MORNING + LEASE))
    assert len(take(register, one)) == 1


def test_a_disabled_endpoint_is_told_nothing(register: Register) -> None:
    """What it had not received is dead, and can be replayed when it is enabled again."""
    one = subscribe(register)
    (event_id,) = happen(register, "a")
    with register.transaction() as now:
        assert now.disable_endpoint(one, "answered 410", MORNING) == 1
    assert happen(register, "b") == take(register, one) == []
    (letter,) = register.dead_letters()
    assert letter.last_error == letter.first_error == "the endpoint is disabled: answered 410"
    assert register.endpoint(one).disabled_why == "answered 410"
    with register.transaction() as now:
        now.replay_dead_letters(MORNING)
    assert (take(register, one), register.endpoints_due(MORNING)) == ([], [])
    with register.transaction() as now:
        now.enable_endpoint(one)
    assert [d.event_id for d in take(register, one)] == [event_id]


def test_endpoints_are_told_what_they_asked_for(register: Register) -> None:
    every, some = subscribe(register), subscribe(register, "appeal.opened", "brake.engaged")
    happen(register, "a")
    (gone,) = happen(register, "b", kind="appeal.opened")
    assert len(take(register, every)) == 2
    assert [d.event_id for d in take(register, some)] == [gone]
    assert [e.types for e in register.endpoints()] == [(), ("appeal.opened", "brake.engaged")]
    with register.transaction() as now:
        assert now.remove_endpoint(every) == 2
    assert [e.endpoint_id for e in register.endpoints()] == [some]
    for act in ("remove_endpoint", "enable_endpoint"):
        with pytest.raises(UnknownSubject, match=f"no endpoint {every}"):  # noqa: SIM117
            with register.transaction() as now:
                getattr(now, act)(every)
    with pytest.raises(UnknownSubject):
        register.endpoint(every)


def test_counts_and_ages_for_metrics(register: Register) -> None:
    assert register.delivery_counts(MORNING).oldest_pending_s == 0.0
    one = subscribe(register)
    happen(register, "a", "b", "c")
    first, second, _ = take(register, one)
    die(register, first)
    with register.transaction() as now:
        now.delivered(second)
    counts = register.delivery_counts(MORNING + 90 * SECOND)
    assert (counts.pending, counts.dead, counts.oldest_pending_s) == (1, 1, 90.0)


def test_old_events_go_when_they_are_owed_to_nobody(register: Register) -> None:
    """Delivered ones after 30 days; pending and dead ones stay."""
    one = subscribe(register)
    sent, dead, waiting = happen(register, "a", "b", "c")
    deliveries = {d.event_id: d for d in take(register, one)}
    with register.transaction() as now:
        now.delivered(deliveries[sent])
    die(register, deliveries[dead])
    assert register.prunable_events(MORNING + timedelta(days=29)) == []
    late = MORNING + timedelta(days=31)
    assert register.prunable_events(late) == [sent]
    with register.transaction() as now:
        now.drop_dead_letters(event_id=dead)
    assert sorted(register.prunable_events(late)) == [sent, dead]
    assert len(register.prunable_events(late, limit=1)) == 1
    with register.transaction() as now:
        assert now.drop_events([sent, dead, waiting]) == 2
    assert rows_of_events(register) == [waiting]


def test_dead_letters_stay_however_old_they_are(register: Register) -> None:
    one = subscribe(register)
    (dead,) = happen(register, "a")
    (delivery,) = take(register, one)
    die(register, delivery)
    assert register.prunable_events(MORNING + timedelta(days=400)) == []
    with register.transaction() as now:
        assert now.drop_events([dead]) == 0
    assert [letter.event_id for letter in register.dead_letters()] == [dead]


def test_what_nobody_asks_for_is_not_written(register: Register) -> None:
    """Neither before there is an endpoint, nor for a disabled one, nor of another type."""
    assert happen(register, "a") == rows_of_events(register) == []
    one = subscribe(register, "appeal.opened")
    assert happen(register, "a") == []
    asked_for = happen(register, "a", kind="appeal.opened")
    assert len(asked_for) == 1
    with register.transaction() as now:
        now.disable_endpoint(one, "answered 410", MORNING)
    assert happen(register, "b", kind="appeal.opened") == []
    assert rows_of_events(register) == asked_for


def test_a_clock_that_was_wrong_delays_nothing_for_good(register: Register) -> None:
    one = subscribe(register)
    happen(register, "a")
    take(register, one, at=MORNING + timedelta(days=40))
    assert take(register, one, at=MORNING + LEASE) == []
    with register.transaction() as now:
        assert now.mend_times(MORNING + LEASE) == 1
    assert len(take(register, one, at=MORNING + LEASE)) == 1


NOTES, WORKERS = ("a", "b", "c"), (0, 1, 2)


class World:
    """Processes that deliver, and what a subscriber has received."""

    def __init__(self, register: Register) -> None:
        with register.transaction() as now:
            for table in (EVENTS, ENDPOINTS):
                now._connection.execute(delete(table))
        self.register, self.clock, self.endpoint = register, MORNING, subscribe(register)
        self.happened: dict[str, list[int]] = {note_id: [] for note_id in NOTES}
        self.received: dict[str, list[int]] = {note_id: [] for note_id in NOTES}
        self.held: dict[int, list[Delivery]] = {worker: [] for worker in WORKERS}

    def happen(self, note: int) -> None:
        self.happened[NOTES[note]] += happen(self.register, NOTES[note])

    def wait(self, how_long: int) -> None:
        self.clock += (1, 20, 61)[how_long] * SECOND

    def take(self, worker: int) -> None:
        self.held[worker] += take(self.register, self.endpoint, at=self.clock, room=2)

    def die(self, worker: int) -> None:
        self.held[worker] = []

    def send(self, worker: int, *, records: bool = True) -> None:
        if not self.held[worker]:
            return
        delivery = self.held[worker].pop(0)
        if self.clock >= delivery.lease_until:  # nobody sends after that
            return
        self.received[delivery.note_id].append(delivery.event_id)
        if records:
            with self.register.transaction() as now:
                now.delivered(delivery)

    def send_and_die(self, worker: int) -> None:
        self.send(worker, records=False)
        self.die(worker)

    def fail(self, worker: int, *, for_good: bool = False) -> None:
        if self.held[worker]:
            delivery = self.held[worker].pop(0)
            with self.register.transaction() as now:
                retry_at = None if for_good else self.clock + 5 * SECOND
                now.not_delivered(delivery, "no", retry_at)

    def give_up(self, worker: int) -> None:
        self.fail(worker, for_good=True)


STEPS = ("happen", "happen", "take", "send", "send_and_die", "fail", "give_up", "die", "wait")


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(WORKERS)), max_size=40),
)
def test_nothing_is_lost_and_each_note_is_in_order(
    register: Register, steps: list[tuple[str, int]]
) -> None:
    """Whoever dies at whatever step: all arrive or are dead letters, for each note in order."""
    world = World(register)
    for step, on in steps:
        getattr(world, step)(on)
    for worker in WORKERS:
        world.die(worker)
    world.clock += 2 * LEASE
    while register.endpoints_due(world.clock):
        world.take(0)
        while world.held[0]:
            world.send(0)
    assert register.delivery_counts(world.clock).pending == 0
    dead = {letter.event_id for letter in register.dead_letters()}
    for note_id in NOTES:
        first_time = list(dict.fromkeys(world.received[note_id]))
        assert set(first_time) | dead >= set(world.happened[note_id])
        assert first_time == sorted(first_time)

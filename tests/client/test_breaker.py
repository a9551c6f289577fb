"""The circuit breaker against a slow one that keeps everything it ever saw."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from moderation.client.breaker import Breaker, Permit, State, Tripping, breaker_of

TRIPPING = Tripping(window_s=10, failures=3, share=0.5, open_s=4)


@dataclass
class Obvious:
    """No running sums, no eras: every question goes through the whole past."""

    asked: list[float] = field(default_factory=list)
    """When each call was let through."""
    ended: list[tuple[float, int, bool | None]] = field(default_factory=list)
    """(when, which call, whether it failed)."""
    changes: list[tuple[float, State, int]] = field(
        default_factory=lambda: [(0.0, State.CLOSED, 0)]
    )
    """(when, to what, how many calls had been let through); probing is a change by its call."""
    probes: list[int] = field(default_factory=list)

    def state(self, now: float) -> State:
        at, state, _ = self.changes[-1]
        if state is State.CLOSED:
            return State.CLOSED
        return State.OPEN if now - at < TRIPPING.open_s else State.HALF_OPEN

    def may(self, now: float) -> bool:
        state = self.state(now)
        if state is not State.HALF_OPEN:
            return state is State.CLOSED
        return self._probe(now) is None

    def _probe(self, now: float) -> int | None:
        """The call that tries now, unless it is lost."""
        ended = {call for _, call, _ in self.ended}
        since = self.changes[-1][2]
        running = [p for p in self.probes if p >= since and p not in ended]
        if not running:
            return None
        last = running[-1]
        return last if now - self.asked[last] < TRIPPING.open_s else None

    def ask(self, now: float) -> int:
        call = len(self.asked)
        self.asked.append(now)
        if self.state(now) is State.HALF_OPEN:
            self.probes.append(call)
        return call

    def settle(self, now: float, call: int, failed: bool | None) -> None:
        _, state, since = self.changes[-1]
        self.ended.append((now, call, failed))
        if call < since:
            return
        if state is not State.CLOSED:
            # Only the last one that was let try has a say.
            if call == self.probes[-1] and failed is not None:
                self._change(now, State.OPEN if failed else State.CLOSED)
            return
        fresh = [
            bad
            for at, one, bad in self.ended
            if one >= since and now - at < TRIPPING.window_s and bad is not None
        ]
        bad = sum(fresh)
        if failed and bad >= TRIPPING.failures and bad >= TRIPPING.share * len(fresh):
            self._change(now, State.OPEN)

    def _change(self, now: float, state: State) -> None:
        self.changes.append((now, state, len(self.asked)))


class BothBreakers(RuleBasedStateMachine):
    """Calls begin, end in any order or never, and time goes by."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.breaker = Breaker(TRIPPING, clock=lambda: self.now)
        self.obvious = Obvious()
        self.out: dict[int, Permit] = {}

    @rule(seconds=st.sampled_from([0.5, 1, 3.5, 4, 9.5, 10, 30]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def ask(self) -> None:
        permit = self.breaker.ask()
        assert (permit is not None) == self.obvious.may(self.now)
        if permit is not None:
            self.out[self.obvious.ask(self.now)] = permit

    @precondition(lambda self: self.out)
    @rule(data=st.data(), failed=st.sampled_from([True, True, False, None]))
    def settle(self, data: st.DataObject, failed: bool | None) -> None:
        call = data.draw(st.sampled_from(sorted(self.out)))
        self.breaker.settle(self.out.pop(call), failed, cause=str(call))
        self.obvious.settle(self.now, call, failed)

    @rule(failed=st.integers(0, 5), well=st.integers(0, 5))
    def many(self, failed: int, well: int) -> None:
        """A burst, so that the circuit opens often."""
        for bad in [False] * well + [True] * failed:
            permit = self.breaker.ask()
            assert (permit is not None) == self.obvious.may(self.now)
            if permit is not None:
                call = self.obvious.ask(self.now)
                self.breaker.settle(permit, bad)
                self.obvious.settle(self.now, call, bad)

    @invariant()
    def same_state(self) -> None:
        assert self.breaker.state is self.obvious.state(self.now)


TestBothBreakers = BothBreakers.TestCase
TestBothBreakers.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def fail(breaker: Breaker, times: int, cause: str = "timeout") -> None:
    for _ in range(times):
        permit = breaker.ask()
        assert permit is not None
        breaker.settle(permit, True, cause=cause)


def test_few_failures_among_many_calls_do_not_open_it() -> None:
    """A busy client meets one now and then."""
    breaker = Breaker(TRIPPING, clock=lambda: 0.0)
    for _ in range(100):
        permit = breaker.ask()
        assert permit is not None
        breaker.settle(permit, False)
    fail(breaker, 99)
    assert breaker.state is State.CLOSED
    fail(breaker, 1, "overloaded")
    assert breaker.state is State.OPEN
    assert breaker.cause == "overloaded"


def test_one_thread_tries_and_the_others_do_not() -> None:
    """However many ask at the same moment."""
    now = [0.0]
    breaker = Breaker(TRIPPING, clock=lambda: now[0])
    fail(breaker, 3)
    now[0] = 4.0
    together = threading.Barrier(16)

    def ask(_: int) -> Permit | None:
        together.wait()
        return breaker.ask()

    with ThreadPoolExecutor(16) as pool:
        found = [permit for permit in pool.map(ask, range(16)) if permit is not None]
    assert len(found) == 1
    breaker.settle(found[0], False)
    assert breaker.state is State.CLOSED


def test_counts_of_many_threads_add_up() -> None:
    """Nothing is counted twice or lost, so the circuit opens at exactly the last failure."""
    breaker = Breaker(Tripping(window_s=1e9, failures=801, open_s=1e9))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fail(breaker, 100), range(8)))
    assert breaker.state is State.CLOSED
    fail(breaker, 1)
    assert breaker.state is State.OPEN


def test_an_address_keeps_its_breaker_as_long_as_somebody_uses_it() -> None:
    """And no longer."""
    breaker = breaker_of("http://one.example")
    assert breaker_of("http://one.example") is breaker
    assert breaker_of("http://other.example") is not breaker
    fail(breaker, 5)
    assert breaker_of("http://one.example").state is State.OPEN
    del breaker
    gc.collect()
    assert breaker_of("http://one.example").state is State.CLOSED

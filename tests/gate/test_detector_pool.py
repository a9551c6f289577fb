"""Detectors' threads: first come, first served, and what is late has threads that stand back."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.gate.looking.detector_pool import (
    ANY_TIME,
    DUE_NICENESS,
    LATE_NICENESS,
    DetectorPool,
    Step,
)

WAIT_S = 10
LOWEST = 19


class Holding:
    """A step that keeps its thread until it is let go."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def step(self, *, due: float | None = None) -> Step:
        return a_step(self._run, due=due)

    def _run(self) -> None:
        self.began.set()
        assert self.go.wait(WAIT_S)


def a_step(
    run: Callable[[], None],
    *,
    name: str = "copies",
    drop: Callable[[], None] = lambda: None,
    due: float | None = None,
) -> Step:
    return Step(name=name, run=run, drop=drop, due=due)


@given(st.lists(st.booleans(), max_size=20))
def test_first_come_first_served_among_the_due_and_among_the_late(late: list[bool]) -> None:
    """Neither waits for the other, whenever it became late."""
    pool, holding, done = DetectorPool(1), Holding(), list[int]()
    end, late_end = threading.Event(), threading.Event()
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    for number, is_late in enumerate(late):
        pool.submit(a_step(partial(done.append, number), due=ANY_TIME if is_late else None))
    pool.submit(a_step(late_end.set, due=ANY_TIME))
    assert late_end.wait(WAIT_S), "while the only thread for what is due is busy"
    behind = [number for number, is_late in enumerate(late) if is_late]
    assert done == behind
    pool.submit(a_step(end.set))
    holding.go.set()
    assert end.wait(WAIT_S)
    assert done == behind + [number for number, is_late in enumerate(late) if not is_late]
    pool.shutdown()


def test_a_step_that_becomes_late_while_it_waits_is_taken_by_the_others() -> None:
    """No new step needs to come for it."""
    pool, holding, done = DetectorPool(1), Holding(), threading.Event()
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    pool.submit(a_step(done.set, due=time.monotonic() + 0.1))
    assert done.wait(WAIT_S)
    holding.go.set()
    pool.shutdown()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own here")
def test_detectors_stand_back_behind_answers_and_late_ones_behind_these() -> None:
    """By the priorities that the system knows."""
    pool, niceness, done = DetectorPool(1), dict[str, int](), threading.Barrier(3)

    def tell(name: str) -> None:
        niceness[name] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        done.wait(WAIT_S)

    pool.submit(a_step(partial(tell, "due")))
    pool.submit(a_step(partial(tell, "late"), due=ANY_TIME))
    done.wait(WAIT_S)
    pool.shutdown()
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert niceness == {
        "due": min(mine + DUE_NICENESS, LOWEST),
        "late": min(mine + LATE_NICENESS, LOWEST),
    }
    assert DUE_NICENESS < LATE_NICENESS


def test_a_new_note_does_not_wait_for_what_is_late() -> None:
    """The estimate counts what is due, until it is late as well; the rest is told beside it."""
    pool, holding, late = DetectorPool(1), Holding(), Holding()
    assert (pool.load().steps, pool.load().wait_s) == (0, 0)
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    pool.submit(late.step(due=ANY_TIME))
    for _ in range(9):
        pool.submit(a_step(lambda: None, due=ANY_TIME))
    assert late.began.wait(WAIT_S)
    before = pool.load()
    assert before.steps == 11
    assert before.wait_s == 0
    assert before.late_s > 0
    soon = time.monotonic() + 0.2
    for _ in range(100):
        pool.submit(a_step(lambda: None, due=soon))
    assert 0 < pool.load().wait_s <= 0.3, "at most until these are late, and one step more"
    for _ in range(10):
        pool.submit(a_step(lambda: None))
    assert pool.load().wait_s > 0.4
    holding.go.set()
    late.go.set()
    pool.shutdown()


def test_a_closed_pool_drops_what_waits_and_ends_what_runs() -> None:
    """Nobody waits for a step that will never be taken."""
    pool, holding, dropped = DetectorPool(1), Holding(), list[str]()
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    pool.submit(a_step(lambda: None, drop=lambda: dropped.append("waiting")))
    closing = threading.Thread(target=pool.shutdown)
    closing.start()
    holding.go.set()
    closing.join(WAIT_S)
    assert not closing.is_alive()
    pool.submit(a_step(lambda: None, drop=lambda: dropped.append("after the end")))
    assert dropped == ["waiting", "after the end"]


def test_a_step_that_fails_leaves_its_thread_standing(caplog: pytest.LogCaptureFixture) -> None:
    """And is told in the log; what is observed are all that ended."""
    pool, end, seen = DetectorPool(1), threading.Event(), list[str]()

    def fail() -> None:
        raise RuntimeError("broken")

    pool.observe = lambda name, seconds: seen.append(name)
    pool.submit(a_step(fail, name="codes"))
    pool.submit(a_step(lambda: None, name="lettering"))
    pool.submit(a_step(end.set))
    assert end.wait(WAIT_S)
    pool.shutdown()
    assert seen == ["codes", "lettering", "copies"]
    assert "broken" in caplog.text


def test_all_threads_are_used() -> None:
    """As many steps at a time as there are threads."""
    pool, steps = DetectorPool(3), [Holding() for _ in range(3)]
    for holding in steps:
        pool.submit(holding.step())
    assert all(holding.began.wait(WAIT_S) for holding in steps)
    for holding in steps:
        holding.go.set()
    pool.shutdown()

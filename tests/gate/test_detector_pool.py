"""Detectors' threads: first come, first served, and what is late stands back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.gate.detector_pool import ANY_TIME, DetectorPool, Step

WAIT_S = 10


class Holding:
    """A step that keeps its thread until it is let go."""

    def __init__(self) -> None:
        self.began, self.go = threading.Event(), threading.Event()

    def step(self) -> Step:
        return a_step(self._run)

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
def test_what_is_late_comes_after_all_that_is_due(late: list[bool]) -> None:
    """Each group in its order, whenever it became late."""
    pool, holding, done, end = DetectorPool(1), Holding(), list[int](), threading.Event()
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    for number, is_late in enumerate(late):
        pool.submit(a_step(partial(done.append, number), due=ANY_TIME if is_late else None))
    pool.submit(a_step(end.set, due=ANY_TIME))
    holding.go.set()
    assert end.wait(WAIT_S)
    due = [number for number, is_late in enumerate(late) if not is_late]
    assert done == due + [number for number, is_late in enumerate(late) if is_late]
    pool.shutdown()


def test_a_new_note_does_not_wait_for_what_is_late() -> None:
    """The estimate counts what is due, until it is late as well; the rest is told beside it."""
    pool, holding = DetectorPool(1), Holding()
    assert (pool.load().steps, pool.load().wait_s) == (0, 0)
    pool.submit(holding.step())
    assert holding.began.wait(WAIT_S)
    for _ in range(10):
        pool.submit(a_step(lambda: None, due=ANY_TIME))
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

"""The threads in which detectors run, and how much is waiting for them.

First come, first served; but what is late already, since its note has been answered without it,
goes to threads of its own, which the system lets run when nobody else wants the core. So a burst
leaves work behind it, and does not make the notes after it late as well. All detectors stand back
behind deciding and answering, which take little and make every note late where they have to wait.

A note that arrives while much is waiting would miss its deadline before anybody has looked at it,
and is better refused at once. How long it would wait is told by what is waiting, times what each
step took lately.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

DUE_NICENESS, LATE_NICENESS = 5, 15
"""Added to that of the process. A step in its middle cannot be taken off its core otherwise."""
FIND = "copies"
"""Step that decodes a picture, searches for it and proves what it finds."""
_FIRST_GUESS_S = 0.05
log = logging.getLogger(__name__)
_MEMORY = 0.9  # of the moving average of each step's time


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is waiting for a detector."""

    steps: int
    """Waiting or running: a picture to be searched for, a picture or a text to be read."""
    wait_s: float
    """About how long until a thread is free for one more note."""
    late_s: float = 0.0
    """About how much work, in seconds of all threads, stands behind answers that were given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A piece of an examination."""

    name: str
    """What is done, for the estimate."""
    run: Callable[[], None]
    drop: Callable[[], None]
    """Called instead of `run` where the pool is closed before it was its turn."""
    due: float | None
    """When its note is answered, with it or without, by `time.monotonic`; None where that waits
    for it."""

    def is_late(self, at: float) -> bool:
        """Whether its note has been answered without it by then."""
        return self.due is not None and self.due <= at


ANY_TIME = 0.0
"""`due` of what nobody waits for: late from the start."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Crew:
    """Threads of one kind, and what waits for them."""

    name: str
    niceness: int
    waiting: deque[Step] = field(default_factory=deque)
    running: int = 0
    threads: list[threading.Thread] = field(default_factory=list)


class DetectorPool:
    """Runs steps of examinations. Safe to use from many threads."""

    def __init__(self, threads: int | None = None) -> None:
        """Use so many threads, and as many for what is late; None for one a core."""
        self.threads = threads or os.cpu_count() or 1
        self.executor = ThreadPoolExecutor(self.threads, thread_name_prefix="ahead")
        """For a stream of notes whose examinations take their steps in one thread each."""
        self.observe: Callable[[str, float], None] | None = None
        """Told the name of each step that ends, and its seconds; for metrics."""
        self._changed = threading.Condition()
        self._due = _Crew(name="detector", niceness=DUE_NICENESS)
        self._late = _Crew(name="late-detector", niceness=LATE_NICENESS)
        self._took_s: dict[str, float] = {}
        self._closed = False

    def submit(self, step: Step) -> None:
        """Run a step when a thread is free, or drop it where the pool is closed."""
        with self._changed:
            closed = self._closed
            if not closed:
                self._due.waiting.append(step)
                for crew in (self._due, self._late):
                    self._one_more_thread(crew)
                self._changed.notify_all()
        if closed:
            step.drop()

    def load(self) -> Load:
        """What is waiting now."""
        with self._changed:
            now = time.monotonic()
            self._set_late_apart(now)
            due, late = self._due, self._late
            free = len(due.waiting) + due.running < self.threads
            return Load(
                steps=sum(len(crew.waiting) + crew.running for crew in (due, late)),
                wait_s=0.0 if free else self._wait_s(now),
                late_s=sum(map(self._took, late.waiting)) / self.threads,
            )

    def shutdown(self) -> None:
        """End when the running steps have ended; what waits is dropped."""
        crews = (self._due, self._late)
        with self._changed:
            self._closed = True
            left = [step for crew in crews for step in crew.waiting]
            for crew in crews:
                crew.waiting.clear()
            self._changed.notify_all()
        for step in left:
            step.drop()
        for thread in (thread for crew in crews for thread in crew.threads):
            thread.join()
        self.executor.shutdown(cancel_futures=True)

    def _one_more_thread(self, crew: _Crew) -> None:
        """Unless there are enough of them."""
        if len(crew.threads) < self.threads:
            name = f"{crew.name}-{len(crew.threads)}"
            thread = threading.Thread(target=self._work, args=(crew,), name=name, daemon=True)
            crew.threads.append(thread)
            thread.start()

    def _work(self, crew: _Crew) -> None:
        _stand_back(crew.niceness)
        while (step := self._next(crew)) is not None:
            started = time.perf_counter()
            try:
                step.run()
            except BaseException:
                log.exception("a step failed that should have told its note")
            finally:
                took = time.perf_counter() - started
                with self._changed:
                    crew.running -= 1
                    if crew is self._due:  # others wait for their core as well
                        known = self._took_s.get(step.name, took)
                        self._took_s[step.name] = _MEMORY * known + (1 - _MEMORY) * took
                if self.observe is not None:
                    self.observe(step.name, took)

    def _next(self, crew: _Crew) -> Step | None:
        """What a thread does next; None where the pool is closed."""
        with self._changed:
            while not self._closed:
                self._set_late_apart(time.monotonic())
                if crew.waiting:
                    crew.running += 1
                    return crew.waiting.popleft()
                self._changed.wait(self._until_late())
            return None

    def _set_late_apart(self, now: float) -> None:
        """Steps whose notes have been answered go to the others of their kind, in their order."""
        if any(step.is_late(now) for step in self._due.waiting):
            still_due: deque[Step] = deque()
            for step in self._due.waiting:
                (self._late.waiting if step.is_late(now) else still_due).append(step)
            self._due.waiting = still_due

    def _until_late(self) -> float | None:
        """Seconds until the first of the steps that wait is late; None where none will be."""
        due = [step.due for step in self._due.waiting if step.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _wait_s(self, now: float) -> float:
        """Until all that is due has had its turn, or has become late before it came."""
        wait_s = 0.0
        for step in self._due.waiting:
            if not step.is_late(now + wait_s):
                wait_s += self._took(step) / self.threads
        return wait_s

    def _took(self, step: Step) -> float:
        return self._took_s.get(step.name, _FIRST_GUESS_S)


def _stand_back(niceness: int) -> None:
    """Let this thread run behind others; only Linux has priorities of threads."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        with contextlib.suppress(OSError):  # a sandbox may forbid it: slower, and not broken
            os.setpriority(os.PRIO_PROCESS, me, os.getpriority(os.PRIO_PROCESS, me) + niceness)

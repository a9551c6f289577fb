"""The threads in which detectors run, and how much is waiting for them.

First come, first served; but what is late already, since its note has been answered without it,
stands back behind whatever an answer is still due for. So a burst leaves work behind it, and does
not make the notes after it late as well.

A note that arrives while much is waiting would miss its deadline before anybody has looked at it,
and is better refused at once. How long it would wait is told by what is waiting, times what each
step took lately.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

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


class DetectorPool:
    """Runs steps of examinations. Safe to use from many threads."""

    def __init__(self, threads: int | None = None) -> None:
        """Use so many threads; None for one a core."""
        self.threads = threads or os.cpu_count() or 1
        self.executor = ThreadPoolExecutor(self.threads, thread_name_prefix="ahead")
        """For a stream of notes whose examinations take their steps in one thread each."""
        self.observe: Callable[[str, float], None] | None = None
        """Told the name of each step that ends, and its seconds; for metrics."""
        self._changed = threading.Condition()
        self._due: deque[Step] = deque()
        self._late: deque[Step] = deque()
        self._running = 0
        self._took_s: dict[str, float] = {}
        self._closed = False
        self._workers: list[threading.Thread] = []

    def submit(self, step: Step) -> None:
        """Run a step when a thread is free, or drop it where the pool is closed."""
        with self._changed:
            closed = self._closed
            if not closed:
                self._due.append(step)
                if len(self._workers) < self.threads:
                    self._add_worker()
                self._changed.notify()
        if closed:
            step.drop()

    def load(self) -> Load:
        """What is waiting now."""
        with self._changed:
            now = time.monotonic()
            self._stand_back(now)
            free = len(self._due) + self._running < self.threads
            return Load(
                steps=len(self._due) + len(self._late) + self._running,
                wait_s=0.0 if free else self._wait_s(now),
                late_s=sum(map(self._took, self._late)) / self.threads,
            )

    def shutdown(self) -> None:
        """End when the running steps have ended; what waits is dropped."""
        with self._changed:
            self._closed = True
            left = [*self._due, *self._late]
            self._due.clear()
            self._late.clear()
            self._changed.notify_all()
        for step in left:
            step.drop()
        for worker in self._workers:
            worker.join()
        self.executor.shutdown(cancel_futures=True)

    def _add_worker(self) -> None:
        name = f"detector-{len(self._workers)}"
        worker = threading.Thread(target=self._work, name=name, daemon=True)
        self._workers.append(worker)
        worker.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (step := self._next()) is None:
                    if self._closed:
                        return
                    self._changed.wait()
                self._running += 1
            started = time.perf_counter()
            try:
                step.run()
            except BaseException:
                log.exception("a step failed that should have told its note")
            finally:
                took = time.perf_counter() - started
                with self._changed:
                    self._running -= 1
                    known = self._took_s.get(step.name, took)
                    self._took_s[step.name] = _MEMORY * known + (1 - _MEMORY) * took
                if self.observe is not None:
                    self.observe(step.name, took)

    def _next(self) -> Step | None:
        self._stand_back(time.monotonic())
        for queue in (self._due, self._late):
            if queue:
                return queue.popleft()
        return None

    def _stand_back(self, now: float) -> None:
        """Steps whose notes have been answered go behind all others, in their order."""
        if any(step.is_late(now) for step in self._due):
            still_due: deque[Step] = deque()
            for step in self._due:
                (self._late if step.is_late(now) else still_due).append(step)
            self._due = still_due

    def _wait_s(self, now: float) -> float:
        """Until all that is due has had its turn, or has become late before it came."""
        wait_s = 0.0
        for step in self._due:
            if not step.is_late(now + wait_s):
                wait_s += self._took(step) / self.threads
        return wait_s

    def _took(self, step: Step) -> float:
        return self._took_s.get(step.name, _FIRST_GUESS_S)

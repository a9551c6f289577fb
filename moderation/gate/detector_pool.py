"""The threads in which detectors run, and how much is waiting for them.

A note that arrives while much is waiting would miss its deadline before anybody has looked at it,
so it is better refused at once. How long it would wait is told by what is waiting, times what each
step took lately.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

FIND = "copies"
"""Step that decodes a picture, searches for it and proves what it finds."""
_FIRST_GUESS_S = 0.05
_MEMORY = 0.9  # of the moving average of each step's time


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is waiting for a detector."""

    steps: int
    """Waiting or running: a picture to be searched for, a picture or a text to be read."""
    wait_s: float
    """About how long until a thread is free for one more."""


class DetectorPool:
    """Runs steps of examinations, first come, first served. Safe to use from many threads."""

    def __init__(self, threads: int | None = None) -> None:
        """Use so many threads; None for one a core."""
        self.threads = threads or os.cpu_count() or 1
        self.executor = ThreadPoolExecutor(self.threads, thread_name_prefix="detector")
        self.observe: Callable[[str, float], None] | None = None
        """Told the name of each step that ends, and its seconds; for metrics."""
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()
        self._took_s: dict[str, float] = {}

    def submit(self, step: str, work: Callable[[], None]) -> None:
        """Run `work` when a thread is free; `step` names what it is for the estimate.

        Raises:
            RuntimeError: the pool is shut down.
        """
        with self._lock:
            self._waiting[step] += 1
        try:
            self.executor.submit(self._run, step, work)
        except RuntimeError:
            self._gone(step)
            raise

    def load(self) -> Load:
        """What is waiting now."""
        with self._lock:
            steps = self._waiting.total()
            work = sum(
                count * self._took_s.get(step, _FIRST_GUESS_S)
                for step, count in self._waiting.items()
            )
        free = steps < self.threads
        return Load(steps=steps, wait_s=0.0 if free else work / self.threads)

    def shutdown(self) -> None:
        """End when the running steps have ended; what waits is given up."""
        self.executor.shutdown(cancel_futures=True)

    def _run(self, step: str, work: Callable[[], None]) -> None:
        started = time.perf_counter()
        try:
            work()
        finally:
            took = time.perf_counter() - started
            with self._lock:
                known = self._took_s.get(step, took)
                self._took_s[step] = _MEMORY * known + (1 - _MEMORY) * took
            self._gone(step)
            if self.observe is not None:
                self.observe(step, took)

    def _gone(self, step: str) -> None:
        with self._lock:
            self._waiting[step] -= 1

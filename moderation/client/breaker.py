"""Circuit breaker: whoever does not answer is left alone for a while.

A pure state machine with an injected clock. Closed, calls pass and are counted over a sliding
window; with enough failures among them it opens, and nothing passes; after a pause it is half
open, and one call at a time may try. A lock is held for the counting only, never while anybody
waits, so that threads and tasks of asyncio may share one breaker.

After M. Nygard, Release It! (2007), chapter 5.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from weakref import WeakValueDictionary


class State(StrEnum):
    """Of a breaker."""

    CLOSED = "closed"
    """Calls pass."""
    OPEN = "open"
    """No call passes."""
    HALF_OPEN = "half_open"
    """One call at a time passes, to see whether the service is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tripping:
    """When a breaker opens, and for how long."""

    window_s: float = 10.0
    """Calls of the last so many seconds count."""
    failures: int = 5
    """So many of them must have failed"""
    share: float = 0.5
    """and this share of all of them, 0–1: a busy client meets a failure now and then."""
    open_s: float = 5.0
    """Seconds until one call may try again."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave for one call; `settle` takes it back."""

    era: int
    """Which stretch between two changes of state it belongs to."""


class Breaker:
    """For one service. Safe for threads and for tasks.

    Args:
        tripping: when it opens.
        clock: seconds that never run backwards.
    """

    def __init__(
        self, tripping: Tripping | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.tripping = tripping or Tripping()
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: deque[tuple[float, bool]] = deque()  # (when it ended, whether it failed)
        self._failed = 0
        self._era = 0
        self._opened: float | None = None  # None while closed
        self._probing: float | None = None  # since when one call tries
        self._cause = ""

    @property
    def state(self) -> State:
        """As a call made now would meet it."""
        with self._lock:
            if self._opened is None:
                return State.CLOSED
            pausing = self._clock() - self._opened < self.tripping.open_s
            return State.OPEN if pausing else State.HALF_OPEN

    @property
    def cause(self) -> str:
        """What the failure that opened it last was called; empty if it never opened."""
        return self._cause

    def ask(self) -> Permit | None:
        """Leave for one call, or None. Every permit must come back to `settle`."""
        with self._lock:
            if self._opened is not None:
                now = self._clock()
                if now - self._opened < self.tripping.open_s:
                    return None
                # A probe that never came back (its process was forked away) blocks nobody for good.
                if self._probing is not None and now - self._probing < self.tripping.open_s:
                    return None
                self._era += 1
                self._probing = now
            return Permit(self._era)

    def settle(self, permit: Permit, failed: bool | None, *, cause: str = "") -> None:
        """Tell how a call went.

        Args:
            permit: what `ask` gave. One from before the last change of state says nothing any more.
            failed: whether the service is to blame; None where the call says nothing about it.
            cause: what the failure is called.
        """
        with self._lock:
            if permit.era != self._era:
                return
            now = self._clock()
            if self._opened is not None:
                self._probing = None
                if failed is False:
                    self._opened = None
                    self._era += 1
                elif failed:
                    self._open(now, cause)
                return
            if failed is None:
                return
            self._calls.append((now, failed))
            self._failed += failed
            while now - self._calls[0][0] >= self.tripping.window_s:
                self._failed -= self._calls.popleft()[1]
            many = self._failed >= self.tripping.failures
            if failed and many and self._failed >= self.tripping.share * len(self._calls):
                self._open(now, cause)

    def _open(self, now: float, cause: str) -> None:
        self._opened = now
        self._cause = cause
        self._era += 1
        self._calls.clear()
        self._failed = 0


_shared: WeakValueDictionary[str, Breaker] = WeakValueDictionary()
_sharing = threading.Lock()


def breaker_of(base_url: str) -> Breaker:
    """The breaker that all clients of one address share in this process."""
    with _sharing:
        breaker = _shared.get(base_url)
        if breaker is None:
            breaker = _shared[base_url] = Breaker()
        return breaker

"""Calls: bounded threads between the event loop and the gate, which blocks.

A call that takes longer than its caller can wait goes on behind the answer, and counts as inside
until it has ended: where a database stalls, the service fills up to its bound and then refuses,
instead of growing until it dies.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from moderation.service.problems import Refused, overloaded

AGAIN = "ask again after `Retry-After`: what is done by then is not done twice"
SLOW_S = 30.0
"""How long a question may take that nobody gives a deadline for."""
Answered = TypeVar("Answered")
log = logging.getLogger(__name__)


class Calls:
    """Threads for calls that block, with a bound on those waiting."""

    def __init__(self, threads: int, most_inside: int, *, name: str) -> None:
        self.most_inside = most_inside
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._inside: set[Future[Any]] = set()

    @property
    def inside(self) -> int:
        """Calls that wait or run."""
        return len(self._inside)

    async def run(
        self,
        work: Callable[[], Answered],
        *,
        within_s: float,
        ended: Callable[[], None] = lambda: None,
        again: str = AGAIN,
    ) -> Answered:
        """What `work` returns or raises.

        Args:
            work: called in a thread.
            within_s: how long its result is of use.
            ended: called once, when the work has ended, however late, or will never begin.
            again: what the caller can do where the work goes on without it.

        Raises:
            Refused: 503, at once where too many are inside; or after `within_s`, while the work
                goes on; or where the process ends before the work has begun.
        """
        if self.inside >= self.most_inside:
            ended()
            raise overloaded(f"{self.inside} requests are inside, limit {self.most_inside}")
        context = contextvars.copy_context()
        future = self._pool.submit(context.run, work)
        self._inside.add(future)
        future.add_done_callback(self._inside.discard)
        future.add_done_callback(lambda _: ended())
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.shield(asyncio.wrap_future(future))
        except asyncio.CancelledError:
            if not future.cancelled():
                raise  # the caller's task was, not the work
            raise Refused(
                503,
                "draining",
                "this process ended before it came to the request",
                hint="submit again, to another replica",
                retry_after_s=1,
            ) from None
        except TimeoutError:
            if future.done():  # at the last moment; or the work itself ran into a timeout
                return future.result()
            future.add_done_callback(_told)
            raise Refused(
                503,
                "late",
                f"no answer within {within_s:.2f} s: the register stalls; the work goes on",
                hint=again,
                retry_after_s=1,
            ) from None

    def close(self) -> None:
        """Give up what waits; what runs is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _told(late: Future[Any]) -> None:
    error = None if late.cancelled() else late.exception()
    if error is not None:
        log.warning("a call that nobody waited for failed: %s", error)

"""When to ask again: pure, within the deadline, and only where asking twice is safe.

Waits are drawn from zero up to a bound that doubles (full jitter, M. Brooker, "Exponential Backoff
And Jitter", 2015), so that clients that failed together do not come back together.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from moderation.client.fallback import Trouble

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 1.0
POLL_AT_LEAST_S, POLL_AT_MOST_S = 0.02, 0.2
"""Between two questions whether the first request is done."""
MOST_TRIES = 5
WORTH_TRYING_S = 0.05
"""With less time left, another request could not be answered: no service is asked for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stumble:
    """One request that brought no answer."""

    cause: Trouble
    detail: str
    again: bool
    """Asking again is safe and may help."""
    retry_after_s: float | None = None
    """Seconds that the service asked to wait."""
    in_flight: bool = False
    """Somebody's first request under this key is at work: ask until it is done."""

    @property
    def blames_the_service(self) -> bool:
        """Whether the circuit breaker counts it."""
        return not self.in_flight


def wait_before_retry(
    stumble: Stumble, *, tries: int, left_s: float, draw: Callable[[], float] = random.random
) -> float | None:
    """Seconds to wait before the next request, or None to give up.

    Args:
        stumble: what the last request met.
        tries: how many requests have been begun, from 1.
        left_s: seconds until the deadline.
        draw: uniform in [0, 1).
    """
    bound = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (tries - 1))
    wait = draw() * bound
    asked = stumble.retry_after_s
    if stumble.in_flight:
        # Whatever `Retry-After` says: a whole second would waste the deadline.
        wait = max(POLL_AT_LEAST_S, min(wait, POLL_AT_MOST_S))
    elif not stumble.again or tries >= MOST_TRIES:
        return None
    elif asked is not None:
        wait += asked
    return wait if wait + WORTH_TRYING_S <= left_s else None

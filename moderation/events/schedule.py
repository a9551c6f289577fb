"""When a failed attempt is made again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

WAITS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""Before each attempt: eight in all, within 28 hours (as Standard Webhooks 1.0 recommends)."""
JITTER = 0.2
"""A wait is longer by up to this share, so that what failed together does not return together."""


def wait_after(
    failed: int, chance: float, *, waits: Sequence[timedelta] = WAITS
) -> timedelta | None:
    """How long to wait before the next attempt.

    Args:
        failed: attempts that have failed, from 1.
        chance: random, 0–1.
        waits: before each attempt.

    Returns:
        None where there was the last one: a dead letter.
    """
    if failed >= len(waits):
        return None
    return waits[failed] * (1 + JITTER * chance)

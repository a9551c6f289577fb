"""Counts are by the hour of the clock: a test that counts should not begin where one ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_LAST = timedelta(seconds=30)


def within_one_hour() -> None:
    """Return where the hour lasts for another while, after a wait in its last seconds."""
    now = datetime.now(UTC)
    left = timedelta(hours=1) - (now - now.replace(minute=0, second=0, microsecond=0))
    if left < _LAST:
        time.sleep(left.total_seconds())

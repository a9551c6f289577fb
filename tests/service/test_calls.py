"""Calls into the gate: an answer, or a refusal that says why, and never both."""

from __future__ import annotations

import asyncio
import time

from moderation.service.calls import Calls


def test_what_is_done_when_the_time_is_over_is_the_answer() -> None:
    """The event loop was held up, and both come to it at once."""

    async def held_up() -> int:
        calls = Calls(1, 1, name="test")
        asking = asyncio.create_task(calls.run(lambda: 7, within_s=0.05))
        await asyncio.sleep(0)
        time.sleep(0.2)
        try:
            return await asking
        finally:
            calls.close()

    assert asyncio.run(held_up()) == 7

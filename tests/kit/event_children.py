"""What the tests of events do in this process and let others do until these are killed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from moderation.events.delivering import Delivered, Deliverer, Pace
from moderation.events.secrets import new_secret
from moderation.store import NewEvent, Register

QUICK = Pace(
    waits=(timedelta(0), timedelta(seconds=0.02), timedelta(seconds=0.04)),
    lease=timedelta(seconds=2),
    attempt_s=0.6,
    look_every_s=0.02,
    after_trouble_s=0.05,
)


def subscribe(register: Register, url: str, *types: str) -> int:
    with register.transaction() as now:
        return now.add_endpoint(url, secret=new_secret(), types=types, at=datetime.now(UTC))


def happen(register: Register, *note_ids: str) -> list[int]:
    """One event for each; returns their numbers."""
    with register.transaction() as now:
        return [
            now.add_event(
                NewEvent(
                    type="verdict.finalized",
                    note_id=note_id,
                    author_id="ann",
                    at=datetime.now(UTC),
                    payload={"decision": "pass", "revision": 1, "text": "猫"},
                )
            )
            for note_id in note_ids
        ]


def deliver(register: Register, *, pace: Pace = QUICK, until: float | None = None) -> Delivered:
    """Until nothing is due, or until all is received or dead, for so many seconds at most."""

    async def settled(stop: asyncio.Event) -> None:
        deadline = asyncio.get_running_loop().time() + (until or 0)
        while asyncio.get_running_loop().time() < deadline:
            counts = await asyncio.to_thread(register.delivery_counts, datetime.now(UTC))
            if not counts.pending:
                break
            await asyncio.sleep(0.02)
        stop.set()

    async def run() -> Delivered:
        stop = asyncio.Event()
        if until is None:
            return await Deliverer(register, pace=pace).run(stop, once=True)
        waiting = asyncio.create_task(settled(stop))
        done = await Deliverer(register, pace=pace).run(stop)
        await waiting
        return done

    return asyncio.run(run())


def deliver_until_killed(register: Register) -> None:
    """Say so when it begins."""
    print("open", flush=True)
    asyncio.run(Deliverer(register, pace=QUICK).run(asyncio.Event()))


def main(arguments: Sequence[str]) -> None:
    what, place = arguments[0], arguments[1]
    register = Register.open(place if "://" in place else Path(place))
    if what == "deliver":
        deliver_until_killed(register)


if __name__ == "__main__":
    main(sys.argv[1:])

"""What the tests of events do in this process and let others do until these are killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from moderation import Gate
from moderation.events.consuming import Consumer, Intake
from moderation.events.delivering import Delivered, Deliverer, Pace
from moderation.events.secrets import new_secret
from moderation.gate.publishing import keys
from moderation.gate.publishing.submission import Answer, Submission
from moderation.store import NewEvent, Register

QUICK = Pace(
    waits=(timedelta(0), timedelta(seconds=0.02), timedelta(seconds=0.04)),
    lease=timedelta(seconds=2),
    attempt_s=0.6,
    look_every_s=0.02,
    after_trouble_s=0.05,
)

PATIENT = replace(QUICK, lease=timedelta(seconds=10), attempt_s=2.0)
"""For tests that count attempts: a busy machine may hold one up for longer than `QUICK` waits."""


def start(*arguments: object) -> subprocess.Popen[str]:
    """A child that does one of these until it is killed; it has begun when it says `open`."""
    return subprocess.Popen(
        [sys.executable, "-m", "kit.event_children", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )


def has_begun(child: subprocess.Popen[str]) -> None:
    assert child.stdout is not None
    assert child.stdout.readline() == "open\n"


def end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate()


def subscribe(register: Register, url: str, *types: str) -> int:
    with register.transaction() as now:
        return now.add_endpoint(url, secret=new_secret(), types=types, at=datetime.now(UTC))


def happen(register: Register, *note_ids: str) -> list[int]:
    """One event for each; returns the numbers of those that somebody asked for."""
    with register.transaction() as now:
        added = [
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
    return [number for number in added if number is not None]


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


def consume_until_killed(gate: Gate, url: str, name: str) -> None:
    """Say so when it begins; a note whose text is `die` ends this process at once."""
    judged = gate.submit

    def submit(submission: Submission) -> Answer:
        if submission.note.text == "die":
            os._exit(9)
        if submission.note.text == "fail":
            raise RuntimeError("a bug")
        return judged(submission)

    gate.submit = submit  # type: ignore[method-assign]
    keys.UNHURRIED = timedelta(seconds=0.5)
    print("open", flush=True)
    Consumer(gate, replace(intake(url), name=name)).run(threading.Event())


def intake(url: str) -> Intake:
    return Intake(url=url, tries=2, idle_s=0.6, look_every_s=0.05, after_trouble_s=0.05)


def main(arguments: Sequence[str]) -> None:
    what, place = arguments[0], arguments[1]
    if what == "deliver":
        with Register.open(place) as register:
            deliver_until_killed(register)
    else:
        with Gate.open(place, threads=1) as gate:
            consume_until_killed(gate, arguments[2], arguments[3])


if __name__ == "__main__":
    main(sys.argv[1:])

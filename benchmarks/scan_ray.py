"""Does a Ray cluster give what one machine gives, and what does a lost machine cost?

A real cluster of two machines, both on this one: two raylets of one processor each, as far apart as
processes can be. Observing and pairing one archive:

- **local**, two processes, and **ray**, two tasks at once, in turns; every file of both must be the
  same. The seconds are of the whole of `moderation scan run`, judging too; a cluster has to be
  connected to as well, and each scan has workers of its own there that begin.
- **lost**: the second machine is killed (-9, its whole group) at a random moment after the first
  shard is done, then the driver goes on with what is left. A cluster for each round. Every row must
  be there once, every file the same.

Photographs of the data folder (else mixtures of those of Python packages), as in `scan_resume.py`.
Exits 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import HERE, WORK, parser, table, write
from scan_resume import SHARD_ROWS, digests, make_archive, note_ids, receipts, scan

sys.path.insert(0, str(HERE.parent / "tests"))
from kit.ray_machines import Machines, environment, two_machines


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.notes, args.rounds, args.lost = 32, 1, 1
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        archive = make_archive(args, folder / "archive")
        results = beside(args, archive, folder) | {"lost": lost(args, archive, folder)}
    table(("scan", "s"), [(k, str(v)) for k, v in results["seconds"].items()])
    table(("promise broken", "cases"), list(results["broken"].items()))
    table(("a machine lost", ""), [(k, str(v)) for k, v in results["lost"].items()])
    write("scan_ray", args, results | {"shard_rows": SHARD_ROWS})
    if any(results["broken"].values()) or any(results["lost"]["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--notes", type=int, default=400, help="in the archive")
    command.add_argument("--rounds", type=int, default=3, help="of both engines, in turns")
    command.add_argument("--lost", type=int, default=5, help="machines that are lost")
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


def beside(args: argparse.Namespace, archive: Path, folder: Path) -> dict[str, Any]:
    """Both engines in turns."""
    seconds: dict[str, list[float]] = {"local": [], "ray": []}
    differ = other_ends = 0
    with two_machines() as machines:
        for number in range(args.rounds):
            for engine in sorted(seconds, reverse=bool(number % 2)):
                out = folder / f"{engine}-{number}"
                began = time.monotonic()
                other_ends += scan(
                    archive, out, *on(machines if engine == "ray" else None), env=environment()
                ).wait()
                seconds[engine].append(round(time.monotonic() - began, 1))
                differ += differences(folder / "local-0", out) if number or engine == "ray" else 0
    rows = note_ids(folder / "ray-0", "observed/*/notes", "note_id")
    middle = {engine: float(np.median(runs)) for engine, runs in seconds.items()}
    return {
        "notes": args.notes,
        "seconds": seconds,
        "ray_over_local": round(middle["ray"] / middle["local"], 2),
        "broken": {
            "files that differ": differ,
            "rows missing": args.notes - len(rows),
            "other exit codes": other_ends,
        },
    }


def lost(args: argparse.Namespace, archive: Path, folder: Path) -> dict[str, Any]:
    """The second machine is lost in the middle."""
    rng = np.random.default_rng([args.seed, 12])
    seconds: list[float] = []
    done_at: list[int] = []
    broken = {"files that differ": 0, "rows missing": 0, "rows doubled": 0, "other exit codes": 0}
    all_of_it = receipts(folder / "local-0")
    for number in range(args.lost):
        out = folder / f"lost-{number}"
        moment = int(rng.integers(1, all_of_it - 2))  # receipts: in either stage
        with two_machines() as machines:
            began = time.monotonic()
            process = scan(archive, out, *on(machines), env=environment())
            while receipts(out) < moment and process.poll() is None:
                time.sleep(0.05)
            done_at.append(receipts(out))
            machines.lose_second()
            broken["other exit codes"] += process.wait()
            seconds.append(round(time.monotonic() - began, 1))
        rows = note_ids(out, "observed/*/notes", "note_id")
        broken["files that differ"] += differences(folder / "local-0", out)
        broken["rows missing"] += args.notes - len(rows)
        broken["rows doubled"] += sum(count > 1 for count in rows.values())
    return {
        "machines": args.lost,
        "after_receipts": done_at,
        "of_receipts": all_of_it,
        "seconds": seconds,
        "broken": broken,
    }


def on(machines: Machines | None) -> list[str]:
    """Options of the engine."""
    return ["--engine", "ray", "--ray-address", machines.address] if machines else []


def differences(one: Path, other: Path) -> int:
    """Files of shards that are not the same."""
    return len(digests(one).items() ^ digests(other).items())


if __name__ == "__main__":
    main()

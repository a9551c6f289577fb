"""How many notes does the publish service take, and what does it do with more than that?

`moderation serve` with its worker processes over a register of `--pictures` (see
`load_register.py`), asked by callers in a process of their own (`callers.py`) with notes of 1, 3
and 9 real photographs (30, 40 and 30 % of the notes), 1080 × 1440, as base64, at the default
deadline. Service and callers share the cores; what the callers took of them stands beside.

- closed loop: 1, 2, 4 and 8 callers. The *capacity* is the most notes a second that came to a
  final verdict, the time until nothing was owed included; beside it the most while p99 stayed
  below the deadline and 60 ms for the way;
- open loop: Poisson arrivals at 0.5, 0.8, 1 and 2 times of it, then a burst at 5 times, and 0.5
  again. *Recovered* is the service from the moment after which the share of notes that were
  refused or answered late is that of the quiet level before, or at most a twentieth more;
- late final verdicts: from the partial answer to the final one, by the audit;
- the floor: decoding, PDQ and FAISS' exhaustive search of the same photographs over the same
  hashes, in this process, on as many threads as the service has for detectors;
- the hook: what HTTP adds to `Gate.submit`, and HTTP with the store to judging alone, asked in
  turns with the same notes over two copies of one register, one at a time on an idle machine;
- across workers: from an answer of one worker until another one finds the picture, and from the
  deletion through one until another does not.

Each phase begins when nothing is owed from the one before.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from callers import Called, Callers, Plan, Row, quantiles, share_of, summary
from harness import WORK, parser, table, write
from load_register import Material, load_options, photographs, registered
from served import Served, served
from service_pieces import across_workers, copied, floor, hook

from moderation.store import Register

DEADLINE_MS = 800
SOME_MS = 60
"""What an answer may be late on its way."""
CLIENTS = (1, 2, 4, 8)
FACTORS = (0.5, 0.8, 1.0, 2.0)
BURST, QUIET = 5.0, 0.5
LEAST = 0.1
"""Notes a second in the open loop, however slow the machine."""
SLACK = 0.05
LEAST_NOTES, LEAST_S = 10, 5.0
"""Answers, and seconds, that have to be as usual before the service counts as well again."""
OWED_WITHIN_S = 130.0
"""Two leases and a little."""


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    if args.quick:
        args.pictures, args.real, args.photographs = 400, 60, 150
        args.seconds, args.burst, args.pairs, args.trials = 4.0, 3.0, 6, 3
    WORK.mkdir(exist_ok=True)
    material = Material(args)
    master, files = registered(args, material), photographs(args, material)
    callers = Callers()
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        place, beside = copied(master, folder / "register"), copied(master, folder / "beside")
        results: dict[str, Any] = {
            "register_pictures": args.pictures,
            "of_real_photographs": min(args.real, args.pictures),
            "workers": args.workers,
            "deadline_ms": DEADLINE_MS,
            "mix": {"1": 0.3, "3": 0.4, "9": 0.3},
            "floor": floor(place, files, args),
        }
        started = time.perf_counter()
        with served(place, folder, workers=args.workers) as service:
            results["start_s"] = round(time.perf_counter() - started, 1)
            results["hook"] = hook(service, beside, files, args)
            results["across_workers"] = across_workers(service, files, args)
            run = Run(args, service, Register.open(place), callers, files)
            results["closed"] = {str(n): run.closed(n) for n in CLIENTS}
            results["capacity_notes_per_s"] = capacity = capacity_of(results["closed"])
            results["in_time_notes_per_s"] = capacity_of(in_time(results["closed"]))
            results["open"] = {
                f"{factor:g}": run.opened(factor, capacity or 0.1) for factor in FACTORS
            }
            results["burst"] = run.burst(capacity or 0.1, results["open"]["0.5"]["bad"])
            results["pictures_sent"] = run.picture
            results["memory_mb"] = service.memory_mb()
            results["bugs"] = service.bugs()
            run.register.close()
        results["memory_mb"] = list(results["memory_mb"].values())
    callers.close()
    report(results)
    write("service_load", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    load_options(command)
    command.add_argument("--workers", type=int, default=2)
    command.add_argument("--seconds", type=float, default=15.0, help="of each level of load")
    command.add_argument("--burst", type=float, default=10.0, help="seconds at five times")
    command.add_argument("--pairs", type=int, default=30, help="notes of each kind for the hook")
    command.add_argument("--trials", type=int, default=12, help="across workers")
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


class Run:
    """Levels of load, one after another."""

    def __init__(
        self,
        args: argparse.Namespace,
        service: Served,
        register: Register,
        callers: Callers,
        files: Path,
    ) -> None:
        self.args, self.service, self.register = args, service, register
        self.callers, self.files = callers, files
        self.picture = 2 * args.pairs + 2 * args.trials
        """The next one that nobody has seen."""
        self._level = 0

    def closed(self, clients: int) -> dict[str, Any]:
        """So many callers in turn."""
        return self._carried_out(seconds=self.args.seconds, clients=clients)[1]

    def opened(self, factor: float, capacity: float) -> dict[str, Any]:
        """So many times the capacity, as they come."""
        rates = ((max(LEAST, factor * capacity), self.args.seconds),)
        return {"factor": factor, "rate": rates[0][0]} | self._carried_out(rates=rates)[1]

    def burst(self, capacity: float, usual: float) -> dict[str, Any]:
        """Five times the capacity, then half of it: how soon all is well again.

        Args:
            capacity: notes a second.
            usual: share of notes refused or late at half of it.
        """
        seconds, quiet_s = self.args.burst, 2 * self.args.seconds
        quiet = max(LEAST, QUIET * capacity)
        rates = ((max(LEAST, BURST * capacity), seconds), (quiet, quiet_s))
        called, told = self._carried_out(rates=rates)
        after = [row for row in called.rows if row.at_s >= seconds]
        burst = [row for row in called.rows if row.at_s < seconds]
        well = [row.at_s - seconds for row in after if not is_bad(row)]
        during = Called(rows=burst, seconds=seconds, client_cpu_s=called.client_cpu_s)
        afterwards = Called(rows=after, seconds=quiet_s)
        return {
            "factor": BURST,
            "rate": BURST * capacity,
            "answered_again_after_s": round(well[0], 2) if well else None,
            "recovered_after_s": recovered(after, seconds, usual),
            "during": summary(during, within_ms=DEADLINE_MS + SOME_MS),
            "afterwards": summary(afterwards, within_ms=DEADLINE_MS + SOME_MS),
            "late_verdicts": told["late_verdicts"],
            "owed_s": told["owed_s"],
        }

    def _carried_out(self, **how: Any) -> tuple[Called, dict[str, Any]]:
        self._level += 1
        cpu = self.service.cpu_s()
        plan = Plan(
            host=self.service.host,
            port=self.service.port,
            seed=self.args.seed + self._level,
            prefix=f"level {self._level}",
            folder=str(self.files),
            first=self.picture,
            **({"seconds": 0.0} | how),
        )
        called = self.callers.call(plan)
        self.picture = called.next_picture
        owed_s = nothing_owed(self.register.count_debts)
        told = summary(called, within_ms=DEADLINE_MS + SOME_MS)
        accepted = sum(row.status == 200 for row in called.rows)
        pictures = sum(row.pictures for row in called.rows if row.status == 200)
        whole_s = called.seconds + owed_s
        told |= {
            "bad": share_of(sum(map(is_bad, called.rows)), len(called.rows)) or 0.0,
            "owed_s": owed_s,
            "finished_notes_per_s": round(accepted / whole_s, 2),
            "finished_pictures_per_s": round(pictures / whole_s, 2),
            "service_cores": round((self.service.cpu_s() - cpu) / whole_s, 2),
            "late_verdicts": late_verdicts(self.register, called),
        }
        print(
            f"{how}: {told['finished_notes_per_s']} notes/s finished, "
            f"p99 {told['ms']['p99']} ms, shed {told['shed']}",
            flush=True,
        )
        return called, told


def nothing_owed(count: Callable[[], int], within_s: float = OWED_WITHIN_S) -> float:
    """Wait until no final verdict is owed; seconds it took."""
    started = time.monotonic()
    while count() and time.monotonic() < started + within_s:
        time.sleep(0.05)
    return round(time.monotonic() - started, 2)


def late_verdicts(register: Register, called: Called) -> dict[str, Any]:
    """How long after a partial answer the final verdict came, by the audit's clock."""
    partial = [row.verdict_id for row in called.rows if row.status == 200 and not row.final]
    waited, missing = [], 0
    for number in partial:
        final = register.completion_of(number)
        if final is None:
            missing += 1
            continue
        rows = register.verdicts_numbered([number, final])
        waited.append((rows[final].decided_at - rows[number].decided_at).total_seconds())
    return {"s": quantiles(waited), "missing": missing}


def is_bad(row: Row) -> bool:
    """Refused, or answered late."""
    return row.status != 200 or row.ms > DEADLINE_MS + SOME_MS


def recovered(rows: Sequence[Row], since_s: float, usual: float) -> float | None:
    """Seconds after which no more are bad than usual, to the end of the quiet; None for never.

    Nor where too little of the quiet is left to tell.
    """
    for number, row in enumerate(rows):
        rest = rows[number:]
        if len(rest) < LEAST_NOTES or rest[-1].at_s - row.at_s < LEAST_S:
            break
        if sum(map(is_bad, rest)) <= (usual + SLACK) * len(rest):
            return round(row.at_s - since_s, 2) if number else 0.0
    return None


def in_time(levels: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Levels whose p99 stayed below the deadline."""
    most = DEADLINE_MS + SOME_MS
    return {n: of for n, of in levels.items() if (of["ms"]["p99"] or most + 1) <= most}


def capacity_of(levels: dict[str, dict[str, Any]]) -> float:
    """Most notes a second that were finished."""
    return max((level["finished_notes_per_s"] for level in levels.values()), default=0.0)


def report(results: dict[str, Any]) -> None:
    """Print."""
    levels = [
        *((f"{n} callers", level) for n, level in results["closed"].items()),
        *((f"{n} × capacity", level) for n, level in results["open"].items()),
        ("5 × in a burst", results["burst"]["during"]),
        ("afterwards", results["burst"]["afterwards"]),
    ]
    table(
        ("", "notes/s", "pictures/s", "p50 ms", "p99 ms", "p99.9 ms", "final", "partial", "shed"),
        (
            (
                name,
                level.get("finished_notes_per_s", level["notes_per_s"]),
                level.get("finished_pictures_per_s", level["pictures_per_s"]),
                *(level["ms"][q] for q in ("p50", "p99", "p99.9")),
                *(level[kind] for kind in ("final", "partial", "shed")),
            )
            for name, level in levels
        ),
    )
    capacity, kept = results["capacity_notes_per_s"], results["in_time_notes_per_s"]
    print(f"capacity {capacity} notes/s, {kept} with p99 in time")
    burst = results["burst"]
    print(
        f"after the burst the first good answer came after {burst['answered_again_after_s']} s, "
        f"all was as usual after {burst['recovered_after_s']} s"
    )
    floor = results["floor"]
    print(f"floor: {floor['pictures_per_s']} pictures/s, {floor['ms']['p50']} ms")
    for kind, of in results["hook"].items():
        added = {name: (d["p50_ms"], d["ci95"]) for name, d in of.items() if "p50_ms" in d}
        print(f"hook, {kind}: HTTP {of['over HTTP']['p50']} ms, adds {added}")
    print(f"across workers: {results['across_workers']}; bugs in the log: {results['bugs']}")


if __name__ == "__main__":
    main()

"""Does the publish service stay as it is for an hour? Memory, latency, index lag and debts.

`moderation serve` with its worker processes over a register of `--pictures` (see
`load_register.py`), asked by callers in a process of their own (`callers.py`) at half of the
capacity that `service_load.py` found, as notes come: at random moments. Notes have 1, 3 or 9
pictures as there, here mixtures of photographs at half the size, made as they are sent, so that
none was ever seen before: the register grows by each.

For every minute: what the workers hold in memory themselves and with mapped files, quantiles of
the time to an answer, the largest index lag that `/readyz` told, the final verdicts owed at its
end. Slopes an hour are Theil and Sen's (median of those between all pairs of minutes), the first
tenth left out, with a bootstrap interval over the minutes. Exits 1 where a worker died, the log
tells of an error nobody raised on purpose, something is owed in the end, or a 5xx but 503 came.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from callers import Called, Callers, Plan, summary
from harness import RESULTS, WORK, parser, table, write
from load_register import Material, registered
from served import Served, served
from service_load import DEADLINE_MS, SOME_MS, nothing_owed
from service_pieces import copied

from moderation.store import Register

FALLBACK_RATE = 0.3
ASK_EVERY_S = 5.0
SERIES = ("own_mb", "p50", "p99", "index_lag", "owed")


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.minutes, args.minute_s, args.pictures, args.real = 4, 6.0, 400, 60
    if args.rate is None:
        args.rate = half_of_capacity()
    WORK.mkdir(exist_ok=True)
    master = registered(args, Material(args))
    callers = Callers()
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        place = copied(master, folder / "register")
        with served(place, folder, workers=args.workers) as service:
            register = Register.open(place)
            began = service.serving()
            minutes = [
                a_minute(number, args, service, register, callers)
                for number in range(round(args.minutes))
            ]
            owed_s = nothing_owed(register.count_debts)
            broken = {
                "workers that died": len(service.ever_served()) - len(began),
                "bugs in the log": sum(service.bugs().values()),
                "owed in the end": register.count_debts(),
                "5xx other than 503": sum(minute["5xx"] for minute in minutes),
            }
            register.close()
    callers.close()
    rng = np.random.default_rng(args.seed)
    kept = minutes[len(minutes) // 10 :]
    results = {
        "rate": args.rate,
        "minutes": minutes,
        "slopes_an_hour": {
            name: slope([m[name] for m in kept], args.minute_s, rng) for name in SERIES
        },
        "owed_s": owed_s,
        "broken": broken,
    }
    report(results)
    write("service_soak", args, results)
    if any(broken.values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--pictures", type=int, default=10_000, help="in the register")
    command.add_argument("--real", type=int, default=1_500, help="of these, real photographs")
    command.add_argument("--minutes", type=float, default=60)
    command.add_argument("--minute-s", type=float, default=60.0, help="how long one is")
    command.add_argument("--rate", type=float, help="notes a second; default: half the capacity")
    command.add_argument("--workers", type=int, default=2)
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


def half_of_capacity() -> float:
    """As `service_load.py` found it last."""
    path = RESULTS / "service_load.json"
    if not path.exists():
        return FALLBACK_RATE
    found = json.loads(path.read_text(encoding="utf-8"))["results"]["capacity_notes_per_s"]
    return round(found / 2, 3)


def a_minute(
    number: int,
    args: argparse.Namespace,
    service: Served,
    register: Register,
    callers: Callers,
) -> dict[str, Any]:
    """One minute of load, and what was seen in it."""
    plan = Plan(
        host=service.host,
        port=service.port,
        seed=args.seed + number,
        prefix=f"minute {number}",
        seconds=0.0,
        rates=((args.rate, args.minute_s),),
        # Pictures are made from their number and the seed, which is another one each minute.
        first=0,
    )
    running, lags = callers.begin(plan), [0]
    while not running.done():
        time.sleep(min(ASK_EVERY_S, args.minute_s / 4))
        _, told = service.ask("GET", "/readyz")
        lags += told.get("index_lag", {}).values()
    called: Called = running.result()
    told = summary(called, within_ms=DEADLINE_MS + SOME_MS)
    memory = service.memory_mb().values()
    minute = {
        "own_mb": round(sum(m["own"] for m in memory), 1),
        "all_mb": round(sum(m["all"] for m in memory), 1),
        "sent": told["sent"],
        "p50": told["ms"]["p50"],
        "p99": told["ms"]["p99"],
        "final": told["final"],
        "partial": told["partial"],
        "shed": told["shed"],
        "index_lag": max(lags),
        "owed": register.count_debts(),
        "pictures": register.stats().pictures,
        "5xx": sum(row.status >= 500 and row.status != 503 for row in called.rows),
        "unanswered": sum(row.status == 0 for row in called.rows),
        "client_cpu_share": told["client_cpu_share"],
    }
    print(f"minute {number}: {minute}", flush=True)
    return minute


def slope(
    values: Sequence[float | None], step_s: float, rng: np.random.Generator, draws: int = 1000
) -> dict[str, Any]:
    """Change in an hour (Theil 1950, Sen 1968), with its 95 % bootstrap interval."""
    known = [(i, v) for i, v in enumerate(values) if v is not None]
    if len(known) < 3:
        return {"an_hour": None, "ci95": None}
    x, y = np.array(known, float).T
    x *= step_s / 3600
    found = [_slope(x, y)]
    for _ in range(draws):
        pick = np.sort(rng.integers(0, len(x), len(x)))
        if len(set(pick.tolist())) > 1:
            found.append(_slope(x[pick], y[pick]))
    low, high = np.quantile(found[1:], (0.025, 0.975))
    return {"an_hour": round(found[0], 1), "ci95": [round(float(low), 1), round(float(high), 1)]}


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    i, j = np.triu_indices(len(x), 1)
    apart = x[j] - x[i]
    return float(np.median((y[j] - y[i])[apart > 0] / apart[apart > 0]))


def report(results: dict[str, Any]) -> None:
    """Print."""
    shown = ("own_mb", "all_mb", "sent", "p50", "p99", "partial", "shed", "index_lag", "owed")
    table(
        ("minute", *shown),
        ((i, *(m[name] for name in shown)) for i, m in enumerate(results["minutes"])),
    )
    table(
        ("an hour", "slope", "95 %"),
        ((k, s["an_hour"], s["ci95"]) for k, s in results["slopes_an_hour"].items()),
    )
    table(("promise broken", "cases"), list(results["broken"].items()))


if __name__ == "__main__":
    main()

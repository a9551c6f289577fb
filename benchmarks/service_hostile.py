"""What does the publish service answer to those who mean harm, and what does it cost it?

First everything that its own description makes (schemathesis over `/openapi.json`: bodies, headers
and parameters that fit and that do not), then `--requests` hostile ones (`hostile_requests.py`):
JSON with bytes changed, wrong values, depth, numbers, keys twice, lone surrogates; pictures that
are cut short, changed, animated, CMYK, or bombs; lengths that lie, bodies that trickle in, what is
no HTTP at all. All to `moderation serve` with two worker processes.

Promises: no 5xx but 503; from schemathesis also no status and no shape of an answer that is not
declared; no worker dies, and nothing in the log that nobody raised on purpose; a good note is
answered in the end; and what the workers hold in memory, without mapped files and once no final
verdict is owed, grows by no more than `GROWTH_MB` each in the second half of the hostile requests,
which is mixed as the first is: what leaks, leaks there too. Exits 1 where one is broken.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callers import answer_of
from faulted_load import settled
from harness import HERE, WORK, parser, table, write
from hostile_requests import Hostile, hostile_requests
from served import Served, served

from moderation.store import Register

sys.path.append(str(HERE.parent / "tests"))
WORKERS = 2
CALLERS = 8
TIMEOUT_S = 40.0
TRIES = 15
PARTS = 10
"""Of the hostile requests, after each of which memory is told."""
GROWTH_MB = 64
SETTINGS = {"body_timeout_s": 3}
CHECKED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance")


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.requests, args.examples = 400, 4
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        with served(folder / "register", folder, workers=WORKERS, settings=SETTINGS) as service:
            began = service.serving()
            described = schema_driven(service, args)
            with Register.open(folder / "register") as register:
                hostile = hostile_driven(service, register, args)
            good, _ = service.ask("POST", "/v1/verdicts", GOOD)
            promises = {
                "5xx other than 503": described["5xx"] + hostile["5xx"],
                "answers that are not declared": sum(described["undeclared"].values()),
                "workers that died": len(set(service.ever_served()) - set(began))
                + len(set(began) - set(service.serving())),
                "bugs in the log": sum((bugs := service.bugs()).values()),
                "a good note is not answered": int(good != 200),
                "memory grows": int(hostile["grown_mb"] > GROWTH_MB * WORKERS),
            }
    results = {"schemathesis": described, "hostile": hostile, "bugs": bugs, "broken": promises}
    report(results)
    write("service_hostile", args, results)
    if any(promises.values()):
        raise SystemExit(1)


GOOD = {"id": "good", "author": {"id": "ann"}, "text": "今天天气很好。", "deadline_ms": 3000}


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--requests", type=int, default=10_000)
    command.add_argument("--examples", type=int, default=60, help="of each operation and mode")
    command.add_argument("--quick", action="store_true", help="a trial")
    return command


# What the description makes


def schema_driven(service: Served, args: argparse.Namespace) -> dict[str, Any]:
    """Counts by operation and status, and of answers that the document does not know."""
    import schemathesis
    from hypothesis import HealthCheck, given, seed, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode
    from schemathesis.specs.openapi import checks

    wanted = [getattr(checks, name) for name in CHECKED]
    document = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    undeclared: Counter[str] = Counter()
    for found in document.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @seed(args.seed)
            @settings(
                max_examples=args.examples,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: schemathesis.Case) -> None:
                response = case.call(timeout=TIMEOUT_S)
                label = case.operation.label
                statuses[label][str(response.status_code)] += 1
                try:
                    case.validate_response(response, checks=wanted)
                except AssertionError as error:
                    undeclared[f"{label} {response.status_code}"] += 1
                    print(f"{label}: {str(error)[:300]}", file=sys.stderr)
                except BaseExceptionGroup as error:
                    undeclared[f"{label} {response.status_code}"] += 1
                    print(f"{label}: {str(error.exceptions)[:300]}", file=sys.stderr)

            try:
                ask()
            except Unsatisfiable:  # nothing about it can be wrong
                continue
    return {
        "version": schemathesis.__version__,
        "requests": sum(sum(of.values()) for of in statuses.values()),
        "by_operation": {label: dict(sorted(of.items())) for label, of in statuses.items()},
        "5xx": sum(_server_errors(of) for of in statuses.values()),
        "undeclared": dict(undeclared),
    }


# What means harm


def hostile_driven(service: Served, register: Register, args: argparse.Namespace) -> dict[str, Any]:
    """Counts by family and status; memory at the start, in the middle and in the end.

    Pictures whose final verdicts are owed lie in memory, and are no leak.
    """
    from kit.hostile import hostile_files

    address = f"{service.host}:{service.port}"
    requests = hostile_requests(args.requests, args.seed, hostile_files(), address)
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    own, owed_s, done = [], [], 0
    for part in range(PARTS + 1):
        upto = part * args.requests // PARTS
        asyncio.run(_send(service, requests, upto - done, statuses))
        owed_s.append(settled(register))
        own.append(service.own_mb())
        done = upto
    start, middle, end = own[0], own[PARTS // 2], own[PARTS]
    return {
        "requests": args.requests,
        "by_family": {family: dict(sorted(of.items())) for family, of in sorted(statuses.items())},
        "owed_s": owed_s,
        "5xx": sum(_server_errors(of) for of in statuses.values()),
        "own_mb": {"start": start, "middle": middle, "end": end},
        "own_mb_by_part": own,
        "grown_mb": round(end - middle, 1),
        "margin_mb": GROWTH_MB * WORKERS,
    }


async def _send(
    service: Served,
    requests: Iterator[Hostile],
    count: int,
    statuses: dict[str, Counter[str]],
) -> None:
    left = iter(range(count))

    async def caller() -> None:
        for _ in left:
            request = next(requests)
            for _ in range(TRIES if request.looked_at else 1):
                status = await _status(service, request)
                statuses[request.family][status] += 1
                if status != "503":
                    break
                await asyncio.sleep(0.3)

    await asyncio.gather(*(caller() for _ in range(CALLERS)))


async def _status(service: Served, request: Hostile) -> str:
    """The status, or why there is none: the server may hang up on what is no HTTP."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(service.host, service.port)
            try:
                writer.write(request.raw if request.raw is not None else _written(service, request))
                await writer.drain()
                return await _heard(reader, writer, request)
            finally:
                writer.close()
    except TimeoutError:
        return "no answer"
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
        return "hung up"


async def _heard(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Hostile
) -> str:
    answer = asyncio.create_task(answer_of(reader, of_head=request.method == "HEAD"))
    try:
        if request.drip_s is not None:
            for _ in range(int(request.drip_s / 0.5)):
                done, _ = await asyncio.wait({answer}, timeout=0.5)
                if done:
                    break
                writer.write(b" ")
        elif request.raw is not None:
            done, _ = await asyncio.wait({answer}, timeout=0.5)
            if not done:
                writer.write_eof()
        return str((await answer)[0])
    finally:
        answer.cancel()


def _written(service: Served, request: Hostile) -> bytes:
    head = [f"{request.method} {request.path} HTTP/1.1", f"Host: {service.host}:{service.port}"]
    head += ["Connection: close", f"Content-Length: {len(request.body)}"]
    head += [f"{name}: {value}" for name, value in request.headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + request.body


def _server_errors(statuses: Counter[str]) -> int:
    return sum(n for status, n in statuses.items() if status[0] == "5" and status != "503")


def report(results: dict[str, Any]) -> None:
    """Print."""
    described, hostile = results["schemathesis"], results["hostile"]
    table(("described", "answers"), list(described["by_operation"].items()))
    print()
    table(("hostile", "answers"), list(hostile["by_family"].items()))
    print(f"\nmemory of all workers {hostile['own_mb']} MB; undeclared {described['undeclared']}")
    table(("promise broken", "cases"), list(results["broken"].items()))
    print(f"bugs: {results['bugs']}")


if __name__ == "__main__":
    main()

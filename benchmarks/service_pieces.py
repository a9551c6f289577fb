"""Pieces of `service_load.py`: the floor, what the hook adds, what workers see of others."""

from __future__ import annotations

import argparse
import http.client
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import faiss
import numpy as np
from callers import SENTENCES, body_of, quantiles
from harness import machine
from photographs import jpeg
from served import Served, asked

from moderation.gate import Gate
from moderation.gate.publishing.submission import Registering, Submission
from moderation.image.hashing import PDQ256, hash_with
from moderation.note import Author, Note, NoteImage

FLOOR_FILES = 300
NEAREST = 10
GIVE_UP_S = 10.0
PATIENT_MS = 3_000
"""So that nothing is cut off where times are compared."""


def copied(master: Path, to: Path) -> Path:
    """A copy of a register; shares its blocks where the file system can."""
    done = subprocess.run(
        ["cp", "-r", "--reflink=auto", str(master), str(to)], capture_output=True, check=False
    )
    if done.returncode:
        shutil.copytree(master, to, dirs_exist_ok=True)
    return to


def threads_of(workers: int) -> int:
    """Detector threads of the whole service."""
    return workers * max(1, machine()["cores"] // workers)


# The floor


def floor(register: Path, files: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Decode, hash, look at every registered hash; nothing is proven, read or kept."""
    with Gate.open(register) as gate:
        live = [code for _, code in gate.register.live_codes(PDQ256.name)]
    index = faiss.IndexBinaryFlat(PDQ256.bits)
    index.add(np.frombuffer(b"".join(live), np.uint8).reshape(-1, PDQ256.bytes))
    threads = threads_of(args.workers)
    before = faiss.omp_get_max_threads(), cv2.getNumThreads()
    shown = [file.read_bytes() for file in sorted(files.glob("*.jpg"))[:FLOOR_FILES]]

    def one(data: bytes) -> float:
        faiss.omp_set_num_threads(1)  # for each thread by itself
        started = time.perf_counter()
        pixels = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB)
        index.search(hash_with(PDQ256, pixels)[None], NEAREST)
        return 1000 * (time.perf_counter() - started)

    cv2.setNumThreads(1)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, shown[:20]))
        started = time.perf_counter()
        times = list(pool.map(one, shown))
        took = time.perf_counter() - started
    faiss.omp_set_num_threads(before[0])
    cv2.setNumThreads(before[1])
    return {
        "threads": threads,
        "codes": len(live),
        "pictures_per_s": round(len(shown) / took, 1),
        "ms": quantiles(times),
    }


# The hook


def hook(service: Served, beside: Path, files: Path, args: argparse.Namespace) -> dict[str, Any]:
    """What HTTP and the store add, for notes without a picture and with one."""
    rng = np.random.default_rng([args.seed, 9])
    shown = (file.read_bytes() for file in sorted(files.glob("*.jpg")))
    threads = max(1, machine()["cores"] // args.workers)
    results: dict[str, Any] = {}
    with Gate.open(beside, threads=threads) as gate:
        gate.warm_up()
        for kind, pictures in (("text only", 0), ("one picture", 1)):
            ways: dict[str, list[float]] = {"judged": [], "submitted": [], "over HTTP": []}
            for number in range(args.pairs + 2):
                some = [next(shown) for _ in range(pictures)]
                text = "".join(rng.permutation(SENTENCES)[: 3 + number % 5])
                times = _each_way(gate, service, f"{kind} {number}", text, some, rng)
                if number >= 2:  # the first ones warm up
                    for way, took in times.items():
                        ways[way].append(took)
            results[kind] = {way: quantiles(times) for way, times in ways.items()} | {
                "HTTP over Gate.submit": _added(ways["over HTTP"], ways["submitted"], rng),
                "HTTP and store over judging": _added(ways["over HTTP"], ways["judged"], rng),
            }
    return results


def _each_way(
    gate: Gate, service: Served, name: str, text: str, shown: list[bytes], rng: np.random.Generator
) -> dict[str, float]:
    note = Note(
        id=name,
        author=Author(id=f"author of {name}"),
        text=text,
        images=[NoteImage(data=data) for data in shown],
    )
    row = {"id": name, "author": {"id": note.author.id}, "text": text, "deadline_ms": PATIENT_MS}
    connection = http.client.HTTPConnection(service.host, service.port, timeout=30)
    connection.connect()
    body = body_of(row, shown)

    def inside(registering: Registering) -> float:
        started = time.perf_counter()
        gate.submit(
            Submission(
                note=note,
                registering=registering,
                within_s=PATIENT_MS / 1000,
                key=f"{name}:1",
                body_digest=note.digest(),
            )
        )
        return 1000 * (time.perf_counter() - started)

    def outside() -> float:
        started = time.perf_counter()
        status, told = asked(connection, "POST", "/v1/verdicts", body)
        if status != 200:
            raise SystemExit(f"the service says {status}: {told}")
        return 1000 * (time.perf_counter() - started)

    times: dict[str, float] = {}
    for way in rng.permutation(["over HTTP", "inside"]).tolist():
        if way == "inside":  # judging leaves nothing behind that submitting would find
            times["judged"] = inside(Registering.NEVER)
            times["submitted"] = inside(Registering.ON_PASS)
        else:
            times["over HTTP"] = outside()
    connection.close()
    return times


def _added(slow: list[float], fast: list[float], rng: np.random.Generator) -> dict[str, Any]:
    """Difference of medians in ms, with its 95 % bootstrap interval over the notes."""
    a, b = np.asarray(slow), np.asarray(fast)
    pick = rng.integers(0, len(a), (2000, len(a)))
    low, high = np.quantile(np.median(a[pick], axis=1) - np.median(b[pick], axis=1), (0.025, 0.975))
    return {
        "p50_ms": round(float(np.median(a) - np.median(b)), 1),
        "ci95": [round(float(low), 1), round(float(high), 1)],
    }


# Across workers


def across_workers(service: Served, files: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Registered through one worker, asked for and deleted through others."""
    if service.workers < 2:
        return {"trials": 0}
    shown = iter(sorted(files.glob("*.jpg"))[2 * args.pairs :])
    found, first, gone = [], 0, []
    while len(found) < args.trials:
        one, other = _two_workers(service)
        with closing(one), closing(other):
            times = _found_and_gone(one, other, len(found), next(shown).read_bytes())
        if times is not None:
            found.append(times[0][-1])
            first += len(times[0]) == 1
            gone.append(times[1])
    return {
        "trials": args.trials,
        "found_by_the_first_question": first,
        "found_after_ms": quantiles(found),
        "gone_after_ms": quantiles(gone),
        "never": sum(ms > 1000 * GIVE_UP_S for ms in (*found, *gone)),
    }


def _found_and_gone(
    one: http.client.HTTPConnection,
    other: http.client.HTTPConnection,
    number: int,
    data: bytes,
) -> tuple[list[float], float] | None:
    """Milliseconds until each question after a note was in, and until it was gone; None for a
    picture that shows what is registered already, since that is told in its place."""
    name = f"across {number}"
    row = {"id": name, "author": {"id": f"author {name}"}, "deadline_ms": PATIENT_MS}
    _, told = asked(one, "POST", "/v1/verdicts", body_of(row, [data]))
    times = None
    if told["decision"] == "pass":
        copy = jpeg(cv2.imdecode(np.frombuffer(data, np.uint8), 1)[..., ::-1], 70)
        times = list(_until(other, name, copy, there=True))
    asked(one, "DELETE", f"/v1/notes/across%20{number}")
    if times is None:
        return None
    return times, list(_until(other, name, copy, there=False))[-1]


def _two_workers(
    service: Served,
) -> tuple[http.client.HTTPConnection, http.client.HTTPConnection]:
    """Connections to two workers."""
    known: dict[int | None, http.client.HTTPConnection] = {}
    for _ in range(200):
        connection = http.client.HTTPConnection(service.host, service.port, timeout=60)
        asked(connection, "GET", "/livez")
        pid = service.worker_of(connection)
        if pid is None or pid in known:
            connection.close()
            continue
        known[pid] = connection
        if len(known) == 2:
            one, other = known.values()
            return one, other
    raise SystemExit("all connections went to one worker")


def _until(
    connection: http.client.HTTPConnection, name: str, copy: bytes, *, there: bool
) -> Iterator[float]:
    """Ask again and again; milliseconds from the start to the end of each question, the last of
    which was answered as wanted. The time that the answer itself takes is in it."""
    started = time.perf_counter()
    row = {"id": "asks", "author": {"id": "asks"}, "register": "never", "deadline_ms": PATIENT_MS}
    body = body_of(row, [copy])
    while time.perf_counter() < started + GIVE_UP_S:
        _, told = asked(connection, "POST", "/v1/verdicts", body)
        yield 1000 * (time.perf_counter() - started)
        notes = {(f["match"] or {}).get("note_id") for f in told["findings"]}
        if (name in notes) == there:
            return
    yield 1000 * GIVE_UP_S + 1

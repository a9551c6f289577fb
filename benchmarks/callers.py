"""Callers of the publish service, in a process of their own: in turn, or as they come.

A process of its own, so that making requests does not hold up whoever serves in ours; the cores
it shares with the service, and what it takes of them is told. Every note has a connection of its
own, which the worker that is free takes first.

- closed loop: each caller sends the next note when it has its answer, and waits as long as
  `Retry-After` says where it was refused;
- open loop: notes come at random moments (Poisson), whether or not earlier ones were answered.
  Their time counts from the moment they were to be sent, so that a late caller hides nothing.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from photographs import jpeg, mixed, package_photographs

TIMEOUT_S = 30.0
MOST_RETRY_S = 10.0
SENTENCES = (
    "周末去了一趟江边的小镇，走了很久才找到这家藏在巷子里的咖啡馆。",
    "手冲豆子每天只开三款，我点了水洗的耶加，酸度明亮。",
    "窗边的位置下午光线最好，拍照不用调色。",
    "从车站走路十五分钟，沿河那条路更好走；周一休息，别白跑。",
    "这条裙子洗了三次没有变形，就是颜色比图上深一点。",
    "早上六点出发，山顶风大，带一件外套。",
    "第一次自己做面包，发酵时间不够，有点硬，但是很香。",
    "孩子在沙坑玩了两个小时都不肯回家。",
    "书店二楼有靠窗的桌子，人不多，可以坐一下午。",
    "换了一条通勤路线，晚五分钟，但是一路都有树。",
    "奶奶种的番茄今年特别甜，冰箱里塞满了。",
    "相机电池在零下十度掉得很快，记得多带一块。",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is sent, and how."""

    host: str
    port: int
    seed: int
    prefix: str
    """Of the notes' ids and their authors: no two plans of a run may share it."""
    seconds: float
    clients: int = 0
    """Callers in a closed loop; 0 for the open one."""
    rates: tuple[tuple[float, float], ...] = ()
    """Open loop: (notes a second, for how many seconds), one after the other."""
    mix: tuple[tuple[int, float], ...] = ((1, 0.3), (3, 0.4), (9, 0.3))
    """(pictures of a note, share of the notes)."""
    deadline_ms: int | None = None
    folder: str = ""
    """Of JPEGs, each used once in the order of their names; empty: pictures are made, each one
    new, at half the size."""
    first: int = 0
    """Number of the first picture to use."""


@dataclass(slots=True, kw_only=True)
class Row:
    """One note and what became of it."""

    at_s: float
    """When it was to be sent, from the start of the plan."""
    ms: float
    """Until its answer was there."""
    status: int
    """0: none came."""
    pictures: int
    code: str = ""
    retry_after_s: float | None = None
    final: bool = False
    complete: bool = False
    decision: str = ""
    verdict_id: int = 0
    queue_ms: float = 0.0


@dataclass(slots=True, kw_only=True)
class Called:
    """What callers saw."""

    rows: list[Row] = field(default_factory=list)
    seconds: float = 0.0
    next_picture: int = 0
    client_cpu_s: float = 0.0


class Callers:
    """The process of the callers."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, mp_context=context)

    def call(self, plan: Plan) -> Called:
        """Carry out a plan; returns when all answers are there."""
        return self.begin(plan).result()

    def begin(self, plan: Plan) -> Future[Called]:
        """Carry out a plan behind our back."""
        return self._pool.submit(called, plan)

    def close(self) -> None:
        """End it."""
        self._pool.shutdown()


def called(plan: Plan) -> Called:
    """In the process of the callers."""
    before = time.process_time()
    seen = asyncio.run(_called(plan))
    seen.client_cpu_s = round(time.process_time() - before, 2)
    return seen


async def _called(plan: Plan) -> Called:
    notes = _Notes(plan)
    seen = Called()
    started = time.monotonic()
    if plan.clients:
        await asyncio.gather(*(_in_turn(plan, notes, seen, started) for _ in range(plan.clients)))
    else:
        await _as_they_come(plan, notes, seen, started)
    seen.seconds = round(time.monotonic() - started, 2)
    seen.next_picture = notes.next_picture
    seen.rows.sort(key=lambda row: row.at_s)
    return seen


async def _in_turn(plan: Plan, notes: _Notes, seen: Called, started: float) -> None:
    while (at := time.monotonic()) < started + plan.seconds:
        body, pictures = await notes.make()
        at = time.monotonic()
        row = await _asked(plan, body, pictures, at)
        row.at_s = round(at - started, 3)
        seen.rows.append(row)
        if row.status != 200:
            await asyncio.sleep(min(row.retry_after_s or 1.0, MOST_RETRY_S))


async def _as_they_come(plan: Plan, notes: _Notes, seen: Called, started: float) -> None:
    running: set[asyncio.Task[None]] = set()

    async def one(due: float) -> None:
        body, pictures = await notes.make()
        row = await _asked(plan, body, pictures, started + due)
        row.at_s = round(due, 3)
        seen.rows.append(row)

    for due in arrivals(plan.rates, np.random.default_rng([plan.seed, 5])):
        await asyncio.sleep(max(0.0, started + due - time.monotonic()))
        task = asyncio.create_task(one(due))
        running.add(task)
        task.add_done_callback(running.discard)
    ends = started + sum(seconds for _, seconds in plan.rates)
    await asyncio.sleep(max(0.0, ends - time.monotonic()))
    while running:
        await asyncio.wait(running)


def arrivals(rates: Sequence[tuple[float, float]], rng: np.random.Generator) -> list[float]:
    """Seconds at which notes come: a Poisson process for each (rate, seconds), end to end."""
    found, start = [], 0.0
    for rate, seconds in rates:
        at = start + float(rng.exponential(1 / rate))
        while at < start + seconds:
            found.append(at)
            at += float(rng.exponential(1 / rate))
        start += seconds
    return found


class _Notes:
    """Bodies of notes, none like another."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rng = np.random.default_rng([plan.seed, 6, *plan.prefix.encode()])
        self._files = sorted(Path(plan.folder).glob("*.jpg")) if plan.folder else []
        self._sources = [] if self._files else list(package_photographs().values())
        self.next_picture = plan.first
        self._number = 0

    async def make(self) -> tuple[bytes, int]:
        """The body of the next note, and how many pictures it has."""
        counts, shares = zip(*self._plan.mix, strict=True)
        pictures = int(self._rng.choice(counts, p=np.array(shares) / sum(shares)))
        first, self.next_picture = self.next_picture, self.next_picture + pictures
        self._number += 1
        name = f"{self._plan.prefix} {self._number}"
        text = "".join(self._rng.permutation(SENTENCES)[: 3 + self._number % 5])
        if self._files:
            files = [self._files[i % len(self._files)] for i in range(first, first + pictures)]
            shown = [file.read_bytes() for file in files]
        else:
            seeds = [[self._plan.seed, 7, i] for i in range(first, first + pictures)]
            shown = await asyncio.to_thread(lambda: [self._made(seed) for seed in seeds])
        row: dict[str, Any] = {"id": name, "author": {"id": f"author of {name}"}, "text": text}
        if self._plan.deadline_ms:
            row["deadline_ms"] = self._plan.deadline_ms
        return body_of(row, shown), pictures

    def _made(self, seed: list[int]) -> bytes:
        return jpeg(mixed(np.random.default_rng(seed), self._sources, (540, 720)))


def body_of(row: dict[str, Any], shown: Sequence[bytes]) -> bytes:
    """JSON of a note with its pictures inside, without `json` having to look at these."""
    pictures = b",".join(b'{"data":"%b"}' % base64.b64encode(data) for data in shown)
    return json.dumps(row).encode()[:-1] + b',"images":[' + pictures + b"]}"


async def _asked(plan: Plan, body: bytes, pictures: int, due: float) -> Row:
    row = Row(at_s=0.0, ms=0.0, status=0, pictures=pictures)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            status, headers, said = await post(plan.host, plan.port, "/v1/verdicts", body)
        told = json.loads(said)
        row.status, row.code = status, told.get("code", "")
        if "retry-after" in headers:
            row.retry_after_s = float(headers["retry-after"])
        if status == 200:
            row.final, row.decision = told["final"], told["decision"]
            row.complete = told["completeness"] == "complete"
            row.verdict_id = int((told["verdict_id"] or "v_0")[2:])
            row.queue_ms = told["timing_ms"]["queue"]
    except (TimeoutError, OSError, EOFError, ValueError) as error:
        row.code = type(error).__name__
    row.ms = round(1000 * (time.monotonic() - due), 1)
    return row


async def post(
    host: str, port: int, path: str, body: bytes, headers: Sequence[tuple[str, str]] = ()
) -> tuple[int, dict[str, str], bytes]:
    """One request of HTTP/1.1 on a connection of its own: status, headers in small letters, body.

    Raises:
        OSError: the connection broke.
        EOFError: likewise, before the answer was whole.
    """
    reader, writer = await asyncio.open_connection(host, port, limit=1 << 20)
    try:
        head = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", "Connection: close"]
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers]
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n")
        writer.write(body)
        return await answer_of(reader)
    finally:
        writer.close()


async def answer_of(
    reader: asyncio.StreamReader, *, of_head: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Read one answer; that to HEAD has no body.

    Raises:
        EOFError: it broke off.
    """
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    length = "0" if of_head else headers.get("content-length")
    said = await (reader.read() if length is None else reader.readexactly(int(length)))
    return int(first.split()[1]), headers, said


# What the rows tell


def summary(called_: Called, *, within_ms: float) -> dict[str, Any]:
    """Throughput, quantiles of the time to an answer, shares by what it was."""
    rows = called_.rows
    good = [row for row in rows if row.status == 200]
    shed = [row for row in rows if row.status in (429, 503)]
    waits = [row.retry_after_s for row in shed if row.retry_after_s is not None]
    seconds = called_.seconds or math.inf
    return {
        "sent": len(rows),
        "seconds": called_.seconds,
        "notes_per_s": round(len(good) / seconds, 2),
        "pictures_per_s": round(sum(row.pictures for row in good) / seconds, 2),
        "ms": quantiles([row.ms for row in good]),
        "ms_of_refusals": quantiles([row.ms for row in shed]),
        "answered_in_time": share_of(sum(row.ms <= within_ms for row in good), len(good)),
        "final": share_of(sum(row.final and row.complete for row in good), len(rows)),
        "partial": share_of(sum(not (row.final and row.complete) for row in good), len(rows)),
        "shed": share_of(len(shed), len(rows)),
        "by_status": _counts(f"{row.status} {row.code}".strip() for row in rows),
        "by_decision": _counts(row.decision for row in good),
        "retry_after_s": {"given": len(waits), "max": max(waits, default=None)},
        "client_cpu_share": round(called_.client_cpu_s / seconds, 3),
    }


def quantiles(times: Sequence[float]) -> dict[str, Any]:
    """p50, p99, p99.9 and the largest; None where nothing was measured."""
    if not times:
        return {"n": 0, "p50": None, "p99": None, "p99.9": None, "max": None}
    x = np.asarray(times)
    named = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {"n": len(x)} | {k: round(float(np.quantile(x, q)), 1) for k, q in named.items()}


def share_of(hits: int, n: int) -> float | None:
    """A share with three places."""
    return round(hits / n, 3) if n else None


def _counts(words: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        found[word] = found.get(word, 0) + 1
    return dict(sorted(found.items()))

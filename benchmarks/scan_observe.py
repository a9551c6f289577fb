"""How fast is an archive observed, on one core and on two, and what is lost when it is killed?

Photographs of the data folder (else mixtures of those of Python packages), filled to 1080 × 1440
and saved as JPEG, in notes of 1, 3 or 9 pictures; as JSONL with files beside it.

- **Rate**: `moderation scan observe` by its Python function, with 1 and with 2 processes in turns,
  without the reader of lettering; and once with it. Counted from the first shard that is done to
  the last, so that starting the processes, which is told beside it, is left out. Beside it, on the
  same files in the same run, the floor: decode and PDQ alone, one thread.
- **Steps**: milliseconds of one core for each step of a picture, in this process.
- **Kills**: the whole scan is killed (-9) at random moments, its processes too, until so many kills
  are done; then it ends undisturbed. Every row must be there once, and every file the same as of a
  scan that was never killed. What is done twice is bounded by the shards under way: processes ×
  rows of a shard for each kill.

Exits 1 where a promise is broken.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
from harness import WORK, parser, table, write
from load_register import Material
from photographs import filled, jpeg

from moderation.archive import read_notes
from moderation.gate.looking.opened import OpenedPicture, open_picture
from moderation.image.decode import DEFAULT_LIMITS, decode
from moderation.image.descriptor import Describer
from moderation.image.hashing import pdq
from moderation.note import Note
from moderation.scan import Observed, observe
from moderation.workers import keep_memory

MIX = (1, 3, 3, 9)
"""Pictures of notes, in turns."""
SHARD_ROWS = 4
WITHOUT = ("lettering",)
FLOOR_FILES = 120
STEPS_FILES = 80


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.notes, args.kills, args.rounds = 12, 2, 1
    WORK.mkdir(exist_ok=True)
    cv2.setNumThreads(1)
    keep_memory()  # as the workers do
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        archive = make_archive(args, folder / "archive")
        results: dict[str, Any] = {"notes": args.notes, "shard_rows": SHARD_ROWS}
        results["floor"] = floor(folder / "archive")
        results["steps_ms"] = steps(archive)
        results["rates"] = rates(args, archive, folder)
        results["kills"] = killed(args, archive, folder)
    report(results)
    write("scan_observe", args, results)
    if any(results["kills"]["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--notes", type=int, default=120, help="in the archive")
    command.add_argument("--rounds", type=int, default=2, help="of one process and two, in turns")
    command.add_argument("--kills", type=int, default=20)
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


def make_archive(args: argparse.Namespace, folder: Path) -> Path:
    """Notes and their pictures."""
    folder.mkdir()
    material, shown, lines = Material(args), 0, []
    for number in range(args.notes):
        names = []
        for _ in range(MIX[number % len(MIX)]):
            names.append(f"{shown:05}.jpg")
            (folder / names[-1]).write_bytes(jpeg(filled(material[shown])))
            shown += 1
        row = {
            "id": f"n{number}",
            "author": {"id": f"author {number % 40}"},
            "published_at": "2026-01-01T08:00:00Z",
            "text": "周末去江边走走，新开的咖啡馆视野很好，拿铁偏甜，适合拍照。",
            "images": [{"path": name} for name in names],
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    path = folder / "notes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def floor(folder: Path) -> dict[str, float]:
    """Decode and PDQ alone, one thread."""
    files = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))[:FLOOR_FILES]]
    started = time.perf_counter()
    for data in files:
        pdq(cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), 1), cv2.COLOR_BGR2RGB))
    took = time.perf_counter() - started
    return {"pictures": len(files), "pictures_per_s": round(len(files) / took, 1)}


def steps(archive: Path) -> dict[str, dict[str, float]]:
    """Processor time of each step of a picture."""
    describer = Describer.open()
    spent: dict[str, list[float]] = {}

    def timed(name: str, act: Any) -> Any:
        started = time.thread_time()
        answer = act()
        spent.setdefault(name, []).append(1000 * (time.thread_time() - started))
        return answer

    def opened(note: Note, number: int) -> Any:
        return open_picture(
            note, number, describer=describer, limits=DEFAULT_LIMITS, whole_only=False
        )

    seen = 0
    for note in read_notes(archive):
        if seen >= STEPS_FILES or not isinstance(note, Note):
            break
        for number, image in enumerate(note.images):
            timed("decode alone", lambda image=image: decode(image))
            one = timed(
                "decode, views, hashes, descriptors", lambda note=note, n=number: opened(note, n)
            )
            if not isinstance(one, OpenedPicture):
                continue
            timed("details to keep", one.query.fingerprint)
            for name, read in one.readers:
                timed(name, read)
            seen += 1
    return {
        name: {"mean": round(float(np.mean(ms)), 1), "p50": round(float(np.median(ms)), 1)}
        for name, ms in spent.items()
    }


def rates(args: argparse.Namespace, archive: Path, folder: Path) -> dict[str, Any]:
    """Pictures a second with one process and two, in turns; once with lettering."""
    found: dict[str, list[dict[str, float]]] = {"1": [], "2": []}
    for _ in range(args.rounds):
        for workers in (1, 2):
            found[str(workers)].append(one_rate(archive, folder, workers, WITHOUT))
    alone, both = (
        float(np.median([run["pictures_per_s"] for run in found[name]])) for name in ("1", "2")
    )
    return {
        "without_lettering": found,
        "pictures_per_s": {"1": alone, "2": both},
        "two_over_one": round(both / alone, 2),
        "with_lettering": one_rate(archive, folder, 2, ()),
    }


def one_rate(
    archive: Path, folder: Path, workers: int, without: tuple[str, ...]
) -> dict[str, float]:
    """Of one scan from nothing."""
    out = folder / "rate"
    shutil.rmtree(out, ignore_errors=True)
    told: list[tuple[float, int]] = []

    def progress(now: Observed) -> None:
        told.append((time.perf_counter(), now.pictures))

    started = time.perf_counter()
    observed = observe(
        archive,
        out,
        workers=workers,
        without=without,
        shard_rows=SHARD_ROWS,
        progress=progress,
    )
    (first, before), (last, after) = told[0], told[-1]
    return {
        "workers": workers,
        "pictures": observed.pictures,
        "pictures_per_s": round((after - before) / (last - first), 2),
        "all_s": round(time.perf_counter() - started, 1),
        "first_shard_s": round(first - started, 1),
        "memory_mb": round(observed.memory / 1e6),
        "bytes_a_picture": round(size_of(out) / observed.pictures),
    }


def size_of(out: Path) -> int:
    """Bytes of all tables."""
    return sum(path.stat().st_size for path in out.rglob("*.parquet"))


def killed(args: argparse.Namespace, archive: Path, folder: Path) -> dict[str, Any]:
    """Killed at random moments; what is there in the end."""
    rng = np.random.default_rng([args.seed, 11])
    calm, rough = folder / "calm", folder / "rough"
    chosen = {"workers": 2, "without": WITHOUT, "shard_rows": SHARD_ROWS}
    observe(archive, calm, **chosen)  # type: ignore[arg-type]
    kills, done_at = 0, []
    started = time.monotonic()
    while kills < args.kills:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "moderation", "scan", "observe", str(archive)),
                *("--out", str(rough), "--workers", "2", "--shard-rows", str(SHARD_ROWS)),
                *("--without", "lettering"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=float(rng.uniform(4, 14)))
            break  # it was done before the kill
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            done_at.append(len(list(rough.glob("observed/*/done/*.json"))))
    observed = observe(archive, rough, **chosen)  # type: ignore[arg-type]
    rows = Counter(
        note_id
        for part in rough.glob("observed/*/notes/*.parquet")
        for note_id in pq.read_table(part, columns=["note_id"])["note_id"].to_pylist()
    )
    broken = {
        "rows missing": args.notes - len(rows),
        "rows doubled": sum(count > 1 for count in rows.values()),
        "files that differ": len(digests(calm).items() ^ digests(rough).items()),
        "receipts lost": sum(b < a for a, b in pairwise(done_at)),
        "not complete": int(not observed.complete),
    }
    return {
        "kills": kills,
        "shards_done_at_each": done_at,
        "seconds": round(time.monotonic() - started, 1),
        "rows_at_risk_each": 2 * SHARD_ROWS,
        "broken": broken,
    }


def digests(out: Path) -> dict[str, str]:
    """Path → digest of each file."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("part-*")
    }


def report(results: dict[str, Any]) -> None:
    """Print."""
    rate = results["rates"]
    table(
        ("pictures a second", "value"),
        [
            ("floor: decode and PDQ, one thread", results["floor"]["pictures_per_s"]),
            ("one process, without lettering", rate["pictures_per_s"]["1"]),
            ("two processes, without lettering", rate["pictures_per_s"]["2"]),
            ("two over one", rate["two_over_one"]),
            ("two processes, with lettering", rate["with_lettering"]["pictures_per_s"]),
            ("memory of two, MB", rate["with_lettering"]["memory_mb"]),
            ("bytes kept of a picture", rate["with_lettering"]["bytes_a_picture"]),
        ],
    )
    table(
        ("step, ms of one core", "mean", "p50"),
        ((name, ms["mean"], ms["p50"]) for name, ms in results["steps_ms"].items()),
    )
    kills = results["kills"]
    print(f"{kills['kills']} kills, shards done at each: {kills['shards_done_at_each']}")
    table(("promise broken", "cases"), list(kills["broken"].items()))


if __name__ == "__main__":
    main()

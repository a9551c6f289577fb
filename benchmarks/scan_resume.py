"""What is lost when a scan is killed?

The whole of `moderation scan`, its processes too, is killed (-9) at random moments, in whichever
stage it is, until so many kills are done; then it ends undisturbed. Every row must be there once,
every file and every verdict the same as of a scan that was never killed.

What is done twice: at a kill each process has one shard of observing or pairing under way, or the
judge one portion of notes. So the rows begun twice are at most processes × rows of a shard for each
kill that hit these stages; that bound over all rows of both stages is what is told. The kills that
hit the judge are counted apart.

Photographs of the data folder (else mixtures of those of Python packages) as JPEG, one a note; each
fifth is the picture of an earlier note, smaller, so that there are pairs. Readers of marks are left
out: they would only make it take longer. Exits 1 where a promise is broken.
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

from moderation.scan.observation import may_be_left_out

SHARD_ROWS = 4
WORKERS = 2
COPY_EVERY = 5


def main() -> None:
    """Measure, print, write; fail where a promise is broken."""
    args = options().parse_args()
    if args.quick:
        args.notes, args.kills, args.longest = 40, 3, 20.0
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        results = killed(args, make_archive(args, folder / "archive"), folder)
    report(results)
    write("scan_resume", args, results)
    if any(results["broken"].values()):
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--notes", type=int, default=2700, help="in the archive")
    command.add_argument("--kills", type=int, default=20)
    command.add_argument("--longest", type=float, default=60.0, help="seconds before a kill")
    command.add_argument("--quick", action="store_true", help="a trial: small, and says nothing")
    return command


def make_archive(args: argparse.Namespace, folder: Path) -> Path:
    """Notes and their pictures."""
    folder.mkdir()
    material, lines = Material(args), []
    for number in range(args.notes):
        copy = number % COPY_EVERY == COPY_EVERY - 1
        pixels = filled(material[number - COPY_EVERY + 1 if copy else number])
        if copy:
            pixels = cv2.resize(pixels, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
        (folder / f"{number:05}.jpg").write_bytes(jpeg(pixels))
        row = {
            "id": f"n{number}",
            "author": {"id": f"author {number % 41}"},
            "published_at": f"2026-01-{1 + number // 1440:02}T{number // 60 % 24:02}:"
            f"{number % 60:02}:00Z",
            "text": "周末去江边走走，新开的咖啡馆视野很好，拿铁偏甜，适合拍照。",
            "images": [{"path": f"{number:05}.jpg"}],
        }
        lines.append(json.dumps(row, ensure_ascii=False))
    path = folder / "notes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def scan(
    archive: Path, out: Path, *options: str, env: dict[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """The command, in a group of its own."""
    left_out = [word for name in may_be_left_out() for word in ("--without", name)]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "moderation", "scan", "run", str(archive)),
            *("--out", str(out), "--workers", str(WORKERS), "--shard-rows", str(SHARD_ROWS)),
            *left_out,
            *options,
        ],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def killed(args: argparse.Namespace, archive: Path, folder: Path) -> dict[str, Any]:
    """Killed at random moments; what is there in the end."""
    rng = np.random.default_rng([args.seed, 11])
    calm, rough = folder / "calm", folder / "rough"
    began = time.monotonic()
    undisturbed = scan(archive, calm).wait()
    took = time.monotonic() - began
    stages: list[str] = []
    done_at: list[int] = []
    while len(stages) < args.kills:
        process = scan(archive, rough)
        try:
            process.wait(timeout=float(rng.uniform(6, args.longest)))
            shutil.rmtree(rough)  # it was done before it was killed often enough: once more
            done_at.append(0)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            stages.append(stage(rough))
            done_at.append(receipts(rough))
    ended = scan(archive, rough).wait()
    at_shards = sum(name != "judge" for name in stages)
    most = at_shards * WORKERS * SHARD_ROWS
    rows = note_ids(rough, "observed/*/notes", "note_id")
    broken = {
        "rows missing": args.notes - len(rows),
        "rows doubled": sum(count > 1 for count in rows.values()),
        "files that differ": len(digests(calm).items() ^ digests(rough).items()),
        "verdicts that differ": sum(
            a != b for a, b in zip(verdicts(calm), verdicts(rough), strict=True)
        ),
        "verdicts missing": args.notes - len(verdicts(rough)),
        "receipts lost": sum(0 < b < a for a, b in pairwise(done_at)),
        "other exit codes": int(undisturbed != 0) + int(ended != 0),
    }
    return {
        "notes": args.notes,
        "shard_rows": SHARD_ROWS,
        "undisturbed_s": round(took, 1),
        "kills": dict(Counter(stages)),
        "receipts_at_each": done_at,
        "rows_of_both_stages": 2 * args.notes,
        "rows_begun_twice_at_most": most,
        "share_redone_at_most": round(most / (2 * args.notes), 4),
        "broken": broken,
    }


def stage(out: Path) -> str:
    """In which one a scan was: the last of which there is anything."""
    if list(out.glob("judged/*/begun.json")):
        return "judge"
    return "pair" if list(out.glob("paired/*")) else "observe"


def receipts(out: Path) -> int:
    """Shards that are done, of both stages."""
    return len(list(out.glob("*/*/done/*.json")))


def note_ids(out: Path, tables: str, column: str) -> Counter[str]:
    """How often each is there."""
    return Counter(
        note_id
        for part in out.glob(f"{tables}/*.parquet")
        for note_id in pq.read_table(part, columns=[column])[column].to_pylist()
    )


def digests(out: Path) -> dict[str, str]:
    """Path → digest of each file of a shard."""
    return {
        path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("part-*")
    }


def verdicts(out: Path) -> list[dict[str, Any]]:
    """In order of publication, without the time at which the judging began."""
    (file,) = out.glob("judged/*/verdicts.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [{k: v for k, v in row.items() if k not in TIMES} for row in rows]


TIMES = ("decided_at", "timings_ms")


def report(results: dict[str, Any]) -> None:
    """Print."""
    table(
        ("resume", "value"),
        [(k, str(v)) for k, v in results.items() if k not in ("broken", "receipts_at_each")],
    )
    table(("promise broken", "cases"), list(results["broken"].items()))


if __name__ == "__main__":
    main()

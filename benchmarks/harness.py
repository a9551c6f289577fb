"""What every benchmark shares: options, fair timing, intervals, and the result file.

A result says on what it was measured: processor, threads, versions, seed, commit, and the
command that runs it again. Results hold numbers only, never anything of the pictures.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moderation import rates

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
WORK = HERE.parent / "work"
"""Ignored by git: registers and pictures that a benchmark keeps for its next run."""
SEED = 20261124

_VERSIONS = (
    *("numpy", "opencv-python-headless", "pillow", "faiss-cpu", "ImageHash", "pdqhash"),
    *("onnxruntime", "SQLAlchemy", "psycopg", "fastapi", "uvicorn"),
)
_STARTED = time.monotonic()


def parser(description: str | None) -> argparse.ArgumentParser:
    """Options that all benchmarks have."""
    options = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("MODERATION_DATA"),
        help="folder with `images/` and `pdq-reference/`; default: $MODERATION_DATA",
    )
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument(
        "--out", type=Path, default=RESULTS, help="folder for the result, default: %(default)s"
    )
    return options


def data_folder(args: argparse.Namespace, name: str) -> Path | None:
    """A folder of the measuring data; None where there is none."""
    folder = Path(args.data) / name if args.data else None
    return folder if folder and folder.is_dir() else None


def write(
    name: str, args: argparse.Namespace, results: Mapping[str, Any], *, script: str | None = None
) -> Path:
    """Write `<name>.json` with all that is needed to judge and to repeat it."""
    report = {
        "benchmark": name,
        "rerun": rerun(script or name, args),
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed_files": bool(_git("status", "--porcelain", "--", "moderation")),
        "machine": machine(),
        "versions": versions(),
        "seed": args.seed,
        "took_s": round(time.monotonic() - _STARTED, 1),
        "results": results,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    path = args.out / f"{name}.json"
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{report['machine']['cpu']}, {report['machine']['cores']} cores, seed {args.seed}")
    print(f"written to {path.name}; again: {report['rerun']}")
    return path


def rerun(name: str, args: argparse.Namespace) -> str:
    """The command, with folders of this machine left out."""
    words = [f"python benchmarks/{name}.py"]
    for key, value in sorted(vars(args).items()):
        if key in ("out", "data") or value is None or value is False:
            continue
        flag = "--" + key.replace("_", "-")
        shown = "…" if isinstance(value, Path) else value
        words.append(flag if value is True else f"{flag} {shown}")
    if args.data:
        words.insert(0, "MODERATION_DATA=…")
    return " ".join(words)


def machine() -> dict[str, Any]:
    """What it runs on; no host name."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "system": f"{platform.system()} {platform.machine()}",
        "load_at_end": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
    }


def versions() -> dict[str, str]:
    """Of Python, of this package, and of what decides speed."""
    found = {"python": platform.python_version()}
    for name in ("notegate", *_VERSIONS):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


# Timing


def interleaved_ms(
    tasks: Mapping[str, Callable[[Any], object]],
    items: Sequence[Any],
    rng: np.random.Generator,
    rounds: int,
) -> dict[str, list[float]]:
    """Milliseconds of each task on each item, best of `rounds`.

    Tasks take turns on one item in changing order, so that a busy moment of the machine or a
    warm cache favours none. One round before is not counted.
    """
    best = {name: [math.inf] * len(items) for name in tasks}
    for turn in range(rounds + 1):
        for place, item in enumerate(items):
            for name in rng.permutation(list(tasks)).tolist():
                started = time.perf_counter()
                tasks[name](item)
                took = 1000 * (time.perf_counter() - started)
                if turn:
                    best[name][place] = min(best[name][place], took)
    return best


# Intervals


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share, as results hold it; (0, 1) where nothing was counted."""
    low, high = rates.wilson(hits, n)
    return round(low, 4), round(high, 4)


def share(hits: int, n: int) -> dict[str, Any]:
    """A share with its counts and interval, as results hold it."""
    low, high = wilson(hits, n)
    return {"hits": hits, "n": n, "share": round(hits / n, 4) if n else None, "ci95": [low, high]}


def median_ratio(
    slow: Iterable[float], fast: Iterable[float], rng: np.random.Generator, draws: int = 2000
) -> dict[str, Any]:
    """Ratio of medians of paired times, with its 95 % bootstrap interval over the items."""
    a, b = np.asarray(list(slow)), np.asarray(list(fast))
    pick = rng.integers(0, len(a), (draws, len(a)))
    ratios = np.median(a[pick], axis=1) / np.median(b[pick], axis=1)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return {
        "ratio": round(float(np.median(a) / np.median(b)), 2),
        "ci95": [round(float(low), 2), round(float(high), 2)],
    }


def quantiles_ms(times: Iterable[float]) -> dict[str, Any]:
    """Count and quantiles."""
    x = np.asarray(list(times))
    names = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {"n": len(x)} | {k: round(float(np.quantile(x, q)), 1) for k, q in names.items()}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print columns."""
    lines = [list(map(str, head)), *(list(map(str, row)) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        first, *rest = (f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))
        print("  ".join([line[0].ljust(len(first)), *rest]).rstrip())


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory_gb() -> float | None:
    if not hasattr(os, "sysconf") or sys.platform == "win32":
        return None
    return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)

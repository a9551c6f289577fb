"""How soon does `moderation --help` answer? The whole process, beside a Python that does nothing.

Target: 0.3 s. Nothing heavy may be imported before a command needs it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from harness import parser, table, write

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "moderation --help": [str(Path(sys.executable).with_name("moderation")), "--help"],
    "moderation --version": [str(Path(sys.executable).with_name("moderation")), "--version"],
    "moderation check --help": [
        str(Path(sys.executable).with_name("moderation")),
        "check",
        "--help",
    ],
}
HEAVY = ("numpy", "cv2", "PIL", "faiss", "torch", "transformers", "sqlalchemy", "pyarrow")
TARGET_S = 0.3


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for turn in range(args.runs + 1):
        for name, command in COMMANDS.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if turn:  # the first one fills the disk cache
                times[name].append(time.perf_counter() - started)
    results = {
        "target_s": TARGET_S,
        "runs": args.runs,
        "seconds": {name: summary(t) for name, t in times.items()},
        "heavy_modules_loaded": heavy_modules(),
    }
    table(
        (f"{args.runs} processes each", "median s", "p90 s", "max s"),
        ((name, r["median"], r["p90"], r["max"]) for name, r in results["seconds"].items()),
    )
    print("heavy modules loaded by --help:", ", ".join(results["heavy_modules_loaded"]) or "none")
    write("startup", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--runs", type=int, default=20)
    return command


def summary(times: list[float]) -> dict[str, float]:
    """Of seconds."""
    values = {"median": np.median(times), "p90": np.quantile(times, 0.9), "max": max(times)}
    return {name: round(float(value), 3) for name, value in values.items()}


def heavy_modules() -> list[str]:
    """Which of them a process has loaded after answering `--help`."""
    code = (
        "import sys\nfrom moderation.cli import main\nsys.argv = ['moderation', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return list(__import__("ast").literal_eval(done.stderr.strip().splitlines()[-1]))


if __name__ == "__main__":
    main()

"""Run every benchmark, one after another, then write the tables: `make bench`.

Four hours or more on two cores, a few minutes more the first time; `note_reader`, whose
networks take ten minutes a fold, `service_soak`, which takes an hour, and `index_scale`, which
wants ten gigabytes of disk, are not among them. A benchmark without its data says so and is passed
over; one that breaks a promise fails the whole.
"""

from __future__ import annotations

import subprocess
import sys

from harness import HERE

BENCHMARKS = (
    "pdq_conformance",
    "hashing_speed",
    "index_speed",
    "descriptor_index",
    "index_kinds",
    "startup",
    "text_reading",
    "diversion",
    "shipped_reader",
    "linear_readers",
    "labelled_sources",
    "caption_twins",
    "copy_verification",
    "copy_recall --plots",
    "copy_peers --plots",
    "copy_strength --plots",
    "descriptor",
    "gate_latency",
    "race",
    "race --server",
    "watermark",
    "codes",
    "lettering",
    "service_load",
    "service_faults",
    "service_faults --server",
    "service_events",
    "service_hostile",
    "scan_observe",
    "hash_join",
    "scan_items",
    "scan_pairs",
    "scan_resume",
    "scan_ray",
    "replay",
    "late_truths",
    "console_speed",
)
NOTHING_TO_MEASURE = 2


def main() -> None:
    """Options are handed to each benchmark, as `--data` and `--seed`."""
    broken = []
    for name in BENCHMARKS:
        print(f"\n=== {name}", flush=True)
        script, *options = name.split()
        command = [sys.executable, str(HERE / f"{script}.py"), *options, *sys.argv[1:]]
        code = subprocess.run(command, check=False).returncode
        if code not in (0, NOTHING_TO_MEASURE):
            broken.append(name)
    subprocess.run([sys.executable, str(HERE / "tables.py")], check=True)
    if broken:
        raise SystemExit(f"failed: {', '.join(broken)}")


if __name__ == "__main__":
    main()

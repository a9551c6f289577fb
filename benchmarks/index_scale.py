"""Ten millions in one process: how much memory, how long a query, how many of the nearest?

Descriptors are those of pictures of the data folder, and mixtures of two of them with noise, as in
`descriptor_index`; hashes are random codes, of which every second one in a thousand has a near one.
They are added a hundred thousand at a time and saved at every million, as a register grows, so that
lists are sorted anew and packed again on the way. What is built so far is kept in the work folder:
a run that ends early is started again and goes on.

Beside it runs the exact search: every vector, as the network gave it, is compared in float32 with
every query, and the ten nearest are kept. Recall@10 is the share of these that our index gives;
what is as near as the tenth counts as found.

Asked are one hash at the gate's radius and one descriptor; a picture without parts as the gate
asks for it, its hash in eight dihedral forms; and six views, as a screenshot with photos in it.
Measured in a child process that opens the snapshots: milliseconds on the clock, the best of five
turns of each query, since the machine does other things; processor time of all threads; and
memory: its own (`RssAnon`), and pages of mapped files (`RssFile`), which the system takes back
when it needs room. The lists are mapped twice, by FAISS and for comparing once more, and a page
that both touch counts twice. Once as it was saved, and once with as many late descriptors as wait
at most for the next packing.
Targets: at most 8 GB resident, 60 ms, recall@10 at least 0.98.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from descriptor_index import described, more, resident
from harness import WORK, parser, table, write
from numpy.typing import NDArray

from moderation.image import descriptor_index
from moderation.image.descriptor import Describer
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.hashing import PDQ256
from moderation.image.index import HashIndex
from moderation.image.matching import CANDIDATE_RADIUS_BITS, NEAREST

LIMIT = 10
KINDS = (
    ("one hash and one descriptor", 1, 1),
    ("a picture without parts", 8, 1),
    ("six views", 48, 6),
)
"""What is asked: name, hashes, descriptors."""
AT_ONCE = 100_000
SAVED_EVERY = 1_000_000
TURNS = 5
"""Of each query, of which the fastest counts: what else the machine does is not measured."""
RECIPE = "benchmark_v1"
Vectors = NDArray[np.float32]


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    if args.child is not None:
        print(json.dumps(measured_in_child(args.child, args)))
        return
    folder = args.work or WORK / "index_scale"
    folder.mkdir(parents=True, exist_ok=True)
    built = grown(folder, args)
    command = [sys.executable, __file__, "--child", str(folder), "--seed", str(args.seed)]
    command += ["--queries", str(args.queries), "--rounds", str(args.rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    results = built | json.loads(done.stdout)
    report(results)
    del args.work
    write("index_scale", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--pictures", type=int, default=10_000_000)
    command.add_argument("--queries", type=int, default=300)
    command.add_argument("--rounds", type=int, default=100, help="queries timed of each kind")
    command.add_argument("--photos", type=int, default=400, help="pictures of the data folder")
    command.add_argument("--work", type=Path, help="folder for what is built")
    command.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return command


# Growing


def grown(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Build, or go on building; what it took."""
    sources(folder, args)
    real, queries = np.load(folder / "real.npy"), np.load(folder / "queries.npy")
    told = folder / "progress.json"
    progress = json.loads(told.read_text()) if told.exists() else {"pictures": 0, "steps": []}
    index = HashIndex(PDQ256)
    ours = DescriptorIndex(RECIPE, real.shape[1])
    nearest = np.full((len(queries), LIMIT), -1.0, np.float32)
    if progress["pictures"]:
        ours = DescriptorIndex.load(folder / "descriptors", RECIPE, real.shape[1])
        index = HashIndex.load(folder / PDQ256.name, PDQ256)
        assert ours.seq == index.seq == progress["pictures"]
        nearest = np.load(folder / f"nearest-{progress['pictures']}.npy")
    while progress["pictures"] < args.pictures:
        started, cpu = time.perf_counter(), time.process_time()
        for start in range(progress["pictures"], progress["pictures"] + SAVED_EVERY, AT_ONCE):
            vectors = chunk(real, start, args)
            nearest = nearer(nearest, vectors, queries)
            ids = np.arange(start, start + AT_ONCE)
            index.add(ids, codes(start, args))
            ours.add(ids, vectors.astype(np.float16).astype(np.float32))
        added, saving = time.perf_counter() - started, time.perf_counter()
        progress["pictures"] += SAVED_EVERY
        np.save(folder / f"nearest-{progress['pictures']}.npy", nearest)
        ours.seq = index.seq = progress["pictures"]
        ours.save(folder / "descriptors")
        index.save(folder / PDQ256.name)
        step = {
            "pictures": progress["pictures"],
            "add_and_compare_s": round(added, 1),
            "save_s": round(time.perf_counter() - saving, 1),
            "processor_s": round(time.process_time() - cpu, 1),
            "own_mb": resident()["own"] >> 20,
        }
        progress["steps"].append(step)
        told.write_text(json.dumps(progress))
        print(step, flush=True)
    sizes = [path.stat().st_size for path in folder.rglob("*.bin")]
    return {
        "pictures": progress["pictures"],
        "real": len(real),
        "dimensions": real.shape[1],
        "bytes_a_picture_on_disk": round(sum(sizes) / progress["pictures"]),
        "growth": progress["steps"],
    }


def sources(folder: Path, args: argparse.Namespace) -> None:
    """Descriptors of pictures and queries, made once."""
    if (folder / "queries.npy").exists():
        return
    rng = np.random.default_rng(args.seed)
    real, copies, _ = described(args, Describer.open(), rng)
    half = min(args.queries // 2, len(copies))
    chosen = copies[rng.permutation(len(copies))[:half]]
    np.save(folder / "real.npy", real)
    queries = np.concatenate([chosen, more(real, args.queries - half, rng)])
    np.save(folder / "queries.npy", rng.permutation(queries))


def chunk(real: Vectors, start: int, args: argparse.Namespace) -> Vectors:
    """Descriptors of the pictures from `start`: the real ones first, once."""
    rng = np.random.default_rng([args.seed, start])
    vectors = more(real, AT_ONCE, rng)
    if not start:
        vectors[: len(real)] = real
    return vectors


def codes(start: int, args: argparse.Namespace) -> NDArray[np.uint8]:
    """Hashes of the pictures from `start`."""
    rng = np.random.default_rng([args.seed, start, 1])
    return rng.integers(0, 256, (AT_ONCE, PDQ256.bytes), dtype=np.uint8)


def nearer(nearest: Vectors, vectors: Vectors, queries: Vectors) -> Vectors:
    """The ten highest cosines of each query so far: float32 [q, 10], ascending."""
    both = np.concatenate([nearest, queries @ vectors.T], axis=1)
    return np.sort(np.partition(both, -LIMIT, axis=1)[:, -LIMIT:], axis=1)


# In a process of its own


def measured_in_child(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Open, search, look at the own size."""
    queries = np.load(folder / "queries.npy")[: args.queries]
    real = np.load(folder / "real.npy")
    progress = json.loads((folder / "progress.json").read_text())
    before = resident()
    started = time.perf_counter()
    near = HashIndex.load(folder / PDQ256.name, PDQ256)
    alike = DescriptorIndex.load(folder / "descriptors", RECIPE, real.shape[1])
    opened = time.perf_counter() - started
    memory = {"opened": grown_by(before)}
    least = np.load(folder / f"nearest-{progress['pictures']}.npy")[: args.queries, 0]
    recall = recalled(alike, queries, real, least, args)
    rng = np.random.default_rng([args.seed, 2])
    as_saved = timed(near, alike, queries, rng, args)
    memory["searched"] = grown_by(before)
    late = descriptor_index._TAIL_MOST - len(alike._tail)
    ids = np.arange(late) + progress["pictures"]
    vectors = more(real, late, rng).astype(np.float16).astype(np.float32)
    alike.add(ids, vectors)
    with_late = timed(near, alike, queries, rng, args)
    memory["with late ones"] = grown_by(before)
    return {
        "queries": len(queries),
        "faiss_threads": faiss.omp_get_max_threads(),
        "open_s": round(opened, 1),
        "recall_at_10": recall,
        "late": late,
        "ms": {"as saved": as_saved, "with late ones": with_late},
        "memory_mb": memory,
    }


def recalled(
    index: DescriptorIndex,
    queries: Vectors,
    real: Vectors,
    least: Vectors,
    args: argparse.Namespace,
) -> float:
    """Share of the ten nearest that the index gives, by what the network gave for its answers."""
    chunks: dict[int, Vectors] = {}
    wanted: dict[int, list[tuple[int, int]]] = {}
    for row, query in enumerate(queries):
        for hit in index.search(query[np.newaxis], LIMIT):
            start = hit.id // AT_ONCE * AT_ONCE
            wanted.setdefault(start, []).append((row, hit.id - start))
    found = 0
    for start, pairs in wanted.items():
        chunks = {start: chunk(real, start, args)}
        rows, places = (np.array(column) for column in zip(*pairs, strict=True))
        cosines = (queries[rows] * chunks[start][places]).sum(axis=1)
        # The same product in another order of sums is off by some units of the last place.
        found += int((cosines >= least[rows] - 1e-6).sum())
    return round(found / (LIMIT * len(queries)), 4)


def timed(
    near: HashIndex,
    alike: DescriptorIndex,
    queries: Vectors,
    rng: np.random.Generator,
    args: argparse.Namespace,
) -> dict[str, dict[str, dict[str, float]]]:
    """Milliseconds of pictures without parts and with six views; on the clock, best of turns."""
    times: dict[str, dict[str, dict[str, float]]] = {}
    for name, forms, views in KINDS:
        rounds = args.rounds if views == 1 else args.rounds // 5
        took: dict[str, list[float]] = {"hashes": [], "descriptors": [], "both": []}
        cpu = []
        for _ in range(rounds):
            some = queries[rng.integers(len(queries), size=views)]
            asked = rng.integers(0, 256, (forms, PDQ256.bytes), dtype=np.uint8)
            best = dict.fromkeys(took, np.inf)
            for _ in range(TURNS):
                started, used = time.perf_counter(), time.process_time()
                near.search(asked, CANDIDATE_RADIUS_BITS, NEAREST)
                between = time.perf_counter()
                alike.search(some, 8, 0.3)
                ended = time.perf_counter()
                cpu.append(1000 * (time.process_time() - used))
                best["hashes"] = min(best["hashes"], 1000 * (between - started))
                best["descriptors"] = min(best["descriptors"], 1000 * (ended - between))
                best["both"] = min(best["both"], 1000 * (ended - started))
            for part, least in best.items():
                took[part].append(least)
        times[name] = {
            part: {
                "p50": round(float(np.percentile(each, 50)), 1),
                "p95": round(float(np.percentile(each, 95)), 1),
            }
            for part, each in (took | {"processor time of both": cpu}).items()
        }
    return times


def grown_by(before: dict[str, int]) -> dict[str, int]:
    """Megabytes more than before."""
    now = resident()
    return {kind: (now[kind] - before[kind]) >> 20 for kind in now}


def report(results: dict[str, Any]) -> None:
    """Print."""
    print(
        f"{results['pictures']:,} pictures, recall@10 {results['recall_at_10']} of "
        f"{results['queries']} queries; opened in {results['open_s']} s"
    )
    table(
        ("ms", "asked", "p50", "p95"),
        (
            (f"{state}, {name}", views, row["p50"], row["p95"])
            for state, kinds in results["ms"].items()
            for views, rows in kinds.items()
            for name, row in rows.items()
        ),
    )
    table(
        ("MB", "own", "mapped"),
        ((stage, row["own"], row["mapped"]) for stage, row in results["memory_mb"].items()),
    )


if __name__ == "__main__":
    main()

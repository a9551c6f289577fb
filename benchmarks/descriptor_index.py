"""Three indexes at a million pictures: what is found, how fast, and in how much memory?

Descriptors are those of pictures of the data folder; the rest, up to a million, are mixtures of
two real ones with noise, so that real ones have near neighbours that are none of theirs. Half of
the queries are attacked copies whose original is among the million, half are noisy mixtures.
All go the way of a registered picture: rounded for the register, rounded for the index, sorted into
lists. Compared with FAISS's exact search of what the network gave, in float32: the share of its
ten nearest that ours gives (recall@10; whatever is as near as the tenth counts as found), and
milliseconds a search. The same without lists, and of so many pictures that none are made, tells
what rounding costs and what the lists do. Target: recall@10 at least 0.99.

Memory is that of a child process that opens the snapshots of the hash index, the descriptor index
and the feature index, searches, and reads its own size: what it holds itself, and what is mapped
from files, which the system takes back when it needs room. Keys of the feature index are drawn
from those of real pictures, half of them with up to three bits turned.

All on one thread, in seconds of processor time, which other work on the machine stretches less
than time on the clock. Without the data folder the few photographs of Python packages are mixed,
and the recall means little.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import faiss
import numpy as np
from harness import WORK, data_folder, parser, table, write
from numpy.typing import NDArray
from photographs import Pixels, mixed, package_photographs, read

from moderation.image.descriptor import Describer, from_bytes, to_bytes
from moderation.image.descriptor_index import FLAT_MOST, DescriptorIndex
from moderation.image.feature_index import FEATURE_KEYS, KEY_BITS, FeatureIndex, keys_of
from moderation.image.feature_segments import SHAPES
from moderation.image.hashing import PDQ256
from moderation.image.index import HashIndex
from moderation.image.local_features import LocalFeatures, stored_features
from moderation.image.mapped import Manifest, stored, write_manifest
from moderation.image.matching import CANDIDATE_RADIUS_BITS
from moderation.training.attacks import ATTACKS

LIMIT = 10
VIEWS = 6
KEYS_A_PICTURE = 400
DETAILED = 200
"""Pictures of which the local features are read."""
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
_ENTRIES_AT_ONCE = 4_000_000

Vectors = NDArray[np.float32]


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    faiss.omp_set_num_threads(1)
    cv2.setNumThreads(1)
    if args.child is not None:
        print(json.dumps(measured_in_child(args.child)))
        return
    rng = np.random.default_rng(args.seed)
    describer = Describer.open()
    real, copies, keys = described(args, describer, rng)
    vectors = np.concatenate([real, more(real, args.pictures - len(real), rng)])
    half = args.queries // 2
    picked = rng.permutation(len(copies))[:half]
    queries = np.concatenate([copies[picked], more(real, args.queries - len(picked), rng)])
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        results: dict[str, Any] = {
            "pictures": len(vectors),
            "real": len(real),
            "dimensions": describer.dimensions,
            "recipe": describer.recipe,
            "flat_most": FLAT_MOST,
            "descriptors": descriptors(folder, vectors, queries, picked, args),
            "descriptors_in_memory": in_memory(vectors[:FLAT_MOST], queries, args),
        }
        results["features"] = features(folder, keys, len(vectors), rng)
        hashes(folder, len(vectors), rng)
        np.save(folder / "queries.npy", queries[: 2 * VIEWS * 10])
        results["memory"] = in_child(folder)
    report(results)
    write("descriptor_index", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--pictures", type=int, default=1_000_000)
    command.add_argument("--queries", type=int, default=400)
    command.add_argument("--photos", type=int, default=400, help="pictures of the data folder")
    command.add_argument("--rounds", type=int, default=10, help="searches timed of each kind")
    command.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    return command


# What is registered


def described(
    args: argparse.Namespace, describer: Describer, rng: np.random.Generator
) -> tuple[Vectors, Vectors, list[NDArray[np.uint32]]]:
    """Descriptors of pictures, and of an attacked copy of each; keys of some."""
    real: list[Vectors] = []
    copies: list[Vectors] = []
    keys: list[NDArray[np.uint32]] = []
    others: list[Pixels] = []
    for number, pixels in enumerate(pictures(args, rng)):
        if len(others) < 12:
            others.append(pixels)
        attack = ATTACKS[int(rng.integers(len(ATTACKS)))]
        copy = attack.apply(pixels, rng, [others[i % len(others)] for i in range(9)])
        vector, of_copy = describer.describe([pixels, copy])
        real.append(vector)
        copies.append(of_copy)
        if number < DETAILED:
            size = (pixels.shape[1], pixels.shape[0])
            keys.append(np.unique(keys_of(stored_features(pixels, size).descriptors)))
    return np.stack(real), np.stack(copies), keys


def pictures(args: argparse.Namespace, rng: np.random.Generator) -> Iterator[Pixels]:
    """Of the data folder in random order, or mixtures."""
    folder = data_folder(args, "images")
    if folder is None:
        sources = list(package_photographs().values())
        yield from sources
        yield from (mixed(rng, sources, (540, 720)) for _ in range(200))
        return
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    for i in rng.permutation(len(paths))[: args.photos]:
        yield read(paths[i])


def more(real: Vectors, count: int, rng: np.random.Generator) -> Vectors:
    """Mixtures of two real descriptors with noise: float32 [count, d], unit rows."""
    out = np.empty((max(0, count), real.shape[1]), np.float32)
    for start in range(0, len(out), 100_000):
        rows = out[start : start + 100_000]
        a, b = (real[rng.integers(len(real), size=len(rows))] for _ in range(2))
        share = rng.uniform(0.5, 1, (len(rows), 1)).astype(np.float32)
        noise = rng.standard_normal(rows.shape, dtype=np.float32) / np.sqrt(rows.shape[1])
        rows[:] = share * a + (1 - share) * b + rng.uniform(0.2, 0.6, (len(rows), 1)) * noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return out


# Descriptors


def descriptors(
    folder: Path,
    vectors: Vectors,
    queries: Vectors,
    originals: NDArray[np.int64],
    args: argparse.Namespace,
) -> dict[str, Any]:
    """Recall and time against exact search in float32."""
    ours = DescriptorIndex("benchmark_v1", vectors.shape[1])
    stored = as_registered(vectors)
    started = time.process_time()
    ours.add(np.arange(len(stored)), stored)
    added = time.process_time() - started
    flat_ms = batches_ms({"flat codes": lambda q: ours.search(q, LIMIT)}, queries, args)
    flat_answers = answers(ours, queries)
    started = time.process_time()
    ours.save(folder / "descriptors")
    packed = time.process_time() - started
    size = sum(file.stat().st_size for file in (folder / "descriptors").iterdir())
    exact, nearest = exact_search(vectors, queries)
    found = answers(ours, queries)
    times = batches_ms(
        {
            "ours": lambda q: ours.search(q, LIMIT),
            "FAISS flat": lambda q: exact.search(q, LIMIT),
        },
        queries,
        args,
    )
    count = len(originals)
    return {
        "queries": len(queries),
        "recall_at_10": recall(found, nearest, vectors, queries),
        "recall_at_10_of_attacked": recall(found[:count], nearest[:count], vectors, queries),
        "recall_at_10_flat_codes": recall(flat_answers, nearest, vectors, queries),
        "original_among_10": {
            "attacked": count,
            "ours": sum(int(n) in row for n, row in zip(originals, found, strict=False)),
            "FAISS flat": sum(int(n) in row for n, row in zip(originals, nearest, strict=False)),
        },
        "add_s": round(added, 1),
        "pack_and_save_s": round(packed, 1),
        "bytes_a_picture_on_disk": round(size / len(vectors)),
        "ms": flat_ms | times,
    }


def in_memory(vectors: Vectors, queries: Vectors, args: argparse.Namespace) -> dict[str, Any]:
    """The same of so few that all are compared."""
    ours = DescriptorIndex("benchmark_v1", vectors.shape[1])
    ours.add(np.arange(len(vectors)), as_registered(vectors))
    _, nearest = exact_search(vectors, queries)
    return {
        "pictures": len(vectors),
        "recall_at_10": recall(answers(ours, queries), nearest, vectors, queries),
        "ms": batches_ms({"ours": lambda q: ours.search(q, LIMIT)}, queries, args)["ours"],
    }


def as_registered(vectors: Vectors) -> Vectors:
    """What the register gives back."""
    out = np.empty_like(vectors)
    for row, vector in zip(out, vectors, strict=True):
        row[:] = from_bytes(to_bytes(vector))
    return out


def exact_search(vectors: Vectors, queries: Vectors) -> tuple[faiss.IndexFlatIP, NDArray[np.int64]]:
    """FAISS's, and what it finds."""
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    found = [exact.search(queries[at : at + 50], LIMIT)[1] for at in range(0, len(queries), 50)]
    return exact, np.concatenate(found)


def answers(index: DescriptorIndex, queries: Vectors) -> list[list[int]]:
    """Ids for each query, asked one by one."""
    return [[hit.id for hit in index.search(q[np.newaxis], LIMIT)] for q in queries]


def recall(
    found: list[list[int]], nearest: NDArray[np.int64], vectors: Vectors, queries: Vectors
) -> float:
    """Share of the nearest that were found, or others as near as the last of them."""
    hits = 0
    for ids, best, query in zip(found, nearest, queries.astype(np.float64), strict=False):
        tenth = (vectors[best] * query).sum(axis=1).min()
        hits += int(((vectors[ids] * query).sum(axis=1) >= tenth).sum())
    return round(hits / nearest.size, 4)


def batches_ms(
    tasks: dict[str, Any], queries: Vectors, args: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Median milliseconds of processor time of a search of one view, and of six at once."""
    times: dict[str, dict[str, float]] = {name: {} for name in tasks}
    for views in (1, VIEWS):
        for name, search in tasks.items():
            took = []
            for at in range(0, (args.rounds + 1) * views, views):
                started = time.thread_time()
                search(queries[at : at + views])
                took.append(1000 * (time.thread_time() - started))
            times[name][f"{views} views"] = round(float(np.median(took[1:])), 2)
    return times


# Features and hashes


def features(
    folder: Path, keys: list[NDArray[np.uint32]], count: int, rng: np.random.Generator
) -> dict[str, Any]:
    """The snapshot of a feature index of as many pictures, written in one go."""
    pool = np.concatenate(keys)
    bits = np.uint32(1) << rng.integers(0, KEY_BITS, (100_000, 3), dtype=np.uint32)
    masks = np.bitwise_or.reduce(bits, axis=1)
    masks[::2] = 0
    started = time.process_time()
    drawn = np.empty(count * KEYS_A_PICTURE, np.uint32)
    for piece in np.array_split(drawn, 1 + len(drawn) // _ENTRIES_AT_ONCE):
        piece[:] = pool[rng.integers(len(pool), size=len(piece))]
        piece ^= masks[rng.integers(len(masks), size=len(piece))]
    drawn.sort()
    pieces = np.array_split(drawn, 1 + len(drawn) // _ENTRIES_AT_ONCE)
    at = folder / FEATURE_KEYS.name
    part = {
        "keys": stored(at, "keys", SHAPES["keys"], pieces),
        "ids": stored(at, "ids", SHAPES["ids"], (rng.integers(count, size=len(p)) for p in pieces)),
    }
    dead = {"dead": stored(at, "dead", SHAPES["ids"], [])}
    numbers = {"pictures": count}
    write_manifest(
        at, Manifest(recipe=FEATURE_KEYS.name, seq=0, numbers=numbers, parts=(dead, part))
    )
    size = sum(file.stat().st_size for file in at.iterdir())
    return {
        "entries": len(drawn),
        "write_s": round(time.process_time() - started, 1),
        "bytes_a_picture_on_disk": round(size / count),
    }


def hashes(folder: Path, count: int, rng: np.random.Generator) -> None:
    """A hash index of as many random codes, on disk."""
    index = HashIndex(PDQ256)
    codes = rng.integers(0, 256, (count, PDQ256.bytes), dtype=np.uint8)
    index.add(np.arange(count), codes)
    index.save(folder / PDQ256.name)


# Memory


def in_child(folder: Path) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [sys.executable, __file__, "--child", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return dict(json.loads(done.stdout))


def measured_in_child(folder: Path) -> dict[str, Any]:
    """Open, search, look at the own size."""
    head = json.loads((folder / "descriptors" / "manifest.json").read_text())
    queries = np.load(folder / "queries.npy")
    rng = np.random.default_rng(0)
    before = resident()
    started = time.process_time()
    near = HashIndex.load(folder / PDQ256.name, PDQ256)
    alike = DescriptorIndex.load(
        folder / "descriptors", "benchmark_v1", head["numbers"]["dimensions"]
    )
    sharing = FeatureIndex.load(folder / FEATURE_KEYS.name)
    opened = time.process_time() - started
    count = len(near)
    stages = {"opened": resident()}
    times: dict[str, list[float]] = {"hashes": [], "descriptors": [], "features": []}
    # One-off parts of NumPy and FAISS are not the indexes'; more queries map more pages.
    for turn, at in enumerate(range(0, len(queries), VIEWS)):
        views = queries[at : at + VIEWS]
        codes = rng.integers(0, 256, (8 * VIEWS, PDQ256.bytes), dtype=np.uint8)
        seen = LocalFeatures(
            points=np.zeros((600, 2), np.float32),
            scales=np.ones(600, np.float32),
            angles=np.zeros(600, np.float32),
            descriptors=rng.integers(0, 16, (600, 128), dtype=np.uint8),
            size=(1080, 1440),
        )
        for name, search in (
            ("hashes", lambda: near.search(codes, CANDIDATE_RADIUS_BITS)),  # noqa: B023
            ("descriptors", lambda: alike.search(views, 8)),  # noqa: B023
            ("features", lambda: sharing.search(seen, 24)),  # noqa: B023
        ):
            started = time.thread_time()
            search()
            times[name].append(1000 * (time.thread_time() - started))
        if turn == 0:
            stages["first search"] = resident()
    stages["20 searches"] = resident()
    return {
        "open_s": round(opened, 1),
        "search_ms": {name: round(float(np.median(each)), 1) for name, each in times.items()},
        "bytes_a_picture": {
            stage: {kind: round((now[kind] - before[kind]) / count) for kind in now}
            for stage, now in stages.items()
        },
    }


def resident() -> dict[str, int]:
    """Bytes of this process in memory: its own, and mapped from files."""
    kinds = {"RssAnon": "own", "RssFile": "mapped"}
    lines = Path("/proc/self/status").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines if "Rss" in line}
    return {name: found[kind] for kind, name in kinds.items()}


def report(results: dict[str, Any]) -> None:
    """Print."""
    found, memory = results["descriptors"], results["memory"]
    print(f"{results['pictures']:,} pictures, {results['real']:,} of them real")
    print(
        f"recall@10 {found['recall_at_10']}, of attacked {found['recall_at_10_of_attacked']}, "
        f"without lists {found['recall_at_10_flat_codes']}; "
        f"original among ten {found['original_among_10']}"
    )
    print(f"all compared, in memory: {results['descriptors_in_memory']}")
    print(f"added in {found['add_s']} s, packed and saved in {found['pack_and_save_s']} s")
    table(
        ("ms", "1 view", "6 views"),
        ((name, row["1 views"], row["6 views"]) for name, row in found["ms"].items()),
    )
    print(f"opened in {memory['open_s']} s; ms a search: {memory['search_ms']}")
    table(
        ("bytes a picture", "own", "mapped"),
        ((stage, row["own"], row["mapped"]) for stage, row in memory["bytes_a_picture"].items()),
    )


if __name__ == "__main__":
    main()

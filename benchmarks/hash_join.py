"""How long does it take to join an archive's hashes with themselves, and how does that grow?

Codes are those of photographs of the data folder (else none), filled up with random ones, and
near-duplicates of a fiftieth of them at 0 to 31 bits. Every measurement is a process of its own, so
that its memory is its own.

- **Beside DuckDB**: the band join of SQL, on the same codes, in turns; ours has one thread, DuckDB
  as many as are asked for. Sixteen bands of 16 bits find every pair at most 15 bits apart; with the
  16 values one bit away of every band, every pair at most 31 bits apart. Both must find the very
  same pairs.
- **Growth**: seconds and bytes a code from 100,000 codes to 10 million.

Exits 1 where the pairs differ.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scan_tables
from harness import data_folder, parser, write

from moderation.image.hash_join import joined
from moderation.image.hashing import pdq

MOST_BITS = 32
NEAR_SHARE = 50
SIZES = (100_000, 1_000_000, 10_000_000)
REAL = 4_000


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    if args.child:
        print(json.dumps(CHILDREN[args.child](args)))
        return
    real = hashed(args)
    results: dict[str, Any] = {"real_codes": len(real), "threads": args.threads}
    results["beside_duckdb"] = beside(args, real)
    results["growth"] = [
        {"codes": size} | child("ours", args, real, size, 31)
        for size in SIZES
        if size <= args.largest
    ]
    print("\n".join(scan_tables.hash_join(results)))
    write("hash_join", args, results)
    if results["beside_duckdb"]["different"]:
        raise SystemExit(1)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--codes", type=int, default=1_000_000, help="beside DuckDB")
    command.add_argument("--largest", type=int, default=10_000_000, help="to grow to")
    command.add_argument("--rounds", type=int, default=3)
    command.add_argument("--threads", type=int, default=2, help="of DuckDB")
    command.add_argument("--child", help=argparse.SUPPRESS)
    command.add_argument("--radius", type=int, help=argparse.SUPPRESS)
    command.add_argument("--real", type=Path, help=argparse.SUPPRESS)
    return command


def hashed(args: argparse.Namespace) -> np.ndarray:
    """Hashes of photographs: uint8 [n, 32]; none without the data folder."""
    folder = data_folder(args, "images")
    files = [] if folder is None else sorted((folder / "train").glob("*.jpg"))[:REAL]
    codes = [pdq(cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)).bits for file in files]
    return np.array(codes, np.uint8).reshape(-1, 32)


def codes_of(args: argparse.Namespace) -> np.ndarray:
    """Real, random and planted ones, in an order of their own: uint8 [n, 32]."""
    real = np.load(args.real)
    rng = np.random.default_rng([args.seed, args.codes])
    planted = args.codes // NEAR_SHARE
    random = rng.integers(0, 256, (args.codes - planted - len(real), 32), dtype=np.uint8)
    every = np.concatenate([real, random])
    near = np.unpackbits(every[rng.integers(0, len(every), planted)], axis=1)
    for row in near:
        row[rng.permutation(256)[: rng.integers(0, MOST_BITS)]] ^= 1
    return np.concatenate([every, np.packbits(near, axis=1)])[rng.permutation(args.codes)]


def child(name: str, args: argparse.Namespace, real: np.ndarray, size: int, radius: int) -> Any:
    """One measurement in a process of its own."""
    file = args.out / "hash_join.real.npy"
    args.out.mkdir(parents=True, exist_ok=True)
    np.save(file, real)
    try:
        command = [
            *(sys.executable, __file__, "--child", name, "--codes", str(size)),
            *("--radius", str(radius), "--threads", str(args.threads)),
            *("--seed", str(args.seed), "--real", str(file)),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    finally:
        file.unlink()
    return json.loads(done.stdout)


def beside(args: argparse.Namespace, real: np.ndarray) -> dict[str, Any]:
    """Ours and DuckDB's in turns, at both radii."""
    found: dict[str, Any] = {"codes": args.codes, "different": 0}
    for radius in (15, 31):
        runs: dict[str, list[Any]] = {"ours": [], "duckdb": []}
        for _ in range(args.rounds):
            for name, of_name in runs.items():
                of_name.append(child(name, args, real, args.codes, radius))
        pairs = {run["pairs_digest"] for of_name in runs.values() for run in of_name}
        found["different"] += len(pairs) - 1
        seconds = {name: float(np.median([r["seconds"] for r in rs])) for name, rs in runs.items()}
        found[f"radius_{radius}"] = {
            **runs,
            "pairs": runs["ours"][0]["pairs"],
            "seconds": seconds,
            "ratio": round(seconds["duckdb"] / seconds["ours"], 2),
        }
    return found


def ours(args: argparse.Namespace) -> dict[str, Any]:
    """The join of this package."""
    codes = codes_of(args)
    started = time.perf_counter()
    found = joined(codes, codes, args.radius, before=np.arange(len(codes)))
    seconds = time.perf_counter() - started
    return told(seconds, found.queries * len(codes) + found.known)


def duckdb(args: argparse.Namespace) -> dict[str, Any]:
    """The band join of SQL."""
    import duckdb as engine
    import pyarrow as pa

    codes = codes_of(args)
    words, bands = codes.view("<u8"), codes.view(">u2").astype(np.int32)
    columns = {f"w{i}": words[:, i] for i in range(4)} | {f"b{i}": bands[:, i] for i in range(16)}
    given = pa.table({"id": np.arange(len(codes)), **columns})
    connection = engine.connect()
    connection.execute(f"set threads={args.threads}")
    connection.register("given", given)
    started = time.perf_counter()
    kept = "id, w0, w1, w2, w3"
    connection.execute(
        "create temp table bands as "
        + " union all ".join(f"select {kept}, {i} as band, b{i} as v from given" for i in range(16))
    )
    probes = "bands"
    if args.radius > 15:
        connection.execute(
            "create temp table flips as "
            "select 0 as flip union all select 1 << i from range(16) as r(i)"
        )
        probes = f"(select {kept}, band, xor(v, flip::int) as v from bands, flips)"
    bits = " + ".join(f"bit_count(xor(a.w{i}, b.w{i}))" for i in range(4))
    pairs = connection.execute(
        f"select distinct b.id, a.id from {probes} a join bands b "
        f"on a.band = b.band and a.v = b.v and a.id < b.id where {bits} <= {args.radius}"
    ).fetchnumpy()
    seconds = time.perf_counter() - started
    left, right = pairs.values()
    return told(seconds, np.sort(np.asarray(left) * len(codes) + np.asarray(right)))


def told(seconds: float, pairs: np.ndarray) -> dict[str, Any]:
    """What a child says."""
    import hashlib

    return {
        "seconds": round(seconds, 2),
        "pairs": len(pairs),
        "pairs_digest": hashlib.sha256(pairs.astype("<i8").tobytes()).hexdigest()[:16],
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


CHILDREN = {"ours": ours, "duckdb": duckdb}


if __name__ == "__main__":
    main()

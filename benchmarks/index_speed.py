"""What does our index cost over bare FAISS? One million random codes, needles at 31 bits.

Both search the same codes for the same needles with the same radius, one query after another in
turns. Ours adds ids, tombstones, a lock and sorted typed hits. With tombstones means a tenth of
the codes removed; FAISS then still searches all of them, as it cannot remove at once. The gate
itself searches wider, as geometry has the last word: measured too.
Target: at most 1.1 times the time of `IndexBinaryFlat.range_search`.
"""

from __future__ import annotations

import argparse
from typing import Any

import faiss
import numpy as np
from harness import interleaved_ms, median_ratio, parser, table, write

from moderation.image.hashing import PDQ256
from moderation.image.index import HashIndex
from moderation.image.matching import CANDIDATE_RADIUS_BITS

RADIUS_BITS = 31
BATCHES = (1, 8, 72)
"""A needle; the eight dihedral forms of a picture; those of a note of nine pictures."""


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    rng = np.random.default_rng(args.seed)
    codes = rng.integers(0, 256, (args.codes, PDQ256.bytes), dtype=np.uint8)
    bare = faiss.IndexBinaryFlat(PDQ256.bits)
    bare.add(codes)
    ours = HashIndex(PDQ256)
    ours.add(np.arange(args.codes), codes)
    results: dict[str, Any] = {
        "codes": args.codes,
        "radius_bits": RADIUS_BITS,
        "faiss_threads": faiss.omp_get_max_threads(),
        "gate_radius_bits": CANDIDATE_RADIUS_BITS,
        "no_tombstones": measured(ours, bare, codes, rng, args, RADIUS_BITS),
        "gate_radius": measured(ours, bare, codes, rng, args, CANDIDATE_RADIUS_BITS),
    }
    ours.remove(rng.permutation(args.codes)[: args.codes // 10])
    results["tombstones"] = measured(ours, bare, codes, rng, args, RADIUS_BITS)
    report(results)
    write("index_speed", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--codes", type=int, default=1_000_000)
    command.add_argument("--queries", type=int, default=16, help="batches of each size")
    command.add_argument("--rounds", type=int, default=5)
    return command


def measured(
    ours: HashIndex,
    bare: faiss.IndexBinaryFlat,
    codes: np.ndarray,
    rng: np.random.Generator,
    args: argparse.Namespace,
    radius: int,
) -> dict[str, Any]:
    """For each batch size: milliseconds a batch of both, their ratio, needles found."""
    found = {}
    for size in BATCHES:
        batches = [needles(codes, size, rng) for _ in range(args.queries)]
        times = interleaved_ms(
            {
                "ours": lambda batch: ours.search(batch, radius),
                "faiss": lambda batch: bare.range_search(batch, radius + 1),
            },
            batches,
            rng,
            args.rounds,
        )
        found[str(size)] = {
            "ours_ms": round(float(np.median(times["ours"])), 2),
            "faiss_ms": round(float(np.median(times["faiss"])), 2),
            "ours_over_faiss": median_ratio(times["ours"], times["faiss"], rng),
            "needles": size * len(batches),
            "found": sum(len({h.query_row for h in ours.search(b, radius)}) for b in batches),
        }
    return found


def needles(codes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Registered codes with 31 random bits turned: uint8 [count, 32]."""
    rows = codes[rng.integers(0, len(codes), count)].copy()
    for row in rows:
        bits = np.zeros(PDQ256.bits, np.uint8)
        bits[rng.permutation(PDQ256.bits)[:RADIUS_BITS]] = 1
        row ^= np.packbits(bits)
    return rows


def report(results: dict[str, Any]) -> None:
    """Print."""
    print(f"{results['codes']:,} codes, FAISS threads: {results['faiss_threads']}")
    for state in ("no_tombstones", "tombstones", "gate_radius"):
        print(f"\n{state.replace('_', ' ')}")
        table(
            ("needles a search", "ours ms", "faiss ms", "ours / faiss", "found"),
            (
                (
                    size,
                    row["ours_ms"],
                    row["faiss_ms"],
                    "{ratio} [{ci95[0]}–{ci95[1]}]".format(**row["ours_over_faiss"]),
                    f"{row['found']} / {row['needles']}",
                )
                for size, row in results[state].items()
            ),
        )


if __name__ == "__main__":
    main()

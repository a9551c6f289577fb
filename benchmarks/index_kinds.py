"""One index, shards, Milvus: are the nearest found, and how long does a picture wait?

One register with synthetic pictures, each with a random hash and a mixture of descriptors as in
`descriptor_index`, is followed by every kind of index: in this process, in shards (real processes
on this machine, asked over the loopback), and in the embedded Milvus. All are asked the same
queries in turns, a picture without parts and one of six views: hashes at the gate's radius, and
the eight nearest descriptors, as a check asks them. Beside them FAISS's exact search in float32
over the same descriptors. Recall@8 is the share of its eight nearest that a kind gives; needles
are registered hashes with 31 bits turned.

Shards are there to divide memory, not to be faster here: all of them share this machine's cores.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from descriptor_index import described, more
from harness import WORK, interleaved_ms, parser, table, write

from moderation.gate.index.opening import open_index
from moderation.gate.index.search_index import SearchIndex
from moderation.image.descriptor import Describer, to_bytes
from moderation.image.hashing import DIHEDRAL, PDQ256
from moderation.image.local_features import LocalFeatures
from moderation.store import NewPicture, Register

ALIKE = 8
TURNED_BITS = 31
AT_ONCE = 5_000


class Asked:
    """A picture under check, as far as an index looks at it."""

    def __init__(self, codes: np.ndarray, vectors: np.ndarray) -> None:
        self.codes, self.vectors = codes, vectors

    def codes_for(self, _: object) -> np.ndarray:
        return self.codes

    def origin_of(self, _: object, row: int) -> tuple[int, bool]:
        return row // len(DIHEDRAL), DIHEDRAL[row % len(DIHEDRAL)].mirrored

    def telling_descriptors(self) -> np.ndarray:
        return self.vectors

    def verifiable(self) -> Asked:
        return self

    @property
    def features(self) -> LocalFeatures:
        none = np.empty(0, np.float32)
        return LocalFeatures(
            points=np.empty((0, 2), np.float32),
            scales=none,
            angles=none,
            descriptors=np.empty((0, 128), np.uint8),
            size=(10, 10),
        )


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    rng = np.random.default_rng(args.seed)
    real, copies, _ = described(args, Describer.open(), rng)
    vectors = np.concatenate([real, more(real, args.pictures - len(real), rng)])
    codes = rng.integers(0, 256, (len(vectors), PDQ256.bytes), dtype=np.uint8)
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name, ExitStack() as stack:
        folder = Path(name)
        os.environ["MODERATION_INDEX_TOKEN"] = secrets.token_hex(32)
        os.environ["MODERATION_CACHE"] = str(folder / "cache")
        register = stack.enter_context(Register.open(folder / "register"))
        fill(register, codes, vectors)
        kinds: dict[str, SearchIndex] = {"one index": open_index(folder / "index", register)}
        for count in args.shards:
            address = stack.enter_context(running(folder, count))
            kinds[f"{count} shards"] = open_index(address, register)
        kinds["embedded Milvus"] = open_index(f"milvus://{folder / 'milvus.db'}", register)
        for index in kinds.values():
            stack.callback(index.close)
            index.catch_up(register)
            index.save(register)
        results = measured(kinds, vectors, codes, copies, rng, args)
    report(results)
    del args.shards
    write("index_kinds", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--pictures", type=int, default=150_000)
    command.add_argument("--photos", type=int, default=200, help="pictures of the data folder")
    command.add_argument("--queries", type=int, default=100)
    command.add_argument("--rounds", type=int, default=3)
    command.set_defaults(shards=(2, 4))
    return command


def fill(register: Register, codes: np.ndarray, vectors: np.ndarray) -> None:
    """Register them all."""
    from datetime import UTC, datetime

    at = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(0, len(codes), AT_ONCE):
        with register.transaction() as now:
            work = now.add_work()  # nobody asks whose they are
            pictures = []
            for i in range(start, min(start + AT_ONCE, len(codes))):
                picture = NewPicture(
                    note_id=f"n{i}",
                    revision=1,
                    image_number=0,
                    author_id="a",
                    published_at=at,
                    recipe=PDQ256.name,
                    code=codes[i].tobytes(),
                    quality=90,
                    width=1080,
                    height=1440,
                    features=b"",
                    sha256=f"{i:064x}",
                    state="registered",
                    descriptor=to_bytes(vectors[i]),
                    descriptor_recipe="benchmark_v1",
                )
                pictures.append((picture, work))
            now.add_pictures(pictures)


class running:  # noqa: N801 - reads as what it does
    """Shards in processes of their own; the address of all."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> str:
        import json

        for number in range(1, self._count + 1):
            command = [sys.executable, "-m", "moderation", "index", "serve", "--json"]
            command += ["--register", str(self._folder / "register")]
            command += ["--snapshots", str(self._folder / "index")]
            command += ["--shard", f"{number}/{self._count}", "--listen", "127.0.0.1:0"]
            self._processes.append(
                subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ)
            )
        told = [json.loads(process.stdout.readline()) for process in self._processes]
        hosts = ",".join(one["listening"] for one in told)
        return f"shards://{hosts}?deadline_ms=30000"

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait()


def measured(
    kinds: dict[str, SearchIndex],
    vectors: np.ndarray,
    codes: np.ndarray,
    copies: np.ndarray,
    rng: np.random.Generator,
    args: argparse.Namespace,
) -> dict[str, Any]:
    """Recall and milliseconds of each kind, beside exact search."""
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    both = np.concatenate([copies, more(copies, args.queries * 6, rng)])
    found: dict[str, Any] = {}
    times: dict[str, dict[str, list[float]]] = {}
    for views in (1, 6):
        questions = []
        for _ in range(args.queries if views == 1 else args.queries // 5):
            needles = codes[rng.integers(len(codes), size=8 * views)].copy()
            for needle in needles:
                bits = np.zeros(PDQ256.bits, np.uint8)
                bits[rng.permutation(PDQ256.bits)[:TURNED_BITS]] = 1
                needle ^= np.packbits(bits)
            questions.append(Asked(needles, both[rng.integers(len(both), size=views)]))
        tasks: dict[str, Callable[[Any], object]] = {
            name: index.look_up for name, index in kinds.items()
        }
        tasks["FAISS flat, descriptors alone"] = lambda q: exact.search(q.vectors, ALIKE)
        times[f"{views} views"] = interleaved_ms(tasks, questions, rng, args.rounds)
        if views == 1:
            found = {name: recalled(index, exact, questions) for name, index in kinds.items()}
    return {
        "pictures": len(vectors),
        "kinds": {
            name: {
                **found.get(name, {}),
                "ms": {
                    views: {
                        "p50": round(float(np.percentile(each[name], 50)), 2),
                        "p95": round(float(np.percentile(each[name], 95)), 2),
                    }
                    for views, each in times.items()
                },
            }
            for name in (*kinds, "FAISS flat, descriptors alone")
        },
    }


def recalled(
    index: SearchIndex, exact: faiss.IndexFlatIP, questions: list[Asked]
) -> dict[str, Any]:
    """Of the eight nearest descriptors above the gate's floor, and of needles."""
    hits = wanted = needles = 0
    for question in questions:
        found = index.look_up(question)
        assert not found.absent
        ours = {c.picture_id - 1 for c in found.others if c.cosine is not None}
        products, nearest = exact.search(question.vectors, ALIKE)
        likely = {int(i) for i, p in zip(nearest[0], products[0], strict=True) if p >= 0.3}
        hits += len(ours & likely)
        wanted += len(likely)
        needles += len({c.picture_id for c in found.near if c.distance_bits == TURNED_BITS})
    return {
        "recall_at_8": round(hits / wanted, 4),
        "needles_found": needles,
        "needles": sum(len(q.codes) for q in questions),
    }


def report(results: dict[str, Any]) -> None:
    """Print."""
    print(f"{results['pictures']:,} pictures")
    table(
        ("index", "recall@8", "needles", "1 view, ms p50 / p95", "6 views"),
        (
            (
                name,
                row.get("recall_at_8", 1.0),
                f"{row['needles_found']} / {row['needles']}" if "needles" in row else "",
                *(f"{ms['p50']} / {ms['p95']}" for ms in row["ms"].values()),
            )
            for name, row in results["kinds"].items()
        ),
    )


if __name__ == "__main__":
    main()

"""What does `moderation scan plan` have to know of one picture that other benchmarks do not tell?

- **What is kept and asked**: photographs of 1080 × 1440 as JPEG are observed; counted are the codes
  that each is searched with, its descriptors, and the bytes of its local features.
- **How a search grows**: indexes of descriptors and of local features of 125,000 to a million
  pictures, packed on disk as a scan packs them; processor time of a search of one picture. Keys and
  descriptors are drawn from those of real pictures, as in `descriptor_index.py`.
- **Crowded keys**: what is larger than a machine's memory cannot be tried here. But a larger
  archive differs in how many pictures share a key, so few pictures are filed under few keys.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import faiss
import numpy as np
import scan_tables
from descriptor_index import KEYS_A_PICTURE, VIEWS, as_registered, described, features, more
from harness import WORK, parser, write
from photographs import filled, jpeg, mixed, package_photographs

from moderation.image.descriptor import Describer
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import FEATURE_KEYS, FeatureIndex, keys_of
from moderation.image.hashing import PDQ256
from moderation.image.local_features import stored_features
from moderation.note import Note, NoteImage
from moderation.scan.observation import observe_note
from moderation.scan.tables import picture_rows

SIZES = (125_000, 250_000, 500_000, 1_000_000)
SHARED = (10, 100, 1_000)
"""Pictures that hold a key, of those that are asked for."""
LEFT_OUT = ("lettering", "codes", "watermark")


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    faiss.omp_set_num_threads(1)
    cv2.setNumThreads(1)
    rng = np.random.default_rng(args.seed)
    results: dict[str, Any] = {"kept": kept(args, rng), "searches": []}
    real, _, keys = described(args, Describer.open(), rng)
    asked = [stored_features(filled(p), (1080, 1440)) for p in package_photographs().values()]
    WORK.mkdir(exist_ok=True)
    for size in SIZES:
        if size <= args.largest:
            vectors = np.concatenate([real, more(real, size - len(real), rng)])
            with tempfile.TemporaryDirectory(dir=WORK) as name:
                results["searches"].append(searched(Path(name), vectors, keys, asked, rng))
            print(results["searches"][-1], flush=True)
    results["crowded"] = [crowded(asked, shared, rng) for shared in SHARED]
    print("\n".join(scan_tables.scan_items(results)))
    write("scan_items", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=400, help="pictures of the data folder")
    command.add_argument("--observed", type=int, default=40, help="pictures that are observed")
    command.add_argument("--largest", type=int, default=SIZES[-1])
    return command


def kept(args: argparse.Namespace, rng: np.random.Generator) -> dict[str, Any]:
    """Means of what an observation of a picture holds."""
    sources = list(package_photographs().values())
    sources += [mixed(rng, sources, (1080, 1440)) for _ in range(args.observed - len(sources))]
    files = [jpeg(filled(pixels)) for pixels in sources]
    describer, rows = Describer.open(), []
    for number, data in enumerate(files):
        note = Note(id=f"p{number}", images=[NoteImage(data=data)])
        rows += picture_rows(observe_note(note, describer, without=LEFT_OUT), 0)
    width = 4 * describer.dimensions

    def mean(values: list[int]) -> float:
        return round(float(np.mean(values)), 1)

    return {
        "pictures": len(rows),
        "jpeg_bytes": round(mean([len(data) for data in files])),
        "codes": mean([len(row["view_codes"]) // PDQ256.bytes for row in rows]),
        "descriptors": mean([len(row["view_descriptors"]) // width for row in rows]),
        "feature_bytes": round(mean([len(row["features"]) for row in rows])),
    }


def searched(
    folder: Path, vectors: Any, keys: list[Any], asked: list[Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Median milliseconds of one thread of a search of one picture."""
    count = len(vectors)
    alike = DescriptorIndex("benchmark_v1", vectors.shape[1])
    alike.add(np.arange(count), as_registered(vectors))
    alike.save(folder / "descriptors")
    alike = DescriptorIndex.load(folder / "descriptors", "benchmark_v1", vectors.shape[1])
    written = features(folder, keys, count, rng)
    sharing = FeatureIndex.load(folder / FEATURE_KEYS.name)
    times: dict[str, list[float]] = {"descriptors": [], "features": []}
    for turn in range(3 * len(asked)):
        views = vectors[rng.integers(count, size=VIEWS)]
        seen = asked[turn % len(asked)]
        for name, search in (
            ("descriptors", lambda: alike.search(views, 8)),  # noqa: B023
            ("features", lambda: sharing.search(seen, 24)),  # noqa: B023
        ):
            started = time.thread_time()
            search()
            times[name].append(1000 * (time.thread_time() - started))
    warm = {name: each[len(asked) :] for name, each in times.items()}
    return {
        "pictures": count,
        "keys_a_picture": round(written["entries"] / count),
        "descriptors_ms": round(float(np.median(warm["descriptors"])), 2),
        "features_ms": round(float(np.median(warm["features"])), 2),
    }


def crowded(asked: list[Any], shared: int, rng: np.random.Generator) -> dict[str, Any]:
    """Median milliseconds of a search where each key that is asked for is held by so many."""
    pools = [np.unique(keys_of(seen.descriptors)) for seen in asked]
    count = 2 * shared * sum(map(len, pools)) // KEYS_A_PICTURE  # half of them get other keys
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        features(Path(name), pools, count, rng)
        sharing = FeatureIndex.load(Path(name) / FEATURE_KEYS.name)
        took = []
        for turn in range(3 * len(asked)):
            started = time.thread_time()
            sharing.search(asked[turn % len(asked)], 24)
            took.append(1000 * (time.thread_time() - started))
    return {"pictures_a_key": shared, "features_ms": round(float(np.median(took[len(asked) :])), 2)}


if __name__ == "__main__":
    main()

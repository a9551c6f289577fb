"""How long does hashing a picture take? Side by side with `pdqhash` and `imagehash`.

From the bytes of JPEGs in the size of notes (1080 × 1440, quality 90) to a hash, and from
decoded pixels to a hash. Three ways of ours:

- gate: what a check does, decoding every pixel (geometry needs them) and hashing all eight
  dihedral forms;
- plain: the same decoding and one hash;
- hash scale: where nothing but the hash is wanted, decoding a JPEG at half its scale
  (`decode(…, max_side=640)`). Its hash is a few bits off, counted below.

Targets: five times as fast as `pdqhash.compute` on the whole picture, not slower than
`imagehash.phash` through Pillow.
"""

from __future__ import annotations

import argparse
import io
from typing import Any

import cv2
import imagehash
import numpy as np
import pdqhash
from harness import data_folder, interleaved_ms, median_ratio, parser, table, write
from photographs import filled, folder_photographs, jpeg, package_photographs
from PIL import Image
from threadpoolctl import threadpool_limits

from moderation.image.decode import decode
from moderation.image.hashing import hamming, pdq, pdq_dihedral

HASH_SCALE_PX = 640
FROM_BYTES = {
    "gate: decode + 8 hashes": lambda f: pdq_dihedral(decode(f).pixels),
    "plain: decode + hash": lambda f: pdq(decode(f).pixels),
    "hash scale: decode + hash": lambda f: pdq(decode(f, max_side=HASH_SCALE_PX).pixels),
    "pdqhash.compute, Pillow": lambda f: pdqhash.compute(pillow(f)),
    "imagehash.phash, Pillow": lambda f: imagehash.phash(Image.open(io.BytesIO(f))),
}
FROM_PIXELS = {
    "pdq_dihedral": pdq_dihedral,
    "pdq": pdq,
    "pdqhash.compute": pdqhash.compute,
    "pdqhash.compute_dihedral": pdqhash.compute_dihedral,
    "imagehash.phash": lambda p: imagehash.phash(Image.fromarray(p)),
}
OURS = {
    "from_bytes": [name for name in FROM_BYTES if ":" in name],
    "from_pixels": ["pdq_dihedral", "pdq"],
}


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    rng = np.random.default_rng(args.seed)
    files = [jpeg(p) for p in pictures(args, rng)]
    pixels = [pillow(f) for f in files]
    results: dict[str, Any] = {"files": len(files), "mean_bytes": int(np.mean([*map(len, files)]))}
    for threads in (1, None):
        cv2.setNumThreads(threads or -1)
        with threadpool_limits(threads):
            results[f"threads_{threads or 'default'}"] = {
                "from_bytes": measured(FROM_BYTES, "from_bytes", files, rng, args.rounds),
                "from_pixels": measured(FROM_PIXELS, "from_pixels", pixels, rng, args.rounds),
            }
    results["hash_scale_bits"] = hash_scale_bits(files)
    report(results)
    write("hashing_speed", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=40, help="of the data folder")
    command.add_argument("--rounds", type=int, default=5)
    return command


def pictures(args: argparse.Namespace, rng: np.random.Generator) -> list[np.ndarray]:
    """In the size of notes."""
    folder = folder_photographs(data_folder(args, "images/photos"), args.photos, rng)
    return [filled(p) for p in [*package_photographs().values(), *folder.values()]]


def pillow(file: bytes) -> np.ndarray:
    """The whole picture, as one decodes without this package."""
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"))


def measured(tasks, stage: str, items, rng: np.random.Generator, rounds: int) -> dict[str, Any]:
    """Median milliseconds of each, and how many times faster ours are than theirs."""
    times = interleaved_ms(tasks, items, rng, rounds)
    theirs = [name for name in tasks if name not in OURS[stage]]
    return {
        "median_ms": {name: round(float(np.median(t)), 2) for name, t in times.items()},
        "times_faster": {
            ours: {other: median_ratio(times[other], times[ours], rng) for other in theirs}
            for ours in OURS[stage]
        },
    }


def hash_scale_bits(files: list[bytes]) -> dict[str, Any]:
    """Distance between the hash at hash scale and that of the whole picture."""
    bits = [
        hamming(pdq(decode(f, max_side=HASH_SCALE_PX).pixels).bits, pdq(decode(f).pixels).bits)
        for f in files
    ]
    return {"n": len(bits), "median": float(np.median(bits)), "max": max(bits)}


def report(results: dict[str, Any]) -> None:
    """Print."""
    for threads, stages in results.items():
        if not threads.startswith("threads_"):
            continue
        for stage, found in stages.items():
            print(f"\n{threads.replace('_', ': ')}, {stage.replace('_', ' ')}, median ms")
            theirs = list(next(iter(found["times_faster"].values())))
            table(
                ("", "ms", *(f"× {name}" for name in theirs)),
                (
                    (name, ms, *(ratios(found, name, other) for other in theirs))
                    for name, ms in found["median_ms"].items()
                ),
            )
    scale = results["hash_scale_bits"]
    print(f"\nhash scale differs by {scale['median']:g} bits in the median, {scale['max']} at most")


def ratios(found: dict[str, Any], name: str, other: str) -> str:
    """With its interval; empty for theirs."""
    if name not in found["times_faster"]:
        return ""
    ratio = found["times_faster"][name][other]
    return f"{ratio['ratio']} [{ratio['ci95'][0]}–{ratio['ci95'][1]}]"


if __name__ == "__main__":
    main()

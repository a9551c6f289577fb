"""Are our PDQ hashes those of others? Bits between ours, the published ones and `pdqhash`'s.

The published hashes are those that the C++ and the Python program of facebook/ThreatExchange
state for their own test pictures (`pdq-reference/hashes.csv` in the data folder). `pdqhash`
binds the C++ code and hashes at full size. Target: 10 bits at most where quality is 80 or more.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
import pdqhash
from harness import data_folder, parser, table, write
from photographs import filled, folder_photographs, package_photographs, read

from moderation.image.decode import decode
from moderation.image.hashing import DIHEDRAL, PDQ256, hamming, parse_hex, pdq, pdq_dihedral

TARGET_BITS = 10
MIN_QUALITY = 80


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    results: dict[str, Any] = {"target_bits": TARGET_BITS, "min_quality": MIN_QUALITY}
    reference = data_folder(args, "pdq-reference")
    if reference:
        results["published"] = published(reference)
    results["pdqhash"] = against_pdqhash(args)
    results["dihedral"] = dihedral(args)
    report(results)
    write("pdq_conformance", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    command.add_argument("--photos", type=int, default=100, help="of the data folder")
    return command


def published(folder: Path) -> list[dict[str, Any]]:
    """A row for each published hash."""
    rows = []
    with (folder / "hashes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            path = folder / row["file"]
            ours = pdq(decode(path).pixels)
            theirs = np.frombuffer(parse_hex(PDQ256, row["pdq_hex"]), np.uint8)
            bound, quality = of_pdqhash(read(path))
            rows.append(
                {
                    "file": row["file"],
                    "implementation": row["implementation"],
                    "quality": ours.quality,
                    "bits": hamming(ours.bits, theirs),
                    "pdqhash_bits": hamming(bound, theirs),
                    "pdqhash_quality": quality,
                }
            )
    return rows


def against_pdqhash(args: argparse.Namespace) -> dict[str, Any]:
    """Distances on photographs, in the size of notes and in their own."""
    rows = []
    for pixels in pictures(args):
        ours, (theirs, _) = pdq(pixels), of_pdqhash(pixels)
        if ours.quality >= MIN_QUALITY:
            rows.append(hamming(ours.bits, theirs))
    return distribution(rows)


def dihedral(args: argparse.Namespace) -> dict[str, Any]:
    """Our eight hashes from one spectrum against hashing each turned picture, and `pdqhash`."""
    own: list[int] = []
    theirs: list[int] = []
    for pixels in pictures(args):
        variants, quality = pdq_dihedral(pixels)
        if quality < MIN_QUALITY:
            continue
        for name, variant in zip(DIHEDRAL, variants, strict=True):
            turned = np.ascontiguousarray(name.apply(pixels))
            own.append(hamming(variant, pdq(turned).bits))
            theirs.append(hamming(variant, of_pdqhash(turned)[0]))
    return {"own_hash_of_turned": distribution(own), "pdqhash_of_turned": distribution(theirs)}


def pictures(args: argparse.Namespace) -> list[np.ndarray]:
    """Package photographs in the size of notes, data photographs in their own."""
    rng = np.random.default_rng(args.seed)
    folder = data_folder(args, "images/photos")
    own_size = folder_photographs(folder, args.photos, rng).values()
    return [*(filled(p) for p in package_photographs().values()), *own_size]


def of_pdqhash(pixels: np.ndarray) -> tuple[np.ndarray, int]:
    """Packed bits and quality, as `pdqhash` gives them."""
    vector, quality = pdqhash.compute(np.ascontiguousarray(pixels))
    return np.packbits(vector.astype(np.uint8)), int(quality)


def distribution(bits: list[int]) -> dict[str, Any]:
    """Of distances."""
    return {
        "n": len(bits),
        "median": float(np.median(bits)),
        "p99": float(np.quantile(bits, 0.99)),
        "max": max(bits),
        "above_target": sum(b > TARGET_BITS for b in bits),
    }


def report(results: dict[str, Any]) -> None:
    """Print."""
    if "published" in results:
        table(
            ("published hash", "of", "quality", "ours, bits", "pdqhash, bits"),
            (
                (r["file"], r["implementation"], r["quality"], r["bits"], r["pdqhash_bits"])
                for r in results["published"]
            ),
        )
        sure = [r["bits"] for r in results["published"] if r["quality"] >= MIN_QUALITY]
        print(f"quality ≥ {MIN_QUALITY}: {len(sure)} hashes, at most {max(sure)} bits\n")
    rows = {
        "ours against pdqhash": results["pdqhash"],
        "our eight against our hash of the turned": results["dihedral"]["own_hash_of_turned"],
        "our eight against pdqhash of the turned": results["dihedral"]["pdqhash_of_turned"],
    }
    table(
        ("photographs", "n", "median", "p99", "max", f"> {TARGET_BITS}"),
        ((k, r["n"], r["median"], r["p99"], r["max"], r["above_target"]) for k, r in rows.items()),
    )


if __name__ == "__main__":
    main()

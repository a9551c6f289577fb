"""How many drawn codes are read, by whom; what is read where none is; and how long does it take?

Recall: QR codes of two encoders, laid on photographs in the states in which notes show them
(`drawn_codes`), read by OpenCV alone, by zxing-cpp alone as it is called by default, and by us;
"told" adds those that we could not read and said so. A wrong answer is a text that was not drawn.
What we try, and in which order, was chosen by hand on such drawings: the counts describe, they do
not foretell. Without codes: photographs, posters and screenshots; all that is read or said to be
there counts, and the time is that of the thread. Then pictures made to cost much.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import zxingcpp
from drawn_codes import STATES, Pixels, drawn, poster, wall
from harness import data_folder, parser, quantiles_ms, share, table, write
from photographs import filled, folder_photographs, package_photographs, read

from moderation.image.codes import Scan, codes_in, scan

PLAIN_KINDS = ("photos", "lookalikes", "posters", "screenshots", "xhs")
Texts = set[str]


def main() -> int:
    """Measure, print, write."""
    options = parser(__doc__)
    options.add_argument("--per-state", type=int, default=100, help="codes to draw for each state")
    options.add_argument("--photos", type=int, default=60, help="photographs to draw on")
    options.add_argument("--plain", type=int, default=300, help="pictures of a kind without a code")
    args = options.parse_args()
    cv2.setNumThreads(1)
    folder = data_folder(args, "images")
    rng = np.random.default_rng(args.seed)
    bases = package_photographs()
    if folder is not None:
        bases |= folder_photographs(folder / "photos", args.photos, rng)
    photographs = [filled(photo) for photo in bases.values() if not scan(filled(photo)).codes]
    results: dict[str, Any] = {
        "photographs": len(photographs),
        "drawn": recall(photographs, args.per_state, rng),
        "without": without(_plain(photographs, folder, args.plain, rng)),
        "made_to_cost": made_to_cost(rng),
    }
    if folder is not None:
        results["photographed"] = photographed(folder / "qr")
    write("codes", args, results)
    return 0


def by_opencv(pixels: Pixels) -> Texts:
    """Its detector of one code, on the picture as it is."""
    try:
        return {cv2.QRCodeDetector().detectAndDecode(pixels)[0]} - {""}
    except (cv2.error, UnicodeDecodeError):
        return set()


def by_zxing(pixels: Pixels) -> Texts:
    """All formats, on the picture as it is."""
    plain = zxingcpp.TextMode.Plain
    return {answer.text for answer in zxingcpp.read_barcodes(pixels, text_mode=plain)} - {""}


OTHERS: dict[str, Callable[[Pixels], Texts]] = {"OpenCV": by_opencv, "zxing-cpp": by_zxing}
READERS = (*OTHERS, "ours")


def all_read(pixels: Pixels) -> tuple[dict[str, Texts], Scan]:
    """What each reads in a picture, and all that we see."""
    seen = scan(pixels)
    texts = {name: reads(pixels) for name, reads in OTHERS.items()}
    return texts | {"ours": {code.text for code in seen.codes}}, seen


def recall(photographs: list[Pixels], count: int, rng: np.random.Generator) -> dict[str, Any]:
    """For each state the shares that each reads, and of ours also what is told unread."""
    found: dict[str, Any] = {}
    for state in STATES:
        hits = dict.fromkeys((*READERS, "told"), 0)
        wrong = dict.fromkeys(READERS, 0)
        for _ in range(count):
            shown = drawn(photographs[int(rng.integers(len(photographs)))], state, rng)
            read_by, seen = all_read(shown.pixels)
            for name, texts in read_by.items():
                hits[name] += shown.payload in texts
                wrong[name] += bool(texts - {shown.payload})
            hits["told"] += shown.payload in read_by["ours"] or bool(seen.unread)
        found[state] = {name: share(hit, count) for name, hit in hits.items()} | {"wrong": wrong}
        print(f"  {state}: done", flush=True)
    names = (*READERS, "told")
    found["all"] = {
        name: share(sum(f[name]["hits"] for f in found.values()), count * len(STATES))
        for name in names
    } | {"wrong": {n: sum(f["wrong"][n] for f in found.values()) for n in READERS}}
    rows = [(state, f["ours"]["n"], *(f[n]["hits"] for n in names)) for state, f in found.items()]
    table(("state", "n", *READERS, "read or told"), rows)
    return found


def _plain(
    photographs: list[Pixels], folder: Path | None, most: int, rng: np.random.Generator
) -> Iterator[tuple[str, Iterable[Pixels]]]:
    yield "photographs, at note size", photographs
    posters = (poster(photographs[i % len(photographs)], rng) for i in range(min(most, 100)))
    yield "drawn posters", posters
    for kind in PLAIN_KINDS if folder is not None else ():
        paths = sorted(p for p in (folder / kind).rglob("*") if p.is_file())
        yield kind, (read(paths[i]) for i in rng.permutation(len(paths))[:most])


def without(kinds: Iterable[tuple[str, Iterable[Pixels]]]) -> dict[str, Any]:
    """What is read and what is said to be there, with milliseconds of this thread."""
    found: dict[str, Any] = {}
    for kind, pictures in kinds:
        scans, took = [], []
        for pixels in pictures:
            seen, ms = timed(pixels)
            scans.append(seen)
            took.append(ms)
        symbologies: dict[str, int] = {}
        for code in (code for seen in scans for code in seen.codes):
            symbologies[code.symbology] = symbologies.get(code.symbology, 0) + 1
        found[kind] = {
            "read": share(sum(bool(seen.codes) for seen in scans), len(scans)),
            "told_unread": share(sum(bool(seen.unread) for seen in scans), len(scans)),
            "symbologies": dict(sorted(symbologies.items())),
            "cpu_ms": quantiles_ms(took),
        }
    rows = [
        (
            kind,
            f["read"]["n"],
            f["read"]["hits"],
            f["told_unread"]["hits"],
            *(f["cpu_ms"][q] for q in ("p50", "p90", "p99")),
        )
        for kind, f in found.items()
    ]
    print()
    table(("without", "n", "read", "told unread", "p50 CPU ms", "p90", "p99"), rows)
    return found


def photographed(folder: Path) -> dict[str, Any]:
    """Codes that people photographed, of which nobody knows what they hold: how many have one."""
    paths = sorted(folder.iterdir())
    counts = dict.fromkeys((*READERS, "told"), 0)
    for path in paths:
        read_by, seen = all_read(read(path))
        for name, texts in read_by.items():
            counts[name] += bool(texts)
        counts["told"] += seen != Scan()
    hits = {name: share(count, len(paths)) for name, count in counts.items()}
    print()
    table(
        ("photographed codes", "n", "any read"), ((k, h["n"], h["hits"]) for k, h in hits.items())
    )
    return hits


def made_to_cost(rng: np.random.Generator) -> dict[str, Any]:
    """Milliseconds of this thread for pictures that ask for much."""
    grain = rng.integers(0, 256, (1440, 1080, 3), dtype=np.uint8)
    slope = np.add.outer(np.arange(1440), np.arange(1080))
    stripes = np.repeat((slope // 6 % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    pattern = np.pad(np.pad(np.full((3, 3), 0, np.uint8), 1, constant_values=255), 1)
    cell = np.kron(np.pad(pattern, 1, constant_values=255), np.ones((3, 3), np.uint8))
    finders = np.repeat(np.tile(cell, (50, 40))[..., None], 3, axis=2)
    found = {}
    for name, pixels in {
        "noise": grain,
        "slanting stripes": stripes,
        "2,000 finder patterns": finders,
        "200 codes": wall(200),
    }.items():
        seen, ms = timed(pixels)
        kept = codes_in(seen)
        found[name] = {"cpu_ms": round(ms, 1), "read": len(seen.codes), "kept": len(kept.codes)}
    print()
    rows = [(name, f["read"], f["kept"], f["cpu_ms"]) for name, f in found.items()]
    table(("made to cost", "read", "kept", "CPU ms"), rows)
    return found


def timed(pixels: Pixels) -> tuple[Scan, float]:
    """A scan, and milliseconds of this thread: other work on the machine is not ours."""
    started = time.thread_time()
    seen = scan(pixels)
    return seen, 1000 * (time.thread_time() - started)


if __name__ == "__main__":
    sys.exit(main())

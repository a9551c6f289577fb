"""How many handles in a corner are read, how many pictures without one are accused, how fast?

Recall: watermarks in the style of nine apps, drawn at random sizes, opacities and places on the
photographs that Python packages carry, brought to the size of a note, saved as JPEG. Read means
that the account read is the one drawn, as the gate compares accounts. False fires: pictures of the
data folder in which no platform's handle stands. The photographs that the weights were fitted on
(`--fit`) are told apart by a digest of source and group, and never measured.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from drawn_watermarks import FAMILIES, OPACITIES, PLACES, SIZES, Drawn, Pixels, draw
from harness import data_folder, parser, quantiles_ms, share, table, write
from photographs import filled, jpeg, package_photographs, read

from moderation.image.decode import decode
from moderation.image.lettering.networks import read_line
from moderation.image.watermark import read_watermarks
from moderation.image.watermark.handles import handle_in, same_account
from moderation.image.watermark.reading import MIN_CONFIDENCE, cut
from moderation.image.watermark.strips import corner_strips, peaks

FITTED_HALF, MEASURED_HALF = 0, 1
PLAIN_KINDS = ("photos", "lookalikes", "posters", "screenshots", "qr", "xhs")
FIT_DRAWN = 900
ASKED_SHARE = 0.065
"""Of photographs, at their own size, that may cost a reading; it sets `MIN_SCORE`."""


def main() -> int:
    """Measure, print, write; or print the weights of the cheap stage."""
    options = parser(__doc__)
    options.add_argument("--drawn", type=int, default=360, help="watermarks to draw")
    options.add_argument("--plain", type=int, default=200, help="pictures of a kind without one")
    options.add_argument("--fit", action="store_true", help="print weights instead of measuring")
    args = options.parse_args()
    cv2.setNumThreads(1)
    folder = data_folder(args, "images")
    rng = np.random.default_rng(args.seed)
    if args.fit:
        if folder is None:
            raise SystemExit("set $MODERATION_DATA: the weights are fitted on its photographs")
        fit(list(_photographs(folder, FITTED_HALF)), rng)
        return 0
    read_line(np.zeros((48, 320, 3), np.uint8))  # loads the model
    results: dict[str, Any] = {"drawn": drawn(args.drawn, rng)}
    if folder is not None:
        results["without"] = without(folder, args.plain, rng)
    write("watermark", args, results)
    return 0


def drawn(count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Shares of drawn watermarks whose account is read."""
    photos = [filled(photo) for photo in package_photographs().values()]
    outcomes: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    why: Counter[str] = Counter()
    for i in range(count):
        mark = draw(photos[rng.integers(len(photos))], list(FAMILIES)[i % len(FAMILIES)], rng)
        pixels = decode(jpeg(mark.pixels)).pixels
        is_read = was_read(mark, pixels)
        why[_stage_of(mark, pixels, is_read)] += 1
        for by, value in (
            ("family", mark.family),
            ("opacity", str(mark.opacity)),
            ("size", str(mark.size)),
            ("place", mark.place),
            ("all", "all"),
        ):
            outcomes[by][value].append(is_read)
    order = {
        "all": ("all",),
        "family": tuple(FAMILIES),
        "opacity": tuple(map(str, OPACITIES)),
        "size": tuple(map(str, SIZES)),
        "place": PLACES,
    }
    counted = {
        by: {v: share(sum(outcomes[by][v]), len(outcomes[by][v])) for v in values}
        for by, values in order.items()
    }
    rows = [
        (f"{by} {value}", s["n"], s["hits"], f"{s['share']:.0%}")
        for by, of in counted.items()
        for value, s in of.items()
    ]
    table(("drawn", "n", "read", "share"), rows)
    return counted | {"missed_because": dict(why), "photographs": len(photos)}


def was_read(mark: Drawn, pixels: Pixels) -> bool:
    """Whether one of the accounts that are read is the one drawn."""
    names = [handle.name for w in read_watermarks(pixels) for handle in w.handles]
    drawn_accounts = (mark.handle, *(line[1:] for line in mark.lines if line.startswith("@")))
    return any(same_account(name, account) for name in names for account in drawn_accounts)


def _stage_of(mark: Drawn, pixels: Pixels, is_read: bool) -> str:
    if is_read:
        return "read"
    boxes = [strip.box for strip in corner_strips(pixels)]
    return "misread" if any(_covers(box, mark.box) for box in boxes) else "not found"


def _covers(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def without(folder: Path, most: int, rng: np.random.Generator) -> dict[str, Any]:
    """Pictures without a platform's handle: how many fire, what it costs."""
    found: dict[str, Any] = {}
    for kind in ("photos, at note size", *PLAIN_KINDS):
        cheap, all_of_it, strips, fires = [], [], 0, 0
        pictures = 0
        of, _, resized = kind.partition(", ")
        paths = list(_files(folder, of, MEASURED_HALF if of == "photos" else None))
        for path in (paths[i] for i in rng.permutation(len(paths))[:most]):
            pixels = decode(jpeg(filled(read(path))) if resized else path).pixels
            started = time.thread_time()  # of this thread: other work on the machine is not ours
            corner = corner_strips(pixels)
            between = time.thread_time()
            marks = read_watermarks(pixels) if corner else ()
            ended = time.thread_time()
            pictures += 1
            strips += bool(corner)
            fires += bool(marks)
            cheap.append(1000 * (between - started))
            # Reading looks for strips once more, so that part is counted once only.
            all_of_it.append(1000 * (ended - between if corner else between - started))
            if marks:
                print(f"  {kind}: {len(marks)} read in {path.name}")
        print(f"  {kind}: done", flush=True)
        found[kind] = {
            "fires": share(fires, pictures),
            "asked_to_read": share(strips, pictures),
            "cheap_ms": quantiles_ms(cheap),
            "total_ms": quantiles_ms(all_of_it) | {"mean": round(float(np.mean(all_of_it)), 2)},
        }
    rows = [
        (
            kind,
            f["fires"]["n"],
            f["fires"]["hits"],
            f["asked_to_read"]["hits"],
            f["cheap_ms"]["p50"],
            f["total_ms"]["mean"],
        )
        for kind, f in found.items()
    ]
    print()
    table(("without", "n", "fires", "asked to read", "cheap p50 CPU ms", "mean CPU ms"), rows)
    return found


def fit(photos: list[Pixels], rng: np.random.Generator) -> None:
    """Logistic regression of "the reader reads the drawn account here" on a peak's numbers."""
    from sklearn.linear_model import LogisticRegression

    rows, labels = [], []
    as_they_are = []
    for photo in photos:
        native = [peak.features for peak in peaks(decode(jpeg(photo)).pixels)]
        as_they_are.append(np.array(native).reshape(-1, 10))
    photos = [filled(photo) for photo in photos]
    for photo in photos:
        plain = [peak.features for peak in peaks(decode(jpeg(photo)).pixels)]
        rows += plain
        labels += [0] * len(plain)
    for i in range(FIT_DRAWN):
        mark = draw(photos[rng.integers(len(photos))], list(FAMILIES)[i % len(FAMILIES)], rng)
        pixels = decode(jpeg(mark.pixels)).pixels
        for peak in peaks(pixels):
            if _covers(peak.box, mark.box):
                rows.append(peak.features)
                labels.append(int(_reads(mark, cut(pixels, peak.box))))
    x, y = np.array(rows), np.array(labels)
    mean, spread = x.mean(axis=0), x.std(axis=0)
    model = LogisticRegression(max_iter=5000).fit((x - mean) / spread, y)
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    print(f"{len(photos)} photographs, {len(y)} peaks, {int(y.sum())} of them read")
    best = [float((p @ weights + bias).max()) if len(p) else -30.0 for p in as_they_are]
    asked = 1 / (1 + np.exp(-np.quantile(best, 1 - ASKED_SHARE)))
    print("WEIGHTS = (" + ", ".join(f"{w:.3f}" for w in weights) + ")")
    print(f"BIAS = {bias:.3f}")
    print(f"MIN_SCORE = {asked:.2f}: {ASKED_SHARE:.0%} of the photographs cost a reading")


def _reads(mark: Drawn, strip: Pixels) -> bool:
    text, confidence = read_line(strip)
    handle = handle_in(text) if confidence >= MIN_CONFIDENCE else None
    if handle is None:
        return False
    return any(same_account(handle.name, line) for line in (*mark.lines, mark.handle))


def _photographs(folder: Path, half: int) -> Iterator[Pixels]:
    for path in _files(folder, "photos", half):
        yield read(path)


def _files(folder: Path, kind: str, half: int | None) -> Iterator[Path]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == kind and half in (None, half_of(row["source"] + row["group"])):
                yield folder / row["file"]


def half_of(group: str) -> int:
    """0 or 1, always the same for a group."""
    return hashlib.sha256(group.encode()).digest()[0] % 2


if __name__ == "__main__":
    sys.exit(main())

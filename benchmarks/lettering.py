"""How much of drawn posters is read, which contacts are told, who is accused, and what it costs.

Posters: three or four lines at random sizes, angles, inks and grounds on photographs that Python
packages carry, saved as JPEG. Characters are counted by edits, blanks and width aside; a line is
found where one was read that has half of its characters. A contact is told where a note that shows
the poster, and says nothing itself, gets a finding that a person sees. Accused are the same for
posters with harmless words, for the packages' photographs, and for the pictures of the data folder,
of which every finding is printed to be read; results hold counts. The whole gate, with all its
other detectors, judges some of the posters again and must say the same.

Without an OpenCV that draws Chinese there is nothing to measure, and that is said.
"""

from __future__ import annotations

import csv
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from drawn_posters import (
    ANGLES,
    FAMILIES,
    GROUNDS,
    QUALITIES,
    SIZES,
    draw,
    draws_chinese,
)
from harness import data_folder, parser, quantiles_ms, share, table, write
from photographs import Pixels, filled, jpeg, package_photographs
from reading_errors import LineErrors, characters, line_errors, plain

from moderation import Gate, Note, NoteImage
from moderation.finding import Finding
from moderation.image.decode import decode
from moderation.image.lettering import Lettering, installed, read_lettering, rows_of
from moderation.image.lettering.presence import shows_lettering
from moderation.image.lettering.reading import smaller
from moderation.image.watermark import without_watermarks
from moderation.text.assess import assess_text
from moderation.text.in_pictures import PictureText, findings_with_pictures
from moderation.text.shop_pages import shop_page
from moderation.verdict import Decision

NOTHING_TO_MEASURE = 2
SEEN_BY_A_PERSON = 0.5
"""Score from which the default policy sends a way out to review."""
TEXT = "今天的照片"
KINDS = ("photos", "lookalikes", "xhs", "qr", "screenshots", "posters")


def main() -> int:
    """Measure, print, write."""
    options = parser(__doc__)
    options.add_argument("--drawn", type=int, default=400, help="posters with a contact")
    options.add_argument("--harmless", type=int, default=200, help="posters without")
    options.add_argument("--gate", type=int, default=48, help="of each, judged by the whole gate")
    options.add_argument("--plain", type=int, default=150, help="pictures of a kind to read")
    args = options.parse_args()
    if not installed() or not draws_chinese():
        print("nothing to measure: install the extra `ocr`, and OpenCV 5 for its Chinese font")
        return NOTHING_TO_MEASURE
    cv2.setNumThreads(1)
    folder = data_folder(args, "images")
    rng = np.random.default_rng(args.seed)
    before = peak_mb()
    started = time.perf_counter()
    read_lettering(draw(filled(package_photographs()["coffee"]), "V", rng).pixels)  # loads all
    results: dict[str, Any] = {
        "first_picture_s": round(time.perf_counter() - started, 2),
        "posters": posters(args.drawn, rng),
        "harmless": harmless(args.harmless, rng),
        "gate": at_the_gate(args.gate, rng),
        "photographs": photographs(),
        "time": times(rng),
    }
    results["memory_mb"] = {"before": before, "peak": peak_mb()}
    if folder is not None:
        results["folder"] = in_folder(folder, args.plain, rng)
    write("lettering", args, results)
    return 0


def findings_of(read: Lettering) -> list[Finding]:
    """What a note with this picture and next to no words of its own is told."""
    rows = rows_of(without_watermarks(read).lines)
    note = Note(id="n", text=TEXT)
    texts = [
        PictureText(field="image[0].ocr", text=row.text, box=row.box, confidence=row.confidence)
        for row in rows
    ]
    page = shop_page(rows, image_number=0)
    found = findings_with_pictures(note, assess_text(note), texts)
    return [*found, page] if page else list(found)


def seen(found: Iterable[Finding]) -> list[Finding]:
    """Those that send a note to a person."""
    return [finding for finding in found if finding.score >= SEEN_BY_A_PERSON]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one poster."""

    looked: bool
    """Neither cheap look passed over it."""
    told: bool
    exact: bool
    lines: LineErrors


def posters(count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Characters read and contacts told, by what they depend on."""
    photos = [filled(photo) for photo in package_photographs().values()]
    kept: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for i in range(count):
        made = draw(photos[rng.integers(len(photos))], list(FAMILIES)[i % len(FAMILIES)], rng)
        pixels = decode(jpeg(made.pixels, made.quality)).pixels
        read = read_lettering(pixels)
        contacts = [f for f in seen(findings_of(read)) if f.kind.value.endswith("contact")]
        quoted = "".join(span.text + span.normalised for f in contacts for span in f.spans)
        outcome = Outcome(
            looked=shows_lettering(smaller(pixels)),
            told=bool(contacts),
            exact=plain(made.handle) in plain(quoted),
            lines=line_errors(
                [line.replace("❤", "?") for line in made.lines],
                [line.text for line in read.lines],
            ),
        )
        for by, value in (
            ("all", "all"),
            ("family", made.family),
            ("size", str(made.size)),
            ("angle", str(made.angle)),
            ("jpeg", str(made.quality)),
            ("ground", made.ground),
        ):
            kept[by][value].append(outcome)
    order = {
        "all": ("all",),
        "family": tuple(FAMILIES),
        "size": tuple(map(str, SIZES)),
        "angle": tuple(map(str, dict.fromkeys(ANGLES))),
        "jpeg": tuple(map(str, QUALITIES)),
        "ground": GROUNDS,
    }
    told = {by: {v: _summed(kept[by][v]) for v in values} for by, values in order.items()}
    rows = [
        (f"{by} {v}", s["contact_told"]["n"], *(f"{x:.1%}" for x in _shown(s)))
        for by, of in told.items()
        for v, s in of.items()
    ]
    table(
        ("posters", "n", "looked at", "contact told", "handle exact", "lines", "characters"), rows
    )
    return told | {"photographs": len(photos)}


def _summed(outcomes: list[Outcome]) -> dict[str, Any]:
    n = len(outcomes)
    lines = [line for outcome in outcomes for line in outcome.lines]
    return {
        "looked_at": share(sum(o.looked for o in outcomes), n),
        "contact_told": share(sum(o.told for o in outcomes), n),
        "handle_exact": share(sum(o.exact for o in outcomes), n),
        "lines_found": share(sum(2 * wrong <= letters for wrong, letters in lines), len(lines)),
        "characters": characters([outcome.lines for outcome in outcomes]),
    }


def _shown(s: dict[str, Any]) -> tuple[float, ...]:
    names = ("looked_at", "contact_told", "handle_exact", "lines_found")
    return (*(s[name]["share"] for name in names), s["characters"]["right"])


def harmless(count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Posters that lead nowhere: how many are sent to a person."""
    photos = [filled(photo) for photo in package_photographs().values()]
    accused = 0
    for _ in range(count):
        made = draw(photos[rng.integers(len(photos))], "", rng)
        found = seen(findings_of(read_lettering(decode(jpeg(made.pixels, made.quality)).pixels)))
        accused += bool(found)
        for finding in found:
            print(f"  harmless: {_said(finding)} of {' / '.join(made.lines)}")
    return share(accused, count)


def at_the_gate(count: int, rng: np.random.Generator) -> dict[str, Any]:
    """Posters judged by a gate with all detectors: sent to a person, blocked, and as foretold."""
    photos = [filled(photo) for photo in package_photographs().values()]
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, Gate.open(folder) as gate:
        for name, families in (("with a contact", tuple(FAMILIES)), ("harmless", ("",))):
            sent = blocked = same = 0
            for i in range(count):
                photo = photos[rng.integers(len(photos))]
                made = draw(photo, families[i % len(families)], rng)
                file = jpeg(made.pixels, made.quality)
                note = Note(id=f"n{i}", text=TEXT, images=(NoteImage(data=file),))
                decision = gate.check(note, register=False).decision
                foretold = bool(seen(findings_of(read_lettering(decode(file).pixels))))
                sent += decision is Decision.REVIEW
                blocked += decision is Decision.BLOCK
                same += (decision is Decision.REVIEW) == foretold
            told[name] = {
                "review": share(sent, count),
                "block": share(blocked, count),
                "as_foretold": share(same, count),
            }
    rows = [(name, *(t[x]["hits"] for x in t), count) for name, t in told.items()]
    table(("at the gate", "review", "block", "as foretold", "n"), rows)
    return told


def photographs() -> dict[str, Any]:
    """The packages' photographs, at the size of a note and at their own."""
    looked = accused = number = 0
    for name, photo in package_photographs().items():
        for pixels in (filled(photo), photo):
            found = seen(findings_of(read_lettering(pixels)))
            number += 1
            looked += shows_lettering(smaller(pixels))
            accused += bool(found)
            for finding in found:
                print(f"  {name}: {_said(finding)}")
    print(f"photographs of packages: {looked} of {number} read, {accused} accused", flush=True)
    return {"read": share(looked, number), "accused": share(accused, number)}


def times(rng: np.random.Generator) -> dict[str, Any]:
    """CPU milliseconds of one thread, for pictures of note size."""
    photos = [filled(photo) for photo in package_photographs().values()]
    lists = [_price_list(photos[i % len(photos)], 12, rng) for i in range(24)]
    walls = [_price_list(photos[i % len(photos)], 40, rng) for i in range(12)]
    told = {
        "cheap look": [_ms(shows_lettering, small) for small in map(smaller, photos * 4)],
        "made smaller": [_ms(smaller, photo) for photo in photos * 4],
        "photographs": [_ms(read_lettering, photo) for photo in photos * 3],
        "poster of 12 lines": [_ms(read_lettering, page) for page in lists],
        "poster of 40 lines": [_ms(read_lettering, page) for page in walls],
    }
    quantiles = {name: quantiles_ms(values) for name, values in told.items()}
    rows = [(name, q["n"], q["p50"], q["p90"], q["p99"]) for name, q in quantiles.items()]
    table(("CPU ms", "n", "p50", "p90", "p99"), rows)
    return quantiles


def _price_list(photo: Pixels, lines: int, rng: np.random.Generator) -> Pixels:
    page = cv2.addWeighted(photo, 0.3, np.full_like(photo, 250), 0.7, 0)
    px = 1200 // lines - 12 if lines > 20 else 48
    for i in range(lines):
        text = f"第{i + 1}项 手工香皂 {rng.integers(9, 999)} 元"
        at = (90, 120 + i * (1300 // lines))
        cv2.putText(page, text, at, (30, 30, 30), cv2.FontFace("uni"), px)
    return page


def _ms(work: Any, pixels: Pixels) -> float:
    started = time.thread_time()  # of this thread: other work on the machine is not ours
    work(pixels)
    return 1000 * (time.thread_time() - started)


def in_folder(folder: Path, most: int, rng: np.random.Generator) -> dict[str, Any]:
    """Pictures as they are found: how many are read, how long, how many are sent to a person."""
    told: dict[str, Any] = {}
    for kind in KINDS:
        paths = list(_files(folder, kind))
        chosen = [paths[i] for i in rng.permutation(len(paths))[:most]]
        looked = accused = lines = unread = 0
        took = []
        for path in chosen:
            pixels = decode(path).pixels
            looked += shows_lettering(smaller(pixels))
            took.append(_ms(read_lettering, pixels))
            read = read_lettering(pixels)
            lines, unread = lines + len(read.lines), unread + read.unread
            found = seen(findings_of(read))
            accused += bool(found)
            for finding in found:
                print(f"  {kind} {path.name}: {_said(finding)}", flush=True)
        told[kind] = {
            "read": share(looked, len(chosen)),
            "accused": share(accused, len(chosen)),
            "lines": lines,
            "unread": unread,
            "ms": quantiles_ms(took) | {"mean": round(float(np.mean(took)), 1)},
        }
        print(f"  {kind}: done", flush=True)
    rows = [
        (
            kind,
            t["read"]["n"],
            t["read"]["hits"],
            t["accused"]["hits"],
            t["unread"],
            t["ms"]["mean"],
        )
        for kind, t in told.items()
    ]
    table(("pictures", "n", "read", "accused", "lines left", "mean CPU ms"), rows)
    return told


def _files(folder: Path, kind: str) -> Iterator[Path]:
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == kind:
                yield folder / row["file"]


def _said(finding: Finding) -> str:
    quoted = " | ".join(span.text for span in finding.spans)
    return f"{finding.kind.value} {finding.score:.2f} “{quoted}”"


def peak_mb() -> int:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    raise SystemExit(main())

"""Does a scan find what the gate finds, and what does it cost?

An archive is made of the pictures of the copy benchmarks: those that are registered there are
published first, each by an author of its own, then attacked copies of them in every way of
`moderation.training.suite`, and pictures that nobody showed before. It is observed and paired;
nothing of it was fitted on what is asked here.

- **Found**: the gate is asked about each copy with all that was published before in its register
  (`Gate.find_copies`); the scan nominates from what was observed alone. Counted is whether the
  right work is among the matches of either, and matches with originals that are wrong.
- **Nominated by**: of the copies that the gate proves, how many each index of the scan nominates.
- **Rate**: pictures a second of pairing and of judging, by processes, laying out included.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scan_tables
from copy_collection import collection_options, gathered
from harness import WORK, parser, write

from moderation import Gate
from moderation.image.decode import decode
from moderation.note import Author, Note, NoteImage
from moderation.policy import Policy
from moderation.scan import judge, observe, pair
from moderation.scan.inputs import Inputs
from moderation.scan.layout import Layout
from moderation.scan.nominating import Nominator
from moderation.scan.read_back import query_of
from moderation.training.evaluation.questions import COPY, Question
from moderation.training.evaluation.running import Plan, planned
from moderation.training.suite import SUITE

WITHOUT = ("lettering", "codes", "watermark")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """A picture that is published after all originals."""

    question: Question
    note_id: str
    file: Path


def main() -> None:
    """Measure, print, write."""
    args = options().parse_args()
    cv2.setNumThreads(1)
    plan = planned(
        gathered(args, np.random.default_rng(args.seed)),
        seed=args.seed,
        attacks=SUITE,
        per_attack=args.per_attack,
        strangers_per_attack=0,
        look_alikes=args.look_alikes,
        templates=args.templates,
    )
    WORK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        archive, asked = published(plan, folder / "archive")
        print(f"{len(plan.registered)} originals, {len(asked)} asked", flush=True)
        observe(archive, folder / "out", workers=2, without=WITHOUT)
        print("observed", flush=True)
        results: dict[str, Any] = {"originals": len(plan.registered), "asked": len(asked)}
        results["rate"] = rates(archive, folder / "out")
        print("paired", flush=True)
        results["found"] = found(plan, asked, folder)
    print("\n".join(scan_tables.scan_pairs(results)))
    write("scan_pairs", args, results)


def options() -> argparse.ArgumentParser:
    """Of the command line."""
    command = parser(__doc__)
    collection_options(command)
    command.add_argument("--per-attack", type=int, default=6, help="photographs for each attack")
    command.add_argument("--look-alikes", type=int, default=40, help="of each kind")
    return command


def published(plan: Plan, folder: Path) -> tuple[Path, list[Asked]]:
    """The archive: originals, then what is asked."""
    folder.mkdir()
    lines: list[str] = []
    asked: list[Asked] = []

    def publish(note_id: str, author: str, data: bytes) -> Path:
        file = folder / f"{len(lines):05}.jpg"
        file.write_bytes(data)
        at = BEGINNING + timedelta(minutes=20 * len(lines))
        lines.append(
            json.dumps(
                {
                    "id": note_id,
                    "author": {"id": author},
                    "published_at": at.isoformat(),
                    "images": [{"path": file.name}],
                }
            )
        )
        return file

    for number, item in enumerate(plan.registered):
        publish(item.name, f"a{number}", bytes_of(item.source))
    for number, question in enumerate(plan.questions):
        name = f"asked {number}"
        file = publish(name, f"b{number}", question.file())
        asked.append(Asked(question=question, note_id=name, file=file))
    path = folder / "notes.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path, asked


def bytes_of(source: NoteImage) -> bytes:
    """Of a file, or of pixels as PNG."""
    if source.path is not None:
        return Path(source.path).read_bytes()
    pixels = decode(source).pixels
    return bytes(cv2.imencode(".png", pixels[:, :, ::-1])[1])


def rates(archive: Path, out: Path) -> dict[str, Any]:
    """Pairing by two processes, then judging by one."""
    measured: dict[str, Any] = {}
    marks: list[tuple[float, int]] = []
    started = time.perf_counter()
    done = pair(
        archive,
        out,
        workers=2,
        without=WITHOUT,
        progress=lambda now: marks.append((time.perf_counter(), now.counts.pictures)),
    )
    (first, before), (last, after) = marks[0], marks[-1]
    measured["pair"] = {
        "workers": 2,
        "pictures_per_s": round((after - before) / (last - first), 1),
        "until_first_shard_s": round(first - started, 1),
        "decoded": done.counts.decoded,
        "tried": done.counts.tried,
        "pictures": done.counts.pictures,
        "memory_mb": round(done.memory / 1e6),
    }
    started = time.perf_counter()
    judged = judge(out, Policy.default(), as_of="then", without=WITHOUT)
    took = time.perf_counter() - started
    measured["judge"] = {"notes_per_s": round(judged.notes / took, 1), "notes": judged.notes}
    return measured


def found(plan: Plan, asked: list[Asked], folder: Path) -> dict[str, Any]:
    """Who finds which copy, and who is wrong how often."""
    inputs = Inputs.of(folder / "out", WITHOUT, None)
    nominator = Nominator(Layout.load(inputs.layout), inputs.observed, None)
    by_scan, observed = scanned(inputs)
    source = {one.note_id: one.question.source for one in asked}
    tally: Counter[str] = Counter()
    families: Counter[str] = Counter()
    with Gate.open(folder / "register") as gate:
        notes = (
            Note(id=item.name, author=Author(id=f"a{i}"), images=[item.source])
            for i, item in enumerate(plan.registered)
        )
        gate.register_many(notes)
        print("registered", flush=True)
        for one in asked:
            by_gate = {match.note_id for match in gate.find_copies(one.file, limit=99)}
            question = one.question
            # Among what was published before are other copies of the same picture.
            shown = {source.get(name, name) for name in by_scan[one.note_id]}
            right = question.right | ({question.source} if question.kind == COPY else set())
            wrong = question.right | question.doubtful | {question.source}
            tally["wrong by the gate"] += len(by_gate - wrong)
            # Collages share strangers in their cells, so what is asked may well show what is asked.
            originals = {name for name in by_scan[one.note_id] if name not in source}
            tally["wrong by the scan"] += len(originals - wrong)
            if question.kind != COPY:
                continue
            gate_does, scan_does = bool(by_gate & right), bool(shown & right)
            tally["copies"] += 1
            tally["by the gate"] += gate_does
            tally["by the scan"] += scan_does
            tally["by both"] += gate_does and scan_does
            if gate_does:
                for index in nominated(nominator, observed[one.note_id], source, right):
                    tally[f"nominated by {index}"] += 1
                if not scan_does:
                    families[question.family] += 1
    return {**tally, "only_by_the_gate": dict(families)}


def scanned(inputs: Inputs) -> tuple[dict[str, set[str]], dict[str, tuple[int, dict[str, Any]]]]:
    """Note → notes that it shows pictures of; and → place and row of its picture."""
    shown: dict[str, set[str]] = {}
    rows: dict[str, tuple[int, dict[str, Any]]] = {}
    layout = Layout.load(inputs.layout)
    for number in range(len(inputs.receipts)):
        pictures = inputs.observed.read("pictures", number).to_pylist()
        pairs = inputs.place.read("pairs", number).to_pylist()
        for picture, one in zip(pictures, pairs, strict=True):
            shown[one["note_id"]] = {m["note_id"] for m in json.loads(one["matches"])}
            rows[one["note_id"]] = one["number"] - layout.first, picture
    return shown, rows


def nominated(
    nominator: Nominator,
    observed: tuple[int, dict[str, Any]],
    source: dict[str, str],
    right: frozenset[str] | set[str],
) -> set[str]:
    """Which indexes nominate the right picture, or a copy of it."""
    place, row = observed
    by: set[str] = set()
    for candidate in nominator.nominated(place, row, query_of(row)):
        known = nominator.known([candidate.picture_id])[candidate.picture_id]
        if source.get(known.note_id, known.note_id) in right:
            if candidate.distance_bits is not None:
                by.add("hash")
            if candidate.votes:
                by.add("shared features")
            if candidate.cosine is not None:
                by.add("descriptor")
    return by


if __name__ == "__main__":
    main()

"""The shipped note reader on notes that nothing was learnt from or tuned on, and its speed.

    python benchmarks/shipped_reader.py

`datasets/held_out/red_team.jsonl`: notes by a writer who knew how readers of notes fail, in seven
ways of attack, both directions. With `--data DIR` (or $MODERATION_DATA) also the findings per 1,000
real notes under today's policy; those the reader has learnt from, so they say how often a person is
asked, not how often that is right.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from harness import parser, share, table, write

from moderation.policy import Policy, decide
from moderation.text.note_reader import NoteReader
from moderation.text.reading import TextReading, findings_from
from moderation.training.reader_data import LabelledNote, labelled_notes
from moderation.training.reader_evaluation import evaluated
from moderation.training.reader_files import rows_of_files

HELD = Path(__file__).resolve().parent.parent / "datasets" / "held_out" / "red_team.jsonl"
TODAY = datetime(2026, 11, 25, tzinfo=UTC)
ROUNDS = 3


def roles(file: Path) -> dict[tuple[str, str], str]:
    import json

    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {(row["title"], row["text"]): row["role"] for row in rows}


def by_role(rows: list[LabelledNote], readings: list[TextReading]) -> dict[str, Any]:
    """Of each way of attack: sellers called commercial, and natives called so."""
    role = roles(HELD)
    found: dict[str, dict[str, list[bool]]] = defaultdict(lambda: {"found": [], "flagged": []})
    for row, reading in zip(rows, readings, strict=True):
        kind = "found" if row.commercial else "flagged"
        found[role[row.note.title, row.note.text]][kind].append(reading.commercial >= 0.5)
    return {
        name: {kind: share(sum(flags), len(flags)) for kind, flags in kinds.items() if flags}
        for name, kinds in sorted(found.items())
    }


def decisions(rows: list[LabelledNote], readings: list[TextReading]) -> dict[str, Any]:
    """What today's policy makes of them: commercial notes and others."""
    policy = Policy.default()
    counts: dict[str, Counter[str]] = {"commercial": Counter(), "other": Counter()}
    kinds: Counter[str] = Counter()
    for row, reading in zip(rows, readings, strict=True):
        verdict = decide(policy, row.note, findings_from(reading), as_of=TODAY)
        counts["commercial" if row.commercial else "other"][verdict.decision.value] += 1
        if not row.commercial:
            kinds.update({reason.code for reason in verdict.reasons})
    return {name: dict(count) for name, count in counts.items()} | {
        "reasons_among_others": dict(kinds.most_common())
    }


def times(reader: NoteReader, rows: list[LabelledNote]) -> dict[str, Any]:
    """Milliseconds a note, best of some rounds each, by length."""
    took: dict[str, list[float]] = defaultdict(list)
    for row in rows[:200]:
        size = len(row.note.title) + len(row.note.text)
        best = float("inf")
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            reader.read(row.note)
            best = min(best, time.perf_counter() - begin)
        name = "to 150" if size <= 150 else "151 to 400" if size <= 400 else "over 400"
        took[f"{name} characters"].append(1000 * best)
        took["all"].append(1000 * best)
    return {
        name: {
            "n": len(ms),
            "p50_ms": round(float(np.median(ms)), 2),
            "p90_ms": round(float(np.percentile(ms, 90)), 2),
        }
        for name, ms in sorted(took.items())
    }


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--draws", type=int, default=500, help="bootstrap resamples")
    args = options.parse_args()
    reader = NoteReader.open()
    rows, _ = rows_of_files(HELD)
    readings = [reader.read(row.note) for row in rows]
    results: dict[str, Any] = {
        "reader": reader.recipe,
        "red_team": evaluated(rows, readings, seed=args.seed, times=args.draws),
        "by_attack": by_role(rows, readings),
        "decisions": decisions(rows, readings),
        "speed": times(reader, rows),
    }
    if args.data:
        real = labelled_notes(Path(args.data) / "text", None)
        again = [reader.read(row.note) for row in real]
        results["real_notes_learnt_from"] = {
            "notes": len(real),
            "decisions": decisions(real, again),
            "speed": times(reader, real),
        }
    part = results["red_team"]
    table(
        ("measure", "value"),
        [
            ("commercial AUC", part["commercial"]["auc"]["value"]),
            ("hard sell F1", part["hard_sell"]["f1"]["value"]),
            ("clear disclosure F1", part["clear_disclosure"]["f1"]["value"]),
            ("calibration error", part["commercial"]["calibration"]["expected_error"]),
            ("notes that divert, found", part["diversion"]["shown"]["found"]["share"]),
            (
                "natives that do not, flagged",
                part["diversion"]["shown"]["natives_flagged"]["share"],
            ),
        ],
    )
    write("shipped_reader", args, results)


if __name__ == "__main__":
    main()

"""What each source of labelled notes adds: a reader that learns in seconds, without each of them.

    python benchmarks/labelled_sources.py --data DIR      about half an hour on one core

The linear reader, half of the shipped reader's score, learns from all notes but those of one
source, and reads the same notes each time: one in four of every group, families whole, and the
red team (`datasets/held_out`), never learnt from; designs were compared on it. A network would take
an hour a row. So a row says what a source adds to a reader of grams and rules; what a network makes
of it may differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import data_folder, parser, table, write

from moderation.text.reading import INTENTS
from moderation.training.reader_data import LabelledNote, fold_of_seen, labelled_notes
from moderation.training.reader_files import rows_of_files
from moderation.training.reader_linear import Answers, LinearReader
from moderation.training.reading_metrics import auc, f1, with_interval

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
HELD = DATASETS / "held_out" / "red_team.jsonl"
EVERYTHING = "everything"
Keeps = Callable[[LabelledNote], bool]


def sources(rows: Sequence[LabelledNote]) -> dict[str, Keeps]:
    """What is left out, and which notes are then kept."""

    def without(name: str) -> Keeps:
        return lambda row: row.group != name

    return {
        EVERYTHING: lambda row: True,
        "all written notes": lambda row: row.origin != "written",
        "all real notes": lambda row: row.origin == "written",
        "the first reading of real notes": lambda row: row.origin != "first reading",
        "the second reading of real notes": lambda row: row.origin != "second reading",
    } | {
        f"written: {name}": without(name)
        for name in sorted({row.group for row in rows if row.origin == "written"})
    }


def measured(
    rows: Sequence[LabelledNote], answers: Answers, rng: np.random.Generator, times: int
) -> dict[str, Any]:
    """Of some notes."""
    intent = np.array([row.intent for row in rows])
    sells = np.array([row.commercial for row in rows])
    said = np.array(INTENTS)[answers.intent.argmax(axis=1)]
    return {
        "notes": len(rows),
        "commercial": int(sells.sum()),
        "commercial_auc": with_interval(auc, sells, answers.commercial, rng=rng, times=times),
        "hard_sell_f1": with_interval(f1, intent == "C2", said == "C2", rng=rng, times=times),
    }


def run(
    rows: Sequence[LabelledNote], held: Sequence[LabelledNote], times: int, seed: int
) -> dict[str, Any]:
    """Source that is left out → measures of real, written and red-team notes."""
    fold = fold_of_seen(rows)
    apart = [rows[i] for i in fold.measured]
    sets = {
        "real": [row for row in apart if row.origin != "written"],
        "written": [row for row in apart if row.origin == "written"],
        "red team": list(held),
    }
    results: dict[str, Any] = {}
    for name, keeps in sources(rows).items():
        learnt = [rows[i] for i in fold.learnt if keeps(rows[i])]
        reader = LinearReader(signals=True, levels=True).learn(learnt)
        results[name] = {"learnt_from": len(learnt)} | {
            # The same resamples for every row of the table.
            kind: measured(
                some, reader.read([r.note for r in some]), np.random.default_rng(seed), times
            )
            for kind, some in sets.items()
        }
        print(name, {k: results[name][k]["commercial_auc"] for k in sets}, flush=True)
    return results


def show(results: dict[str, Any]) -> None:
    kinds = ("real", "written", "red team")
    table(
        ("left out", "learnt from", *(f"AUC {kind}" for kind in kinds), "sale F1 red team"),
        [
            (
                name,
                one["learnt_from"],
                *(one[kind]["commercial_auc"]["value"] for kind in kinds),
                one["red team"]["hard_sell_f1"]["value"],
            )
            for name, one in results.items()
        ],
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--resamples", type=int, default=400)
    args = arguments.parse_args()
    data = data_folder(args, "text")
    if data is None:
        raise SystemExit("name the folder of real notes: `--data DIR`, which holds `text/`")
    results = run(labelled_notes(data, DATASETS), rows_of_files(HELD)[0], args.resamples, args.seed)
    show(results)
    write("labelled_sources", args, results)


if __name__ == "__main__":
    main()

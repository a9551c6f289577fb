"""Three ways to learn one linear reader from real and from written notes.

    python benchmarks/linear_readers.py --data DIR      about ten minutes on one core

All notes alike; one reader for each kind, their scores averaged; or one reader that learns how
common each answer is among either kind apart (`levels`, as shipped). Each learns from the same
notes and reads the same: one in four of every group, families whole, then groups whose trades
nothing was learnt from, and the red team (`datasets/held_out`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import data_folder, parser, table, write
from two_experts import TwoExperts

from moderation.text.reading import INTENTS
from moderation.training.reader_data import (
    LabelledNote,
    fold_of_seen,
    fold_without,
    labelled_notes,
)
from moderation.training.reader_files import rows_of_files
from moderation.training.reader_linear import Answers, LinearReader
from moderation.training.reading_metrics import auc, f1, with_interval

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
HELD = DATASETS / "held_out" / "red_team.jsonl"
BUNDLES = {
    "beauty": ("kaitohh_2018", "beauty_and_fashion", "beauty_study_long"),
    "study": ("vivian_2023", "study_work_money"),
}
"""Groups that are held out together, with their trades. Other sources have hardly a real note that
sells."""
SEEN, LEAST = "seen", 10
Ways = dict[str, Callable[[Sequence[LabelledNote]], LinearReader | TwoExperts]]
WAYS: Ways = {
    "two experts": lambda rows: TwoExperts().learn(rows),
    "all alike": lambda rows: LinearReader(signals=True).learn(rows),
    "levels apart": lambda rows: LinearReader(signals=True, levels=True).learn(rows),
}
"""The first is what the others are compared with."""
FIRST = next(iter(WAYS))


def measured(
    rows: Sequence[LabelledNote], found: dict[str, Answers], seed: int, times: int
) -> dict[str, Any]:
    """Of some notes, every way: AUC, what it gains note by note, and F1 of sales."""
    intent = np.array([row.intent for row in rows])
    sells = np.array([row.commercial for row in rows])

    def gain(truth: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
        return auc(truth, one) - auc(truth, other)

    results: dict[str, Any] = {"notes": len(rows), "commercial": int(sells.sum())}
    for name, answers in found.items():
        said = np.array(INTENTS)[answers.intent.argmax(axis=1)]
        # The same resamples for every way.
        rng = [np.random.default_rng(seed) for _ in range(3)]
        results[name] = {
            "auc": with_interval(auc, sells, answers.commercial, rng=rng[0], times=times),
            "gain": with_interval(
                gain, sells, answers.commercial, found[FIRST].commercial, rng=rng[1], times=times
            ),
            "sale_f1": with_interval(f1, intent == "C2", said == "C2", rng=rng[2], times=times),
        }
    return results


def run(
    rows: Sequence[LabelledNote], held: Sequence[LabelledNote], times: int, seed: int
) -> dict[str, Any]:
    """Fold and kind of notes → measures of every way."""
    folds = {SEEN: fold_of_seen(rows)}
    folds |= {name: fold_without(rows, groups) for name, groups in BUNDLES.items()}
    results: dict[str, Any] = {}
    for name, fold in folds.items():
        apart = [rows[i] for i in fold.measured]
        sets = {
            f"{name}, real": [row for row in apart if row.origin != "written"],
            f"{name}, written": [row for row in apart if row.origin == "written"],
        }
        if name == SEEN:
            sets["red team"] = list(held)
        learnt = [rows[i] for i in fold.learnt]
        readers = {way: learn(learnt) for way, learn in WAYS.items()}
        for kind, some in sets.items():
            selling = sum(row.commercial for row in some)
            if min(selling, len(some) - selling) >= LEAST:
                found = {w: one.read([row.note for row in some]) for w, one in readers.items()}
                results[kind] = {"learnt_from": len(learnt)} | measured(some, found, seed, times)
                print(kind, {way: results[kind][way]["auc"]["value"] for way in WAYS}, flush=True)
    return results


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--resamples", type=int, default=400)
    args = arguments.parse_args()
    data = data_folder(args, "text")
    if data is None:
        raise SystemExit("name the folder of real notes: `--data DIR`, which holds `text/`")
    results = run(labelled_notes(data, DATASETS), rows_of_files(HELD)[0], args.resamples, args.seed)
    table(
        ("notes", *(f"AUC {way}" for way in WAYS), *(f"sale F1 {way}" for way in WAYS)),
        [
            (
                kind,
                *(one[way]["auc"]["value"] for way in WAYS),
                *(one[way]["sale_f1"]["value"] for way in WAYS),
            )
            for kind, one in results.items()
        ],
    )
    write("linear_readers", args, results)


if __name__ == "__main__":
    main()

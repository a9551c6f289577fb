"""How well readers that learn judge notes of sources and trades that they have never seen.

    python benchmarks/note_reader.py --data DIR [--readers rules,pieces,pieces+rules]

DIR (or $MODERATION_DATA) holds `text/notes.jsonl.gz`, which is no part of this repository; written
notes and labels by digest are. Every number is of notes of a group that nothing was learnt from:
a source of real notes, or a file of written ones, without its trades anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import data_folder, parser, table, write
from reading_metrics import auc, reliability, rounded, with_interval

from moderation.training.reader_data import (
    COMMERCIAL,
    DISCLOSURES,
    INTENTS,
    Fold,
    LabelledNote,
    folds,
    labelled_notes,
)
from moderation.training.reader_linear import Answers, LinearReader
from moderation.training.reader_signals import readings_of

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
Reader = Callable[[Sequence[LabelledNote], Sequence[LabelledNote]], Answers]
"""Learns from the first, reads the second."""


def by_rules(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
    readings = readings_of(row.note for row in measured)
    return Answers(
        intent=np.array([[r.intent[name] for name in INTENTS] for r in readings]),
        disclosure=np.array([[r.disclosure[name] for name in DISCLOSURES] for r in readings]),
    )


def linear(*, signals: bool, pieces: bool = True) -> Reader:
    def reader(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
        fitted = LinearReader(signals=signals, pieces=pieces).learn(learnt)
        return fitted.read([row.note for row in measured])

    return reader


READERS: dict[str, Reader] = {
    "rules": by_rules,
    "signals": linear(signals=True, pieces=False),
    "pieces": linear(signals=False),
    "pieces+rules": linear(signals=True),
}


def f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Harmonic mean of precision and recall; NaN where there is nothing to find."""
    if not truth.any():
        return float("nan")
    return float(2 * (truth & said).sum() / (truth.sum() + said.sum()))


def macro_f1(truth: np.ndarray, said: np.ndarray) -> float:
    """Mean F1 of the classes that ten or more notes have."""
    names, counts = np.unique(truth, return_counts=True)
    often = names[counts >= 10]
    return float(np.mean([f1(truth == n, said == n) for n in often])) if len(often) else np.nan


def measure(
    rows: Sequence[LabelledNote], answers: Answers, rng: np.random.Generator, times: int
) -> dict[str, Any]:
    """All measures of one group."""
    intent = np.array([row.intent for row in rows])
    disclosure = np.array([DISCLOSURES.index(row.disclosure) for row in rows])
    is_commercial = np.isin(intent, COMMERCIAL)
    said = np.array(INTENTS)[answers.intent.argmax(axis=1)]
    stated = answers.disclosure.argmax(axis=1)
    sure = np.array([row.confidence >= 0.8 for row in rows])

    def interval(metric: Callable[..., float], *columns: np.ndarray) -> dict[str, Any]:
        return with_interval(metric, *columns, rng=rng, times=times)

    return {
        "notes": len(rows),
        "commercial": int(is_commercial.sum()),
        "commercial_auc": interval(auc, is_commercial, answers.commercial),
        "commercial_auc_sure": interval(auc, is_commercial[sure], answers.commercial[sure]),
        "hard_sell_auc": interval(auc, intent == "C2", answers.intent[:, INTENTS.index("C2")]),
        "hard_sell_f1": interval(f1, intent == "C2", said == "C2"),
        "disclosure_macro_f1": interval(macro_f1, disclosure, stated),
        "absent_f1": interval(f1, disclosure == 4, stated == 4),
        "disclosure_accuracy": rounded(float((disclosure == stated).mean())),
        "calibration": reliability(is_commercial, answers.commercial),
    }


def family_accuracy(rows: Sequence[LabelledNote], answers: Answers) -> dict[str, Any]:
    """Of pairs of siblings of which one sells, how many have the seller above the other."""
    families: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        if row.family:
            families.setdefault(row.family, []).append(i)
    right, pairs = 0.0, 0
    for places in families.values():
        for a in places:
            for b in places:
                if rows[a].commercial and not rows[b].commercial:
                    pairs += 1
                    difference = answers.commercial[a] - answers.commercial[b]
                    right += 0.5 * (1 + np.sign(difference))
    return {"pairs": pairs, "share": rounded(right / pairs) if pairs else None}


def run(
    rows: Sequence[LabelledNote],
    chosen: Sequence[Fold],
    readers: dict[str, Reader],
    rng: np.random.Generator,
    times: int,
) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for name, reader in readers.items():
        per_group = {}
        for fold in chosen:
            measured = [rows[i] for i in fold.measured]
            answers = reader([rows[i] for i in fold.learnt], measured)
            per_group[fold.held] = measure(measured, answers, rng, times) | {
                "learnt_from": len(fold.learnt),
                "siblings": family_accuracy(measured, answers),
            }
            one = per_group[fold.held]
            print(name, fold.held, one["commercial_auc"], flush=True)
        results[name] = per_group
    return results


MEASURES = ("commercial_auc", "hard_sell_auc", "hard_sell_f1", "disclosure_macro_f1", "absent_f1")


def show(results: dict[str, Any]) -> None:
    for measure_name in MEASURES:
        print(f"\n{measure_name}")
        groups = list(next(iter(results.values())))
        head = ("reader", *(group[:12] for group in groups), "mean")
        lines = []
        for name, per_group in results.items():
            values = [per_group[group][measure_name]["value"] for group in groups]
            known = [value for value in values if value is not None]
            lines.append((name, *values, round(float(np.mean(known)), 4)))
        table(head, lines)
    print("\nexpected calibration error of commercial")
    for name, per_group in results.items():
        errors = {g: one["calibration"]["expected_error"] for g, one in per_group.items()}
        print(f"  {name}: {errors}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--readers", default=",".join(READERS))
    options.add_argument("--draws", type=int, default=500, help="bootstrap resamples")
    args = options.parse_args()
    folder = data_folder(args, "text")
    rows = labelled_notes(folder, DATASETS)
    names = args.readers.split(",")
    rng = np.random.default_rng(args.seed)
    results = run(rows, folds(rows), {name: READERS[name] for name in names}, rng, args.draws)
    show(results)
    write("note_reader", args, {"rows": len(rows), "groups": results})


if __name__ == "__main__":
    main()

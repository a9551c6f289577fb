"""How well readers that learn judge notes of sources and trades that they have never seen.

    python benchmarks/note_reader.py --data DIR [--readers rules,pieces] [--only beauty,seen]

DIR (or $MODERATION_DATA) holds `text/notes.jsonl.gz`, which is no part of this repository; written
notes and labels by digest are. In all folds but one nothing was learnt from the groups that
measure, a source of real notes or a file of written ones, nor from their trades elsewhere; the
fold `seen` measures one in four notes of every group, families whole.

The readers `network` and `network, pretrained` need `--start`, the packed network they start from,
and `--work`, where its pieces were chosen; each fold then takes ten minutes on one core.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import WORK, data_folder, parser, table, write
from reading_metrics import auc, reliability, rounded, with_interval

from moderation.training.reader_data import (
    COMMERCIAL,
    DISCLOSURES,
    INTENTS,
    Fold,
    LabelledNote,
    fold_of_seen,
    fold_without,
    labelled_notes,
)
from moderation.training.reader_learner import LearningPlan, learn
from moderation.training.reader_linear import Answers, LinearReader, TwoExperts
from moderation.training.reader_pretraining import open_encoder
from moderation.training.reader_signals import readings_of

DATASETS = Path(__file__).resolve().parent.parent / "datasets"
BUNDLES: dict[str, tuple[str, ...]] = {
    "beauty": ("kaitohh_2018", "beauty_and_fashion"),
    "study": ("vivian_2023", "study_work_money"),
    "travel and home": ("imxjh_cattax_2025", "travel_and_going_out", "home_food_services"),
    "all trades": ("diversion", "english_and_traditional"),
}
"""Groups that are held out together: one training measures several, and trades are unseen."""
SEEN = "seen"
LAYERS = 6
LEAST = 10
"""Commercial notes, and others, without which a group is not measured."""
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


def experts(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
    return TwoExperts(signals=True).learn(learnt).read([row.note for row in measured])


def network(start: Path, work: Path, *, pretrained: bool) -> Reader:
    encoder, tokenizer = open_encoder(start, work, LAYERS, pretrained=pretrained)

    def reader(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
        fitted = learn(encoder, tokenizer, learnt, LearningPlan(), print)
        return fitted.read(measured).answers()

    return reader


READERS: dict[str, Reader] = {
    "rules": by_rules,
    "signals": linear(signals=True, pieces=False),
    "pieces": linear(signals=False),
    "pieces+rules": linear(signals=True),
    "two experts": experts,
}
NETWORKS = {"network": False, "network, pretrained": True}


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
    chosen: dict[str, Fold],
    readers: dict[str, Reader],
    rng: np.random.Generator,
    times: int,
) -> dict[str, Any]:
    """Reader → fold and group → measures."""
    results: dict[str, Any] = {}
    for name, reader in readers.items():
        results[name] = {}
        for bundle, fold in chosen.items():
            answers = reader([rows[i] for i in fold.learnt], [rows[i] for i in fold.measured])
            for group in sorted({rows[i].group for i in fold.measured}):
                here = [k for k, i in enumerate(fold.measured) if rows[i].group == group]
                measured = [rows[fold.measured[k]] for k in here]
                selling = sum(row.commercial for row in measured)
                if min(selling, len(measured) - selling) < LEAST:
                    continue
                mine = Answers(intent=answers.intent[here], disclosure=answers.disclosure[here])
                found = measure(measured, mine, rng, times)
                results[name][f"{bundle}: {group}"] = found | {
                    "learnt_from": len(fold.learnt),
                    "siblings": family_accuracy(measured, mine),
                }
                print(name, "|", bundle, "|", group, "|", found["commercial_auc"], flush=True)
    return results


def chosen_folds(rows: Sequence[LabelledNote], only: str | None) -> dict[str, Fold]:
    there = {row.group for row in rows}
    chosen = {
        name: fold_without(rows, groups) for name, groups in BUNDLES.items() if there & {*groups}
    }
    chosen[SEEN] = fold_of_seen(rows)
    return {n: f for n, f in chosen.items() if only is None or n in only.split(",")}


MEASURES = ("commercial_auc", "hard_sell_auc", "hard_sell_f1", "disclosure_macro_f1", "absent_f1")


def show(results: dict[str, Any]) -> None:
    names = list(results)
    for measure_name in MEASURES:
        print(f"\n{measure_name}")
        table(
            ("notes never learnt from", *names),
            [
                (group, *(results[name][group][measure_name]["value"] for name in names))
                for group in results[names[0]]
            ],
        )
    print("\nexpected calibration error of commercial")
    for name, per_group in results.items():
        errors = {g: one["calibration"]["expected_error"] for g, one in per_group.items()}
        print(f"  {name}: {errors}")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--readers", default=",".join(READERS))
    options.add_argument("--only", help="folds to measure, by name")
    options.add_argument("--start", type=Path, help="packed network: `e5-small-q4.bin`")
    options.add_argument("--work", type=Path, default=WORK / "note-reader")
    options.add_argument("--draws", type=int, default=500, help="bootstrap resamples")
    args = options.parse_args()
    folder = data_folder(args, "text")
    rows = labelled_notes(folder, DATASETS)
    names = args.readers.split(",")
    readers = {
        name: network(args.start, args.work, pretrained=NETWORKS[name])
        if name in NETWORKS
        else READERS[name]
        for name in names
    }
    rng = np.random.default_rng(args.seed)
    results = run(rows, chosen_folds(rows, args.only), readers, rng, args.draws)
    show(results)
    write("note_reader", args, {"rows": len(rows), "readers": results})


if __name__ == "__main__":
    main()

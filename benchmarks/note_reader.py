"""How well readers that learn judge notes of sources and trades that they have never seen.

    python benchmarks/note_reader.py --data DIR [--readers rules,pieces] [--only beauty,seen]

DIR (or $MODERATION_DATA) holds `text/notes.jsonl.gz`, which is no part of this repository; written
notes and labels by digest are. In all folds but one nothing was learnt from the groups that
measure, a source of real notes or a file of written ones, nor from their trades elsewhere; the
fold `seen` measures one in four notes of every group, families whole.

The readers `network`, `pretrained` (by masked pieces) and either with `+experts` or
`+levels` need `--start`,
the packed network they start from, and `--work`, where its pieces were chosen; each fold then
takes ten minutes on one core. What they answer is kept in the work folder, for the same notes and
the same plan; delete it after a change of the code.

Scores are calibrated on the other folds, never on notes that measure: two numbers are fitted.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import WORK, data_folder, parser, table, write
from reader_measures import calibrated, measure
from two_experts import TwoExperts

from moderation.text.reading import DISCLOSURES, INTENTS
from moderation.training.reader_data import (
    Fold,
    LabelledNote,
    fold_of_seen,
    fold_without,
    labelled_notes,
)
from moderation.training.reader_learner import LearningPlan, learn
from moderation.training.reader_linear import Answers, LinearReader
from moderation.training.reader_network import Scores
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
LEAST_P = 1e-4
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


def linear(*, signals: bool, pieces: bool = True, levels: bool = False) -> Reader:
    def reader(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
        fitted = LinearReader(signals=signals, grams=pieces, levels=levels).learn(learnt)
        return fitted.read([row.note for row in measured])

    return reader


def experts(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
    return TwoExperts(signals=True).learn(learnt).read([row.note for row in measured])


def network(start: Path, work: Path, *, pretrained: bool) -> Reader:
    def reader(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
        encoder, tokenizer = open_encoder(start, work, LAYERS, pretrained=pretrained)
        kept = work / f"answers-{_key(learnt, measured, PLAN, pretrained)}.npz"
        if kept.is_file():
            with np.load(kept, allow_pickle=False) as data:
                scores = Scores(intent=data["intent"], disclosure=data["disclosure"])
        else:
            scores = learn(encoder, tokenizer, learnt, PLAN, _say).read(measured)
            np.savez(kept, intent=scores.intent, disclosure=scores.disclosure)
        return scores.answers()

    return reader


def together(first: Reader, second: Reader) -> Reader:
    """Mean of the log probabilities of two readers."""

    def reader(learnt: Sequence[LabelledNote], measured: Sequence[LabelledNote]) -> Answers:
        both = [one(learnt, measured) for one in (first, second)]
        return Answers(
            intent=averaged([one.intent for one in both]),
            disclosure=averaged([one.disclosure for one in both]),
        )

    return reader


def averaged(found: Sequence[np.ndarray]) -> np.ndarray:
    """Geometric mean, as probabilities."""
    mean = np.exp(np.mean([np.log(one + LEAST_P) for one in found], axis=0))
    return mean / mean.sum(axis=1, keepdims=True)


def _say(line: str) -> None:
    print(line, flush=True)


def _key(*parts: object) -> str:
    """Digest of notes, labels and settings."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Sequence):
            part = [(r.note.title, r.note.text, r.note.tags, r.intent, r.disclosure) for r in part]
        digest.update(repr(part).encode())
    return digest.hexdigest()[:16]


READERS: dict[str, Reader] = {
    "rules": by_rules,
    "signals": linear(signals=True, pieces=False),
    "pieces": linear(signals=False),
    "pieces+rules": linear(signals=True),
    "two experts": experts,
    "levels apart": linear(signals=True, levels=True),
}
NETWORKS = {"network": False, "pretrained": True}
TOGETHER = {
    f"{read}+{name}": (read, weighed)
    for read in NETWORKS
    for name, weighed in (("experts", "two experts"), ("levels", "levels apart"))
}
PLAN = LearningPlan()


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
        found = {
            bundle: reader([rows[i] for i in fold.learnt], [rows[i] for i in fold.measured])
            for bundle, fold in chosen.items()
        }
        results[name] = {}
        for bundle, fold in chosen.items():
            likely = calibrated(rows, chosen, found, bundle)
            parts = {"all": np.arange(len(fold.measured))} if bundle == SEEN else {}
            groups = np.array([rows[i].group for i in fold.measured])
            parts |= {group: np.flatnonzero(groups == group) for group in sorted(set(groups))}
            if bundle == SEEN:
                real = np.array([rows[i].origin != "written" for i in fold.measured])
                parts |= {"real": np.flatnonzero(real), "written": np.flatnonzero(~real)}
            for part, here in parts.items():
                measured = [rows[fold.measured[k]] for k in here]
                selling = sum(row.commercial for row in measured)
                if min(selling, len(measured) - selling) < LEAST:
                    continue
                answers = found[bundle]
                mine = Answers(intent=answers.intent[here], disclosure=answers.disclosure[here])
                one = measure(measured, mine, likely[here], rng, times)
                results[name][f"{bundle}: {part}"] = one | {"learnt_from": len(fold.learnt)}
                print(name, "|", bundle, "|", part, "|", one["commercial_auc"], flush=True)
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
    for kind in ("calibration", "calibrated"):
        print(f"\nexpected error of the probability of commercial, {kind}")
        table(
            ("notes never learnt from", *names),
            [
                (group, *(results[name][group][kind]["expected_error"] for name in names))
                for group in results[names[0]]
            ],
        )


def reader_of(name: str, args: argparse.Namespace) -> Reader:
    if name in READERS:
        return READERS[name]
    if args.start is None:
        raise SystemExit(f"`{name}` needs `--start`, the packed network it starts from")
    if name in TOGETHER:
        return together(*(reader_of(one, args) for one in TOGETHER[name]))
    return network(args.start, args.work, pretrained=NETWORKS[name])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--readers", default=",".join(READERS))
    options.add_argument("--datasets", type=Path, default=DATASETS)
    options.add_argument("--only", help="folds to measure, by name")
    options.add_argument("--start", type=Path, help="packed network: `e5-small-q4.bin`")
    options.add_argument("--work", type=Path, default=WORK / "note-reader")
    options.add_argument("--draws", type=int, default=500, help="bootstrap resamples")
    args = options.parse_args()
    folder = data_folder(args, "text")
    rows = labelled_notes(folder, args.datasets)
    names = args.readers.split(",")
    readers = {name: reader_of(name, args) for name in names}
    rng = np.random.default_rng(args.seed)
    results = run(rows, chosen_folds(rows, args.only), readers, rng, args.draws)
    show(results)
    write("note_reader", args, {"rows": len(rows), "readers": results})


if __name__ == "__main__":
    main()

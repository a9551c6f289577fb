"""The same copies, the same register, other tools: who finds how many, in how many milliseconds?

Every engine registers the same pictures and is asked the same JPEG files:

- the gate: `Gate.find_copies`
- `imagehash.phash`, 64 bits, nearest first; a match up to 10 bits
- `pdqhash`, the eight turned hashes of the query, nearest first; a match up to 31 bits
- ORB and SIFT of OpenCV: nearest features name 20 pictures, then ratio test and a homography by
  RANSAC; the score counts its inliers

Scores of different engines mean different things. What is compared does not depend on a
threshold of ours: average precision, and recall at a precision, over one ranking of all pairs.
Milliseconds are from the bytes of a file to the answer, on one thread as far as engines allow.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import cv2
import faiss
import numpy as np
from copy_collection import collection_options, gathered
from copy_recall import PLOTS, told
from harness import parser, table, write
from peers import LocalFeatures, Orb, Pdq, Phash, Sift

from moderation.gate import Gate
from moderation.training.evaluation.asking import Answer, Engine, GateEngine
from moderation.training.evaluation.collection import Item
from moderation.training.evaluation.counting import evaluation
from moderation.training.evaluation.plots import families_plot, precision_plot
from moderation.training.evaluation.questions import Question
from moderation.training.evaluation.running import LEVELS, planned
from moderation.training.suite import SUITE

Make = Callable[[Sequence[Item]], Engine]


def main() -> None:
    """Measure, print, write."""
    command = parser(__doc__)
    collection_options(command)
    command.add_argument("--per-attack", type=int, default=4, help="photographs for each attack")
    command.add_argument("--strangers", type=int, default=1, help="for each attack")
    command.add_argument("--look-alikes", type=int, default=20, help="of each kind")
    command.add_argument("--features", type=int, default=200, help="of ORB and SIFT, a picture")
    command.add_argument("--plots", action="store_true", help="write docs/plots/peers_*.svg")
    args = command.parse_args()
    cv2.setNumThreads(1)
    faiss.omp_set_num_threads(1)
    plan = planned(
        gathered(args, np.random.default_rng(args.seed)),
        seed=args.seed,
        attacks=SUITE,
        per_attack=args.per_attack,
        strangers_per_attack=args.strangers,
        look_alikes=args.look_alikes,
        templates=args.templates,
    )
    print(f"{len(plan.registered)} to register, {len(plan.questions)} questions", flush=True)
    files = [question.file() for question in plan.questions]
    engines: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, Gate.open(folder) as gate:
        for name, (make, levels) in engines_of(gate, args.features).items():
            print(name, flush=True)
            started = time.perf_counter()
            engine = make(plan.registered)
            took_ms = 1000 * (time.perf_counter() - started)
            counted = evaluation(
                asked(plan.questions, files, engine),
                registered=len(plan.registered),
                levels=levels,
                seed=args.seed,
            )
            register_ms = round(took_ms / len(plan.registered), 1)
            engines[name] = counted | {"register_ms_a_picture": register_ms}
    report(engines)
    if args.plots:
        draw(engines)
    kept = {name: summary(counted) for name, counted in engines.items()}
    results = {
        "registered": len(plan.registered),
        "questions": len(plan.questions),
        "features": args.features,
        "engines": kept,
    }
    write("copy_peers", args, results)


def engines_of(gate: Gate, features: int) -> dict[str, tuple[Make, dict[str, float]]]:
    """Name → how to make it of registered pictures, and what its scores mean."""

    def of_gate(items: Sequence[Item]) -> Engine:
        engine = GateEngine(gate)
        engine.register(items)
        return engine

    return {
        "gate": (of_gate, dict(LEVELS)),
        "imagehash.phash": (Phash, Phash.levels),
        "pdqhash, eight turns": (Pdq, Pdq.levels),
        f"ORB, {features}": (partial(Orb, features=features), LocalFeatures.levels),
        f"SIFT, {features}": (partial(Sift, features=features), LocalFeatures.levels),
    }


def asked(questions: Sequence[Question], files: Sequence[bytes], engine: Engine) -> list[Answer]:
    """One after another."""
    tick = told(len(files))
    answers = []
    for question, file in zip(questions, files, strict=True):
        started = time.perf_counter()
        found = engine.ask(file)
        took_ms = 1000 * (time.perf_counter() - started)
        answers.append(Answer(question=question, found=found, took_ms=took_ms))
        tick(len(answers))
    return answers


def summary(counted: dict[str, Any]) -> dict[str, Any]:
    """What a result file keeps of an engine: no single attacks, no curve."""
    kept = dict(counted)
    for name in ("attacks", "precision_recall", "siblings", "doubtful", "registered"):
        del kept[name]
    kept["families"] = {
        row["name"]: row["found"]["precision 0.999"]["hits"] for row in counted["families"]
    }
    return kept


def report(engines: dict[str, Any]) -> None:
    """Print."""
    head = (
        "engine",
        "µAP",
        "recall at 99.9 %",
        "right first",
        "false a million",
        "ms",
        "ms stored",
    )
    table(
        head,
        (
            (
                name,
                f"{e['average_precision']['value']:.3f}",
                f"{e['at_precision']['0.999']['recall']['value']:.3f}",
                f"{e['all']['right_one_first']['value']:.3f}",
                e["false_matches"]["at"]["match"]["per_million"],
                e["query_ms"]["p50"],
                e["register_ms_a_picture"],
            )
            for name, e in engines.items()
        ),
    )


def draw(engines: dict[str, Any]) -> None:
    """Two plots: by family at 99.9 % precision, and precision over recall."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    rows = {
        name: [{"name": f["name"], **f["found"]["precision 0.999"]} for f in counted["families"]]
        for name, counted in engines.items()
    }
    families = families_plot(rows, "Share found where 99.9 % of matches are right")
    curves = {name: counted["precision_recall"] for name, counted in engines.items()}
    precision = precision_plot(curves, "Precision over recall, one ranking of all pairs")
    for name, svg in (("families", families), ("precision", precision)):
        (PLOTS / f"peers_{name}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()

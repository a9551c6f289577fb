"""How many copies does the gate find, and whom does it flag wrongly?

Photographs are registered among distractors and look-alikes, attacked in every way of
`moderation.training.suite`, and looked up with `Gate.find_copies`. Only the half of the data is
asked that the copy score was not fitted on. Asked too is what has no registered copy: strangers
as they are and attacked likewise, other members of groups of look-alikes, other contents on
registered cards, posters and screens. Whatever matches those is a false match.

µAP and recall at a precision are those of the Image Similarity Challenge: all pairs of all
queries in one ranking, wrong ones first where scores are equal. It is the same measuring as
`moderation model evaluate copies`, which takes anybody's pictures.

Without the data folder the photographs of Python packages stand in: few, so the intervals are
wide, and no real look-alikes.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from copy_collection import collection_options, gathered
from harness import HERE, parser, table, write

from moderation.training.evaluation import wording
from moderation.training.evaluation.page import plots_of
from moderation.training.evaluation.running import planned, run, summarised
from moderation.training.suite import SUITE

PLOTS = HERE.parent / "docs" / "plots"


def main() -> None:
    """Measure, print, write."""
    command = parser(__doc__)
    collection_options(command)
    command.add_argument("--per-attack", type=int, default=12, help="photographs for each attack")
    command.add_argument("--strangers", type=int, default=1, help="for each attack")
    command.add_argument("--look-alikes", type=int, default=60, help="of each kind")
    command.add_argument("--plots", action="store_true", help="write docs/plots/copy_*.svg")
    args = command.parse_args()

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
    found = run(plan, tick=told(plan.steps))
    results = summarised(plan, found)
    for part in (wording.families, wording.not_copies, wording.measures):
        table(*part(results, "en"))
        print()
    print("\n".join(wording.conclusion(results, "en")))
    report_wrong(found[0])
    if args.plots:
        PLOTS.mkdir(parents=True, exist_ok=True)
        for name, svg in plots_of(results).items():
            (PLOTS / f"copy_{name}.svg").write_text(svg, encoding="utf-8")
    write("copy_recall", args, kept(results))


def kept(results: dict[str, Any]) -> dict[str, Any]:
    """What the result file holds: counts alone of single attacks, no curves."""
    attacks = [
        {"name": row["name"], "n": row["right_one_first"]["n"]}
        | {level: found["hits"] for level, found in row["found"].items()}
        | {"right_one_first": row["right_one_first"]["hits"]}
        for row in results["attacks"]
    ]
    left_out = ("curves", "precision_recall")
    return {k: v for k, v in results.items() if k not in left_out} | {"attacks": attacks}


def told(steps: int):
    """A line for every tenth of the way."""
    next_at = [0]

    def tick(done: int) -> None:
        if done >= next_at[0]:
            print(f"{done} of {steps}", file=sys.stderr, flush=True)
            next_at[0] += max(1, steps // 10)

    return tick


def report_wrong(answers) -> None:
    """Wrong matches by name, to be looked at; names stay out of the results."""
    print("\nwrong matches:")
    for answer in answers:
        q = answer.question
        for name, score in answer.found:
            if name not in q.right and name not in q.doubtful:
                print(f"  {score:.3f} {q.attack}: {q.source} ~ {name}")


if __name__ == "__main__":
    main()

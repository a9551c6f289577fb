"""How strong may an attack become before the gate loses the copy?

Every dial of `moderation.training.strengths` is turned from mild to severe on the same registered
photographs. The register is that of `copy_recall`, so the wrong answers are there as well.
"""

from __future__ import annotations

import numpy as np
from copy_collection import collection_options, gathered
from copy_recall import PLOTS, told
from harness import parser, table, write

from moderation.training.evaluation.curves import strength_curves
from moderation.training.evaluation.plots import curves_plot
from moderation.training.evaluation.running import LEVELS, planned, run
from moderation.training.strengths import DIALS


def main() -> None:
    """Measure, print, write."""
    command = parser(__doc__)
    collection_options(command)
    command.add_argument("--per-strength", type=int, default=8, help="photographs for each dial")
    command.add_argument("--plots", action="store_true", help="write docs/plots/strengths.svg")
    args = command.parse_args()
    plan = planned(
        gathered(args, np.random.default_rng(args.seed)),
        seed=args.seed,
        attacks=(),
        dials=DIALS,
        per_attack=0,
        per_strength=args.per_strength,
        strangers_per_attack=0,
        look_alikes=0,
        templates=0,
    )
    print(f"{len(plan.registered)} to register, {len(plan.curves)} questions", flush=True)
    _, answers = run(plan, tick=told(plan.steps))
    curves = strength_curves(answers, DIALS, LEVELS)
    table(
        ("dial", "unit", "value: found of n"),
        (
            (
                curve["name"],
                curve["unit"],
                "  ".join(
                    f"{value:g}: {one['hits']}"
                    for value, one in zip(curve["values"], curve["found"]["match"], strict=True)
                ),
            )
            for curve in curves
        ),
    )
    if args.plots:
        PLOTS.mkdir(parents=True, exist_ok=True)
        named = [
            curve | {"found": {f"score ≥ {LEVELS[k]}": v for k, v in curve["found"].items()}}
            for curve in curves
        ]
        title = f"Share found by strength, {args.per_strength} photographs"
        (PLOTS / "strengths.svg").write_text(curves_plot(named, title), encoding="utf-8")
    write("copy_strength", args, {"registered": len(plan.registered), "curves": curves})


if __name__ == "__main__":
    main()

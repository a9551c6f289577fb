"""Does geometry prove copies, and only copies?

Each picture is verified against its known original, or against a picture that looks like it and
is none; no index, no search. Only the half of the data is used that the score was not fitted on
(`half_of` in `moderation.training.copy_pairs`), with other random strengths of the attacks.
"Accepted" is a score of 0.5 and more, "sure" one of 0.9 and more. Doubtful pairs (other screens
of one app, colour variants of one drawing, frames of one burst) are reported apart: whether they
are copies is a matter of opinion.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from typing import Any

import cv2
import numpy as np
from harness import HERE, data_folder, interleaved_ms, parser, quantiles_ms, share, table, write
from photographs import filled, jpeg, package_photographs
from score_bands import calibration

from moderation.image.decode import decode
from moderation.image.descriptor import Describer
from moderation.image.hashing import pdq
from moderation.image.local_features import query_features, stored_features
from moderation.image.query import Query
from moderation.image.rereading import QueryPicture
from moderation.image.verify import verify
from moderation.training.copy_pairs import Album, CopyTrial
from moderation.training.copy_score import Outcome, outcome, trials
from moderation.training.evaluation.plots import bands_plot

PLOT = HERE.parent / "docs" / "plots" / "copy-score.svg"
MEASURED_HALF = 1
NOTHING_TO_MEASURE = 2
THRESHOLDS = {"accepted": 0.5, "sure": 0.9}


def main() -> int:
    """Measure, print, write."""
    options = parser(__doc__)
    options.add_argument("--photos", type=int, default=16, help="photographs that are attacked")
    options.add_argument("--plots", action="store_true", help="draw docs/plots/copy-score.svg")
    args = options.parse_args()
    folder = data_folder(args, "images")
    if folder is None:
        print("no data: set $MODERATION_DATA or --data to a folder that holds `images/`")
        return NOTHING_TO_MEASURE
    cv2.setNumThreads(1)
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for trial in trials(Album(folder), MEASURED_HALF, args.photos, args.seed + 17):
        groups[_class_of(trial), trial.kind].append(outcome(trial))
    for trial in package_trials():
        groups[_class_of(trial), trial.kind].append(outcome(trial))

    results: dict[str, Any] = {}
    for name in ("copies", "not copies", "doubtful"):
        kinds = {kind: found for (of, kind), found in sorted(groups.items()) if of == name}
        results[name] = {kind: counted(found) for kind, found in kinds.items()}
        results[name]["all"] = counted([o for found in kinds.values() for o in found])
        print(f"\n{name}")
        rows = [
            (kind, c["accepted"]["n"], c["accepted"]["hits"], c["sure"]["hits"], c["highest"])
            for kind, c in results[name].items()
        ]
        table(("kind", "n", "accepted", "sure", "highest"), rows)
    results["precision_at_0.9"] = precision(results)
    copies, others = (
        [o.score for (of, _), found in groups.items() if of == name for o in found]
        for name in ("copies", "not copies")
    )
    results["calibration"] = calibration(copies, others)
    if args.plots:
        draw(results["calibration"]["bands"])
    results["ms"] = timed(np.random.default_rng(args.seed))
    table(("step", "p50 ms", "p90 ms"), [(k, v["p50"], v["p90"]) for k, v in results["ms"].items()])
    write("copy_verification", args, results)
    return 0


def draw(bands: list[dict[str, Any]]) -> None:
    """The curve of the card; numbers only, nothing of the pictures."""
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_text(bands_plot(bands, "Pairs that were copies, by their score"), encoding="utf-8")


def counted(outcomes: list[Outcome]) -> dict[str, Any]:
    """Shares over each threshold, and the highest and lowest score."""
    scores = [o.score for o in outcomes]
    counts = {n: share(sum(s >= at for s in scores), len(scores)) for n, at in THRESHOLDS.items()}
    return counts | {
        "highest": round(max(scores, default=0), 3),
        "lowest": round(min(scores, default=0), 3),
    }


def precision(results: dict[str, Any]) -> dict[str, Any]:
    """Of all pairs at 0.9 and more, how many were copies."""
    copies = results["copies"]["all"]["sure"]["hits"]
    others = results["not copies"]["all"]["sure"]["hits"]
    return share(copies, copies + others)


def package_trials() -> list[CopyTrial]:
    """Photographs of Python packages against each other, and one scene from two places."""
    photos = package_photographs()
    pairs = [(a, b) for a in photos for b in photos if a < b]
    from skimage import data

    left, right, _ = data.stereo_motorcycle()
    found = [
        CopyTrial(
            kind="photographs of packages",
            group=a,
            is_copy=False,
            query=photos[a],
            original=photos[b],
        )
        for a, b in pairs
    ]
    for query, original in ((left, right), (right, left)):
        found.append(
            CopyTrial(
                kind="one scene from two places",
                group="motorcycle",
                is_copy=False,
                query=query,
                original=original,
            )
        )
    return found


def timed(rng: np.random.Generator) -> dict[str, Any]:
    """Milliseconds on one thread, on photographs of 1080 × 1440."""
    photos = [filled(pixels) for pixels in package_photographs().values()]
    size = (1080, 1440)
    queries = [QueryPicture.of(pixels, size) for pixels in photos]
    stored = [stored_features(pixels, size) for pixels in photos]
    codes = [pdq(pixels).bits for pixels in photos]
    after = [(i + 1) % len(photos) for i in range(len(photos))]
    files = [jpeg(pixels, 90) for pixels in photos]
    describer = Describer.open()

    def fingerprint(i: int) -> None:
        query = Query.of(decode(files[i]), whole_only=True)
        query.describe(describer)
        query.fingerprint()

    tasks = {
        "fingerprint of a JPEG": fingerprint,
        "stored_features": lambda i: stored_features(photos[i], size),
        "query_features": lambda i: query_features(photos[i], size),
        "verify a copy": lambda i: verify(queries[i], stored[i], codes[i]),
        "verify another": lambda i: verify(queries[i], stored[after[i]], codes[after[i]]),
    }
    times = interleaved_ms(tasks, list(range(len(photos))), rng, rounds=5)
    return {name: quantiles_ms(values) for name, values in times.items()}


def _class_of(trial: CopyTrial) -> str:
    if trial.doubtful:
        return "doubtful"
    return "copies" if trial.is_copy else "not copies"


if __name__ == "__main__":
    sys.exit(main())

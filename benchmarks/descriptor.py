"""How well does the learned descriptor find copies, by itself?

Photographs of the measuring half are registered among pictures that were not learnt from and
among look-alikes, attacked in every way of `moderation.training.attacks`, and ranked by cosine:
with one vector of the whole picture, and with one for each view that the gate cuts out
(`query_views`), best view first. Asked too are pictures of which no copy is registered: other
photographs, and other members of groups of look-alikes. A pair of two such pictures is wrong.

Beside the shipped network stands the one it was made from: the same layers with their ImageNet
weights, pooled and whitened, nothing learnt. At the end both ONNX Runtime and PyTorch describe
the same views on one thread.

Needs the data folder.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from harness import data_folder, interleaved_ms, median_ratio, parser, quantiles_ms, table, write
from photographs import Pixels, read

from moderation.artifacts import COPY_DESCRIPTOR, artifact_folders
from moderation.image.descriptor import Describer, Vectors, network_input
from moderation.image.hashing import hamming_matrix, pdq, pdq_dihedral
from moderation.image.views import query_views
from moderation.training.attacks import ATTACKS, reencode
from moderation.training.copy_metrics import (
    Interval,
    average_precision,
    bootstrap,
    exact_interval,
    recall_at_precision,
)
from moderation.training.copy_pairs import Album, half_of
from moderation.training.descriptor_cache import ViewCache
from moderation.training.descriptor_data import SAME_BITS, held_out, read_small
from moderation.training.descriptor_export import load_network, save_model
from moderation.training.descriptor_learner import Learner, pooled
from moderation.training.descriptor_network import MEAN, SCALE, pretrained

MEASURED_HALF = 1
PRECISION = 0.999
FILLING_SOURCE = "Houses-dataset"
"""Stock photographs come back at other sizes in several sources; a cell of a collage that shows
one would find its copy among the distractors, rightly, and be counted wrong."""
LEARNT, UNTRAINED = "learnt", "whitened only"
ONE, VIEWS = "one vector", "every view"
_WRONG_KEPT = 100  # of each query: right pairs below so many wrong ones count for nothing


@dataclass(slots=True, kw_only=True)
class Trial:
    """What is registered and what is asked."""

    registered: list[Pixels]
    """The attacked photographs come first."""
    queries: list[Pixels]
    """Attacked ones first, then pictures without a copy."""
    attacks: list[tuple[str, str]]
    """Name and family of the attack on each attacked query."""
    target: list[int]
    """Number of the registered picture it shows."""


def main() -> None:
    """Measure, print, write."""
    command = parser(__doc__)
    command.add_argument("--per-attack", type=int, default=20, help="photographs for each attack")
    command.add_argument("--photos", type=int, default=200, help="registered and attacked")
    command.add_argument("--distractors", type=int, default=1500)
    command.add_argument("--whitened-on", type=int, default=1500, help="training pictures")
    command.add_argument("--timed", type=int, default=24, help="views for the speed")
    args = command.parse_args()
    folder = data_folder(args, "images")
    if folder is None:
        print("the data folder is needed: MODERATION_DATA")
        raise SystemExit(2)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rng = np.random.default_rng(args.seed)
    trial = gathered(folder, args, rng)
    with tempfile.TemporaryDirectory() as place:
        untrained = whitened_only(folder, args, Path(place))
        describers = {LEARNT: Describer.open(), UNTRAINED: untrained}
        found = {name: ranked(describer, trial) for name, describer in describers.items()}
    results: dict[str, Any] = {
        "registered": len(trial.registered),
        "copies_asked": len(trial.target),
        "others_asked": len(trial.queries) - len(trial.target),
        "recipe": describers[LEARNT].recipe,
        "quality": {
            n: {w: counted(s, trial, args) for w, s in f.items()} for n, f in found.items()
        },
        "speed": speed(trial, args, rng),
    }
    report(results)
    write("descriptor", args, results)


def gathered(folder: Path, args: argparse.Namespace, rng: np.random.Generator) -> Trial:
    """Photographs by source, look-alikes by group, distractors by name."""
    album = Album(folder)
    photos, alike = album.of_kind("photos"), album.of_kind("lookalikes")
    mine = [e for e in photos if half_of(e.source) == MEASURED_HALF]
    mine = [mine[i] for i in rng.permutation(len(mine))]
    groups: dict[str, list[str]] = {}
    for entry in alike:
        if half_of(entry.group) == MEASURED_HALF and entry.subkind in {
            "grocery_class",
            "meme_template",
        }:
            groups.setdefault(entry.group, []).append(entry.file)
    pairs = [members for members in groups.values() if len(members) > 1]
    known = np.stack([pdq(read(folder / e.file)).bits for e in (*photos, *alike)])
    copied = [read(folder / e.file) for e in mine[: args.photos]]
    fillers = [e for e in photos if e.source == FILLING_SOURCE]
    fillers = [fillers[i] for i in rng.permutation(len(fillers))[:40]]
    others = [read(folder / e.file) for e in fillers]
    strange = strangers(folder, known, args.distractors, rng)
    trial = Trial(
        registered=[*copied, *(read(folder / members[0]) for members in pairs), *strange],
        queries=[],
        attacks=[],
        target=[],
    )
    for number, attack in enumerate(ATTACKS):
        own = np.random.default_rng([args.seed, number])
        for i in own.permutation(len(copied))[: args.per_attack]:
            beside = [others[int(j)] for j in own.integers(len(others), size=9)]
            trial.queries.append(reencode(attack.apply(copied[i], own, beside), 82))
            trial.attacks.append((attack.name, attack.family))
            trial.target.append(int(i))
    trial.queries += [read(folder / e.file) for e in mine[args.photos :]]
    trial.queries += [read(folder / file) for members in pairs for file in members[1:]]
    return trial


def strangers(folder: Path, known: np.ndarray, most: int, rng: np.random.Generator) -> list[Pixels]:
    """Pictures of the training folder that were kept apart, none of them a known picture."""
    paths = [p for p in sorted((folder / "train").iterdir()) if held_out(p.name)]
    kept: list[Pixels] = []
    for i in rng.permutation(len(paths)):
        pixels = read(paths[i])
        if len(kept) < most and hamming_matrix(pdq_dihedral(pixels)[0], known).min() > SAME_BITS:
            kept.append(pixels)
    return kept


def whitened_only(folder: Path, args: argparse.Namespace, place: Path) -> Describer:
    """The starting network, whitened on originals and copies of training pictures."""
    paths = [p for p in sorted((folder / "train").iterdir()) if not held_out(p.name)]
    chosen = np.random.default_rng(args.seed).permutation(len(paths))[: args.whitened_on]
    pictures = [read_small(paths[i]) for i in chosen]
    network = pretrained(load_network(artifact_folders()[COPY_DESCRIPTOR]).shape)
    cache = ViewCache(place / "views", network, pictures, pictures[:40], args.seed)
    sample = np.concatenate([cache.clean(), cache.round(0)])
    learner = Learner.whitened(network, pooled(network, sample))
    save_model(learner.folded(), place / "whitened_v1")
    return Describer.open(place / "whitened_v1")


def ranked(describer: Describer, trial: Trial) -> dict[str, Vectors]:
    """Cosine of every query to every registered picture, [queries, registered]."""
    registered = describer.describe(trial.registered)
    one, best = [], []
    for query in trial.queries:
        parts = [query[y0:y1, x0:x1] for x0, y0, x1, y1 in (v.box for v in query_views(query))]
        cosines = describer.describe(parts) @ registered.T
        one.append(cosines[0])
        best.append(cosines.max(axis=0))
    return {ONE: np.stack(one), VIEWS: np.stack(best)}


def counted(cosines: Vectors, trial: Trial, args: argparse.Namespace) -> dict[str, Any]:
    """µAP, recall at a precision, recall among the first; all, and by family."""
    asked = len(trial.target)
    target = np.array(trial.target)
    own = cosines[np.arange(asked), target]
    wrong = cosines.astype(np.float64)
    wrong[np.arange(asked), target] = -2
    place = (wrong[:asked] >= own[:, None]).sum(axis=1)
    kept = np.sort(wrong, axis=1)[:, ::-1][:, :_WRONG_KEPT]

    def pairs(of: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Scores and truths of the pairs of some queries, and how many copies there are."""
        copies = of[of < asked]
        scores = np.concatenate([own[copies], kept[of].ravel()])
        return scores, np.arange(len(scores)) < len(copies), len(copies)

    everything = np.arange(len(cosines))
    among_copies = np.arange(asked)
    sources = [*trial.target, *range(-1, asked - len(cosines) - 1, -1)]
    draws = np.random.default_rng(args.seed)

    def measured(measure: Callable[..., float], of: np.ndarray, rng: np.random.Generator) -> Any:
        groups = [sources[i] for i in of]
        return interval(bootstrap(groups, lambda i: measure(*pairs(of[i])), rng, draws=100))

    def recall(scores: np.ndarray, right: np.ndarray, positives: int) -> float:
        return recall_at_precision(scores, right, positives, PRECISION).recall

    point = recall_at_precision(*pairs(everything), PRECISION)
    families = dict.fromkeys(family for _, family in trial.attacks)
    found = {family: np.array([f == family for _, f in trial.attacks]) for family in families}
    threshold = 2.0 if point.threshold is None else point.threshold
    return {
        "average_precision": measured(average_precision, everything, draws),
        "recall_at_p999": measured(recall, everything, draws),
        "recall_at_p999_without_look_alikes": measured(recall, among_copies, draws),
        "threshold_at_p999": point.threshold,
        "first": interval(exact_interval(int((place < 1).sum()), asked)),
        "among_ten": interval(exact_interval(int((place < 10).sum()), asked)),
        "families": {
            family: {
                "n": int(rows.sum()),
                "among_ten": round(float((place[rows] < 10).mean()), 3),
                "found_at_p999": round(float((own[rows] >= threshold).mean()), 3),
            }
            for family, rows in found.items()
        },
    }


def interval(value: Interval) -> dict[str, Any]:
    """As results hold it."""
    return {
        "value": round(value.value, 4),
        "ci95": [round(value.low, 4), round(value.high, 4)],
    }


def shown(measure: dict[str, Any]) -> str:
    """A number with its interval."""
    low, high = measure["ci95"]
    return f"{measure['value']:.3f} ({low:.3f}–{high:.3f})"


def speed(trial: Trial, args: argparse.Namespace, rng: np.random.Generator) -> dict[str, Any]:
    """Milliseconds of one view on one thread."""
    describer = Describer.open()
    network = load_network(artifact_folders()[COPY_DESCRIPTOR])
    side = network.shape.input_px
    views = [trial.queries[int(i)] for i in rng.permutation(len(trial.queries))[: args.timed]]

    def with_torch(view: Pixels) -> object:
        planes = network_input(view, (side, side), (MEAN,) * 3, (SCALE,) * 3)
        with torch.inference_mode():
            return network(torch.from_numpy(planes[None]))

    tasks = {"ONNX Runtime": lambda view: describer.describe([view]), "PyTorch": with_torch}
    times = interleaved_ms(tasks, views, rng, rounds=5)
    return {
        "input_px": side,
        "views": len(views),
        **{name: quantiles_ms(each) for name, each in times.items()},
        "torch_over_onnx": median_ratio(times["PyTorch"], times["ONNX Runtime"], rng),
    }


def report(results: dict[str, Any]) -> None:
    """Print."""
    measures = (
        ("average_precision", "µAP"),
        ("recall_at_p999", "R@P99.9"),
        ("recall_at_p999_without_look_alikes", "without look-alikes"),
        ("first", "first"),
        ("among_ten", "among ten"),
    )
    rows = []
    for name, ways in results["quality"].items():
        for way, numbers in ways.items():
            rows.append((name, way, *(shown(numbers[measure]) for measure, _ in measures)))
    table(("network", "asked with", *(head for _, head in measures)), rows)
    print()
    kinds: Sequence[tuple[str, str]] = [(n, w) for n in (LEARNT, UNTRAINED) for w in (ONE, VIEWS)]
    families = results["quality"][LEARNT][ONE]["families"]
    table(
        ("family: among ten / found at P99.9", "n", *(f"{n}, {w}" for n, w in kinds)),
        (
            (
                family,
                families[family]["n"],
                *(
                    "{among_ten:.2f} / {found_at_p999:.2f}".format(
                        **results["quality"][n][w]["families"][family]
                    )
                    for n, w in kinds
                ),
            )
            for family in families
        ),
    )
    speeds = results["speed"]
    print(
        f"\n{results['registered']} registered; a view of {speeds['input_px']} px on one thread: "
        f"ONNX Runtime {speeds['ONNX Runtime']['p50']} ms, PyTorch {speeds['PyTorch']['p50']} ms"
    )


if __name__ == "__main__":
    main()

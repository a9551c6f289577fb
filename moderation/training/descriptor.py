"""The recipe of the copy descriptor: pictures → views → cached maps → learning → model folder.

Each step is kept in a work folder and not done again: views as maps of the frozen blocks, and a
checkpoint every few minutes. The same pictures, options and number of steps give the same weights
on the same machine; where hours decide when to end, they decide the weights too.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moderation.errors import BadSetting
from moderation.training.descriptor_cache import ViewCache
from moderation.training.descriptor_course import Course, Lesson, Plan, Report
from moderation.training.descriptor_data import fillers, training_pictures
from moderation.training.descriptor_export import save_model
from moderation.training.descriptor_learner import Learner, pooled
from moderation.training.descriptor_network import CopyNetwork, pretrained

__all__ = ["Plan", "teacher_vectors", "train"]

_LEAST_PICTURES = 64
_WHITENED_FROM = 8000
"""Originals and copies that the whitening is taken of, about."""


def train(plan: Plan, report: Report) -> Path:
    """Train and write a model folder; its path.

    Raises:
        MissingExtra: the starting weights are not installed.
        BadSetting: there are too few pictures, or the teacher's file does not fit them.
    """
    started = time.monotonic()
    network = pretrained(plan.shape)
    names, pictures = training_pictures(plan.images, plan.cards, plan.pictures)
    filling = set(fillers(names)) or {0}
    learnt = [i for i in range(len(names)) if i not in filling]
    needed = max(_LEAST_PICTURES, plan.shape.dimensions)
    if len(learnt) < needed:
        raise BadSetting(
            f"`{plan.images}` has {len(learnt)} pictures to learn from, {needed} needed",
            hint="name a folder with some thousand pictures",
        )
    names = [names[i] for i in learnt]
    report(f"{len(names)} pictures to learn from, {len(filling)} to stand beside them")
    folder = plan.work / _key(plan, names)
    cache = ViewCache(
        folder,
        network,
        [pictures[i] for i in learnt],
        [pictures[i] for i in sorted(filling)],
        plan.seed,
    )
    teacher = None if plan.teacher is None else teacher_vectors(plan.teacher, names)
    copies = []
    for number in range(max(1, round(plan.views / len(names)))):
        copies.append(cache.round(number))
        report(f"round {number + 1}: {len(names)} copies")
    lesson = Lesson(originals=cache.clean(), copies=copies, teacher=teacher)
    learner = _whitened(network, lesson)
    left_s = None if plan.hours is None else 3600 * plan.hours - (time.monotonic() - started)
    Course(plan, learner, lesson, folder, left_s, report).run()
    save_model(learner.folded(), plan.out)
    return plan.out


def teacher_vectors(file: Path, names: Sequence[str]) -> NDArray[np.float32]:
    """A stronger network's unit rows for the pictures, zeros where it has none.

    Args:
        file: npz with `vectors` [n, d] or [n, views, d], whole picture first, beside a
            `train.csv` whose column `file` names the rows.
        names: pictures, by file name.

    Raises:
        BadSetting: there is no such file, or it has other rows than the table.
    """
    try:
        with np.load(file, allow_pickle=False) as data:
            vectors = np.asarray(data["vectors"], np.float32)
        with file.with_name("train.csv").open(encoding="utf-8", newline="") as lines:
            rows = [row["file"] for row in csv.DictReader(lines)]
        if len(rows) != len(vectors):
            raise ValueError(f"got {len(vectors)} vectors for {len(rows)} rows")
    except (OSError, KeyError, ValueError) as error:
        raise BadSetting(
            f"`{file}` is no teacher: {error}",
            hint="name an npz with `vectors`, beside the `train.csv` of its rows",
        ) from None
    if vectors.ndim == 3:
        vectors = vectors[:, 0]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    row_of = {name: i for i, name in enumerate(rows)}
    found = np.zeros((len(names), vectors.shape[1]), np.float32)
    for i, name in enumerate(names):
        row = row_of.get(Path(name).name)
        if row is not None:
            found[i] = vectors[row]
    return found


def _whitened(network: CopyNetwork, lesson: Lesson) -> Learner:
    some = slice(None, None, max(1, 2 * len(lesson.originals) // _WHITENED_FROM))
    sample = np.concatenate([lesson.originals[some], lesson.copies[0][some]])
    return Learner.whitened(network, pooled(network, sample))


def _key(plan: Plan, names: Sequence[str]) -> str:
    """Name of the work folder: other pictures, seed or input size are another training."""
    told = f"{plan.seed} {plan.shape} {' '.join(names)}"
    return hashlib.sha256(told.encode()).hexdigest()[:12]

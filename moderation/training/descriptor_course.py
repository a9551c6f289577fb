"""How the copy descriptor learns: first the mixture of whitened features, then later blocks too.

The mixture reads features that are pooled once, so its many passes cost little; the blocks go on
from there, slowly. Either can be stopped at any moment and goes on from its last checkpoint.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moderation.artifacts import COPY_DESCRIPTOR
from moderation.training.descriptor_cache import Maps
from moderation.training.descriptor_learner import (
    Learner,
    load_checkpoint,
    pooled,
    save_checkpoint,
    tensor_of,
)
from moderation.training.descriptor_losses import contrast, likeness, spread
from moderation.training.descriptor_network import Shape

Report = Callable[[str], None]
Some = tuple[int | None, NDArray[np.intp]]
"""Number of a round, or None for the originals; and rows of it."""
Describe = Callable[[Sequence[Some]], Tensor]
"""Unit rows [n, d] of what was named, in its order; learning goes through it."""

_CHECKPOINT_S = 120.0
_MIXTURE_BATCH, _LAYER_BATCH = 512, 96
_WARM_STEPS = 20
_LIKE_ROWS = 512
"""Originals of the bank in one step that likeness is taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to train on, and how."""

    images: Path
    teacher: Path | None = None
    """npz with `vectors` [n, views, d], a stronger network's for the rows of `train.csv`."""
    out: Path = Path("models") / COPY_DESCRIPTOR
    work: Path = Path("work/copy-descriptor")
    """Caches and checkpoints."""
    views: int = 60_000
    """Copies that are made and learnt from: one of each picture in every round."""
    hours: float | None = None
    """Learns no longer than this; learning rates then fall with time."""
    seed: int = 1
    cards: int = 240
    """Drawn text cards among the pictures."""
    pictures: int | None = None
    """At most."""
    mixture_epochs: int = 12
    """Passes over all copies in which only the mixture learns."""
    mixture_rate: float = 3e-3
    layer_epochs: int = 2
    """Passes in which the later blocks learn too; they cost ten times as much."""
    layer_rate: float = 1e-4
    temperature: float = 0.05
    spread: float = 20.0
    likeness: float = 1.0
    """Weights of these terms of the loss; likeness counts where there is a teacher."""
    shape: Shape = field(default_factory=Shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """What there is to learn from."""

    originals: Maps
    """float16 [n, h, w, c]."""
    copies: Sequence[Maps]
    """Rounds, each with one copy of every original, in the order of the originals."""
    teacher: NDArray[np.float32] | None
    """Unit rows [n, e] of a stronger network for the originals; zeros where it has none."""


class Course:
    """One training, from its last checkpoints on."""

    def __init__(
        self,
        plan: Plan,
        learner: Learner,
        lesson: Lesson,
        folder: Path,
        left_s: float | None,
        report: Report,
    ) -> None:
        self._plan, self._learner, self._lesson = plan, learner, lesson
        self._folder, self._report = folder, report
        self._started, self._left_s = time.monotonic(), left_s
        self._teacher = None if lesson.teacher is None else torch.from_numpy(lesson.teacher)

    def run(self) -> None:
        """Learn to the end."""
        network = self._learner.network
        originals = torch.from_numpy(pooled(network, self._lesson.originals))
        copies = [torch.from_numpy(pooled(network, maps)) for maps in self._lesson.copies]

        def features(of: Sequence[Some]) -> Tensor:
            rows = [(originals if r is None else copies[r])[torch.from_numpy(i)] for r, i in of]
            return self._learner.mixed(torch.cat(rows))

        plan = self._plan
        self._phase("mixture", features, plan.mixture_epochs, _MIXTURE_BATCH, layers=False)
        if plan.layer_epochs:
            self._phase("layers", self._from_maps, plan.layer_epochs, _LAYER_BATCH, layers=True)

    def _from_maps(self, of: Sequence[Some]) -> Tensor:
        lesson = self._lesson
        maps = [(lesson.originals if r is None else lesson.copies[r])[i] for r, i in of]
        return self._learner(tensor_of(np.concatenate(maps)))

    def _phase(
        self,
        name: str,
        describe: Describe,
        epochs: int,
        batch: int,
        *,
        layers: bool,
    ) -> None:
        """Some passes over all copies, with one optimiser."""
        plan, learner, count = self._plan, self._learner, len(self._lesson.originals)
        learning = [[learner.mixture], list(learner.layers())] if layers else [[learner.mixture]]
        rates = [plan.mixture_rate / 10, plan.layer_rate] if layers else [plan.mixture_rate]
        optimiser = torch.optim.Adam([{"params": parameters} for parameters in learning])
        batches = list(self._batches(epochs, min(batch, count)))
        checkpoint = self._folder / f"{name}-{self._settings()}.safetensors"
        if checkpoint.exists():
            bank, done = load_checkpoint(checkpoint, learner, optimiser)
        else:
            everything: list[Some] = [
                (None, np.arange(i, min(i + 64, count))) for i in range(0, count, 64)
            ]
            with torch.no_grad():
                bank, done = torch.cat([describe([some]) for some in everything]), 0
        saved = time.monotonic()
        for step in range(done, len(batches)):
            share = max(step / len(batches), self._time_share())
            if share >= 1:
                break
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                warm = min(1.0, (step + 1) / _WARM_STEPS)
                group["lr"] = rate * warm * (1 + math.cos(math.pi * share)) / 2
            torch.manual_seed(plan.seed + step)
            told = self._step(describe, optimiser, bank, batches[step])
            now = time.monotonic()
            last = step + 1 == len(batches)
            if now - saved > _CHECKPOINT_S or last:
                save_checkpoint(checkpoint, learner, optimiser, bank, step + 1)
                saved = now
            if last or step % 20 == 0:
                self._report(f"{name} {step + 1}/{len(batches)}: {told}")

    def _step(
        self,
        describe: Describe,
        optimiser: torch.optim.Optimizer,
        bank: Tensor,
        chosen: tuple[int, NDArray[np.intp]],
    ) -> str:
        plan, (number, rows) = self._plan, chosen
        both = describe([(number, rows), (None, rows)])
        copies, originals = both[: len(rows)], both[len(rows) :]
        numbers = torch.from_numpy(rows)
        all_of_them = bank.clone()
        all_of_them[numbers] = originals
        found = contrast(copies, all_of_them, numbers, plan.temperature)
        apart = spread(originals, all_of_them, numbers)
        loss = found + plan.spread * apart
        if self._teacher is not None:
            some = torch.randperm(len(bank))[:_LIKE_ROWS]
            some = some[self._teacher[some].any(dim=1)]
            known = self._teacher[numbers].any(dim=1)
            loss = loss + plan.likeness * likeness(
                copies[known],
                all_of_them[some],
                self._teacher[numbers][known],
                self._teacher[some],
                plan.temperature,
            )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        bank[numbers] = originals.detach()
        return f"contrast {found.item():.3f}, spread {apart.item():.3f}"

    def _batches(self, epochs: int, size: int) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """(round, rows) of every step; the same at every start."""
        rng = np.random.default_rng(self._plan.seed)
        count = len(self._lesson.originals)
        for _ in range(epochs):
            rounds = range(len(self._lesson.copies))
            orders = [rng.permutation(count) for _ in rounds]
            starts = range(0, count - size + 1, size)
            steps = [(number, start) for number in rounds for start in starts]
            for i in rng.permutation(len(steps)):
                number, start = steps[i]
                yield number, np.sort(orders[number][start : start + size])

    def _settings(self) -> str:
        """What the learning depends on: with other settings it starts anew."""
        plan = self._plan
        told = (
            *(len(self._lesson.copies), plan.mixture_epochs, plan.mixture_rate),
            *(plan.layer_epochs, plan.layer_rate, plan.temperature, plan.spread),
            0 if self._teacher is None else plan.likeness,
        )
        return hashlib.sha256(repr(told).encode()).hexdigest()[:8]

    def _time_share(self) -> float:
        return 0 if self._left_s is None else (time.monotonic() - self._started) / self._left_s

"""The part of the copy descriptor that learns: later blocks, and a mixture of whitened features.

Pooled features are first whitened by what the pictures show; the linear layer then learns from
the axes of largest variance. Learnt directly, its first steps would undo the whitening, which is
most of what an untrained descriptor is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from moderation.training.checkpoints import restore_optimiser, write_checkpoint
from moderation.training.descriptor_cache import FROZEN, Maps
from moderation.training.descriptor_network import LENGTH_FLOOR, CopyNetwork

AXES = 512
_BATCH = 64
_LEAST_DEVIATION = 1e-4
_LEAST_VARIANCE = 1e-6


class Learner(nn.Module):
    """Maps of the frozen blocks → unit rows."""

    mean: Tensor
    basis: Tensor

    def __init__(self, network: CopyNetwork, mean: Tensor, basis: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", mean)
        self.register_buffer("basis", basis)
        axes, dimensions = basis.shape[1], network.shape.dimensions
        self.mixture = nn.Parameter(torch.eye(axes)[:, :dimensions].clone())

    @classmethod
    def whitened(cls, network: CopyNetwork, pooled: NDArray[np.float32]) -> Learner:
        """Start from pooled features float32 [n, pooled] of originals and copies."""
        features = pooled.astype(np.float64)
        mean = features.mean(axis=0)
        deviation = features.std(axis=0) + _LEAST_DEVIATION
        scaled = (features - mean) / deviation
        values, axes = np.linalg.eigh(scaled.T @ scaled / len(scaled))
        order = np.argsort(-values)[: max(AXES, network.shape.dimensions)]
        order = order[values[order] > _LEAST_VARIANCE * values.max()]  # few pictures span few axes
        basis = axes[:, order] / np.sqrt(values[order]) / deviation[:, None]
        return cls(
            network,
            torch.from_numpy(mean.astype(np.float32)),
            torch.from_numpy(basis.astype(np.float32)),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """[n, channels, height, width] → unit rows [n, d]."""
        return self.mixed(self.network.pool_from(maps, FROZEN))

    def mixed(self, pooled: Tensor) -> Tensor:
        """[n, pooled] → unit rows [n, d]."""
        y = (pooled - self.mean) @ self.basis @ self.mixture
        return y / y.norm(dim=1, keepdim=True).clamp_min(LENGTH_FLOOR)

    def layers(self) -> Iterator[nn.Parameter]:
        """Weights of the blocks that are not frozen, and of the head."""
        for block in list(self.network.blocks)[FROZEN:]:
            yield from block.parameters()
        if self.network.head is not None:
            yield from self.network.head.parameters()

    def folded(self) -> CopyNetwork:
        """The network with its linear layer set to what was learnt."""
        weight = (self.basis @ self.mixture).detach()
        with torch.no_grad():
            self.network.describe.weight.copy_(weight.T)
            self.network.describe.bias.copy_(-self.mean @ weight)
        return self.network


def pooled(network: CopyNetwork, maps: Maps) -> NDArray[np.float32]:
    """What the linear layer reads of all maps, without learning: float32 [n, pooled]."""
    with torch.no_grad():
        return np.concatenate([network.pool_from(m, FROZEN).numpy() for m in batches(maps)])


def batches(maps: Maps) -> Iterator[Tensor]:
    """In the order given."""
    for start in range(0, len(maps), _BATCH):
        yield tensor_of(maps[start : start + _BATCH])


def tensor_of(maps: Maps) -> Tensor:
    """float16 [n, h, w, c] → float32 [n, c, h, w] in the layout that is fast on a processor."""
    return torch.from_numpy(np.asarray(maps, np.float32)).permute(0, 3, 1, 2)


def save_checkpoint(
    path: Path, learner: Learner, optimiser: torch.optim.Optimizer, bank: Tensor, step: int
) -> None:
    """Everything that the next step needs, without pickle; whole or not at all."""
    tensors = {f"learner.{name}": value for name, value in learner.state_dict().items()}
    write_checkpoint(path, tensors | {"bank": bank}, optimiser, step)


def load_checkpoint(
    path: Path, learner: Learner, optimiser: torch.optim.Optimizer
) -> tuple[Tensor, int]:
    """Restore learner and optimiser; the bank and the number of steps that were made."""
    tensors = load_file(path)
    learner.load_state_dict(
        {n.removeprefix("learner."): t for n, t in tensors.items() if n.startswith("learner.")}
    )
    restore_optimiser(optimiser, tensors)
    return tensors["bank"], int(tensors["step"])

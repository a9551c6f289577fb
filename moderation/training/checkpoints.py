"""Where a training stands, as a safetensors file: without pickle, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Tensor


def write_checkpoint(
    path: Path, tensors: Mapping[str, Tensor], optimiser: torch.optim.Optimizer, step: int
) -> None:
    """Everything that the next step needs: `tensors`, the optimiser's state, the step."""
    whole = dict(tensors)
    for number, state in optimiser.state_dict()["state"].items():
        whole |= {f"optimiser.{number}.{name}": value for name, value in state.items()}
    whole["step"] = torch.tensor(step)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(save({n: value.detach().contiguous() for n, value in whole.items()}))
    unfinished.replace(path)


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Its state as a checkpoint holds it."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimiser."):
            _, number, entry = name.split(".", 2)
            state.setdefault(int(number), {})[entry] = value
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})

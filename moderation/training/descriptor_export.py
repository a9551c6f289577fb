"""A trained descriptor as files: `model.safetensors` (float16) and `model.onnx` that reads it.

The graph's weights are offsets into the safetensors file (`onnx_graph`). Casts from float16 are
folded when ONNX Runtime opens the model.
"""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import load_file, save

from moderation.artifacts import CONFIG, FORMAT, seal
from moderation.image.descriptor import KIND
from moderation.training.descriptor_network import (
    GEM_FLOOR,
    GEM_POWER,
    LENGTH_FLOOR,
    MEAN,
    SCALE,
    Convolution,
    CopyNetwork,
    Inverted,
    Shape,
)
from moderation.training.onnx_graph import GraphWriter

WEIGHTS = "model.safetensors"
GRAPH = "model.onnx"
INPUT, OUTPUT = "pixels", "descriptor"


def save_model(network: CopyNetwork, folder: Path) -> None:
    """Write a model folder that `Describer.open` reads."""
    save_network(network, folder)
    save_config(network, folder)
    seal(folder)


def save_network(network: CopyNetwork, folder: Path) -> None:
    """Write weights and graph into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().to(torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
    }
    (folder / WEIGHTS).write_bytes(save(weights))
    graph = _Graph(folder / WEIGHTS)
    onnx.save(graph.of(network), folder / GRAPH)


def save_config(network: CopyNetwork, folder: Path) -> None:
    """Write the `config.json` that says how the graph wants to be fed."""
    shape = network.shape
    config = {
        "format": FORMAT,
        "kind": KIND,
        "graph": GRAPH,
        "input": {
            "name": INPUT,
            "size": [shape.input_px, shape.input_px],
            "resize": "squash",
            "mean": [MEAN] * 3,
            "scale": [SCALE] * 3,
        },
        "output": {"name": OUTPUT, "dimensions": shape.dimensions, "normalise": True},
        "network": {
            "name": "efficientnet-lite0",
            "blocks": shape.blocks,
            "head": shape.head,
            "taps": list(shape.taps),
        },
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def shape_of(folder: Path) -> Shape:
    """What of Lite0 a folder's `config.json` says is kept."""
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    network = config["network"]
    return Shape(
        input_px=int(config["input"]["size"][0]),
        blocks=int(network["blocks"]),
        head=bool(network["head"]),
        taps=tuple(int(i) for i in network["taps"]),
        dimensions=int(config["output"]["dimensions"]),
    )


def save_stem(network: CopyNetwork, blocks: int, folder: Path) -> Path:
    """Write the first `blocks` blocks as a graph, to run them many times; its path.

    Output: float32 [n, height, width, channels], as PyTorch's channels-last layers like it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: tensor.detach().to(torch.float16).contiguous()
        for name, tensor in network.state_dict().items()
    }
    (folder / WEIGHTS).write_bytes(save(weights))
    graph = _Graph(folder / WEIGHTS)
    onnx.save(graph.of_stem(network, blocks), folder / GRAPH)
    return folder / GRAPH


def load_network(folder: Path) -> CopyNetwork:
    """The network with the weights of a folder, as float32."""
    network = CopyNetwork(shape_of(folder))
    weights = load_file(folder / WEIGHTS)
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return network.eval()


class _Graph(GraphWriter):
    """A copy network as a graph."""

    def of(self, network: CopyNetwork) -> onnx.ModelProto:
        """The whole network."""
        shape = network.shape
        x = self._relu6(self._convolution(INPUT, "stem", network.stem))
        pooled = []
        for i, layers in enumerate(network.blocks):
            assert isinstance(layers, Inverted)
            x = self._block(x, f"blocks.{i}", layers)
            if i in shape.taps:
                pooled.append(self._gem(x))
        if network.head is not None:
            pooled.append(self._gem(self._relu6(self._convolution(x, "head", network.head))))
        y = self._add("Concat", pooled, axis=1)
        y = self._add(
            "Gemm", [y, self._weight("describe.weight"), self._weight("describe.bias")], transB=1
        )
        length = self._add("ReduceL2", [y], axes=[1], keepdims=1)
        length = self._add("Max", [length, self._number("length_floor", LENGTH_FLOOR)])
        self._nodes.append(helper.make_node("Div", [y, length], [OUTPUT]))
        return self._model(shape.input_px, ["n", shape.dimensions])

    def of_stem(self, network: CopyNetwork, blocks: int) -> onnx.ModelProto:
        """Only the first blocks."""
        x = self._relu6(self._convolution(INPUT, "stem", network.stem))
        for i in range(blocks):
            layers = network.blocks[i]
            assert isinstance(layers, Inverted)
            x = self._block(x, f"blocks.{i}", layers)
        self._nodes.append(helper.make_node("Transpose", [x], [OUTPUT], perm=[0, 2, 3, 1]))
        return self._model(network.shape.input_px, ["n", "h", "w", "c"])

    def _model(self, side: int, output: list[str | int]) -> onnx.ModelProto:
        graph = helper.make_graph(
            self._nodes,
            "copy descriptor",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", 3, side, side])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, output)],
            list(self._constants.values()),
        )
        return self._written(graph)

    def _block(self, x: str, name: str, layers: Inverted) -> str:
        y = x
        if layers.expand is not None:
            y = self._relu6(self._convolution(y, f"{name}.expand", layers.expand))
        y = self._relu6(self._convolution(y, f"{name}.depthwise", layers.depthwise))
        y = self._convolution(y, f"{name}.project", layers.project)
        return self._add("Add", [x, y]) if layers.block.residual else y

    def _convolution(self, x: str, name: str, convolution: Convolution) -> str:
        before, after = convolution.pads
        return self._add(
            "Conv",
            [x, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")],
            kernel_shape=list(convolution.kernel_size),
            strides=list(convolution.stride),
            pads=[before, before, after, after],
            group=convolution.groups,
        )

    def _relu6(self, x: str) -> str:
        return self._add("Clip", [x, self._number("zero", 0.0), self._number("six", 6.0)])

    def _gem(self, x: str) -> str:
        y = self._add("Max", [x, self._number("gem_floor", GEM_FLOOR)])
        y = self._add("Pow", [y, self._number("gem_power", GEM_POWER)])
        y = self._add("GlobalAveragePool", [y])
        y = self._add("Flatten", [y], axis=1)
        return self._add("Pow", [y, self._number("gem_root", 1 / GEM_POWER)])

    def _weight(self, name: str) -> str:
        """A stored weight as float32."""
        return self._add("Cast", [self._stored(name)], to=TensorProto.FLOAT)

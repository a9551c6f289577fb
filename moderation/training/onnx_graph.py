"""An ONNX graph written node by node, whose weights are offsets into safetensors files.

So a model folder holds every weight once, and nothing but our own code decides how a graph looks.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_OPSET, _IR = 17, 8  # both read by ONNX Runtime 1.20
_TYPES = {"I8": TensorProto.INT8, "F16": TensorProto.FLOAT16, "F32": TensorProto.FLOAT}


class _Place(NamedTuple):
    """Where the bytes of a tensor lie."""

    file: str
    offset: int
    length: int
    kind: int
    shape: list[int]


def _places(weights: Path) -> dict[str, _Place]:
    """Name of every tensor of a safetensors file → where it lies."""
    with weights.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    places = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            kind = _TYPES[entry["dtype"]]
            places[name] = _Place(
                weights.name, 8 + size + first, last - first, kind, entry["shape"]
            )
    return places


class GraphWriter:
    """Nodes and initialisers so far; every method that adds one returns the name of its output."""

    def __init__(self, *weights: Path) -> None:
        """Reads the headers of the safetensors files `weights`, which lie beside the graph."""
        self._places: dict[str, _Place] = {}
        for path in weights:
            self._places |= _places(path)
        self._nodes: list[onnx.NodeProto] = []
        self._count = 0
        self._constants: dict[str, onnx.TensorProto] = {}

    def _add(self, kind: str, inputs: Iterable[str], **attributes: Any) -> str:
        output = self._fresh("x")
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _fresh(self, letter: str) -> str:
        """A name that nothing has yet."""
        self._count += 1
        return f"{letter}{self._count}"

    def _of_each(
        self, rows: str, row: str, shape: list[int | str], each: Callable[[str], str]
    ) -> str:
        """What `each` makes of every row of an int64 [n, *shape], one after the other."""
        outside, self._nodes = self._nodes, []
        made = each(row)
        body = helper.make_graph(
            self._nodes,
            f"each {row}",
            [helper.make_tensor_value_info(row, TensorProto.INT64, shape)],
            [helper.make_tensor_value_info(made, TensorProto.FLOAT, None)],
        )
        self._nodes = outside
        return self._add("Scan", [rows], body=body, num_scan_inputs=1)

    def _named(self, kind: str, inputs: Iterable[str], output: str) -> None:
        """A node whose output has a name that others know."""
        self._nodes.append(helper.make_node(kind, list(inputs), [output]))

    def _stored(self, name: str) -> str:
        """A tensor as it is stored; its bytes stay in the safetensors file."""
        place = self._places[name]
        tensor = onnx.TensorProto(
            name=name,
            data_type=place.kind,
            dims=place.shape,
            data_location=TensorProto.EXTERNAL,
        )
        for key, value in (
            ("location", place.file),
            ("offset", place.offset),
            ("length", place.length),
        ):
            tensor.external_data.add(key=key, value=str(value))
        self._constants[name] = tensor
        return name

    def _number(self, name: str, value: float) -> str:
        self._constants[name] = numpy_helper.from_array(np.array(value, np.float32), name)
        return name

    def _integers(self, name: str, values: list[int]) -> str:
        self._constants[name] = numpy_helper.from_array(np.array(values, np.int64), name)
        return name

    def _written(self, graph: onnx.GraphProto) -> onnx.ModelProto:
        return helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET)],
            ir_version=_IR,
            producer_name="notegate",
        )

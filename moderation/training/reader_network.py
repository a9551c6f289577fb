"""The note reader: a small encoder, what it says of a whole note, two answers, and the ways out.

Pieces of all windows of a note are pooled together: their mean, and for each answer the pieces
that matter to it most. What the rules saw stands beside, so that a disguise which only they see
through still counts.

Real notes and written ones are judged by two experts over one encoder: what tells a customer from
a seller in the one partly misleads in the other. Nobody can say of a new note which it is like,
so their scores are averaged. Of each piece the network also says whether it leads readers away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import PreTrainedModel

from moderation.text.calibration import softmax
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.text.ways_out import CLASSES
from moderation.text.windows import Frame, padded, windows
from moderation.training.reader_linear import Answers
from moderation.training.reader_tokens import FRAME

EXPERTS = ("real", "written")
"""Of notes of the community, and of notes written for learning."""

_SIGNAL_DROPOUT = 0.2
"""How often a note is learnt without what the rules saw."""
_DROPOUT = 0.1
_READ_AT_ONCE = 24
"""Windows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EncodedNote:
    """What the network reads of a note."""

    ids: NDArray[np.int32]
    """[t] pieces of the whole note."""
    signals: NDArray[np.float32]
    """[s] amounts of what the rules saw."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What both experts say about notes, before it becomes probabilities."""

    intent: NDArray[np.float64]
    """float64 [n, experts, 5] logits."""
    disclosure: NDArray[np.float64]
    """float64 [n, experts, 5] logits."""

    def answers(self, shares: Sequence[float] = (0.5, 0.5)) -> Answers:
        """Probabilities of the weighted mean of the scores."""
        return Answers(
            intent=softmax(np.einsum("nek,e->nk", self.intent, shares)),
            disclosure=softmax(np.einsum("nek,e->nk", self.disclosure, shares)),
        )


class NoteNetwork(nn.Module):
    """Pieces and signals → logits of intent and disclosure, one row for each expert."""

    def __init__(self, encoder: PreTrainedModel, signals: int, frame: Frame = FRAME) -> None:
        super().__init__()
        self.frame = frame
        self.encoder = encoder
        width, experts = encoder.config.hidden_size, len(EXPERTS)
        self.attention = nn.Linear(width, 2)
        self.ways_out = nn.Linear(width, CLASSES)
        self.dropout = nn.Dropout(_DROPOUT)
        self.intent = nn.Linear(2 * width, experts * len(INTENTS))
        self.disclosure = nn.Linear(2 * width, experts * len(DISCLOSURES))
        self.intent_signals = nn.Linear(signals, experts * len(INTENTS), bias=False)
        self.disclosure_signals = nn.Linear(signals, experts * len(DISCLOSURES), bias=False)
        for layer in (self.intent_signals, self.disclosure_signals):
            nn.init.zeros_(layer.weight)

    def forward(self, ids: Tensor, signals: Tensor) -> tuple[Tensor, Tensor]:
        """int64 [n, t] padded pieces, one row a note; float32 [n, s]. Logits [n, experts, 5]."""
        mask = ids != self.frame.pad
        read = self.encoder(ids, attention_mask=mask.long()).last_hidden_state
        return self.judge(read, mask, signals)

    def judge(self, read: Tensor, mask: Tensor, signals: Tensor) -> tuple[Tensor, Tensor]:
        """[n, t, d] read pieces, bool [n, t] of which are there, [n, s] signals → logits."""
        read = read.float()
        weights = self.attention(read).masked_fill(~mask[:, :, None], -1e4).softmax(dim=1)
        mean = (read * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
        chosen = torch.einsum("ntk,ntd->nkd", weights, read)
        if self.training:
            signals = signals * (torch.rand(len(signals), 1) >= _SIGNAL_DROPOUT)
        about = [self.dropout(torch.cat([mean, chosen[:, k]], dim=1)) for k in range(2)]
        intent = self.intent(about[0]) + self.intent_signals(signals)
        disclosure = self.disclosure(about[1]) + self.disclosure_signals(signals)
        return (
            intent.unflatten(1, (len(EXPERTS), -1)),
            disclosure.unflatten(1, (len(EXPERTS), -1)),
        )


def commercial_logit(intent: Tensor) -> Tensor:
    """[n, 5] logits of intents → [n] log odds of any commercial one."""
    sells = [INTENTS.index(name) for name in COMMERCIAL]
    others = [i for i in range(len(INTENTS)) if i not in sells]
    return intent[:, sells].logsumexp(dim=1) - intent[:, others].logsumexp(dim=1)


def read_notes(network: NoteNetwork, notes: Sequence[EncodedNote]) -> Scores:
    """Scores of whole notes, each read by windows, in the order given."""
    network.eval()
    stretches = [
        (i, window)
        for i, note in enumerate(notes)
        for window in windows(note.ids.tolist(), network.frame)
    ]
    order = sorted(range(len(stretches)), key=lambda k: (len(stretches[k][1]), k))
    read: list[Tensor] = [torch.empty(0)] * len(stretches)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), _READ_AT_ONCE):
            some = order[start : start + _READ_AT_ONCE]
            ids = torch.from_numpy(padded([stretches[k][1] for k in some], network.frame.pad))
            mask = ids != network.frame.pad
            hidden = network.encoder(ids, attention_mask=mask.long()).last_hidden_state
            for row, k in enumerate(some):
                read[k] = hidden[row, : len(stretches[k][1])].float()
    of_note: list[list[Tensor]] = [[] for _ in notes]
    for (i, _), hidden in zip(stretches, read, strict=True):
        of_note[i].append(hidden)
    intent, disclosure = [], []
    with torch.no_grad():
        for note, parts in zip(notes, of_note, strict=True):
            whole = torch.cat(parts)[None]
            mask = torch.ones(whole.shape[:2], dtype=torch.bool)
            both = network.judge(whole, mask, torch.from_numpy(note.signals)[None])
            intent.append(both[0][0].double().numpy())
            disclosure.append(both[1][0].double().numpy())
    return Scores(intent=np.stack(intent), disclosure=np.stack(disclosure))

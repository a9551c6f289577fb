"""How the note reader learns: siblings against each other, words of the trade hidden.

Notes of one family share subject, trade and words and differ in what they want. They stand in one
batch; the seller has to come out above the customer, and the words that they share are often
hidden. So what is learnt is what differs.
"""

from __future__ import annotations

import copy
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import PreTrainedModel

from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.text.whole_text import text_of
from moderation.text.windows import Frame, padded
from moderation.training.reader_corpora import Letters
from moderation.training.reader_data import LabelledNote
from moderation.training.reader_network import (
    EXPERTS,
    EncodedNote,
    NoteNetwork,
    Scores,
    commercial_logit,
    read_notes,
)
from moderation.training.reader_signals import SignalTable, readings_of
from moderation.training.reader_tokens import FRAME, MASK_ID, numbers
from moderation.training.reader_ways_out import UNKNOWN, piece_labels, piece_weight

Report = Callable[[str], None]
Ids = NDArray[np.int32]

_HEAD, _TAIL = 118, 72
"""Pieces of a long note that are learnt from: its start and its end."""
LABELS_FRAME = Frame(start=UNKNOWN, end=UNKNOWN, pad=UNKNOWN)
"""As the labels of pieces are framed."""
_START = 1
"""Seed of answers that have learnt nothing yet; `LearningPlan.seed` decides the order alone."""
_FAMILIAR = 3
"""Siblings that have a piece, from which it counts as a word of the subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPlan:
    """How long and how."""

    passes: int = 4
    batch_pieces: int = 3_000
    """Padded pieces of one step."""
    encoder_rate: float = 6e-5
    head_rate: float = 1e-3
    pairs: float = 0.5
    """Weight of siblings against each other."""
    together: float = 0.5
    """Weight of the mean of both experts, beside the expert whose note it is."""
    hidden: float = 0.08
    """Share of all pieces that are hidden."""
    subject_hidden: float = 0.35
    """Share of the pieces that siblings share that are hidden, in half of the notes."""
    spelt: float = 0.1
    """Share of notes whose words are taken apart into characters."""
    leading: float = 0.5
    """Weight of the ways out, piece by piece and note by note."""
    balance: float = 0.5
    """0 leaves rare answers rare, 1 makes all answers count the same."""
    seed: int = 1
    """Of the order of notes and of what is hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteReader:
    """A network with what it needs to read notes."""

    network: NoteNetwork
    tokenizer: Tokenizer
    table: SignalTable

    def encoded(self, rows: Sequence[LabelledNote]) -> list[EncodedNote]:
        """What the network reads of each note."""
        notes = [row.note for row in rows]
        signals = self.table.rows(readings_of(notes))
        ids = numbers(self.tokenizer, [text_of(note) for note in notes])
        return [
            EncodedNote(ids=np.array(one, np.int32), signals=seen)
            for one, seen in zip(ids, signals, strict=True)
        ]

    def piece_labels(self, rows: Sequence[LabelledNote]) -> list[Ids]:
        """Where each piece of each note leads."""
        read = self.tokenizer.encode_batch(
            [text_of(row.note) for row in rows], add_special_tokens=False
        )
        return [piece_labels(row, one.offsets) for row, one in zip(rows, read, strict=True)]

    def read(self, rows: Sequence[LabelledNote]) -> Scores:
        """Scores, not yet calibrated."""
        return read_notes(self.network, self.encoded(rows))


def learn(
    encoder: PreTrainedModel,
    tokenizer: Tokenizer,
    rows: Sequence[LabelledNote],
    plan: LearningPlan,
    report: Report,
    *,
    frame: Frame = FRAME,
    mask: int = MASK_ID,
) -> NoteReader:
    """Fine-tune a copy of an encoder on labelled notes.

    Args:
        encoder: that reads pieces.
        tokenizer: from text to pieces.
        rows: to learn from.
        plan: how long and how.
        report: told how far it is.
        frame: how the encoder wants its pieces.
        mask: number of the piece that hides others.
    """
    torch.manual_seed(_START)
    table = SignalTable.of(readings_of(row.note for row in rows))
    network = NoteNetwork(copy.deepcopy(encoder), len(table.names), frame)
    torch.manual_seed(plan.seed)
    reader = NoteReader(network=network, tokenizer=tokenizer, table=table)
    _Lesson(reader, rows, plan, report, mask).run()
    return reader


class _Lesson:
    """Passes over the rows."""

    def __init__(
        self,
        reader: NoteReader,
        rows: Sequence[LabelledNote],
        plan: LearningPlan,
        report: Report,
        mask: int,
    ) -> None:
        self._frame, self._mask = reader.network.frame, mask
        self._plan, self._report, self._network = plan, report, reader.network
        self._notes = reader.encoded(rows)
        self._letters = Letters(reader.tokenizer)
        self._subjects = shared_pieces(rows, [note.ids for note in self._notes])
        self._families = np.array(_family_numbers(rows))
        self._intent = np.array([INTENTS.index(row.intent) for row in rows])
        self._disclosure = np.array([DISCLOSURES.index(row.disclosure) for row in rows])
        self._expert = np.array([EXPERTS.index(expert_of(row)) for row in rows])
        self._weights = np.array([row.weight for row in rows], np.float32)
        self._of_intent = balanced(self._intent, len(INTENTS), plan.balance)
        self._of_disclosure = balanced(self._disclosure, len(DISCLOSURES), plan.balance)
        self._leads = reader.piece_labels(rows)
        self._of_leads = torch.from_numpy(piece_weight(np.concatenate(self._leads)))
        self._rng = np.random.default_rng(plan.seed)

    def run(self) -> None:
        """Learn to the end."""
        plan, network, started = self._plan, self._network, time.monotonic()
        encoder = [p for p in network.encoder.parameters() if p.requires_grad]
        mine = {id(p) for p in encoder}
        heads = [p for p in network.parameters() if id(p) not in mine]
        optimiser = torch.optim.AdamW(
            [
                {"params": encoder, "peak": plan.encoder_rate},
                {"params": heads, "peak": plan.head_rate},
            ],
            weight_decay=0.01,
            fused=True,
        )
        passes = [self._batches() for _ in range(plan.passes)]
        total, step = sum(map(len, passes)), 0
        for number, batches in enumerate(passes, 1):
            network.train()
            losses = []
            for batch in batches:
                share = step / total
                for group in optimiser.param_groups:
                    group["lr"] = group["peak"] * min(1.0, share / 0.06 + 0.02) * (1 - share)
                losses.append(self._step(optimiser, batch))
                step += 1
            took = time.monotonic() - started
            self._report(f"pass {number}/{plan.passes}, {took:.0f} s: loss {np.mean(losses):.3f}")

    def _step(self, optimiser: torch.optim.Optimizer, batch: NDArray[np.intp]) -> float:
        shown = [self._shown(int(i)) for i in batch]
        ids = torch.from_numpy(padded([pieces for pieces, _ in shown], self._frame.pad))
        leads = torch.from_numpy(padded([labels for _, labels in shown], UNKNOWN))
        signals = torch.from_numpy(np.stack([self._notes[i].signals for i in batch]))
        with torch.autocast("cpu", torch.bfloat16):
            mask = ids != self._frame.pad
            read = self._network.encoder(ids, attention_mask=mask.long()).last_hidden_state
        intent, disclosure = self._network.judge(read, mask, signals)
        loss = self._loss(intent, disclosure, batch)
        loss = loss + self._plan.leading * self._of_leading(read, leads, batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        optimiser.step()
        return float(loss.item())

    def _loss(self, intent: Tensor, disclosure: Tensor, batch: NDArray[np.intp]) -> Tensor:
        """Each note's own expert has to be right, and with less weight the mean of both."""
        expert = torch.from_numpy(self._expert[batch])
        every = torch.arange(len(batch))
        own = self._of_answers(intent[every, expert], disclosure[every, expert], batch)
        both = self._of_answers(intent.mean(dim=1), disclosure.mean(dim=1), batch)
        return own + self._plan.together * both

    def _of_answers(self, intent: Tensor, disclosure: Tensor, batch: NDArray[np.intp]) -> Tensor:
        weights = torch.from_numpy(self._weights[batch])
        wanted = torch.from_numpy(self._intent[batch])
        stated = torch.from_numpy(self._disclosure[batch])
        sells = torch.from_numpy(np.isin(self._intent[batch], _SELLING))
        odds = commercial_logit(intent)
        each = nn.functional.cross_entropy(
            intent, wanted, weight=self._of_intent, reduction="none", label_smoothing=0.03
        )
        each = each + nn.functional.binary_cross_entropy_with_logits(
            odds, sells.float(), reduction="none"
        )
        each = each + 0.7 * nn.functional.cross_entropy(
            disclosure, stated, weight=self._of_disclosure, reduction="none", label_smoothing=0.03
        )
        loss = (each * weights).sum() / weights.sum()
        pairs = sibling_loss(odds, sells, torch.from_numpy(self._families[batch]))
        return loss + self._plan.pairs * pairs

    def _of_leading(self, read: Tensor, leads: Tensor, batch: NDArray[np.intp]) -> Tensor:
        """Each piece has to be right, and the strongest piece about the whole note."""
        scores = self._network.ways_out(self._network.dropout(read.float()))
        known = leads != UNKNOWN
        if not known.any():
            return scores.sum() * 0
        weights = torch.from_numpy(self._weights[batch])[:, None].expand(leads.shape)[known]
        each = nn.functional.cross_entropy(
            scores[known], leads[known], weight=self._of_leads, reduction="none"
        )
        loss = (each * weights).sum() / weights.sum()
        odds = (scores[..., 1:].logsumexp(dim=-1) - scores[..., 0]).masked_fill(~known, -30.0)
        noted = known.any(dim=1)
        strongest, away = odds.amax(dim=1)[noted], ((leads > 0) & known).any(dim=1)[noted]
        of_notes = nn.functional.binary_cross_entropy_with_logits(
            strongest, away.float(), weight=torch.from_numpy(self._weights[batch])[noted]
        )
        return loss + 0.5 * of_notes

    def _shown(self, i: int) -> tuple[Ids, Ids]:
        """Pieces of a note, and the label of each, as they are learnt from this time."""
        plan, rng, ids, leads = self._plan, self._rng, self._notes[i].ids, self._leads[i]
        hidden = rng.random(len(ids)) < plan.hidden
        if self._subjects[i] and rng.random() < 0.5:
            subject = np.isin(ids, list(self._subjects[i]))
            hidden |= subject & (rng.random(len(ids)) < plan.subject_hidden)
        ids = np.where(hidden, self._mask, ids).astype(np.int32)
        if rng.random() < plan.spelt:
            leads = np.repeat(leads, self._letters.lengths(ids))
            ids = self._letters.spelt(ids)
        return shortened(ids, self._frame), shortened(leads, LABELS_FRAME)

    def _batches(self) -> list[NDArray[np.intp]]:
        """Rows of every step of one pass: families together, lengths alike."""
        units: dict[int, list[int]] = defaultdict(list)
        for i, family in enumerate(self._families):
            units[int(family)].append(i)
        lengths = [len(shortened(note.ids, self._frame)) for note in self._notes]
        longest = {family: max(lengths[i] for i in unit) for family, unit in units.items()}
        noise = {family: longest[family] * self._rng.uniform(0.8, 1.25) for family in units}
        batches: list[list[int]] = [[]]
        for family in sorted(units, key=lambda one: noise[one]):
            both = [*batches[-1], *units[family]]
            if batches[-1] and len(both) * max(lengths[i] for i in both) > self._plan.batch_pieces:
                batches.append(list(units[family]))
            else:
                batches[-1] = both
        return [np.array(batches[i]) for i in self._rng.permutation(len(batches))]


_SELLING = [INTENTS.index(name) for name in COMMERCIAL]


def expert_of(row: LabelledNote) -> str:
    """Whose note it is."""
    return "written" if row.origin == "written" else "real"


def sibling_loss(odds: Tensor, sells: Tensor, families: Tensor) -> Tensor:
    """Mean over pairs of siblings, one selling and one not: how far the wrong one is above.

    Args:
        odds: [n] log odds of selling.
        sells: bool [n].
        families: int [n]; equal numbers are siblings.
    """
    pairs = (families[:, None] == families[None]) & sells[:, None] & ~sells[None]
    if not pairs.any():
        return odds.sum() * 0
    return nn.functional.softplus(1 - (odds[:, None] - odds[None]))[pairs].mean()


def balanced(labels: NDArray[np.intp], classes: int, strength: float) -> Tensor:
    """float32 [classes]: what a label of each class counts, 1 on average over the labels."""
    counts = np.bincount(labels, minlength=classes)
    weights = np.maximum(counts, 1.0) ** -strength
    return torch.from_numpy((weights / weights[labels].mean()).astype(np.float32))


def shared_pieces(rows: Sequence[LabelledNote], ids: Sequence[Ids]) -> list[frozenset[int]]:
    """Of each note, its pieces that three or more siblings have: words of their subject."""
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for row, pieces in zip(rows, ids, strict=True):
        if row.family:
            counts[row.group, row.family].update(set(pieces.tolist()))
    shared = {
        family: frozenset(piece for piece, times in seen.items() if times >= _FAMILIAR)
        for family, seen in counts.items()
    }
    nothing: frozenset[int] = frozenset()
    return [shared.get((row.group, row.family), nothing) for row in rows]


def shortened(ids: Ids, frame: Frame = FRAME) -> Ids:
    """Start and end of a note, with the pieces that mark them; or the labels of these pieces."""
    if len(ids) > _HEAD + _TAIL:
        ids = np.concatenate([ids[:_HEAD], [frame.end], ids[-_TAIL:]])
    return np.concatenate([[frame.start], ids, [frame.end]]).astype(np.int32)


def _family_numbers(rows: Sequence[LabelledNote]) -> list[int]:
    """Equal for siblings; a note without family is alone."""
    numbers_of: dict[tuple[str, str], int] = {}
    found = []
    for i, row in enumerate(rows):
        key = (row.group, row.family) if row.family else ("", str(i))
        found.append(numbers_of.setdefault(key, len(numbers_of)))
    return found

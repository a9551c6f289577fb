"""The recipe of the note reader: labelled notes → calibration on a part → all of it → folder.

First a reader learns from three in four notes of every group, families whole, and is calibrated on
the fourth; that part also says how good it is, each half by the calibration of the other. Then one
learns from all notes and takes that calibration. Both networks are kept in a work folder, so a
stopped training goes on with what is not there yet.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import nn

from moderation.errors import BadSetting
from moderation.text.calibration import Calibration
from moderation.text.note_reader import NoteReader as Runtime
from moderation.text.reading import COMMERCIAL, TextReading
from moderation.text.ways_out import WaysOut
from moderation.text.whole_text import text_of
from moderation.training.reader_base import Base, open_base
from moderation.training.reader_calibration import fitted_calibration
from moderation.training.reader_corpora import corpora
from moderation.training.reader_data import LabelledNote, fold_of_seen, labelled_notes
from moderation.training.reader_evaluation import evaluated
from moderation.training.reader_export import PLAIN, save_reader
from moderation.training.reader_learner import LearningPlan, NoteReader, Report, learn
from moderation.training.reader_linear import LinearReader
from moderation.training.reader_network import NoteNetwork
from moderation.training.reader_signals import SignalTable, readings_of
from moderation.training.reader_ways_out import fitted_decision

METRICS = "metrics.json"
PLAN = LearningPlan(seed=2)
"""As the shipped reader was learnt."""
SURE = 0.8
"""Confidence of a label that another reader would hardly dispute."""
_LEAST_MEASURED = 40

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePlan:
    """From what, to where."""

    base: str
    """Packed network, folder or hub id."""
    data: Path | None
    """Folder with `notes.jsonl.gz`."""
    datasets: Path | None
    """Folder with `written_notes/`."""
    moderators: tuple[Path, ...] = ()
    """Rows that `moderation review export` wrote."""
    out: Path
    """Gets the model folder; its name is the model's."""
    work: Path = Path("work/note-reader")
    learning: LearningPlan = PLAN


def train(plan: CoursePlan, report: Report) -> Path:
    """Train and write a model folder; its path.

    Raises:
        BadSetting: there are too few notes, or a file or the base cannot be used.
    """
    rows = labelled_notes(plan.data, plan.datasets, plan.moderators)
    fold = fold_of_seen(rows)
    measured = [rows[i] for i in fold.measured]
    kinds = {row.commercial for row in measured}
    if len(measured) < _LEAST_MEASURED or len(kinds) < 2:
        raise BadSetting(
            f"{len(measured)} notes to calibrate with, {_LEAST_MEASURED} of both kinds needed",
            hint="name more labelled notes; a quarter of them is set apart",
        )
    report(f"{len(rows)} notes, {len(measured)} of them set apart first")
    base = open_base(plan.base, texts_at_hand(plan, rows))
    plan.work.mkdir(parents=True, exist_ok=True)
    first = _learnt(base, [rows[i] for i in fold.learnt], plan, report)
    scores = _scores(first, measured)
    ways = _ways_out(first, measured, plan)
    calibration = _calibration(measured, *scores, ways)
    metrics = crossed(measured, *scores, ways)
    reader, grams = _learnt(base, rows, plan, report)
    plan.out.mkdir(parents=True, exist_ok=True)
    (plan.out / METRICS).write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    save_reader(reader, grams, plan.out, calibration)
    return plan.out


def texts_at_hand(plan: CoursePlan, rows: Sequence[LabelledNote]) -> Iterator[str]:
    """What pieces are chosen for: all texts, labelled or not, and those that moderators read."""
    if plan.data is not None or any(row.origin == "written" for row in rows):
        for corpus in corpora(plan.data, plan.datasets, plan.learning.seed):
            yield from corpus.texts
    yield from (text_of(row.note) for row in rows if row.origin == "moderator")


def _ways_out(
    learnt: tuple[NoteReader, LinearReader], rows: Sequence[LabelledNote], plan: CoursePlan
) -> list[WaysOut]:
    """What a reader names in notes that it was not fitted to, as it is once it is saved."""
    folder = plan.work / "set-apart_v0"
    save_reader(*learnt, folder)
    reader = Runtime.open(folder)
    return [reader.ways_out(row.note) for row in rows]


def _calibration(
    rows: Sequence[LabelledNote], intent: Scores, disclosure: Scores, ways: Sequence[WaysOut]
) -> Calibration:
    plain = fitted_calibration(rows, intent, disclosure, PLAIN.shares)
    return replace(plain, ways_out=fitted_decision(rows, ways))


def crossed(
    rows: Sequence[LabelledNote], intent: Scores, disclosure: Scores, ways: Sequence[WaysOut]
) -> dict[str, Any]:
    """Measures of notes that were set apart; each half is calibrated by the other.

    Args:
        rows: the notes.
        intent: float64 [n, experts, 5] scores.
        disclosure: float64 [n, experts, 5] scores.
        ways: places in each that may lead away.
    """
    half = np.array([_drawn(row) for row in rows])
    readings: list[TextReading | None] = [None] * len(rows)
    for mine in (half, ~half):
        others = np.flatnonzero(~mine).tolist()
        calibration = _calibration(
            [rows[i] for i in others],
            intent[others],
            disclosure[others],
            [ways[i] for i in others],
        )
        for i in np.flatnonzero(mine).tolist():
            readings[i] = _reading(ways[i], intent[i], disclosure[i], calibration)
    known = [reading for reading in readings if reading is not None]
    written = np.array([row.origin == "written" for row in rows])
    sure = np.array([row.confidence >= SURE for row in rows])
    return {
        name: evaluated(
            [row for row, yes in zip(rows, here, strict=True) if yes],
            [reading for reading, yes in zip(known, here, strict=True) if yes],
        )
        for name, here in (("real", ~written), ("real_sure", ~written & sure), ("written", written))
        if here.any()
    }


def _reading(
    ways: WaysOut, intent: Scores, disclosure: Scores, calibration: Calibration
) -> TextReading:
    found = calibration.intent(calibration.mean(intent))
    commercial = sum(found[name] for name in COMMERCIAL)
    said = calibration.disclosure(calibration.mean(disclosure), commercial, declared=False)
    return TextReading(
        intent=found,
        disclosure=said,
        signals=ways.weighed(calibration.ways_out),
        detector="note_reader@training",
    )


def _learnt(
    base: Base, rows: Sequence[LabelledNote], plan: CoursePlan, report: Report
) -> tuple[NoteReader, LinearReader]:
    """Network and grams of these notes."""
    table = SignalTable.of(readings_of(row.note for row in rows))
    grams = LinearReader(signals=True, levels=True).learn(rows, table)
    weights = load_file(_network(base, rows, plan.work, plan.learning, report))
    # A copy: what is learnt later has to start from the base, not from what was learnt here.
    network = NoteNetwork(copy.deepcopy(base.encoder), len(table.names), base.frame)
    network.load_state_dict(weights)
    return NoteReader(network=network, tokenizer=base.tokenizer, table=table), grams


def _network(
    base: Base, rows: Sequence[LabelledNote], work: Path, learning: LearningPlan, report: Report
) -> Path:
    """File of the weights of one training, in the work folder; learnt if it is not there."""
    kept = work / f"network-{_key(base, rows, learning)}.safetensors"
    if kept.is_file():
        report(f"network of {len(rows)} notes out of `{kept}`")
        return kept
    reader = learn(
        base.encoder, base.tokenizer, rows, learning, report, frame=base.frame, mask=base.mask
    )
    part = kept.with_suffix(".part")
    save_file(_tensors(reader.network), part)
    part.replace(kept)
    return kept


def _scores(
    learnt: tuple[NoteReader, LinearReader], rows: Sequence[LabelledNote]
) -> tuple[Scores, Scores]:
    """float64 [n, experts, 5] of intents and of disclosures; the grams are the last expert."""
    reader, grams = learnt
    network = reader.read(rows)
    linear = grams.scores([row.note for row in rows])
    return (
        np.concatenate([network.intent, linear[:, None, :5]], axis=1),
        np.concatenate([network.disclosure, linear[:, None, 5:]], axis=1),
    )


def _tensors(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.contiguous() for name, tensor in network.state_dict().items()}


def _drawn(row: LabelledNote) -> bool:
    name = row.family or row.note.text
    return hashlib.sha256(f"half {name}".encode("utf-8", "replace")).digest()[0] % 2 == 0


def _key(base: Base, rows: Sequence[LabelledNote], learning: LearningPlan) -> str:
    """Digest of everything that decides the weights."""
    digest = hashlib.sha256(f"{base.name} {learning}".encode())
    digest.update(base.tokenizer.to_str().encode())
    for row in rows:
        note = row.note
        told = (note.title, note.text, note.tags, row.intent, row.disclosure, row.weight)
        spans = [(one.code, one.field, one.start, one.end) for one in row.violations or ()]
        digest.update(repr((row.violations is None, spans)).encode("utf-8", "replace"))
        digest.update(repr(told).encode("utf-8", "replace"))
    return digest.hexdigest()[:16]

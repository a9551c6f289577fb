"""Labels of pieces, and the decision that is fitted on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from kit.readers import small_start

from moderation import Note
from moderation.text.note_reader import NoteReader as Runtime
from moderation.training.reader_data import LabelledNote, spans_of
from moderation.training.reader_learner import LearningPlan, learn
from moderation.training.reader_linear import LinearReader
from moderation.training.reader_ways_out import (
    UNKNOWN,
    fitted_decision,
    leading,
    piece_labels,
    piece_weight,
)

NOTE = Note(id="n", title="陶艺", text="要来的吱一声，吱一声就行", tags=("同城",))


def labelled(violations: list[dict] | None) -> LabelledNote:
    """The note with marked violations."""
    return LabelledNote(
        note=NOTE,
        intent="C2",
        disclosure="absent",
        confidence=0.9,
        origin="written",
        group="g",
        family="f",
        trade="pottery",
        lang="zh",
        violations=None if violations is None else tuple(spans_of(NOTE, violations)),
    )


def test_pieces_of_a_violation_carry_its_code():
    """Wherever its words stand; other codes than V1–V6 lead nowhere."""
    row = labelled([{"code": "V5", "span": "吱一声"}, {"code": "V7", "span": "就行"}])
    whole = "陶艺\n要来的吱一声，吱一声就行\n#同城"
    places = [(i, i + 1) for i in range(len(whole))]
    labels = piece_labels(row, places)
    assert "".join(whole[i] for i in np.flatnonzero(labels == 5)) == "吱一声吱一声"
    assert set(labels.tolist()) == {0, 5}


def test_pieces_of_a_note_that_nobody_marked_are_unknown():
    """Silence is no label."""
    assert piece_labels(labelled(None), [(0, 1), (1, 2)]).tolist() == [UNKNOWN, UNKNOWN]
    assert piece_labels(labelled([]), [(0, 1), (1, 2)]).tolist() == [0, 0]


def test_places_of_a_second_reading_are_taken_as_they_are():
    """And refused outside the note."""
    (span,) = spans_of(NOTE, [{"code": "V5", "field": "text", "start": 3, "end": 6}])
    assert span.text == "吱一声"
    with pytest.raises(ValueError, match="outside the note"):
        list(spans_of(NOTE, [{"code": "V5", "field": "text", "start": 3, "end": 60}]))


def test_rare_pieces_count_more():
    """Within bounds."""
    weights = piece_weight(np.array([0] * 900 + [5] * 50 + [1] * 2 + [UNKNOWN] * 30))
    assert weights[0] < weights[5] < weights[1] <= 6


def test_a_reader_learns_where_a_note_leads(tmp_path: Path):
    """Words that only sellers' siblings have, found without a rule's help."""
    pytest.importorskip("onnx")
    from moderation.training.reader_export import save_reader

    encoder, tokenizer, rows = small_start(
        tmp_path, offer="送碗一个泥"
    )  # no rule knows these words
    plan = LearningPlan(passes=8, batch_pieces=600, encoder_rate=2e-3, head_rate=1e-2)
    learnt = [row for row in rows if row.group != "2"]
    measured = [row for row in rows if row.group == "2"]
    assert any(row.violations for row in learnt)
    reader = learn(encoder, tokenizer, learnt, plan, lambda _: None)
    save_reader(
        reader,
        LinearReader(signals=True, levels=True).learn(learnt, reader.table),
        tmp_path / "note-reader_v0",
    )
    runtime = Runtime.open(tmp_path / "note-reader_v0")
    ways = [runtime.ways_out(row.note) for row in measured]
    decision = fitted_decision(measured, ways)
    right, wrong = [], []
    for row, one in zip(measured, ways, strict=True):
        for candidate, leads in zip(one.candidates, leading(row, one), strict=True):
            if candidate.signal is None:
                (right if leads else wrong).append(decision.probability(candidate))
    assert right
    assert wrong
    assert np.mean(right) > np.mean(wrong)

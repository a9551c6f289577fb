"""What the recipe of the note reader takes from where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kit.readers import written_notes

from moderation.text.whole_text import text_of
from moderation.training.reader_course import CoursePlan, texts_at_hand
from moderation.training.reader_data import labelled_notes


def test_pieces_are_chosen_for_all_texts_at_hand(tmp_path: Path) -> None:
    """Written notes once each, and what moderators read beside them."""
    datasets = written_notes(tmp_path)
    rows = labelled_notes(None, datasets)
    plan = CoursePlan(base="b", data=None, datasets=datasets, out=tmp_path / "reader_v1")
    written = sorted(text_of(row.note) for row in rows)
    assert sorted(texts_at_hand(plan, rows)) == written
    answered = replace(rows[0], origin="moderator")
    assert sorted(texts_at_hand(plan, [*rows, answered])) == sorted(
        [*written, text_of(answered.note)]
    )


def test_what_moderators_read_is_enough(tmp_path: Path) -> None:
    """Whoever has no other notes chooses pieces for these."""
    rows = [
        replace(row, origin="moderator") for row in labelled_notes(None, written_notes(tmp_path))
    ]
    plan = CoursePlan(base="b", data=None, datasets=None, out=tmp_path / "reader_v1")
    assert [*texts_at_hand(plan, rows)] == [text_of(row.note) for row in rows]

"""Two linear readers, of real and of written notes, averaged: what a single one has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.note import Note
from moderation.text.grams import Grams
from moderation.text.whole_text import text_of
from moderation.training.reader_data import LabelledNote
from moderation.training.reader_linear import Answers, LinearReader, answers_of, rarity_of
from moderation.training.reader_signals import SignalTable, readings_of


class TwoExperts:
    """One linear reader of real notes and one of written notes; their scores are averaged.

    What levels have to beat: neither expert learns from the other's notes, and the mean is far from
    the better of both (`linear_readers.py`).
    """

    def __init__(self, *, signals: bool = True) -> None:
        self._signals = signals
        self._experts: list[LinearReader] = []

    def learn(self, rows: Sequence[LabelledNote], table: SignalTable | None = None) -> TwoExperts:
        """Fit both; where one has nothing to learn from, the other reads alone.

        Signals and the rarity of grams are those of all rows, so the mean of both is one reader.
        """
        notes = [row.note for row in rows]
        rarity = rarity_of([Grams.of(text_of(note)) for note in notes])
        if table is None and self._signals:
            table = SignalTable.of(readings_of(notes))
        for written in (False, True):
            mine = [row for row in rows if (row.origin == "written") == written]
            if len({row.commercial for row in mine}) == 2:
                reader = LinearReader(signals=self._signals)
                self._experts.append(reader.learn(mine, table, rarity))
        return self

    def scores(self, notes: Sequence[Note]) -> NDArray[np.float64]:
        """float64 [n, 10] of notes: intents, then disclosures."""
        return np.mean([expert.scores(notes) for expert in self._experts], axis=0)

    def read(self, notes: Sequence[Note]) -> Answers:
        """Probabilities of notes."""
        return answers_of(self.scores(notes))

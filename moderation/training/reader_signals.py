"""Which of the things that the rules see become columns of a reader that learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.note import Note
from moderation.text.amounts import amounts, in_columns
from moderation.text.reading import TextReading
from moderation.text.rule_reading import read_by_rules

_LEAST_NOTES = 5
"""A signal that fewer notes have is left to its family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTable:
    """Names of the columns, chosen from the notes that are learnt from."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, readings: Iterable[TextReading]) -> SignalTable:
        """Every name that some notes have, and every family."""
        notes = Counter(name for reading in readings for name in amounts(reading))
        kept = sorted(name for name, count in notes.items() if count >= _LEAST_NOTES)
        return cls(names=tuple(kept))

    def rows(self, readings: Sequence[TextReading]) -> NDArray[np.float32]:
        """float32 [n, names]: each 0–1."""
        return np.stack([in_columns(amounts(reading), self.names) for reading in readings])


def readings_of(notes: Iterable[Note]) -> list[TextReading]:
    """What the rules say about notes, in their order."""
    return [read_by_rules(note) for note in notes]

"""What the rules see in a note, as numbers for a reader that learns how much each is worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.note import Note
from moderation.text.reading import TextReading, assess_text

STEEPNESS = 1.5
"""As in the rules' own table: two plain marks count for nine tenths of any number of them."""
_LEAST_NOTES = 5
"""A signal that fewer notes have is left to its family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTable:
    """Names of the columns, chosen from the notes that are learnt from."""

    names: tuple[str, ...]

    @classmethod
    def of(cls, readings: Iterable[TextReading]) -> SignalTable:
        """Every name that some notes have, and every family."""
        notes: dict[str, int] = defaultdict(int)
        for reading in readings:
            for name in amounts(reading):
                notes[name] += 1
        kept = sorted(name for name, count in notes.items() if count >= _LEAST_NOTES)
        return cls(names=tuple(kept))

    def rows(self, readings: Sequence[TextReading]) -> NDArray[np.float32]:
        """float32 [n, names]: each 0–1."""
        place = {name: i for i, name in enumerate(self.names)}
        rows = np.zeros((len(readings), len(self.names)), np.float32)
        for row, reading in zip(rows, readings, strict=True):
            for name, amount in amounts(reading).items():
                if name in place:
                    row[place[name]] = amount
        return rows


def amounts(reading: TextReading) -> dict[str, float]:
    """Name of a signal, of its family (`sell.*`) or of an answer of the rules → 0–1."""
    sums: dict[str, float] = defaultdict(float)
    for signal in reading.signals:
        sums[signal.name] += signal.weight
        sums[f"{signal.name.split('.')[0]}.*"] += signal.weight
    grown = {name: 1 - math.exp(-STEEPNESS * total) for name, total in sums.items()}
    answers = {f"intent {name}": p for name, p in reading.intent.items()}
    stated = {f"disclosure {name}": p for name, p in reading.disclosure.items()}
    return grown | answers | stated


def readings_of(notes: Iterable[Note]) -> list[TextReading]:
    """What the rules say about notes, in their order."""
    return [assess_text(note) for note in notes]

"""What the rules see in a note, as numbers for a reader that learns how much each is worth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moderation.text.reading import TextReading

STEEPNESS = 1.5
"""As in the rules' own table: two plain marks count for nine tenths of any number of them."""


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


def in_columns(found: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float32]:
    """float32 [names]: amounts in a fixed order; what has no column is left out."""
    return np.array([found.get(name, 0.0) for name in names], np.float32)

"""Ways out: the words of a note that lead readers away, by a network and the rules together. Pure.

The network says of every piece of text how likely it leads readers away, and how (V1–V6); the
rules see through disguises that hide a word from the network. Each place that either of them names
is a candidate, and one small logistic decision weighs both. What the rules doubt the network may
confirm. It never talks a rule's mark down, or whoever pads an offer with stories would be let
through; what it sees alone has to be likelier than a rule's hint to be shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from moderation.text.lead_decision import SUREST
from moderation.text.marks import WAYS_OUT
from moderation.text.signals import Signal
from moderation.text.whole_text import WholeText

NAME = "way_out.read"
"""Of signals that the network alone saw."""
CLASSES = 1 + len(WAYS_OUT)
"""Leads nowhere, or one of the codes."""

ALONE = 0.4
"""Least weight of a place that no rule vouches for."""

_ABSENT = -12.0
"""Log odds of a place that the network has not read."""
_EDGE = -1.0
"""Log odds down to which a way out reaches to both sides of its strongest piece."""
_LEAST = -3.0
"""Log odds below which a piece starts no candidate."""
_GAP = 3
"""Characters between two pieces of one way out."""
_LONGEST = 60
"""Code points; the shortest words that show it are wanted."""
_NEAR = 2
"""Characters around the mark of a rule in which the network may say the same."""
_BOUND = 8.0
"""Log odds; beyond that the network counts no more."""
_MOST = 40
"""A person reads no more."""

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that may lead readers away."""

    start: int
    """In the whole text."""
    end: int
    code: str
    odds: float
    """The network's, of the strongest piece: natural logarithm."""
    rule: float = 0.0
    """Weight of the mark that a rule set there."""
    signal: int | None = None
    """Which of the signals that mark is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How much network and rules count: the logistic of a sum."""

    odds: float = 1.0
    """For each unit of the network's log odds."""
    rule: float = 4.0
    """For a rule's mark of weight 1."""
    offset: float = -1.0

    @classmethod
    def from_json(cls, row: Sequence[float]) -> Self:
        """As in a model's configuration.

        Raises:
            TypeError, ValueError: it is not one.
        """
        odds, rule, offset = (float(value) for value in row)
        if not (odds >= 0 and rule >= 0 and all(map(math.isfinite, (odds, rule, offset)))):
            raise ValueError(f"got a decision on ways out of {odds}, {rule} and {offset}")
        return cls(odds=odds, rule=rule, offset=offset)

    def to_json(self) -> list[float]:
        """For a model's configuration."""
        return [round(value, 4) for value in (self.odds, self.rule, self.offset)]

    def facts(self, candidate: Candidate) -> tuple[float, float]:
        """What is weighed: log odds within bounds, and the rule's weight."""
        return max(-_BOUND, min(_BOUND, candidate.odds)), candidate.rule

    def probability(self, candidate: Candidate) -> float:
        """That the place leads readers away."""
        odds, weight = self.facts(candidate)
        return 1 / (1 + math.exp(-(self.odds * odds + self.rule * weight + self.offset)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WaysOut:
    """The places of one note that may lead away, before and after it is decided on them."""

    text: WholeText
    signals: tuple[Signal, ...]
    """All of the rules."""
    candidates: tuple[Candidate, ...]
    """In reading order."""

    @classmethod
    def of(
        cls,
        text: WholeText,
        places: Sequence[tuple[int, int]],
        scores: Scores,
        signals: Sequence[Signal],
    ) -> Self:
        """All places that the network or a rule names.

        Args:
            text: the note.
            places: start and end of each piece in the whole text; equal for pieces without text.
            scores: float64 [pieces, 7]: of leading nowhere, and of each code.
            signals: of the rules; those without a code V1–V6, or in pictures, are left alone.
        """
        odds, kinds = _by_character(len(text.text), places, scores)
        found = []
        taken = np.zeros(len(text.text), bool)
        for number, signal in enumerate(signals):
            at = text.place_of(signal.span) if signal.span.code in WAYS_OUT else None
            if at is None:
                continue
            low, high = max(0, at[0] - _NEAR), at[1] + _NEAR
            taken[low:high] = True
            found.append(
                Candidate(
                    start=at[0],
                    end=at[1],
                    code=signal.span.code,
                    odds=float(odds[low:high].max(initial=_ABSENT)),
                    rule=signal.weight,
                    signal=number,
                )
            )
        for part in text.parts:
            for start, end in _stretches(odds, part.start, part.end):
                if not taken[start:end].any():
                    best = start + int(odds[start:end].argmax())
                    code = WAYS_OUT[kinds[best]]
                    found.append(Candidate(start=start, end=end, code=code, odds=float(odds[best])))
        found.sort(key=lambda one: (one.start, one.end, one.code))
        return cls(text=text, signals=tuple(signals), candidates=tuple(found))

    def weighed(self, decision: Decision) -> tuple[Signal, ...]:
        """The rules' signals in the light of the network, then what only the network saw."""
        both = list(self.signals)
        alone = []
        for one in self.candidates:
            probability = decision.probability(one)
            if one.signal is not None:
                weight = max(one.rule, min(probability, SUREST))
                both[one.signal] = replace(both[one.signal], weight=weight)
            elif probability >= ALONE:
                alone.append((probability, one))
        alone.sort(key=lambda pair: -pair[0])
        for probability, one in sorted(alone[:_MOST], key=lambda pair: pair[1].start):
            both += [
                Signal(name=NAME, span=span, weight=min(probability, SUREST))
                for span in self.text.spans(one.code, one.start, one.end)
            ]
        return tuple(both)


def _by_character(
    length: int, places: Sequence[tuple[int, int]], scores: Scores
) -> tuple[Scores, NDArray[np.intp]]:
    """Log odds [length] of leading away, and the likeliest code's place; pieces may overlap."""
    odds = np.full(length, _ABSENT)
    kinds = np.zeros(length, np.intp)
    highest = scores[:, 1:].max(axis=1)
    away = highest + np.log(np.exp(scores[:, 1:] - highest[:, None]).sum(axis=1)) - scores[:, 0]
    of = scores[:, 1:].argmax(axis=1)
    for (start, end), one, kind in zip(places, away.tolist(), of.tolist(), strict=True):
        here = odds[start:end]
        better = here < one
        here[better] = one
        kinds[start:end][better] = kind
    return odds, kinds


def _stretches(odds: Scores, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Stretches of one field, strongest piece first, each grown to its edges."""
    here = odds[first:last].copy()
    while here.max(initial=_ABSENT) >= _LEAST:
        best = int(here.argmax())
        edge = min(_EDGE, float(here[best]) - 1.0)
        start, end = _grown(here, best, -1, edge), _grown(here, best, 1, edge) + 1
        yield first + start, first + end
        here[max(0, start - _GAP) : end + _GAP] = _ABSENT


def _grown(odds: Scores, at: int, step: int, edge: float) -> int:
    """The last character in a direction that still belongs to it."""
    last, gap, place = at, 0, at
    while 0 <= place + step < len(odds) and gap <= _GAP and abs(place + step - at) < _LONGEST // 2:
        place += step
        if odds[place] >= edge:
            last, gap = place, 0
        else:
            gap += 1
    return last

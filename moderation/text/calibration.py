"""From the scores of a network to probabilities that mean what they say. Pure.

Commercial or not, and among commercial notes a sale or not, are two questions with an answer
between 0 and 1 each; slope and offset of both (Platt 1999) come from notes that the network was
not fitted to. All else keeps the proportions that the network gives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.text.ways_out import Decision

DECLARED = 0.98
"""How surely a note whose fields declare the interest has disclosed it: the platform shows it."""

_SELLING = [INTENTS.index(name) for name in COMMERCIAL]
_OTHER = [i for i, name in enumerate(INTENTS) if name not in COMMERCIAL]
_SALE = INTENTS.index("C2")
_SOFT = [i for i in _SELLING if i != _SALE]
_STATED = ("clear", "buried", "denied")
_FARTHEST = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Log odds → calibrated log odds."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, odds: float) -> float:
        """Probability of log odds as the network gives them."""
        straight = self.slope * odds + self.offset
        return 1 / (1 + math.exp(-min(max(straight, -_FARTHEST), _FARTHEST)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How scores become probabilities."""

    shares: tuple[float, ...]
    """Of the experts, summing to 1."""
    commercial: Line = Line()
    hard_sell: Line = Line()
    """Of a sale, where the note is commercial."""
    stated: Line = Line()
    """Of any statement about an interest: plain, hidden, or a denial."""
    ways_out: Decision = field(default_factory=Decision)
    """Of each place that may lead readers away."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """As in a model's configuration.

        Raises:
            KeyError, TypeError, ValueError: it is not one.
        """
        shares = tuple(float(share) for share in row["shares"])
        if not shares or min(shares) < 0 or not math.isclose(sum(shares), 1, abs_tol=1e-6):
            raise ValueError(f"got shares {shares}, wanted some that sum to 1")
        lines = {}
        for name in ("commercial", "hard_sell", "stated"):
            slope, offset = (float(value) for value in row.get(name, (1.0, 0.0)))
            if not (0 < slope < math.inf and math.isfinite(offset)):
                raise ValueError(f"got slope {slope} and offset {offset} of `{name}`")
            lines[name] = Line(slope=slope, offset=offset)
        return cls(shares=shares, ways_out=Decision.from_json(row["ways_out"]), **lines)

    def to_json(self) -> dict[str, Any]:
        """For a model's configuration."""
        lines = {name: getattr(self, name) for name in ("commercial", "hard_sell", "stated")}
        return {
            "shares": list(self.shares),
            "ways_out": self.ways_out.to_json(),
            **{name: [round(x.slope, 4), round(x.offset, 4)] for name, x in lines.items()},
        }

    def mean(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """[…, experts, k] scores → […, k]."""
        return np.einsum("...ek,e->...k", scores, np.asarray(self.shares))

    def intent(self, scores: NDArray[np.float64]) -> dict[str, float]:
        """Mean scores float64 [5] → probabilities over `INTENTS`."""
        commercial = self.commercial(commercial_odds(scores))
        sale = self.hard_sell(sale_odds(scores))
        found = np.empty(len(INTENTS))
        found[_OTHER] = (1 - commercial) * softmax(scores[_OTHER])
        found[_SOFT] = commercial * (1 - sale) * softmax(scores[_SOFT])
        found[_SALE] = commercial * sale
        return dict(zip(INTENTS, found.tolist(), strict=True))

    def disclosure(
        self, scores: NDArray[np.float64], commercial: float, *, declared: bool
    ) -> dict[str, float]:
        """Mean scores float64 [5] → probabilities over `DISCLOSURES`.

        Args:
            scores: of the disclosures.
            commercial: probability of a commercial intent: where nothing is stated it says
                whether something is missing.
            declared: the note's fields declare the interest.
        """
        said = [DISCLOSURES.index(name) for name in _STATED]
        silent = [i for i in range(len(DISCLOSURES)) if i not in said]
        stated = self.stated(log_sum(scores[said]) - log_sum(scores[silent]))
        parts = stated * softmax(scores[said])
        if declared:
            stated, parts = DECLARED + (1 - DECLARED) * stated, (1 - DECLARED) * parts
            parts[_STATED.index("clear")] += DECLARED
        found = dict(zip(_STATED, parts.tolist(), strict=True))
        found["none_needed"] = (1 - stated) * (1 - commercial)
        found["absent"] = (1 - stated) * commercial
        return {name: found[name] for name in DISCLOSURES}


def commercial_odds(scores: NDArray[np.float64]) -> float:
    """Log odds of any commercial intent, of scores [5]."""
    return log_sum(scores[_SELLING]) - log_sum(scores[_OTHER])


def sale_odds(scores: NDArray[np.float64]) -> float:
    """Log odds of a sale against the other commercial intents, of scores [5]."""
    return float(scores[_SALE]) - log_sum(scores[_SOFT])


def commercial_slopes(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 [5]: by how much `commercial_odds` grows with each score."""
    found = np.zeros(len(INTENTS))
    found[_SELLING] = softmax(scores[_SELLING])
    found[_OTHER] = -softmax(scores[_OTHER])
    return found


def sale_slopes(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 [5]: by how much the log odds of a sale against all else grow with each score."""
    others = [i for i in range(len(INTENTS)) if i != _SALE]
    found = np.zeros(len(INTENTS))
    found[_SALE] = 1.0
    found[others] = -softmax(scores[others])
    return found


def log_sum(scores: NDArray[np.float64] | Sequence[float]) -> float:
    """Logarithm of the sum of exponentials."""
    values = np.asarray(scores)
    highest = values.max()
    return float(highest + np.log(np.exp(values - highest).sum()))


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)

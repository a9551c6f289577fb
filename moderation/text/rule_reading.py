"""A reading by rules alone: plain enough to check by hand, and what the trained reader sees too.

Each family of signals adds its amount times the weights of one table to five scores; their
softmax is the intent. The table was set by hand, and the five rows of customers and daily life
then moved by a small, strongly damped fit on half of the labelled notes;
`benchmarks/text_reading.py` measures both halves apart.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from moderation.note import Note
from moderation.text.fields import join_fields
from moderation.text.reading import COMMERCIAL, INTENTS, STATEMENTS, TextReading
from moderation.text.signals import RULES, Signal, read_signals

# family of signals: score added to           N0    N1    C1    C2    C3   per unit of its amount
_WEIGHT_ROWS: dict[str, tuple[float, ...]] = {
    "prior": (0.8, 0.0, -0.6, -2.6, -3.6),
    # A path to a purchase from the author makes a sale; the same words without one are a soft ad.
    "path": (-0.9, -1.0, -0.4, 3.2, 0.6),
    "sell": (-1.0, -0.8, 0.6, 3.0, 0.2),
    "path x sell": (-0.5, -0.5, -0.5, 1.5, 0.0),
    "price": (-0.3, 0.5, -0.5, 0.6, 0.3),
    "platform": (-0.4, -0.3, 0.8, 0.8, 0.0),
    "recruit": (-1.0, -0.8, -0.4, 0.4, 5.2),
    "c2c": (-0.6, -0.4, -0.8, 0.4, 4.4),
    # Brochure language is rare among customers; enthusiasm is not.
    "brochure": (-1.6, -0.4, 2.8, 0.4, -0.6),
    "promo": (-0.9, 0.1, 1.3, 0.4, -0.4),
    "claim": (-0.6, -0.1, 1.3, 0.3, -0.5),
    "product": (-1.6, 1.0, 1.0, -0.2, -0.6),
    # Drawbacks and prices paid lower every commercial intent; a personal tone proves little,
    # for disguised ads are written in the first person too.
    "drawback": (-0.2, 0.8, -0.9, -1.2, -0.6),
    "price paid": (-0.5, 1.0, -0.7, -0.8, -0.4),
    "native": (-0.2, 0.5, 0.5, -1.0, -0.6),
    "asking": (0.8, 0.3, -0.5, -0.8, -0.2),
    "life": (1.4, -0.2, -0.3, -0.6, -0.4),
    # A stated interest says that the note is commercial.
    "disclosed": (-2.0, -2.0, 3.0, 0.2, -0.4),
    "own shop": (-1.0, -1.0, 0.4, 1.4, 0.0),
}
WEIGHTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {family: dict(zip(INTENTS, row, strict=True)) for family, row in _WEIGHT_ROWS.items()}
)
"""Family → intent → score per unit. An amount is 1 − exp(−1.5 · sum of signal weights): 0–1."""
STEEPNESS = 1.5
"""Two plain marks of a family count for nine tenths of what any number of them can."""

_FAMILIES = {
    "contact": "path",
    "group": "path",
    "solicit": "path",
    "profile": "path",
    "platform": "platform",
    "sell": "sell",
    "recruit": "recruit",
    "c2c": "c2c",
    "promo": "promo",
    "promo.brochure": "brochure",
    "claim": "claim",
    "product": "product",
    "price": "price",
    "native": "native",
    "native.drawback": "drawback",
    "native.price_paid": "price paid",
    "native.asking": "asking",
    "native.ad_complaint": "asking",
    "life": "life",
    "disclosure.gift": "disclosed",
    "disclosure.advert": "disclosed",
    "disclosure.interest": "disclosed",
    "disclosure.buried": "disclosed",
    "disclosure.whispered": "disclosed",
    "disclosure.own_shop": "own shop",
}


def read_by_rules(note: Note, extra_fields: Sequence[tuple[str, str]] = ()) -> TextReading:
    """Read all text of a note. Pure: no disk, network or model.

    Args:
        note: title, text, tags, links and the author's declarations count; fame never does.
        extra_fields: (field name, text) from pictures, as `("image[0].ocr", "…")`.

    Returns:
        The reading; spans point into the fields as given.
    """
    signals = read_signals(join_fields(note, extra_fields))
    declared = declares_interest(note)
    intent = _intent(signals, declared=declared)
    return TextReading(
        intent=intent,
        disclosure=_disclosure(signals, intent, declared=declared),
        signals=signals,
        detector=RULES,
    )


def declares_interest(note: Note) -> bool:
    """Whether the note's fields, not its words, say that it is commercial."""
    return note.author.declared_ad or note.author.brand_partner is not None


def _amounts(signals: Iterable[Signal], *, declared: bool) -> dict[str, float]:
    """Family → 0–1, growing with the signals of the family."""
    sums: dict[str, float] = defaultdict(float)
    for signal in signals:
        family = _FAMILIES.get(signal.name) or _FAMILIES.get(signal.name.split(".")[0])
        if family:
            sums[family] += signal.weight
    amounts = {family: 1 - math.exp(-STEEPNESS * total) for family, total in sums.items()}
    if declared:
        amounts["disclosed"] = 1.0
    amounts["path x sell"] = amounts.get("path", 0.0) * amounts.get("sell", 0.0)
    return amounts | {"prior": 1.0}


def _intent(signals: Iterable[Signal], *, declared: bool) -> dict[str, float]:
    amounts = _amounts(signals, declared=declared)
    scores = {
        intent: sum(amount * WEIGHTS[family][intent] for family, amount in amounts.items())
        for intent in INTENTS
    }
    highest = max(scores.values())
    powers = {intent: math.exp(score - highest) for intent, score in scores.items()}
    total = sum(powers.values())
    return {intent: power / total for intent, power in powers.items()}


def _disclosure(
    signals: Sequence[Signal], intent: Mapping[str, float], *, declared: bool
) -> dict[str, float]:
    """Plain words beat hidden ones, hidden ones beat a denial; the rest follows from the intent."""
    rest = 1.0
    stated = {}
    for answer in ("clear", "buried", "denied"):
        weights = [s.weight for s in signals if s.name in STATEMENTS[answer]]
        if answer == "clear" and declared:
            weights.append(0.98)
        stated[answer] = rest * _any_of(weights)
        rest -= stated[answer]
    commercial = sum(intent[name] for name in COMMERCIAL)
    return {
        "none_needed": rest * (1 - commercial),
        **stated,
        "absent": rest * commercial,
    }


def _any_of(weights: Iterable[float]) -> float:
    """Probability that at least one of independent marks is right."""
    return 1 - math.prod(1 - weight for weight in weights)

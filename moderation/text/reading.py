"""Reading: what a note wants, whether it says so, and what it breaks.

A first honest reading by rules. Each family of signals adds its amount times the weights of one
table to five scores; their softmax is the intent. The table was set by hand, and the five rows of
customers and daily life then moved by a small, strongly damped fit on half of the labelled notes;
`benchmarks/text_reading.py` measures both halves apart.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from moderation.finding import Difference, Finding, FindingKind, Span
from moderation.note import Note
from moderation.text.fields import join_fields
from moderation.text.signals import (
    MIN_VIOLATION_WEIGHT,
    VIOLATIONS,
    Signal,
    read_signals,
)

DETECTOR = "text_rules@2"
INTENTS = ("N0", "N1", "C1", "C2", "C3")
"""No product, native experience, soft ad, hard sell, recruiting or private sale."""
DISCLOSURES = ("none_needed", "clear", "buried", "denied", "absent")
MIN_RAW_SCORE = 0.3
"""What is less likely than this is no finding."""

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
_STATED = {
    "clear": (
        "disclosure.gift",
        "disclosure.advert",
        "disclosure.interest",
        "disclosure.own_shop",
        "disclosure.private_sale",
        "disclosure.declared",
    ),
    "denied": ("disclosure.denied",),
    "buried": ("disclosure.buried", "disclosure.whispered"),
}
_OF_VIOLATION: tuple[tuple[FindingKind, tuple[str, ...]], ...] = (
    (FindingKind.TEXT_DIVERSION_CONTACT, ("V1", "V3")),
    (FindingKind.TEXT_DIVERSION_PLATFORM, ("V2",)),
    (FindingKind.TEXT_DIVERSION_PROFILE, ("V4",)),
    (FindingKind.TEXT_DIVERSION_SOLICIT, ("V5",)),
    (FindingKind.TEXT_DIVERSION_GROUP, ("V6",)),
    (FindingKind.TEXT_CLAIM_SUPERLATIVE, ("V7",)),
    (FindingKind.TEXT_CLAIM_MEDICAL, ("V8",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReading:
    """What one note wants and says, as probabilities, with the places that show it."""

    intent: Mapping[str, float]
    """Over `INTENTS`; sums to 1."""
    disclosure: Mapping[str, float]
    """Over `DISCLOSURES`; sums to 1."""
    violations: tuple[Span, ...]
    """Codes `V1`–`V8`; offsets in the original fields."""
    signals: tuple[Signal, ...]
    """Everything taken into account, the violations included: the why."""
    detector: str = DETECTOR

    @property
    def commercial(self) -> float:
        """Probability of any commercial intent: C1, C2 or C3."""
        return min(1.0, self.intent["C1"] + self.intent["C2"] + self.intent["C3"])

    @property
    def hard_sell(self) -> float:
        """Probability that the note's purpose is a sale: C2."""
        return self.intent["C2"]

    def to_json(self) -> dict[str, Any]:
        """JSON for CLI, HTTP and reports."""
        return {
            "intent": {name: round(p, 4) for name, p in self.intent.items()},
            "commercial": round(self.commercial, 4),
            "hard_sell": round(self.hard_sell, 4),
            "disclosure": {name: round(p, 4) for name, p in self.disclosure.items()},
            "violations": [span.to_json() for span in self.violations],
            "signals": [signal.to_json() for signal in self.signals],
            "detector": self.detector,
        }


def assess_text(note: Note, *, extra_fields: Sequence[tuple[str, str]] = ()) -> TextReading:
    """Read all text of a note. Pure: no disk, network or model.

    Args:
        note: title, text, tags, links and the author's declarations count; fame never does.
        extra_fields: (field name, text) from pictures, as `("image[0].ocr", "…")`.

    Returns:
        The reading; spans point into the fields as given.

    >>> reading = assess_text(Note(id="n1", text="现货包邮，要的加V：abc_2046"))
    >>> [(span.code, span.text) for span in reading.violations if span.code == "V1"]
    [('V1', '加V：abc_2046')]
    """
    signals = read_signals(join_fields(note, extra_fields))
    declared = note.author.declared_ad or note.author.brand_partner is not None
    intent = _intent(signals, declared=declared)
    violations = tuple(
        signal.span
        for signal in signals
        if signal.span.code in VIOLATIONS and signal.weight >= MIN_VIOLATION_WEIGHT
    )
    return TextReading(
        intent=intent,
        disclosure=_disclosure(signals, intent, declared=declared),
        violations=violations,
        signals=signals,
    )


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
        weights = [s.weight for s in signals if s.name in _STATED[answer]]
        if answer == "clear" and declared:
            weights.append(0.98)
        stated[answer] = rest * _any_of(weights)
        rest -= stated[answer]
    commercial = intent["C1"] + intent["C2"] + intent["C3"]
    return {
        "none_needed": rest * (1 - commercial),
        **stated,
        "absent": rest * commercial,
    }


def _any_of(weights: Iterable[float]) -> float:
    """Probability that at least one of independent marks is right."""
    return 1 - math.prod(1 - weight for weight in weights)


def findings_from(reading: TextReading) -> tuple[Finding, ...]:
    """What a moderator may care about in a reading, strongest first. Pure.

    Raw scores below `MIN_RAW_SCORE` give no finding. A disclosed soft ad stays visible with
    score 0 and the difference `disclosed`.
    """
    candidates = [
        _finding(FindingKind.TEXT_HARD_SELL, reading.hard_sell, _why(reading, _SALE_FAMILIES)),
        _soft_ad(reading),
        _finding(
            FindingKind.TEXT_DISCLOSURE_BURIED,
            min(1.0, reading.disclosure["buried"] * max(reading.commercial, 0.7)),
            tuple(s.span for s in reading.signals if s.name in _STATED["buried"]),
        ),
        *(_violation(reading, kind, codes) for kind, codes in _OF_VIOLATION),
    ]
    likely = [finding for finding in candidates if finding.raw_score >= MIN_RAW_SCORE]
    return tuple(sorted(likely, key=lambda f: (-f.score, -f.raw_score, f.kind.value)))


_SALE_FAMILIES = ("contact", "group", "solicit", "profile", "platform", "sell")
_SOFT_FAMILIES = ("promo", "claim", "platform")
_MAX_SPANS = 12  # a person reads no more


def _why(reading: TextReading, families: tuple[str, ...]) -> tuple[Span, ...]:
    spans = [s.span for s in reading.signals if s.name.split(".")[0] in families]
    return tuple(spans[:_MAX_SPANS])


def _finding(kind: FindingKind, score: float, spans: tuple[Span, ...]) -> Finding:
    return Finding(kind=kind, score=score, raw_score=score, spans=spans, detector=DETECTOR)


def _soft_ad(reading: TextReading) -> Finding:
    raw = reading.intent["C1"]
    disclosed = reading.disclosure["clear"] >= 0.5
    return Finding(
        kind=FindingKind.TEXT_SOFT_AD_UNDISCLOSED,
        score=0.0 if disclosed else raw,
        raw_score=raw,
        difference=Difference.DISCLOSED if disclosed else None,
        spans=_why(reading, _SOFT_FAMILIES),
        detail={"disclosure": max(reading.disclosure, key=lambda d: reading.disclosure[d])},
        detector=DETECTOR,
    )


def _violation(reading: TextReading, kind: FindingKind, codes: tuple[str, ...]) -> Finding:
    """One finding per kind; the score grows slowly with further marks, never to certainty."""
    evidence = [
        s for s in reading.signals if s.span.code in codes and s.weight >= MIN_VIOLATION_WEIGHT
    ]
    strongest = max((s.weight for s in evidence), default=0.0)
    others = len({(s.name, s.span.text) for s in evidence}) - 1
    score = strongest + (1 - strongest) * 0.15 * min(max(others, 0), 3)
    return _finding(kind, min(score, 0.99), tuple(s.span for s in evidence)[:_MAX_SPANS])

"""Reading: what a note wants, whether it says so, what it breaks, and why we think so.

Pure values and pure judgement: who reads (`assess`, by rules and a trained network) is not known
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.finding import Difference, Finding, FindingKind, Span
from moderation.text.signals import MIN_VIOLATION_WEIGHT, VIOLATIONS, Signal

INTENTS = ("N0", "N1", "C1", "C2", "C3")
"""No product, native experience, soft ad, hard sell, recruiting or private sale."""
COMMERCIAL = ("C1", "C2", "C3")
"""Intents of somebody who wants to sell, recruit or promote."""
DISCLOSURES = ("none_needed", "clear", "buried", "denied", "absent")
MIN_RAW_SCORE = 0.3
"""What is less likely than this is no finding."""

_OF_VIOLATION: tuple[tuple[FindingKind, tuple[str, ...]], ...] = (
    (FindingKind.TEXT_DIVERSION_CONTACT, ("V1", "V3")),
    (FindingKind.TEXT_DIVERSION_PLATFORM, ("V2",)),
    (FindingKind.TEXT_DIVERSION_PROFILE, ("V4",)),
    (FindingKind.TEXT_DIVERSION_SOLICIT, ("V5",)),
    (FindingKind.TEXT_DIVERSION_GROUP, ("V6",)),
    (FindingKind.TEXT_CLAIM_SUPERLATIVE, ("V7",)),
    (FindingKind.TEXT_CLAIM_MEDICAL, ("V8",)),
)


STATEMENTS: Mapping[str, tuple[str, ...]] = {
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
"""Disclosure → names of the signals that state it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """What one thing seen in a note added to the answer: a sentence, or a kind of signal."""

    name: str
    """`sentence`, or the signal's name as `price.*`."""
    commercial: float
    """Log odds added to a commercial intent; below 0 it speaks for a customer."""
    hard_sell: float
    """Log odds added to a sale."""
    span: Span | None = None
    """The sentence."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in readings."""
        return {
            "name": self.name,
            "commercial": round(self.commercial, 3),
            "hard_sell": round(self.hard_sell, 3),
            "span": None if self.span is None else self.span.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReading:
    """What one note wants and says, as probabilities, with the places that show it."""

    intent: Mapping[str, float]
    """Over `INTENTS`; sums to 1."""
    disclosure: Mapping[str, float]
    """Over `DISCLOSURES`; sums to 1."""
    signals: tuple[Signal, ...]
    """Every mark taken into account, the violations included: the why."""
    pulls: tuple[Pull, ...] = ()
    """What moved the answer of the trained reader, the strongest first."""
    unread_chars: int = 0
    """Code points in the middle of an endless note that the trained reader left out."""
    detector: str
    """Who gave intent and disclosure, as `text_rules@2`."""

    @property
    def violations(self) -> tuple[Span, ...]:
        """Codes `V1`–`V8`; offsets in the original fields."""
        return tuple(
            signal.span
            for signal in self.signals
            if signal.span.code in VIOLATIONS and signal.weight >= MIN_VIOLATION_WEIGHT
        )

    @property
    def commercial(self) -> float:
        """Probability of any commercial intent: C1, C2 or C3."""
        return min(1.0, sum(self.intent[name] for name in COMMERCIAL))

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
            "pulls": [pull.to_json() for pull in self.pulls],
            "unread_chars": self.unread_chars,
            "detector": self.detector,
        }


def findings_from(reading: TextReading) -> tuple[Finding, ...]:
    """What a moderator may care about in a reading, strongest first. Pure.

    Raw scores below `MIN_RAW_SCORE` give no finding. A disclosed soft ad stays visible with
    score 0 and the difference `disclosed`.
    """
    candidates = [
        _hard_sell(reading),
        _soft_ad(reading),
        _finding(
            reading,
            FindingKind.TEXT_DISCLOSURE_BURIED,
            min(1.0, reading.disclosure["buried"] * max(reading.commercial, 0.7)),
            tuple(s.span for s in reading.signals if s.name in STATEMENTS["buried"]),
        ),
        *(_violation(reading, kind, codes) for kind, codes in _OF_VIOLATION),
    ]
    likely = [finding for finding in candidates if finding.raw_score >= MIN_RAW_SCORE]
    return tuple(sorted(likely, key=lambda f: (-f.score, -f.raw_score, f.kind.value)))


_SALE_FAMILIES = ("contact", "group", "solicit", "profile", "platform", "way_out", "sell")
_SOFT_FAMILIES = ("promo", "claim", "platform")
_MAX_SPANS = 12  # a person reads no more
_MAX_SENTENCES = 3
_LEAST_PULL = 0.2
"""Log odds that make a sentence worth showing."""


def _pulled(reading: TextReading, amount: Callable[[Pull], float]) -> tuple[Span, ...]:
    """The sentences that speak most for it."""
    speaking = [pull for pull in reading.pulls if pull.span and amount(pull) >= _LEAST_PULL]
    speaking.sort(key=lambda pull: -amount(pull))
    return tuple(pull.span for pull in speaking[:_MAX_SENTENCES] if pull.span)


def _each_once(first: tuple[Span, ...], more: tuple[Span, ...]) -> tuple[Span, ...]:
    """Spans that a person reads; of `more` those that quote nothing a second time."""
    others = [
        span
        for span in more
        if not any(
            span.field == one.field and span.start < one.end and one.start < span.end
            for one in first
        )
    ]
    return (*first, *others)[:_MAX_SPANS]


def _why(reading: TextReading, families: tuple[str, ...]) -> tuple[Span, ...]:
    spans = [s.span for s in reading.signals if s.name.split(".")[0] in families]
    return tuple(spans[:_MAX_SPANS])


def _finding(
    reading: TextReading, kind: FindingKind, score: float, spans: tuple[Span, ...]
) -> Finding:
    return Finding(kind=kind, score=score, raw_score=score, spans=spans, detector=reading.detector)


def _hard_sell(reading: TextReading) -> Finding:
    pulled = _pulled(reading, lambda pull: pull.hard_sell)
    spans = _each_once(_why(reading, _SALE_FAMILIES), pulled)
    return _finding(reading, FindingKind.TEXT_HARD_SELL, reading.hard_sell, spans)


def _soft_ad(reading: TextReading) -> Finding:
    raw = reading.intent["C1"]
    disclosed = reading.disclosure["clear"] >= 0.5
    pulled = _pulled(reading, lambda pull: pull.commercial)
    spans = _each_once(pulled, _why(reading, _SOFT_FAMILIES))
    return Finding(
        kind=FindingKind.TEXT_SOFT_AD_UNDISCLOSED,
        score=0.0 if disclosed else raw,
        raw_score=raw,
        difference=Difference.DISCLOSED if disclosed else None,
        spans=spans,
        detail={"disclosure": max(reading.disclosure, key=lambda d: reading.disclosure[d])},
        detector=reading.detector,
    )


def _violation(reading: TextReading, kind: FindingKind, codes: tuple[str, ...]) -> Finding:
    """One finding per kind; the score grows slowly with further marks, never to certainty."""
    evidence = [
        s for s in reading.signals if s.span.code in codes and s.weight >= MIN_VIOLATION_WEIGHT
    ]
    strongest = max((s.weight for s in evidence), default=0.0)
    others = len({(s.name, s.span.text) for s in evidence}) - 1
    score = strongest + (1 - strongest) * 0.15 * min(max(others, 0), 3)
    return _finding(reading, kind, min(score, 0.99), tuple(s.span for s in evidence)[:_MAX_SPANS])

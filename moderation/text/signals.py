"""Signal: a mark with its place in the author's own text.

Everything later judgement needs is here, so a reading can be explained, and judged again, from
its signals alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.finding import Span
from moderation.text.claims import claim_marks
from moderation.text.contacts import contact_marks
from moderation.text.disclosure import disclosure_marks
from moderation.text.diversion import diversion_marks
from moderation.text.fields import Joined
from moderation.text.lead_decision import judged
from moderation.text.marks import WAYS_OUT, Mark
from moderation.text.platforms import platform_marks
from moderation.text.selling import selling_marks
from moderation.text.tone import tone_marks

RULES = "text_rules@2"
"""The detector that the signals are of."""
VIOLATIONS = (*WAYS_OUT, "V7", "V8")
MIN_VIOLATION_WEIGHT = 0.3
"""Below this a mark is no violation, only a hint."""

_COMMERCE = ("sell.", "recruit.", "price", "promo.pitch", "promo.results", "claim.referral")
_SURE_DIVERSION = ("V1", "V3", "V6")
_COMPANION = "c2c.company"
_RAISE, _LOWER = 0.25, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something the reading took into account."""

    name: str
    """Family and kind, as `contact.wechat_handle`, `sell.stock`, `native.drawback`."""
    span: Span
    """Where; `span.code` is the violation `V1`–`V8`, or the name."""
    weight: float
    """0–1: how sure it is that the mark is what its name says, in this note."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in readings."""
        return {"name": self.name, "weight": round(self.weight, 4), "span": self.span.to_json()}


def read_signals(joined: Joined) -> tuple[Signal, ...]:
    """All signals of a note, in reading order of its fields."""
    kept = _without_overlaps(judged(joined.text, marks_of(joined)))
    signals = [
        Signal(name=mark.name, span=span, weight=weight)
        for mark, weight in _in_context(kept)
        for span in joined.spans(mark.code, mark.start, mark.end)
    ]
    return tuple(signals)


def marks_of(joined: Joined) -> list[Mark]:
    """What the rules see, each for itself."""
    text = joined.text
    return [
        *contact_marks(text),
        *platform_marks(text),
        *diversion_marks(text),
        *claim_marks(text),
        *selling_marks(text),
        *tone_marks(text),
        *disclosure_marks(joined),
    ]


def _without_overlaps(found: list[Mark]) -> list[Mark]:
    """Of overlapping marks with one code, the surest (then the longest) stays."""
    surest = sorted(found, key=lambda m: (-m.weight, m.start - m.end, m.start))
    length = max((mark.end for mark in found), default=0)
    taken: dict[str, bytearray] = {}
    kept = []
    for mark in surest:
        if mark.code not in taken:
            taken[mark.code] = bytearray(length)
        places = taken[mark.code]
        if not any(places[mark.start : mark.end]):
            places[mark.start : mark.end] = b"\1" * (mark.end - mark.start)
            kept.append(mark)
    return sorted(kept, key=lambda m: (m.start, m.end, m.code))


def _in_context(marks: list[Mark]) -> list[tuple[Mark, float]]:
    """Weights in the light of the whole note.

    "Message me" is weak alone, sure beside prices and stock, and weaker where somebody looks for
    company; the same holds for "see my profile", a bare "add me" and absolute claims.
    """
    selling = sum(m.weight for m in marks if m.name.startswith(_COMMERCE)) >= 1.0
    diverted = any(m.code in _SURE_DIVERSION and m.weight >= 0.5 for m in marks)
    company = any(m.name == _COMPANION for m in marks) and not selling
    weighed = []
    for mark in marks:
        weight = mark.weight
        if mark.code in {"V4", "V5"} or mark.name == "contact.added_me":
            if selling or diverted:
                weight = min(0.95, weight + _RAISE)
            elif company:
                weight *= _LOWER
        elif mark.code in {"V7", "V8"} and (selling or diverted):
            weight = min(0.95, weight + 0.15)
        weighed.append((mark, weight))
    return weighed

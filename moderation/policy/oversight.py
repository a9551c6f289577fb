"""Oversight: which decisions of people need a second person, and how often they are checked.

Neither changes what the gate says of a note; both are about those who decide what it left to them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from moderation.finding import FindingKind
from moderation.policy.window import ALWAYS, Window
from moderation.verdict import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPersonTerms:
    """A decision that holds only when two people have come to it, each by themselves."""

    decisions: frozenset[Decision]
    """What is decided, such as to block."""
    kinds: frozenset[FindingKind] = frozenset()
    """Only where it is about one of these; empty for all. A verdict is about what it rests on."""
    window: Window = ALWAYS

    def asks(self, decision: Decision, about: Collection[FindingKind]) -> bool:
        """True where such a decision about such findings needs a second person."""
        return decision in self.decisions and (not self.kinds or bool(self.kinds & set(about)))

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys, sorted."""
        return self.window.to_json() | {
            "decisions": [one.value for one in Decision if one in self.decisions],
            "kinds": sorted(kind.value for kind in self.kinds),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTerms:
    """How often what people decide is asked again, of somebody who does not know that it was."""

    second_looks: float
    """Share of decisions that another person is asked for, too; 0–1."""
    golden: float
    """For so many of each decision a case comes whose right answer is known; 0–1."""
    window: Window = ALWAYS

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return self.window.to_json() | {"second_looks": self.second_looks, "golden": self.golden}

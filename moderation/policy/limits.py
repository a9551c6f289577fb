"""Limits: what a policy says about too much in one hour, and what happens then.

Both only ever send notes to a person. Neither accuses anybody, and no note is judged by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moderation.policy.window import ALWAYS, Window

LONGEST_QUARANTINE_HOURS = 24 * 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BrakeTerms:
    """How many automatic blocks an hour may bring before a person has to look at each.

    A rule that suddenly blocks a hundred times as often as usual is more likely wrong than right:
    a threshold mistyped, a logo taken for a copy. See `docs/why/brake-and-flood.md`.
    """

    blocks_per_hour: int
    """By all rules together; 0 blocks nothing without a person."""
    each_rule: int | None = None
    """By one rule; None sets no limit but that for all together."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """By the rules named here, in place of `each_rule`."""
    window: Window = ALWAYS

    def limit(self, rule: str) -> int | None:
        """Blocks an hour that one rule may give; None where only the limit for all holds."""
        return self.rules.get(rule, self.each_rule)

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return self.window.to_json() | {
            "blocks_per_hour": self.blocks_per_hour,
            "each_rule": self.each_rule,
            "rules": dict(sorted(self.rules.items())),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodTerms:
    """When a picture comes from so many at once that a person should look at each note."""

    authors_per_hour: int
    """Unlinked authors, besides those who may show it; one more is a flood."""
    quarantine_hours: int
    """How long notes that show it then wait for a person, at least."""
    window: Window = ALWAYS

    def to_json(self) -> dict[str, Any]:
        """JSON with the file's keys."""
        return self.window.to_json() | {
            "authors_per_hour": self.authors_per_hour,
            "quarantine_hours": self.quarantine_hours,
        }

"""What would differ under another policy, counted from what was kept beside the verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moderation.store import Shadowed
from moderation.verdict import NOT_OF_THE_POLICY, Decision

Change = tuple[Decision | None, Decision | None]
"""The live word and the shadow's; of a rule None where it says nothing."""


@dataclass(slots=True)
class Cell:
    """How often, and some of the notes."""

    count: int = 0
    """Verdicts; a note that is edited has more than one."""
    examples: list[str] = field(default_factory=list)
    """Note ids, the earliest."""

    def add(self, note_id: str, examples: int) -> None:
        """Count one more verdict."""
        self.count += 1
        if len(self.examples) < examples and note_id not in self.examples:
            self.examples.append(note_id)


@dataclass(slots=True, kw_only=True)
class ShadowReport:
    """What one policy would have changed where another one acted."""

    policy: str
    policy_digest: str
    live: str
    """Name of the policy that acted: the live one, an earlier one, or a canary."""
    live_digest: str
    judged: int = 0
    """Verdicts that it judged in the shadow, each note's final one at each check."""
    differ: int = 0
    """Of these, how many it would have decided otherwise."""
    since: datetime | None = None
    """The first of them."""
    until: datetime | None = None
    """The last."""
    decisions: dict[Change, Cell] = field(default_factory=dict)
    """By the word that was given for the findings alone, whatever brake and flood made of it."""
    rules: dict[tuple[str, Change], Cell] = field(default_factory=dict)
    """Of verdicts that differ: rules that say another word, or are heard on one side only."""

    def add(self, one: Shadowed, examples: int) -> None:
        """Count one more verdict."""
        live, shadow = one.verdict.judged, one.shadow.decision
        note_id = one.verdict.note_id
        self.judged += 1
        self.since = self.since or one.decided_at
        self.until = one.decided_at
        self.decisions.setdefault((live, shadow), Cell()).add(note_id, examples)
        if live is shadow:
            return
        self.differ += 1
        before, after = _live_words(one), _shadow_words(one)
        for rule in sorted(before.keys() | after.keys()):
            change = (before.get(rule), after.get(rule))
            if change[0] is not change[1]:
                self.rules.setdefault((rule, change), Cell()).add(note_id, examples)

    def sorted_decisions(self) -> list[tuple[Decision, Decision, Cell]]:
        """Changes of the verdict, from the mildest live word to the strongest."""
        cells = [(a, b, cell) for (a, b), cell in self.decisions.items() if a and b]
        return sorted(cells, key=lambda row: (row[0].severity, row[1].severity))

    def sorted_rules(self) -> list[tuple[str, Decision | None, Decision | None, Cell]]:
        """Changes of rules, the most frequent first."""
        cells = [(rule, a, b, cell) for (rule, (a, b)), cell in self.rules.items()]
        return sorted(cells, key=lambda row: (-row[3].count, row[0], str(row[1]), str(row[2])))

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation shadow report --json` writes it."""
        return {
            "policy": self.policy,
            "policy_digest": self.policy_digest,
            "live": self.live,
            "live_digest": self.live_digest,
            "judged": self.judged,
            "differ": self.differ,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "decisions": [
                {
                    "live": a.value,
                    "shadow": b.value,
                    "verdicts": cell.count,
                    "examples": cell.examples,
                }
                for a, b, cell in self.sorted_decisions()
            ],
            "rules": [
                {
                    "rule": rule,
                    "live": None if a is None else a.value,
                    "shadow": None if b is None else b.value,
                    "verdicts": cell.count,
                    "examples": cell.examples,
                }
                for rule, a, b, cell in self.sorted_rules()
            ],
        }


def shadow_reports(shadowed: Iterable[Shadowed], *, examples: int = 3) -> list[ShadowReport]:
    """One report for each policy beside each that acted, by their names, then digests.

    Args:
        shadowed: oldest first.
        examples: most note ids to name for each number.
    """
    reports: dict[tuple[str, str], ShadowReport] = {}
    for one in shadowed:
        key = (one.shadow.policy_digest, one.verdict.policy_digest)
        if key not in reports:
            reports[key] = ShadowReport(
                policy=one.shadow.policy,
                policy_digest=one.shadow.policy_digest,
                live=one.verdict.policy,
                live_digest=one.verdict.policy_digest,
            )
        reports[key].add(one, examples)
    return sorted(
        reports.values(), key=lambda r: (r.policy, r.policy_digest, r.live, r.live_digest)
    )


def _live_words(one: Shadowed) -> Mapping[str, Decision]:
    heard = [r for r in one.verdict.reasons if r.code not in NOT_OF_THE_POLICY]
    return _strongest((r.rule, r.instead_of or r.decision) for r in heard)


def _shadow_words(one: Shadowed) -> Mapping[str, Decision]:
    return _strongest((r.rule, r.decision) for r in one.shadow.reasons)


def _strongest(words: Iterable[tuple[str, Decision]]) -> Mapping[str, Decision]:
    """Rule → its strongest word."""
    found: dict[str, Decision] = {}
    for rule, word in words:
        found[rule] = max(word, found.get(rule, word))
    return found

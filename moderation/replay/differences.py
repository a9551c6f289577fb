"""What differs between the verdicts that were given and those of another policy. Pure.

Parts that were counted apart, by several processes, are put together by `joined`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moderation.replay.again import Words
from moderation.replay.answers import Answer, How
from moderation.verdict import Decision

UNKNOWN = ""
"""Language of a note that does not say."""
AUTHOR_SIZES = ((1, "1"), (9, "2–9"), (99, "10–99"))
MOST = "100+"
"""Authors by the notes of theirs that were judged here; never by who follows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """One note that another policy decides otherwise."""

    verdict_id: int
    note_id: str
    before: Decision
    after: Decision
    rules: tuple[str, ...]
    """Rules that say another word, or are heard on one side only."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation replay --json` writes it."""
        return {
            "verdict_id": self.verdict_id,
            "note_id": self.note_id,
            "before": self.before.value,
            "after": self.after.value,
            "rules": list(self.rules),
        }


@dataclass(slots=True)
class Tally:
    """Of some notes, how many are decided otherwise."""

    judged: int = 0
    stricter: int = 0
    milder: int = 0

    def add(self, before: Decision, after: Decision) -> None:
        """Count one note."""
        self.judged += 1
        if after is not before:
            self.stricter += after > before
            self.milder += after < before

    def include(self, other: Tally) -> None:
        """Count what another one has counted."""
        self.judged += other.judged
        self.stricter += other.stricter
        self.milder += other.milder

    def to_json(self) -> dict[str, int]:
        """JSON as `moderation replay --json` writes it."""
        return {"judged": self.judged, "stricter": self.stricter, "milder": self.milder}


@dataclass(slots=True, kw_only=True)
class Differences:
    """Counts over all notes, and some of the notes."""

    examples: int = 5
    """Most flips to keep of each change."""
    all: Tally = field(default_factory=Tally)
    assumed: int = 0
    """Rows that do not say what the note was; taken for ordinary ones."""
    decisions: Counter[tuple[Decision, Decision]] = field(default_factory=Counter)
    """(before, after) → notes."""
    rules: Counter[tuple[str, Decision | None, Decision | None]] = field(default_factory=Counter)
    """(rule, its word before, its word after), where these differ → notes."""
    reasons: dict[str, list[int]] = field(default_factory=dict)
    """Code → notes with it before, and after."""
    months: dict[str, Tally] = field(default_factory=dict)
    """`2026-11`, of publication, else of the decision."""
    languages: dict[str, Tally] = field(default_factory=dict)
    authors: dict[str, Tally] = field(default_factory=dict)
    flips: dict[tuple[Decision, Decision], list[Flip]] = field(default_factory=dict)
    """Earliest first."""
    words: Counter[How] = field(default_factory=Counter)
    """How far their words were read anew → notes; empty where no other reader was asked."""
    readers: Counter[str] = field(default_factory=Counter)
    """Reader of the day, empty where there was none → notes that were read anew."""

    def add(
        self,
        *,
        verdict_id: int,
        note_id: str,
        author_id: str,
        at: datetime,
        lang: str | None,
        before: Words,
        after: Words,
    ) -> None:
        """Count one note.

        Args:
            verdict_id: of its last verdict.
            note_id: its id.
            author_id: whose it is.
            at: when it was published or, where nobody knows, judged.
            lang: as the note says.
            before: what was said.
            after: what the other policy says.
        """
        change = (before.decision, after.decision)
        self.decisions[change] += 1
        for tally in (
            self.all,
            _of(self.months, f"{at.year}-{at.month:02}"),
            _of(self.languages, lang or UNKNOWN),
            _of(self.authors, author_id),
        ):
            tally.add(*change)
        if not before.rules and not after.rules:
            return  # most notes: nothing was found
        for place, words in enumerate((before, after)):
            for code in words.codes:
                self.reasons.setdefault(code, [0, 0])[place] += 1
        changed = []
        for rule in sorted(before.rules.keys() | after.rules.keys()):
            said = (before.rules.get(rule), after.rules.get(rule))
            if said[0] is not said[1]:
                self.rules[(rule, *said)] += 1
                changed.append(rule)
        if change[0] is not change[1]:
            kept = self.flips.setdefault(change, [])
            if len(kept) < self.examples:
                kept.append(
                    Flip(
                        verdict_id=verdict_id,
                        note_id=note_id,
                        before=before.decision,
                        after=after.decision,
                        rules=tuple(changed),
                    )
                )

    def add_answer(self, answer: Answer) -> None:
        """Count how far the words of one note were read anew."""
        self.words[answer.how] += 1
        if answer.in_words is not None:
            self.readers[answer.instead_of] += 1

    def include(self, other: Differences) -> None:
        """Count what another part has counted, of later verdicts."""
        self.all.include(other.all)
        self.assumed += other.assumed
        self.decisions.update(other.decisions)
        self.rules.update(other.rules)
        self.words.update(other.words)
        self.readers.update(other.readers)
        for code, counts in other.reasons.items():
            mine = self.reasons.setdefault(code, [0, 0])
            mine[:] = [a + b for a, b in zip(mine, counts, strict=True)]
        for mine_by, theirs_by in (
            (self.months, other.months),
            (self.languages, other.languages),
            (self.authors, other.authors),
        ):
            for name, tally in theirs_by.items():
                _of(mine_by, name).include(tally)
        for change, flips in other.flips.items():
            kept = self.flips.setdefault(change, [])
            kept += flips[: max(0, self.examples - len(kept))]

    @property
    def flipped(self) -> int:
        """Notes that are decided otherwise."""
        return self.all.stricter + self.all.milder

    def count(self, word: Decision) -> tuple[int, int]:
        """Notes with this word, before and after."""
        before = sum(n for (a, _), n in self.decisions.items() if a is word)
        after = sum(n for (_, b), n in self.decisions.items() if b is word)
        return before, after

    def author_sizes(self) -> dict[str, Tally]:
        """Notes by how many notes of their authors were judged here."""
        sizes = {name: Tally() for _, name in AUTHOR_SIZES} | {MOST: Tally()}
        for tally in self.authors.values():
            name = next((n for most, n in AUTHOR_SIZES if tally.judged <= most), MOST)
            sizes[name].include(tally)
        return {name: tally for name, tally in sizes.items() if tally.judged}

    def sorted_decisions(self) -> list[tuple[Decision, Decision, int, list[Flip]]]:
        """(before, after, notes, some of them), from the mildest word before to the strongest."""
        rows = [(a, b, n, self.flips.get((a, b), [])) for (a, b), n in self.decisions.items()]
        return sorted(rows, key=lambda row: (row[0].severity, row[1].severity))

    def sorted_rules(self) -> list[tuple[str, Decision | None, Decision | None, int]]:
        """(rule, word before, word after, notes), the most frequent first."""
        rows = [(rule, a, b, n) for (rule, a, b), n in self.rules.items()]
        return sorted(rows, key=lambda row: (-row[3], row[0], str(row[1]), str(row[2])))

    def to_json(self, *, seconds_a_review: float) -> dict[str, Any]:
        """JSON as `moderation replay --json` writes it; no ids of authors.

        Args:
            seconds_a_review: what a person takes for one case.
        """
        before, after = self.count(Decision.REVIEW)
        return {
            **self.all.to_json(),
            "words": {how.value: self.words[how] for how in How} if self.words else None,
            "readers": dict(sorted(self.readers.items())) if self.words else None,
            "flips": self.flipped,
            "assumed": self.assumed,
            "decisions": [
                {
                    "before": a.value,
                    "after": b.value,
                    "notes": n,
                    "examples": [flip.to_json() for flip in flips],
                }
                for a, b, n, flips in self.sorted_decisions()
            ],
            "rules": [
                {
                    "rule": rule,
                    "before": None if a is None else a.value,
                    "after": None if b is None else b.value,
                    "notes": n,
                }
                for rule, a, b, n in self.sorted_rules()
            ],
            "reasons": {
                code: {"before": a, "after": b} for code, (a, b) in sorted(self.reasons.items())
            },
            "months": _json(self.months),
            "languages": _json(self.languages),
            "author_sizes": _json(self.author_sizes()),
            "reviews": {
                "before": before,
                "after": after,
                "hours": round((after - before) * seconds_a_review / 3600, 2),
            },
        }


def joined(parts: Iterable[Differences], *, examples: int) -> Differences:
    """All parts, given in the order of their verdicts."""
    whole = Differences(examples=examples)
    for part in parts:
        whole.include(part)
    return whole


def _of(tallies: dict[str, Tally], name: str) -> Tally:
    if name not in tallies:
        tallies[name] = Tally()
    return tallies[name]


def _json(tallies: Mapping[str, Tally]) -> dict[str, dict[str, int]]:
    return {name: tally.to_json() for name, tally in sorted(tallies.items())}

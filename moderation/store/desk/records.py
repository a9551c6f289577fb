"""What waits for people, as plain values. None of these holds a word of a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderation.finding import FindingKind
from moderation.verdict import PERSON, Decision, Verdict

NOBODY = "system"
"""Who is named in the log where no person did it."""


class CaseKind(StrEnum):
    """Who asks for a person; stored strings."""

    MACHINE = "machine"
    """A verdict of the gate or of a scan."""
    REPORT = "report"
    """Readers, of a note that is published."""
    APPEAL = "appeal"
    """An author, against a verdict."""


class CaseState(StrEnum):
    """Stored strings."""

    OPEN = "open"
    """Waits for anybody."""
    ESCALATED = "escalated"
    """Waits for somebody more experienced."""
    DECIDED = "decided"
    """Decided, and can still be undone."""
    CLOSED = "closed"
    """What was decided holds."""
    OVERTAKEN = "overtaken"
    """Another verdict made it needless: the note was edited, or what it rested on has changed."""

    @property
    def waits(self) -> bool:
        """Nobody has decided yet."""
        return self in (CaseState.OPEN, CaseState.ESCALATED)


UNDOABLE = (CaseState.DECIDED, CaseState.OPEN, CaseState.ESCALATED)
"""States in which what a person decided can be undone: as the first of two it waits."""


class Act(StrEnum):
    """What somebody did with a case; stored strings."""

    LOOKED = "looked"
    TOOK = "took"
    LEFT = "left"
    """Gave it back without a word."""
    SKIPPED = "skipped"
    ESCALATED = "escalated"
    FIRST = "first"
    """Decided as the first of two people, or as one of two who differ."""
    MADE_GOLDEN = "made_golden"
    DECIDED = "decided"
    UNDID = "undid"
    TOOK_EFFECT = "took_effect"
    OVERTAKEN = "overtaken"
    EDITED = "edited"
    """The author has edited what readers had reported; before and after are its revisions."""
    PROVED = "proved"
    """The author has sent a proof."""


class Order(StrEnum):
    """In which order cases come."""

    URGENT = "urgent"
    """The most urgent first, of equals the oldest."""
    OLDEST = "oldest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person decided about a case."""

    choice: str
    """Code of what was chosen, see `moderation.desk.choices`."""
    decision: Decision
    """What becomes of the note."""
    mistaken: tuple[FindingKind, ...] = ()
    """Kinds of findings that are not so."""
    words: str = ""
    """Why, in the person's words."""
    first: SaidFirst | None = None
    """Of a decision that needed two people, who came to it first."""

    def agrees(self, other: Said) -> bool:
        """Both come to the same, and for the same findings."""
        one, two = ((said.decision, set(said.mistaken)) for said in (self, other))
        return one == two

    def to_json(self) -> dict[str, Any]:
        """JSON as it is stored, beside the words."""
        return {
            "choice": self.choice,
            "decision": self.decision.value,
            "mistaken": [kind.value for kind in self.mistaken],
        } | ({} if self.first is None else {"first": self.first.to_json()})

    @classmethod
    def from_json(cls, row: Mapping[str, Any], words: str) -> Said:
        """Inverse of `to_json`."""
        return cls(
            choice=row["choice"],
            decision=Decision(row["decision"]),
            mistaken=tuple(FindingKind(kind) for kind in row["mistaken"]),
            words=words,
            first=SaidFirst.from_json(row["first"]) if "first" in row else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidFirst:
    """What the first of two people decided, when, and who it was; their words are in the log."""

    by: str
    at: datetime
    said: Said

    def to_json(self) -> dict[str, Any]:
        """JSON as it is stored."""
        return {"by": self.by, "at": self.at.isoformat(), "said": self.said.to_json()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> SaidFirst:
        """Inverse of `to_json`, without words."""
        return cls(
            by=row["by"],
            at=datetime.fromisoformat(row["at"]),
            said=Said.from_json(row["said"], ""),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that waits for a person, or has waited."""

    case_id: int
    """Rises in order of opening; never given to another."""
    kind: CaseKind
    verdict_id: int
    """The verdict that stands on the note; of an appeal, the one that it is against."""
    note_id: str
    author_id: str
    state: CaseState
    rank: int
    """The lower, the more urgent; see `rank_of`."""
    reason: str
    """Code of the strongest reason."""
    lang: str
    """As the note says; empty where it does not."""
    work_id: int | None
    """The work that its strongest copy shows."""
    opened_at: datetime
    holder: str | None = None
    """Who is at it, or was at it last."""
    held_until: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    said: Said | None = None
    due_at: datetime | None = None
    """When what was decided takes effect."""
    appeal_id: int | None = None
    check_of: int | None = None
    """The decided case that is asked for again, of somebody who does not know it."""

    @property
    def waits_for_second(self) -> bool:
        """One person has decided, and another has to before it holds."""
        return self.state.waits and self.said is not None

    def held_by(self, at: datetime) -> str | None:
        """Who is at it at that time; None where nobody is."""
        live = self.held_until is not None and at < self.held_until
        return self.holder if live else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cases somebody wants to see; all where nothing is said."""

    kind: CaseKind = CaseKind.MACHINE
    state: CaseState = CaseState.OPEN
    reason: str = ""
    author_id: str = ""
    lang: str = ""
    opened_before: datetime | None = None
    order: Order = Order.URGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of what was done with cases."""

    entry_id: int
    case_id: int
    at: datetime
    by: str
    act: Act
    before: str
    after: str
    words: str


MOST_RANK = 1000


def rank_of(verdict: Verdict) -> int:
    """How urgent a verdict is: 0 for what the policy would have blocked at full score, to 1000.

    What would be blocked comes before what would not, and then the higher score. Neither the author
    nor the number of readers counts.
    """
    score = max((reason.score or 0.0 for reason in verdict.reasons), default=0.0)
    harder = 0 if verdict.judged is Decision.BLOCK else MOST_RANK // 2
    return harder + round((1 - min(max(score, 0.0), 1.0)) * MOST_RANK / 2)


def reason_of(verdict: Verdict) -> str:
    """Code of the strongest reason; empty where there is none.

    That a person has decided is a reason of last resort: an appeal is about what they decided on.
    """
    codes = [reason.code for reason in verdict.reasons]
    return next((code for code in codes if code != PERSON), codes[0] if codes else "")


def work_of(verdict: Verdict) -> int | None:
    """The work that the strongest copy among the reasons shows; None where none is."""
    for reason in verdict.reasons:
        if reason.finding is not None:
            work = verdict.findings[reason.finding].detail.get("work_id")
            if type(work) is int:
                return work
    return None

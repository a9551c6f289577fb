"""What was told late, and what followed from it, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class LateCause(StrEnum):
    """Why verdicts that were given may have to be given again; stored strings."""

    CLAIM = "claim"
    """Proof from outside, a licence, a declared original."""
    WITHDRAWAL = "withdrawal"
    """A claim was taken back."""
    EXEMPTION = "exemption"
    """Everybody may show the work."""
    LINK = "link"
    """Accounts belong together."""
    APPEAL = "appeal"
    """A person has overturned a verdict."""
    REVIEW = "review"
    """A person has decided a case of the desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTruth:
    """Something that was told after verdicts had been given which rest on it."""

    cause: LateCause
    at: datetime
    by: str = ""
    """Who told it, for the audit; a name of staff."""
    claim_id: int | None = None
    works: tuple[int, ...] = ()
    """Works that it concerns."""
    authors: tuple[str, ...] = ()
    """Accounts on all of whose notes verdicts may change."""
    frees: bool = False
    """True where nobody may be accused because of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(NewTruth):
    """The same in the register, with how far verdicts have followed."""

    truth_id: int
    upto: int
    """Number of the last verdict that was given before."""
    after: int
    """All verdicts up to this number have followed."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What became of the verdicts so far, by outcome."""
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Why a verdict was given without a look at its note."""

    verdict_id: int
    base_id: int
    """Number of the verdict whose detectors looked at the note."""
    before_id: int
    """Number of the verdict that it takes the place of."""
    cause: str
    by: str
    """`system`, or who decided."""
    truth_id: int | None

    def to_json(self) -> dict[str, Any]:
        """JSON as in `moderation register history`."""
        return {
            "cause": self.cause,
            "by": self.by,
            "base_id": self.base_id,
            "before_id": self.before_id,
            "truth_id": self.truth_id,
        }

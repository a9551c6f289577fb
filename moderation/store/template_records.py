"""What the register says of pictures that are, or may be, free to show; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ProposalState(StrEnum):
    """Where a template proposal stands; stored strings."""

    PROPOSED = "proposed"
    """A person has to decide."""
    ACCEPTED = "accepted"
    """The work is exempt until its date."""
    REJECTED = "rejected"
    """The work stays protected, however many show it."""
    CONTESTED = "contested"
    """Outside proof ended the exemption; a person has to decide again."""


class Ground(StrEnum):
    """What a proposal rests on; stored strings."""

    SHOWINGS = "showings"
    """Unrelated authors whose showings stand: one more showing accuses nobody."""
    ATTEMPTS = "attempts"
    """Unrelated authors whose copies were held or blocked: the work is protected as before."""
    EXEMPTION = "exemption"
    """The work was exempt, and outside proof came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A work that may be a template."""

    work_id: int
    state: ProposalState
    ground: Ground
    authors: int
    """Unrelated authors when it was proposed."""
    proposed_at: datetime
    decided_at: datetime | None = None
    """Of a proposal made again: when it was rejected."""
    decided_by: str | None = None
    reason: str | None = None

    @property
    def was_rejected(self) -> bool:
        """True where a person protected the work, and no person has freed it since."""
        again = self.state is ProposalState.PROPOSED and self.decided_at is not None
        return again or self.state is ProposalState.REJECTED

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register templates list --json` writes it."""
        return {
            "work_id": self.work_id,
            "state": self.state.value,
            "ground": self.ground.value,
            "authors": self.authors,
            "proposed_at": self.proposed_at.isoformat(),
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            "decided_by": self.decided_by,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBy:
    """One showing of a work, or one attempt at it."""

    author_id: str
    at: datetime
    note_id: str
    linked_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBankEntry:
    """One picture of a bank, to be recorded."""

    bank: str
    """Name of the list."""
    picture_id: int
    """The bank's own picture in the register."""
    title: str
    """What people call it, as the name of its file."""
    reason: str
    until: datetime | None
    """End, excluded; None for no end."""
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BankEntry(NewBankEntry):
    """One picture of a bank: free to show until its end."""

    entry_id: int
    works: tuple[int, ...] = ()
    """Works it frees: its own, and those that showed the same when it was added."""

    def holds(self, at: datetime) -> bool:
        """True where the picture is free to show at that time."""
        return self.until is None or at < self.until

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register bank show --json` writes it."""
        return {
            "entry_id": self.entry_id,
            "bank": self.bank,
            "title": self.title,
            "reason": self.reason,
            "until": self.until.isoformat() if self.until else None,
            "added_at": self.added_at.isoformat(),
            "added_by": self.added_by,
            "picture_id": self.picture_id,
            "works": list(self.works),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a person decided about pictures: who, when, what, why. Never changed."""

    action: str
    """As `template.accept` or `bank.add`."""
    subject: str
    """`work 12` or the name of a bank."""
    by: str
    """Who decided; empty where nobody said."""
    reason: str = ""
    detail: Mapping[str, str | int | None] = field(default_factory=dict)
    """Small facts, as the date until which it holds. Never an author's id."""
    at: datetime | None = None
    """None until it is recorded."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register templates history --json` writes it."""
        return {
            "at": self.at.isoformat() if self.at else None,
            "by": self.by,
            "action": self.action,
            "subject": self.subject,
            "reason": self.reason,
            "detail": dict(self.detail),
        }

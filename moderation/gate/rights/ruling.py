"""What a person decides about an appeal, and what came of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.errors import BadNote
from moderation.finding import FindingKind
from moderation.store import Appeal
from moderation.verdict import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Who showed the work first, as the appeal has proven."""

    author_id: str
    at: datetime
    proof: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """What a person decides about an appeal.

    Raises:
        BadNote: nobody decides, or what is said of a verdict that stands contradicts itself.
    """

    overturned: bool
    by: str
    reason: str = ""
    findings: tuple[FindingKind, ...] = ()
    """Kinds of findings that are not so; empty for all that the verdict rests on."""
    first: First | None = None
    """The match is right, and this author was first."""
    licensed: bool = False
    """The match is right, and who appeals holds a licence."""
    proof: str = ""
    """Reference of the licence."""

    def __post_init__(self) -> None:
        if not self.by:
            raise BadNote("nobody is named who decides", hint="give `by`")
        if not self.overturned and (self.findings or self.first or self.licensed):
            raise BadNote(
                "a verdict that stands has neither mistakes nor another first",
                hint="say `overturned`, or leave findings, first and licence out",
            )

    @property
    def is_of_rights(self) -> bool:
        """The match is right; who may show it was not."""
        return self.first is not None or self.licensed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """An appeal that a person has decided."""

    appeal: Appeal
    verdict_id: int
    """The verdict that stands now."""
    before: Decision
    after: Decision
    review_id: int
    others: int = 0
    """Other notes with the very same file that were put right with it."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP."""
        return {
            "appeal_id": f"a_{self.appeal.appeal_id}",
            "note_id": self.appeal.note_id,
            "state": self.appeal.state.value,
            "verdict_id": f"v_{self.verdict_id}",
            "before": self.before.value,
            "after": self.after.value,
            "review_id": self.review_id,
            "others": self.others,
        }

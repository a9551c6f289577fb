"""What readers say of notes, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderation.errors import BadNote
from moderation.note import MAX_ID_CHARS
from moderation.store.review_records import (
    check_moment,
    check_text,
    time_from_json,
    word_of,
)

MAX_WORDS_CHARS = 500
MOST_REPORTS = 200
"""Kept of one case: more than anybody reads."""
CODE = "report."
"""Before the reason, where a case has the code of its strongest one."""


class ReportReason(StrEnum):
    """What a reader says is wrong; stored strings."""

    COPY = "copy"
    """It is somebody else's."""
    HIDDEN_AD = "hidden_ad"
    """It sells, and does not say so."""
    CONTACT = "contact"
    """It leads readers away from the platform."""
    OTHER = "other"
    """What the words say."""

    @property
    def rank(self) -> int:
        """How urgent a case is that it opens, as `Case.rank`: 200 for a copy to 800 for the rest.

        By who is hurt while nobody looks: of a copy somebody who has not asked for it, outside of
        the platform readers whom nobody there protects, by an advertisement readers who are misled;
        `other` may be anything. How many say so does not count, nor does who they are.
        """
        order = (ReportReason.COPY, ReportReason.CONTACT, ReportReason.HIDDEN_AD)
        return 200 * (1 + (order.index(self) if self in order else len(order)))

    @property
    def code(self) -> str:
        """As the reason of a case: `report.copy`."""
        return f"{CODE}{self.value}"


class ReportOutcome(StrEnum):
    """What became of a report; wire strings. For the platform, not for the reader."""

    OPENED = "opened"
    """Nobody was asked about the note: now a person is."""
    ADDED = "added"
    """A person is asked already, and sees this, too."""
    KNOWN = "known"
    """The reader had reported it, and the later words count; or no more are kept."""
    ANSWERED = "answered"
    """A person has looked at this revision for this reason; or it is blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReport:
    """A reader reports a note.

    Raises:
        BadNote: a word is unknown, a text is too long, unstorable, or missing where it is needed.
    """

    note_id: str
    reader_id: str
    """In the platform's words. Only a keyed pseudonym is kept."""
    reason: ReportReason
    words: str = ""
    """The reader's; at most `MAX_WORDS_CHARS` code points. Needed where the reason says nothing."""
    at: datetime | None = None
    """When it was reported, aware; None for now."""

    def __post_init__(self) -> None:
        check_text(self.note_id, "note_id", MAX_ID_CHARS, needed=True)
        check_text(self.reader_id, "reader_id", MAX_ID_CHARS, needed=True)
        object.__setattr__(self, "reason", word_of(ReportReason, self.reason, "reason"))
        check_text(self.words, "words", MAX_WORDS_CHARS)
        object.__setattr__(self, "words", self.words.strip())
        check_moment(self.at)
        if self.reason is ReportReason.OTHER and not self.words:
            raise BadNote(
                "a report for another reason needs words, got 0 characters",
                hint="say in `words` what is wrong with the note",
            )

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> NewReport:
        """Read a report as `moderation review report --from` takes it.

        Args:
            row: fields as above; others are ignored.

        Raises:
            BadNote: a field is missing or wrong; the message names it.
        """
        for name in ("note_id", "reader_id", "reason"):
            if row.get(name) is None:
                raise BadNote(f"`{name}` is missing", hint=f"add `{name}` to the line")
        return cls(
            note_id=row["note_id"],
            reader_id=row["reader_id"],
            reason=row["reason"],
            words="" if row.get("words") is None else row["words"],
            at=time_from_json(row.get("at")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersSay:
    """What different readers say of one note for one reason; none of them is named."""

    reason: ReportReason
    readers: int
    words: tuple[str, ...]
    """Of those who wrote any, the first first."""

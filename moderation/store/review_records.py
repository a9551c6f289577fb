"""What a person answers to a verdict, as plain values. None of these holds a word of the note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from moderation.errors import BadNote
from moderation.finding import FindingKind
from moderation.note import MAX_ID_CHARS
from moderation.verdict import Decision

MAX_REASON_CHARS = 500
"""A sentence or two; a copy of the note has no place there."""
INTENTS = ("N0", "N1", "C1", "C2", "C3")
DISCLOSURES = ("none_needed", "clear", "buried", "denied", "absent")
"""Both as a reading of a text has them; the register knows no reader, so they stand here too."""
_SKEW = timedelta(minutes=5)
"""By how much clocks of two machines may differ."""
_LARGEST_NUMBER = 2**63 - 1

Word = TypeVar("Word", bound=StrEnum)


class Answer(StrEnum):
    """What a person says of a verdict or of one of its findings; stored strings."""

    CONFIRMED = "confirmed"
    """So it is."""
    OVERTURNED = "overturned"
    """It is not so. A rule that is too strict is another matter: that is for the policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A person's answer to a verdict, to be recorded.

    Raises:
        BadNote: nothing was answered, a word is unknown, or a text is too long or unstorable.
    """

    note_id: str
    by: str
    """Who answers: the moderator's id."""
    answer: Answer | None = None
    """To the verdict as a whole: to every finding that it rests on and that has no own answer."""
    findings: Mapping[FindingKind, Answer] = field(default_factory=dict)
    """To kinds of findings."""
    intent: str | None = None
    """What the text wants, one of `INTENTS`; None where the person does not say."""
    disclosure: str | None = None
    """One of `DISCLOSURES`; None where the person does not say."""
    reason: str = ""
    """Why, in a sentence; at most `MAX_REASON_CHARS` code points."""
    settles: bool = False
    """Ends a disagreement: what others answered before no longer counts, as after an appeal."""
    at: datetime | None = None
    """When it was answered, aware; None for now."""
    verdict_id: int | None = None
    """Number of the verdict in the audit; None for the last one on the note."""

    def __post_init__(self) -> None:
        check_text(self.note_id, "note_id", MAX_ID_CHARS, needed=True)
        check_text(self.by, "by", MAX_ID_CHARS, needed=True)
        check_text(self.reason, "reason", MAX_REASON_CHARS)
        if self.answer is not None:
            object.__setattr__(self, "answer", word_of(Answer, self.answer, "answer"))
        if not isinstance(self.findings, Mapping):
            raise _wrong_type("findings", "an object of kind and answer", self.findings)
        answered = {
            word_of(FindingKind, kind, "findings"): word_of(Answer, answer, "findings")
            for kind, answer in self.findings.items()
        }
        object.__setattr__(self, "findings", answered)
        _label(self.intent, "intent", INTENTS)
        _label(self.disclosure, "disclosure", DISCLOSURES)
        if not isinstance(self.settles, bool):
            raise _wrong_type("settles", "true or false", self.settles)
        if self.answer is None and not answered:
            raise BadNote(
                "neither the verdict nor a finding is answered",
                hint="say `confirmed` or `overturned` in `answer` or `findings`",
            )
        number = self.verdict_id
        if number is not None and (type(number) is not int or not 0 < number <= _LARGEST_NUMBER):
            raise BadNote(
                f"`verdict_id` {number!r:.40} is not the number of a verdict",
                hint="take it from `moderation register history`, or leave it out",
            )
        check_moment(self.at)

    @classmethod
    def from_json(cls, row: Mapping[str, Any], *, by: str = "") -> NewReview:
        """Read an answer as `moderation review record --from` takes it.

        Args:
            row: fields as above; others are ignored.
            by: who answers, where the row does not say.

        Raises:
            BadNote: a field is missing or wrong; the message names it.
        """
        if row.get("note_id") is None:
            raise BadNote("`note_id` is missing", hint="add `note_id` to the line")
        return cls(
            note_id=row["note_id"],
            by=by if row.get("by") is None else row["by"],
            answer=row.get("answer"),
            findings={} if row.get("findings") is None else row["findings"],
            intent=row.get("intent"),
            disclosure=row.get("disclosure"),
            reason="" if row.get("reason") is None else row["reason"],
            settles=False if row.get("settles") is None else row["settles"],
            at=time_from_json(row.get("at")),
            verdict_id=row.get("verdict_id"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's answer in the register, and what it answers. Never changed."""

    review_id: int
    """Rises in order of recording; never given to another."""
    verdict_id: int
    note_id: str
    revision: int
    """Of the note as it was judged."""
    author_id: str
    note_digest: str
    """`sha256:…` of the note as it was judged."""
    text_digest: str | None
    """`sha256:…` of its title, text and tags; None for verdicts from before it was kept."""
    decision: Decision
    """What the gate had decided."""
    policy_digest: str
    detectors: Mapping[str, str]
    """Detector → version, as in the verdict."""
    at: datetime
    by: str
    answer: Answer | None
    findings: Mapping[FindingKind, Answer]
    intent: str | None
    disclosure: str | None
    reason: str
    settles: bool

    @property
    def about(self) -> tuple[str, str]:
        """Note and words: answers with the same belong together."""
        return self.note_id, self.text_digest or self.note_digest

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation review list --json` writes it."""
        return {
            "review_id": self.review_id,
            "note_id": self.note_id,
            "verdict_id": self.verdict_id,
            "revision": self.revision,
            "author_id": self.author_id,
            "note_digest": self.note_digest,
            "text_digest": self.text_digest,
            "decision": self.decision.value,
            "policy_digest": self.policy_digest,
            "detectors": dict(self.detectors),
            "at": self.at.isoformat(),
            "by": self.by,
            "answer": self.answer.value if self.answer else None,
            "findings": {kind.value: answer.value for kind, answer in self.findings.items()},
            "intent": self.intent,
            "disclosure": self.disclosure,
            "reason": self.reason,
            "settles": self.settles,
        }


def check_text(value: object, name: str, limit: int, *, needed: bool = False) -> None:
    """Refuse what is no text, is empty where it may not be, is too long, or cannot be stored.

    Raises:
        BadNote: the message names the field.
    """
    if not isinstance(value, str):
        raise _wrong_type(name, "a string", value)
    if needed and not value:
        raise BadNote(f"`{name}` is empty", hint=f"give `{name}`")
    if len(value) > limit:
        raise BadNote(
            f"`{name}` has {len(value):,} characters, limit {limit:,}", hint=f"shorten `{name}`"
        )
    try:
        storable = b"\0" not in value.encode()
    except UnicodeEncodeError:
        storable = False
    if not storable:
        raise BadNote(
            f"`{name}` {value!a:.60} holds a NUL or a lone surrogate, which cannot be stored",
            hint="send valid Unicode without control characters",
        )


def word_of(words: type[Word], value: object, name: str) -> Word:
    """One of a closed list of words.

    Raises:
        BadNote: it is none of them.
    """
    if not isinstance(value, str):
        raise _wrong_type(name, "words", value)
    try:
        return words(value)
    except ValueError:
        known = ", ".join(f"`{word}`" for word in words)
        raise BadNote(f"unknown word {value!a:.60} in `{name}`", hint=f"use one of {known}") from (
            None
        )


def _label(value: object, name: str, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        told = ", ".join(f"`{word}`" for word in known)
        raise BadNote(f"unknown `{name}` {value!a:.60}", hint=f"use one of {told}")


def check_moment(at: object) -> None:
    """Refuse what is no aware time, or still to come; None is now.

    Raises:
        BadNote: as said.
    """
    if at is None:
        return
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise BadNote(
            f"`at` {at!s:.60} is no time with a time zone",
            hint="write it as 2026-11-21T08:00:00Z",
        )
    if at > datetime.now(UTC) + _SKEW:
        raise BadNote(f"`at` {at.isoformat()} is still to come", hint="correct the time")


def time_from_json(value: object) -> datetime | None:
    """A time as JSON has it; None where there is none.

    Raises:
        BadNote: it is none.
    """
    if value is None:
        return None
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise BadNote(
        f"`at` {value!a:.60} is not a date and time", hint="write it as 2026-11-21T08:00:00Z"
    )


def _wrong_type(name: str, wanted: str, got: object) -> BadNote:
    return BadNote(f"`{name}` must be {wanted}, got {type(got).__name__}", hint=f"correct `{name}`")

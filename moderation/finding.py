"""Finding: something a moderator may care about, with its proof.

What the detector saw (`raw_score`), what it concluded (`score`) and why the two
differ (`difference`) are three fields. A copy by the same author is still seen
as a copy: it is a finding with `raw_score` 0.99, `score` 0 and the difference
`same_author`, so that a person can check the exemption too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from moderation.boxes import Box, rounded
from moderation.match import Match


class FindingKind(StrEnum):
    """Wire strings; never changed once released."""

    IMAGE_COPY = "image.copy"
    IMAGE_COPY_PARTIAL = "image.copy_partial"
    IMAGE_WATERMARK_OF_OTHER = "image.watermark_of_other"
    IMAGE_TEMPLATE = "image.template"
    IMAGE_UNDECODABLE = "image.undecodable"
    IMAGE_AI_GENERATED_UNDECLARED = "image.ai_generated_undeclared"
    IMAGE_QR = "image.qr"
    TEXT_HARD_SELL = "text.hard_sell"
    TEXT_SOFT_AD_UNDISCLOSED = "text.soft_ad_undisclosed"
    TEXT_DISCLOSURE_BURIED = "text.disclosure_buried"
    TEXT_DIVERSION_CONTACT = "text.diversion.contact"
    TEXT_DIVERSION_PLATFORM = "text.diversion.platform"
    TEXT_DIVERSION_PROFILE = "text.diversion.profile"
    TEXT_DIVERSION_SOLICIT = "text.diversion.solicit"
    TEXT_DIVERSION_GROUP = "text.diversion.group"
    TEXT_CLAIM_SUPERLATIVE = "text.claim_superlative"
    TEXT_CLAIM_MEDICAL = "text.claim_medical"
    TEXT_TEMPLATE_TWIN = "text.template_twin"


class Cause(StrEnum):
    """Why a detector could not answer; the policy has a fallback for each."""

    ERROR = "error"
    TIMEOUT = "timeout"
    OVERLOAD = "overload"


class Difference(StrEnum):
    """Why a finding's `score` is not its `raw_score`."""

    SAME_AUTHOR = "same_author"
    LINKED_ACCOUNT = "linked_account"
    LICENSED = "licensed"
    PUBLISHED_EARLIER = "published_earlier"
    """The note under check is the earlier one; the register's picture may be the copy."""
    EXEMPT_TEMPLATE = "exempt_template"
    WIDELY_SHOWN = "widely_shown"
    """Many unrelated authors showed it before; a person decides whether it is a template."""
    SHARED_TEXT = "shared_text"
    """Several unrelated authors published these words before: a challenge, a brief, a quotation."""
    UNVERIFIED = "unverified"
    """Only a hash was there to compare; the score is capped below any block."""
    DISCLOSED = "disclosed"
    """Commercial, and clearly said to be."""
    DECLARED = "declared"
    """Made with AI, and the note says so."""
    OWN_HANDLE = "own_handle"
    """The watermark names the author's own account."""
    HANDLE_NOT_COMPARABLE = "handle_not_comparable"
    """A watermark was read, but not which accounts are the author's own: told, not weighed."""
    OVERTURNED = "overturned"
    """A person looked, and it is not so."""
    READ_IN_PICTURE = "read_in_picture"
    """Only a picture says so: letters are misread, and pictures show other people's words, too;
    the score is capped below any block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of the author's text or of a picture's; offsets count code points of the ORIGINAL."""

    code: str
    """Violation `V1`–`V10` of the label guide, or a signal's name."""
    field: str
    """`title`, `text`, `tags[i]`, `image[i].ocr` or `image[i].qr`."""
    start: int
    end: int
    text: str
    """The original characters from `start` to `end`."""
    normalised: str = ""
    """How the normaliser read them."""
    box: Box | None = None
    """Left, top, right, bottom in fractions of the picture that `field` names; None elsewhere."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts, CLI and HTTP; `box` only where there is one, to four digits."""
        row: dict[str, Any] = {
            "code": self.code,
            "field": self.field,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "normalised": self.normalised,
        }
        return row if self.box is None else row | {"box": list(rounded(self.box))}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Span:
        """Inverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError: the row is none of ours.
        """
        names = [name for name in cls.__dataclass_fields__ if name != "box"]
        box = None
        if row.get("box") is not None:
            left, top, right, bottom = map(float, row["box"])
            box = (left, top, right, bottom)
        return cls(**{name: row[name] for name in names}, box=box)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason to look at a note; the policy decides what it leads to."""

    kind: FindingKind
    score: float
    """Final, calibrated 0–1. The only number the policy compares with its thresholds."""
    raw_score: float
    """What the detector said before claims, licences and disclosure were considered."""
    difference: Difference | None = None
    """Why `score` is not `raw_score`; None where they are equal."""
    image_number: int | None = None
    """Picture concerned, from 0; None for text."""
    match: Match | None = None
    """Proof of a copy."""
    spans: tuple[Span, ...] = ()
    """Proof in the text."""
    detail: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Small facts for the explanation: `holder`, `claimed_at`, `disclosure`, …"""
    detector: str
    """Name and version of the detector, as `copies@1`."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts, CLI and HTTP."""
        return {
            "kind": self.kind.value,
            "score": round(self.score, 4),
            "raw_score": round(self.raw_score, 4),
            "difference": self.difference.value if self.difference else None,
            "image_number": self.image_number,
            "match": self.match.to_json() if self.match else None,
            "spans": [span.to_json() for span in self.spans],
            "detail": dict(self.detail),
            "detector": self.detector,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Finding:
        """Inverse of `to_json`, up to rounding."""
        return cls(
            kind=FindingKind(row["kind"]),
            score=row["score"],
            raw_score=row["raw_score"],
            difference=Difference(row["difference"]) if row["difference"] else None,
            image_number=row["image_number"],
            match=Match.from_json(row["match"]) if row["match"] else None,
            spans=tuple(Span.from_json(span) for span in row["spans"]),
            detail=dict(row["detail"]),
            detector=row["detector"],
        )


class Unseen(StrEnum):
    """What may be left out of one picture; wire strings."""

    PARTS = "parts"
    """Parts worth a look, beyond the number that is looked up."""
    SMALL_PARTS = "small_parts"
    """Cells of a collage that are too small to be looked up by themselves. Those seen are the
    parts that were looked up."""
    WORKS = "works"
    """Registered works that may well be shown, beyond the number that is compared."""
    LINES = "lines"
    """Lines of writing beyond the number that is read; the largest are."""
    CODES = "codes"
    """QR and bar codes that stand there and could not be read, or are beyond the number that is
    kept; those that lead elsewhere are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """What a detector left out to stay within its time; a normal photograph has none of it."""

    image_number: int
    """Picture concerned, from 0."""
    what: Unseen
    looked_at: int
    left_out: int

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts, CLI and HTTP."""
        return {
            "image_number": self.image_number,
            "what": self.what.value,
            "looked_at": self.looked_at,
            "left_out": self.left_out,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Skipped:
        """Inverse of `to_json`."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"what": Unseen(row["what"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFailure:
    """One item of a batch, or one part of a note, that could not be judged."""

    code: str
    """Slug of the error, as `unreadable_image`."""
    message: str
    hint: str
    detector: str = ""
    """Detector that could not answer, as `copies`; empty for a bad line of a batch."""
    cause: Cause = Cause.ERROR
    note_id: str = ""
    """Empty where the line did not even hold an id."""
    line: int | None = None
    """Line or row of the input, from 1."""
    image_number: int | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON as in batch output; `"failed": true` tells it from a verdict."""
        return {
            "failed": True,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "detector": self.detector,
            "cause": self.cause.value,
            "note_id": self.note_id,
            "line": self.line,
            "image_number": self.image_number,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ItemFailure:
        """Inverse of `to_json`."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"cause": Cause(row["cause"])})

"""Provenance: what a picture's own file says of where it came from. Values only.

Nothing here is a proof by itself. Metadata is what somebody wrote into a file, and most pictures
carry none: platforms strip it. So the record only ever says what is there, in which place, and
whether a signature covers it; that something is absent says nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderation.printable import printable


class Answer(StrEnum):
    """What became of the question after content credentials (C2PA); wire strings."""

    VERIFIED = "verified"
    """Signed, unchanged since, and the signer stands on the operator's list of trusted ones."""
    UNTRUSTED = "untrusted"
    """Signed and unchanged since, by a signer nobody vouches for: anybody can make such a
    certificate, so this proves that the file was not edited, and not by whom it was made."""
    INVALID = "invalid"
    """The seal is broken: pixels or credential were changed after signing, or it cannot be read."""
    ABSENT = "absent"
    """No credential in the file. The usual case, and no reproach."""
    ELSEWHERE = "elsewhere"
    """The file names an address for its credential; addresses are never fetched."""
    NOT_READ = "not_read"
    """There is one, and the extra that reads it is not installed."""


class Place(StrEnum):
    """Where in a file something was said; wire strings."""

    CREDENTIAL = "c2pa"
    XMP = "xmp"
    EXIF = "exif"
    PNG_TEXT = "png_text"


class Strength(StrEnum):
    """How plainly a mark speaks of AI; wire strings."""

    GENERATED = "generated"
    """Made by a trained model."""
    COMPOSITE = "composite"
    """Parts were made by a trained model."""
    POSSIBLE = "possible"
    """Label 2 of GB 45438-2025: whoever published it said so, the file did not."""
    SUSPECTED = "suspected"
    """Label 3 of GB 45438-2025: another platform saw traces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AiMark:
    """One statement in the file that AI made the picture or parts of it."""

    place: Place
    said: str
    """As written: `trainedAlgorithmicMedia`, `Label 1`."""
    strength: Strength
    signed: Answer = Answer.ABSENT
    """Whether a signature covers it; only credentials can have one."""
    producer: str = ""
    """Who made or signed it, as the file says."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation inspect` writes it."""
        return {
            "place": self.place.value,
            "said": self.said,
            "strength": self.strength.value,
            "signed": self.signed.value,
            "producer": self.producer,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraRecord:
    """What EXIF says; position and serial numbers are left where they are, on purpose."""

    make: str = ""
    model: str = ""
    taken_at: str = ""
    """ISO 8601; with an offset only where the camera wrote one."""
    software: str = ""
    artist: str = ""
    copyright: str = ""

    def to_json(self) -> dict[str, str]:
        """The fields that say something."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """Answer of the content credentials."""

    answer: Answer
    reason: str = ""
    """Why it is invalid, or where it is."""
    signer: str = ""
    issuer: str = ""
    """Organisation of the certificate."""
    signed_at: datetime | None = None
    """Only where a trusted authority stamped the time."""
    generator: str = ""
    """Program or camera that wrote the credential, as it calls itself."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation inspect` writes it."""
        return {
            "answer": self.answer.value,
            "reason": self.reason,
            "signer": self.signer,
            "issuer": self.issuer,
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "generator": self.generator,
        }


NO_CREDENTIAL = Credential(answer=Answer.ABSENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """All that a file says of its origin; everything absent for bare pixels."""

    credential: Credential = NO_CREDENTIAL
    camera: CameraRecord | None = None
    marks: tuple[AiMark, ...] = ()
    """Strongest first."""
    creator_tool: str = ""
    """Program named in XMP."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """Place → why it could not be read. Never a reason to refuse the picture."""

    def evidence(self) -> dict[str, str]:
        """Small facts for a moderator who weighs a claim; empty where the file says nothing."""
        found: dict[str, str] = {}
        if self.credential.answer is not Answer.ABSENT:
            found["credential"] = self.credential.answer.value
        if self.credential.answer in (Answer.VERIFIED, Answer.UNTRUSTED):
            found["signer"] = self.credential.signer
            if self.credential.signed_at is not None:
                found["signed_at"] = self.credential.signed_at.isoformat()
        if self.camera is not None:
            found["camera"] = " ".join(filter(None, (self.camera.make, self.camera.model)))
            found["taken_at"] = self.camera.taken_at
        return {name: value for name, value in found.items() if value}

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation inspect` writes it."""
        return {
            "credential": self.credential.to_json(),
            "camera": self.camera.to_json() if self.camera else None,
            "ai_marks": [mark.to_json() for mark in self.marks],
            "creator_tool": self.creator_tool,
            "faults": dict(self.faults),
        }


NOTHING_SAID = Provenance()


def clean(value: object, most: int = 200) -> str:
    """Text from a file, fit for a terminal: one line, printable, short."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return printable(value, most)

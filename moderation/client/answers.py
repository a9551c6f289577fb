"""What the service answers to calls other than a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledHold:
    """A hold after `commit` or `abort`."""

    note_id: str
    revision: int
    verdict_id: str
    state: str
    """`committed` or `aborted`."""
    settled_at: datetime | None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            note_id=str(row["note_id"]),
            revision=int(row["revision"]),
            verdict_id=str(row["verdict_id"]),
            state=str(row["state"]),
            settled_at=_time(row["settled_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """Receipt: proof that a note or an author was forgotten, without naming it."""

    receipt_id: int
    at: datetime
    counts: Mapping[str, int]
    """What was erased, by kind."""
    digest: str

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            receipt_id=int(row["receipt_id"]),
            at=datetime.fromisoformat(row["at"]),
            counts={str(what): int(n) for what, n in row["counts"].items()},
            digest=str(row["digest"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed:
    """An appeal that waits for a person."""

    appeal_id: str
    verdict_id: str
    at: datetime
    state: str
    """`open`, `upheld` or `overturned`."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            appeal_id=str(row["appeal_id"]),
            verdict_id=str(row["verdict_id"]),
            at=datetime.fromisoformat(row["at"]),
            state=str(row["state"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedProof:
    """A proof that stands with an appeal."""

    appeal_id: str
    proof_id: int
    kind: str
    """`file` or `link`."""
    name: str
    """Of a file its name; of a link all of it."""
    at: datetime
    sha256: str | None
    """Hex digest of the file."""
    facts: Mapping[str, Any]
    """What the file says and shows, as in the service's contract; empty for a link."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            appeal_id=str(row["appeal_id"]),
            proof_id=int(row["proof_id"]),
            kind=str(row["kind"]),
            name=str(row["name"]),
            at=datetime.fromisoformat(row["at"]),
            sha256=None if row["sha256"] is None else str(row["sha256"]),
            facts=dict(row["facts"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What became of a reader's report. For the platform; the reader is told that it has come."""

    note_id: str
    outcome: str
    """`opened`, `added`, `known` or `answered`."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(note_id=str(row["note_id"]), outcome=str(row["outcome"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedReason:
    """One reason of a verdict, in words for the author."""

    code: str
    title: str
    words: str
    mend: tuple[str, ...]
    """What the author can do, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterVerdict:
    """The verdict that stands on a note in place of another one."""

    verdict_id: str
    decision: str
    at: datetime
    words: str
    """For the author, in a sentence."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            verdict_id=str(row["verdict_id"]),
            decision=str(row["decision"]),
            at=datetime.fromisoformat(row["at"]),
            words=str(row["words"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What the author is told of a verdict."""

    verdict_id: str
    decision: str
    lang: str
    heading: str
    message: str
    """All of it in a few sentences, for a notice in the app."""
    reasons: tuple[ExplainedReason, ...]
    """Strongest first."""
    appeal: Mapping[str, Any]
    """`allowed`, `until`, `words`, and what `helps`."""
    later: LaterVerdict | None = None
    """What took the place of the verdict, if it no longer stands."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            UNREADABLE: it is none.
        """
        return cls(
            verdict_id=str(row["verdict_id"]),
            decision=str(row["decision"]),
            lang=str(row["lang"]),
            heading=str(row["heading"]),
            message=str(row["message"]),
            reasons=tuple(
                ExplainedReason(
                    code=str(one["code"]),
                    title=str(one["title"]),
                    words=str(one["words"]),
                    mend=tuple(map(str, one["mend"])),
                )
                for one in row["reasons"]
            ),
            appeal=dict(row["appeal"]),
            later=LaterVerdict.from_json(row["later"]) if row.get("later") else None,
        )


def settled_holds(row: Mapping[str, Any]) -> tuple[SettledHold, ...]:
    """One for each author under the note's id; normally one.

    Raises:
        UNREADABLE: the answer is none.
    """
    return tuple(map(SettledHold.from_json, row["holds"]))


def _time(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)

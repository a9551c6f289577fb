"""Proofs: what authors send with an appeal, kept in small until a person has decided it.

Of a file its digest and what was read out of it stay; the file itself is never kept, and its
thumbnail goes when the appeal is settled. A link is text: nothing here or elsewhere opens it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, func, insert, select

from moderation.errors import AppealSettled, BadNote, UnknownSubject
from moderation.store.desk import opening
from moderation.store.desk.tables import APPEAL_PROOFS
from moderation.store.schema import portions
from moderation.store.service.appeals import AppealState
from moderation.store.service.connected import Connected, Writing
from moderation.store.service.tables import APPEALS

MOST_PROOFS = 8
"""Of one appeal."""


class ProofKind(StrEnum):
    """Stored strings."""

    FILE = "file"
    LINK = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofFacts:
    """A proof without its picture."""

    appeal_id: int
    kind: ProofKind
    name: str
    """Of a file its name, in the author's words; of a link all of it."""
    at: datetime
    sha256: str = ""
    """Hex digest of the file; empty for a link."""
    bytes: int = 0
    """Length of the file."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What was read out of the file, as `moderation.gate.rights.proofs` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProof(ProofFacts):
    """What an author sends with an appeal."""

    thumbnail: bytes | None = field(default=None, repr=False)
    """JPEG; None where the file is not opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof(ProofFacts):
    """A proof in the register."""

    proof_id: int
    has_thumbnail: bool

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP: facts, no pixels."""
        return {
            "proof_id": self.proof_id,
            "kind": self.kind.value,
            "name": self.name,
            "at": self.at.isoformat(),
            "sha256": self.sha256 or None,
            "bytes": self.bytes if self.kind is ProofKind.FILE else None,
            "facts": dict(self.facts),
        }


_SHOWN = (
    *(c for c in APPEAL_PROOFS.c if c is not APPEAL_PROOFS.c.thumbnail),
    APPEAL_PROOFS.c.thumbnail.is_not(None).label("has_thumbnail"),
)


class ProofReading(Connected):
    """Questions about proofs."""

    def proofs(self, appeal_ids: Iterable[int]) -> dict[int, list[Proof]]:
        """Of some appeals, in the order in which they came; every appeal asked for is there."""
        found: dict[int, list[Proof]] = {number: [] for number in appeal_ids}
        with self._connected() as connection:
            for some in portions(found):
                query = (
                    select(*_SHOWN)
                    .where(APPEAL_PROOFS.c.appeal_id.in_(some))
                    .order_by(APPEAL_PROOFS.c.proof_id)
                )
                for row in connection.execute(query):
                    found[row.appeal_id].append(_proof(row))
        return found

    def count_proofs(self, appeal_ids: Iterable[int]) -> dict[int, int]:
        """Appeal → how many proofs stand with it; appeals without any are absent."""
        counted: dict[int, int] = {}
        with self._connected() as connection:
            for some in portions(appeal_ids):
                query = (
                    select(APPEAL_PROOFS.c.appeal_id, func.count())
                    .where(APPEAL_PROOFS.c.appeal_id.in_(some))
                    .group_by(APPEAL_PROOFS.c.appeal_id)
                )
                counted |= {row[0]: row[1] for row in connection.execute(query)}
        return counted

    def proof_thumbnail(self, appeal_id: int, proof_id: int) -> bytes | None:
        """JPEG of an appeal's proof; None where there is none, or none any more."""
        if not 0 < proof_id < 2**63:  # more has no database a number for
            return None
        query = select(APPEAL_PROOFS.c.thumbnail).where(
            APPEAL_PROOFS.c.proof_id == proof_id, APPEAL_PROOFS.c.appeal_id == appeal_id
        )
        with self._connected() as connection:
            kept: bytes | None = connection.execute(query).scalar()
        return kept

    def room_for_proof(self, appeal_id: int) -> list[Proof]:
        """Make sure that an appeal can be given one more proof; returns those that it has.

        Raises:
            UnknownSubject: there is no such appeal.
            AppealSettled: it has been decided.
            BadNote: it has as many as it may have.
        """
        with self._connected() as connection:
            state = connection.execute(
                select(APPEALS.c.state).where(APPEALS.c.appeal_id == appeal_id)
            ).scalar()
        if state is None:
            raise UnknownSubject(
                f"there is no appeal `a_{appeal_id}`", hint="see `moderation review appeals`"
            )
        if state != AppealState.OPEN:
            raise AppealSettled(
                f"the appeal `a_{appeal_id}` is {state}, not open",
                hint="proof is taken only while an appeal waits; see `moderation review appeals`",
            )
        known = self.proofs([appeal_id])[appeal_id]
        if len(known) >= MOST_PROOFS:
            raise BadNote(
                f"the appeal `a_{appeal_id}` has {len(known)} proofs, limit {MOST_PROOFS}",
                hint="say the rest in the statement of another appeal",
            )
        return known


class ProofWriting(ProofReading, Writing):
    """What is written about proofs."""

    def add_proof(self, new: NewProof) -> tuple[Proof, bool]:
        """Take a proof; the same file or link of one appeal is taken once.

        Returns:
            The proof as it is kept, and whether it is new.

        Raises:
            UnknownSubject, AppealSettled, BadNote: as `room_for_proof`; `BadNote` also where a
                name holds a NUL or a lone surrogate.
        """
        same = same_proof(self.proofs([new.appeal_id])[new.appeal_id], new)
        if same is not None:
            return same, False
        self.room_for_proof(new.appeal_id)
        row = {name: getattr(new, name) for name in NewProof.__dataclass_fields__}
        row |= {"kind": new.kind.value, "facts": dict(new.facts)}
        number: int = self._connection.execute(
            insert(APPEAL_PROOFS).returning(APPEAL_PROOFS.c.proof_id), row
        ).scalar_one()
        opening.note_proof(self._connection, new.appeal_id, at=new.at)
        kept = {name: getattr(new, name) for name in ProofFacts.__dataclass_fields__}
        return Proof(**kept, proof_id=number, has_thumbnail=new.thumbnail is not None), True


def same_proof(known: Iterable[Proof], new: ProofFacts) -> Proof | None:
    """Of an appeal's proofs the one with the same file or link."""
    for one in known:
        if (one.kind, one.sha256) != (new.kind, new.sha256):
            continue
        if one.kind is ProofKind.FILE or one.name == new.name:
            return one
    return None


def _proof(row: Row[Any]) -> Proof:
    values = {name: getattr(row, name) for name in Proof.__dataclass_fields__}
    return Proof(**values | {"kind": ProofKind(row.kind)})

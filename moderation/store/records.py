"""What goes into the register and comes out of it, as plain values.

None of these holds pixels. Times are aware datetimes in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderation.note import Claim, Note
from moderation.verdict import Verdict


class LogOp(StrEnum):
    """What an entry of the log tells an index to do; stored strings."""

    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A fingerprint to register, with the note it comes from."""

    note_id: str
    revision: int
    image_number: int
    """Number of the picture in the note, from 0."""
    author_id: str
    """Empty where unknown."""
    published_at: datetime
    recipe: str
    """Name of the hash recipe, as `pdq256_v1`."""
    code: bytes = field(repr=False)
    """The hash, as packed bits."""
    quality: int
    """Quality metric of the hash, 0–100."""
    width: int
    """Of the upright picture, px; 0 where only a hash was imported."""
    height: int
    features: bytes = field(repr=False)
    """Local features; empty where only a hash is known, so that matches stay unverified."""
    sha256: str
    """Hex digest of the source; empty where only a hash was imported."""
    state: str
    """`registered` or `held`, see `moderation.verdict.Registration`."""
    descriptor: bytes | None = field(default=None, repr=False)
    """Copy descriptor, two bytes a dimension; None where only a hash is known."""
    descriptor_recipe: str | None = None
    """Name of the model that made the descriptor; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPicture(NewPicture):
    """A fingerprint in the register."""

    picture_id: int
    """Never given to another picture, not even after removal."""
    work_id: int
    first_revision: int | None = None
    """Revision that showed it first; None where it was registered before this was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCaption:
    """A caption to register, as hashes of its pieces. Holds no text, but is personal data."""

    note_id: str
    revision: int
    author_id: str
    """Empty where unknown."""
    published_at: datetime
    """Since when the note has these words."""
    recipe: str
    """How the hashes and keys were made, as `caption_minhash_v1`."""
    shingles: bytes = field(repr=False)
    """Hashes of its pieces, sorted uint32, little-endian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCaption(NewCaption):
    """A caption in the register."""

    caption_id: int
    """Rises in order of registration; never given to another caption."""
    linked_ids: tuple[str, ...] = ()
    """Accounts that the platform links with the author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One step of the log that indexes follow. Holds no personal data of its own."""

    seq: int
    op: LogOp
    picture_id: int
    recipe: str
    code: bytes | None = field(repr=False)
    """The hash to add; None for a removal, and for an addition whose picture is gone since."""
    features: bytes | None = field(repr=False)
    """Local features to add; None where `code` is, empty where only a hash is known."""
    descriptor: bytes | None = field(default=None, repr=False)
    """Copy descriptor to add; None where `code` is, and where the picture has none."""
    descriptor_recipe: str | None = None
    """Name of the model that made the descriptor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A group of pictures that show the same work, and who claims it."""

    work_id: int
    claims: tuple[Claim, ...]
    """By time, then in order of registration; `linked_ids` are filled in."""
    exempt_reason: str | None = None
    """Why copies of this work are allowed (a known template, a brand's asset); None if not."""
    exempt_until: datetime | None = None
    """End of the exemption; None for no end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStats:
    """How much the register holds."""

    notes: int
    pictures: int
    works: int
    claims: int
    authors: int
    verdicts: int
    last_seq: int
    unverified: int
    """Pictures without local features: copies of them can be suspected, not proven."""
    captions: int = 0
    """Of notes, as hashes of what they share with others; no text."""
    undescribed: int = 0
    """Pictures without a descriptor: they are found by hash and shared features alone."""
    reviews: int = 0
    """What people answered to verdicts, superseded answers included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One verdict as it was given, and on what."""

    verdict_id: int
    author_id: str
    note_digest: str
    """`sha256:…` of the note as it was judged."""
    decided_at: datetime
    verdict: Verdict
    """With raw and final scores; ids of forgotten subjects read `forgotten`."""
    text_digest: str | None = None
    """`sha256:…` of title, text and tags alone; None for verdicts from before it was kept."""
    completes: int | None = None
    """Number of the partial verdict that this one completes."""
    judged_as: JudgedAs | None = None
    """What the policy read of the note; None for verdicts from before it was kept."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in exports of the audit."""
        return {
            "verdict_id": self.verdict_id,
            "author_id": self.author_id,
            "note_digest": self.note_digest,
            "text_digest": self.text_digest,
            "decided_at": self.decided_at.isoformat(),
            "completes": self.completes,
            "verdict": self.verdict.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAs:
    """What a policy reads of a note beside its findings, and what tells notes apart in reports."""

    kind: str
    brand_partner: str | None
    lang: str | None
    published_at: datetime | None
    as_of: datetime | None
    """Instant whose rules applied; None for that of the decision."""

    @classmethod
    def of(cls, note: Note, *, as_of: datetime | None) -> JudgedAs:
        """Of a note as it is judged."""
        return cls(
            kind=note.kind.value,
            brand_partner=note.author.brand_partner,
            lang=note.lang,
            published_at=note.published_at,
            as_of=as_of,
        )

    def to_json(self) -> dict[str, Any]:
        """JSON as it is stored."""
        return {
            "kind": self.kind,
            "brand_partner": self.brand_partner,
            "lang": self.lang,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> JudgedAs:
        """Inverse of `to_json`."""
        published_at, as_of = (
            None if row[name] is None else datetime.fromisoformat(row[name])
            for name in ("published_at", "as_of")
        )
        return cls(
            kind=row["kind"],
            brand_partner=row["brand_partner"],
            lang=row["lang"],
            published_at=published_at,
            as_of=as_of,
        )


# Quotes within strings are escaped, so these are keys; and nothing within a verdict has the three.
_SILENCE = ',"reasons":[],"findings":[],"failures":[],'


@dataclass(frozen=True, slots=True, kw_only=True)
class LastVerdict:
    """The last verdict on a note, to be given again."""

    verdict_id: int
    author_id: str
    decided_at: datetime
    note_id: str
    text_digest: str | None
    """As of `AuditRow`."""
    policy_digest: str
    judged_as: JudgedAs | None
    """None for verdicts from before it was kept."""
    said: str
    """`Verdict.to_json` as the audit keeps it, not yet read: most verdicts found nothing."""

    @property
    def silent(self) -> bool:
        """True where it is plain, without reading it, that nothing was found, failed or said."""
        return _SILENCE in self.said

    def body(self) -> dict[str, Any]:
        """The verdict's JSON, read anew each time."""
        read: dict[str, Any] = json.loads(self.said)
        return read


class SubjectKind(StrEnum):
    """What can be forgotten; stored strings."""

    NOTE = "note"
    AUTHOR = "author"


class Reach(StrEnum):
    """Whether a place still holds what was forgotten; stored strings."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    """A command has to be run there; the receipt says which."""
    REPLAYED = "replayed"
    """It still holds the data; whoever restores it forgets again before anything is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Somewhere beside the register's own rows where a subject had left something."""

    kind: str
    """`index`, `disk`, `list`, `scan` or `backup`."""
    place: str
    """Path, as this machine names it."""
    state: Reach
    counts: Mapping[str, int] = field(default_factory=dict)
    at: datetime | None = None
    """Of a backup: when it was made."""
    hint: str = ""
    """What is left to do; empty where nothing is."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in a receipt."""
        return {
            "kind": self.kind,
            "place": self.place,
            "state": self.state.value,
            "counts": dict(self.counts),
            "at": self.at.isoformat() if self.at else None,
            "hint": self.hint,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Place:
        """Inverse of `to_json`."""
        at = row["at"]
        return cls(
            kind=row["kind"],
            place=row["place"],
            state=Reach(row["state"]),
            counts=dict(row["counts"]),
            at=datetime.fromisoformat(at) if at else None,
            hint=row["hint"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that a subject was forgotten, without naming it."""

    receipt_id: int
    at: datetime
    subject: SubjectKind
    counts: Mapping[str, int]
    """Rows by kind: `pictures`, `captions`, `claims`, `attempts`, `links`, `reviews`, `verdicts`,
    `submissions`, `holds`, `appeals`, `events` and `unfinished` deleted, `mentions` redacted."""
    register_seq: int
    """Last entry of the log afterwards; an index that has reached it knows the subject no more."""
    digest: str
    """`hmac-sha256:…` of the subject under the register's own secret; see `Register.receipts`."""
    places: tuple[Place, ...] = ()
    """Where else it was, and whether it is gone there."""
    done_at: datetime | None = None
    """When the last byte here was gone; None where a process died before: forget it again."""

    def to_json(self) -> dict[str, Any]:
        """JSON as in CLI and HTTP."""
        return {
            "receipt_id": self.receipt_id,
            "at": self.at.isoformat(),
            "subject": self.subject.value,
            "counts": dict(self.counts),
            "register_seq": self.register_seq,
            "digest": self.digest,
            "places": [place.to_json() for place in self.places],
            "done_at": self.done_at.isoformat() if self.done_at else None,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Receipt:
        """Inverse of `to_json`."""
        done_at = row["done_at"]
        return cls(
            receipt_id=row["receipt_id"],
            at=datetime.fromisoformat(row["at"]),
            subject=SubjectKind(row["subject"]),
            counts=dict(row["counts"]),
            register_seq=row["register_seq"],
            digest=row["digest"],
            places=tuple(Place.from_json(place) for place in row["places"]),
            done_at=datetime.fromisoformat(done_at) if done_at else None,
        )

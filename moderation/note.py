"""Note: what an author submits, and Claim: who registered which picture when.

Parsing is strict on meaning (ids, times, types, sizes) and lenient on extras:
unknown fields are ignored, so that a platform may send what it has.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from moderation.errors import BadNote
from moderation.picture_file import PictureFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_ID_CHARS = 256
MAX_TITLE_CHARS = 1_000
MAX_TEXT_CHARS = 200_000  # a note of the platform holds 1,000; ten times that again is hostile
MAX_TAGS = 200
MAX_TAG_CHARS = 200
MAX_LINKS = 200
MAX_LINK_CHARS = 4_000
MAX_IMAGES = 50  # the platform allows 18
MAX_LINKED_IDS = 1_000
MAX_HANDLES = 50


class NoteKind(StrEnum):
    """What the note is for; wire strings."""

    NOTE = "note"
    PRODUCT_NOTE = "product_note"
    LIVE_PREVIEW = "live_preview"


class ClaimBasis(StrEnum):
    """On what a claim to a picture rests; wire strings."""

    FIRST_SEEN = "first_seen"
    """The first in our register. Not a proof of authorship."""
    REGISTERED = "registered"
    """Imported with an archive, or declared original by a person."""
    LICENSED = "licensed"
    """May use the picture; does not make the holder first."""
    EXTERNAL_PROOF = "external_proof"
    """Proof from outside (original file, earlier publication); beats every date in the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who submits. There is no follower count here on purpose: fame never counts."""

    id: str
    """Id on the platform; empty means unknown, and nobody unknown is the same as another."""
    linked_ids: tuple[str, ...] = ()
    """Accounts of the same person or company, as the platform knows them."""
    declared_ad: bool = False
    """The author ticked "this is an advertisement" when submitting."""
    brand_partner: str | None = None
    """Brand of a declared partnership."""
    handles: tuple[str, ...] = ()
    """Account numbers and display names, here and elsewhere, that the platform knows to be the
    author's own: what a watermark may say. Empty means unknown."""

    def __post_init__(self) -> None:
        _id(self.id, "author.id")
        linked = _strings(self.linked_ids, "author.linked_ids", MAX_LINKED_IDS, MAX_ID_CHARS)
        for i, linked_id in enumerate(linked):
            _id(linked_id, f"author.linked_ids[{i}]")
        object.__setattr__(self, "linked_ids", linked)
        if not isinstance(self.declared_ad, bool):
            raise _wrong_type("author.declared_ad", "true or false", self.declared_ad)
        if self.brand_partner is not None:
            _text(self.brand_partner, "author.brand_partner", MAX_ID_CHARS)
        handles = _strings(self.handles, "author.handles", MAX_HANDLES, MAX_ID_CHARS)
        object.__setattr__(self, "handles", handles)

    def to_json(self) -> dict[str, Any]:
        """JSON as in a note."""
        row: dict[str, Any] = {
            "id": self.id,
            "linked_ids": list(self.linked_ids),
            "declared_ad": self.declared_ad,
            "brand_partner": self.brand_partner,
        }
        # Fields that came later stand there only where they say something: the digests of
        # notes judged before stay what the audit holds.
        return row | ({"handles": list(self.handles)} if self.handles else {})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoteImage:
    """One picture of a note: exactly one of path, bytes, pixels or file. Never a URL to fetch."""

    path: Path | str | None = None
    data: bytes | None = None
    array: NDArray[np.uint8] | None = None
    """uint8 [H, W, 3], RGB, upright."""
    sha256: str | None = None
    """Hex digest of the file; where given, other bytes are refused."""
    declared_ai: bool = False
    """The author said of this picture that AI made it or helped."""
    file: PictureFile | None = None
    """As archives in object stores give it; JSON has no word for it."""

    def __post_init__(self) -> None:
        given = [x is not None for x in (self.path, self.data, self.array, self.file)]
        if sum(given) != 1:
            raise BadNote(
                f"an image needs exactly one of `path`, `data` and `array`, got {sum(given)}",
                hint="give the picture once",
            )
        if self.path is not None:
            if not isinstance(self.path, str | Path):
                raise _wrong_type("images[].path", "a string", self.path)
            if "://" in str(self.path):
                raise BadNote(
                    "an image `path` is a URL, and URLs are never fetched",
                    hint="download the picture yourself and give its path or bytes",
                )
        if self.data is not None and not isinstance(self.data, bytes):
            raise _wrong_type("images[].data", "bytes", self.data)
        if self.array is not None and not hasattr(self.array, "tobytes"):
            raise _wrong_type("images[].array", "an array uint8 [H, W, 3]", self.array)
        if self.file is not None and not isinstance(self.file, PictureFile):
            raise _wrong_type("images[].file", "a file of an archive", self.file)
        if not isinstance(self.declared_ai, bool):
            raise _wrong_type("images[].declared_ai", "true or false", self.declared_ai)

    def to_json(self) -> dict[str, Any]:
        """JSON as in a note; bytes and pixels are named by digest, never embedded."""
        row: dict[str, Any] = {}
        if self.path is not None:
            row["path"] = str(self.path)
        if self.file is not None:
            row["path"] = self.file.path
        digest = self.sha256
        if digest is None and self.data is not None:
            digest = hashlib.sha256(self.data).hexdigest()
        if digest is None and self.array is not None:
            digest = hashlib.sha256(self.array.tobytes()).hexdigest()
        if digest is not None:
            row["sha256"] = digest
        if self.declared_ai:
            row["declared_ai"] = True
        return row


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Note:
    """What an author submits. Keyword only."""

    id: str
    author: Author = field(default_factory=lambda: UNKNOWN_AUTHOR)
    published_at: datetime | None = None
    """Aware; kept in UTC. None means the time at which the gate receives the note."""
    kind: NoteKind = NoteKind.NOTE
    title: str = ""
    text: str = ""
    tags: Sequence[str] = ()
    links: Sequence[str] = ()
    lang: str | None = None
    images: Sequence[NoteImage] = ()
    revision: int = 1
    declared_ai: bool = False
    """The author ticked "contains AI-generated content" when submitting."""

    def __post_init__(self) -> None:
        _id(self.id, "id")
        if not self.id:
            raise BadNote("`id` is empty", hint="give every note an id of its own")
        if not isinstance(self.author, Author):
            raise _wrong_type("author", "an `Author`", self.author)
        if self.published_at is not None:
            object.__setattr__(self, "published_at", _aware(self.published_at))
        object.__setattr__(self, "kind", _kind(self.kind))
        _text(self.title, "title", MAX_TITLE_CHARS)
        _text(self.text, "text", MAX_TEXT_CHARS)
        object.__setattr__(self, "tags", _strings(self.tags, "tags", MAX_TAGS, MAX_TAG_CHARS))
        object.__setattr__(self, "links", _strings(self.links, "links", MAX_LINKS, MAX_LINK_CHARS))
        if self.lang is not None:
            _text(self.lang, "lang", 35)  # longest tag of BCP 47 in practice
        object.__setattr__(self, "images", _pictures(self.images))
        if not isinstance(self.declared_ai, bool):
            raise _wrong_type("declared_ai", "true or false", self.declared_ai)
        if isinstance(self.revision, bool) or not isinstance(self.revision, int):
            raise _wrong_type("revision", "a whole number", self.revision)
        if not 1 <= self.revision < 2**31:
            raise BadNote(
                f"`revision` must lie in 1–2147483647, got {self.revision}",
                hint="count the edits of a note from 1",
            )

    @classmethod
    def from_json(cls, row: Mapping[str, Any], *, base: Path | None = None) -> Note:
        """Read a note as CLI and HTTP write it.

        `base` is the folder that relative image paths start from.

        Raises:
            BadNote: wrong type, missing field, bad date or too long; the message names the field.
        """
        if not isinstance(row, Mapping):
            raise _wrong_type("note", "an object", row)
        for name in ("id", "author", "published_at"):
            if row.get(name) is None:
                raise BadNote(f"`{name}` is missing", hint=f"add `{name}` to the note")
        author = row["author"]
        if not isinstance(author, Mapping):
            raise _wrong_type("author", "an object", author)
        if not author.get("id"):
            raise BadNote("`author.id` is missing", hint="add `author.id` to the note")
        return cls(
            id=row["id"],
            author=Author(
                id=author["id"],
                linked_ids=author.get("linked_ids") or (),
                declared_ad=author.get("declared_ad") or False,
                brand_partner=author.get("brand_partner"),
                handles=author.get("handles") or (),
            ),
            published_at=_time_from_json(row["published_at"]),
            kind=row.get("kind") or NoteKind.NOTE,
            title=row.get("title", ""),
            text=row.get("text", ""),
            tags=row.get("tags") or (),
            links=row.get("links") or (),
            lang=row.get("lang"),
            images=_images_from_json(row.get("images") or (), base),
            revision=row.get("revision", 1),
            declared_ai=_flag(row, "declared_ai"),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON as CLI and HTTP read it."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "title": self.title,
            "text": self.text,
            "tags": list(self.tags),
            "links": list(self.links),
            "lang": self.lang,
            "author": self.author.to_json(),
            "images": [image.to_json() for image in self.images],
            "revision": self.revision,
        } | ({"declared_ai": True} if self.declared_ai else {})

    def text_fields(self) -> tuple[tuple[str, str], ...]:
        """(field name, original text) of everything the author wrote, in reading order."""
        tags = ((f"tags[{i}]", tag) for i, tag in enumerate(self.tags))
        return (("title", self.title), ("text", self.text), *tags)

    def digest(self) -> str:
        """`sha256:…` over the note's JSON, for the audit log."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=True)
        return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()

    def text_digest(self) -> str:
        """`sha256:…` over title, text and tags alone: the same wherever the pictures lie."""
        written = json.dumps([self.title, self.text, list(self.tags)], ensure_ascii=True)
        return "sha256:" + hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who registered a work when, and on what basis. Never says theft or owner."""

    work_id: int
    """Group of pictures that show the same work."""
    author_id: str
    at: datetime
    """Publication time of the note, or the date that the proof shows (UTC)."""
    basis: ClaimBasis
    note_id: str = ""
    image_number: int = 0
    proof: str = ""
    """Reference of a licence or of outside proof, as text."""
    linked_ids: tuple[str, ...] = ()
    """Accounts that the platform links with the author."""


def _text(value: object, name: str, limit: int) -> None:
    if not isinstance(value, str):
        raise _wrong_type(name, "a string", value)
    if len(value) > limit:
        raise _too_long(name, len(value), limit, "characters")


def _id(value: object, name: str) -> None:
    _text(value, name, MAX_ID_CHARS)
    try:
        storable = b"\0" not in str(value).encode()
    except UnicodeEncodeError:
        storable = False
    if not storable:
        raise BadNote(
            f"`{name}` {value!a:.60} holds a NUL or a lone surrogate, which cannot be stored",
            hint="send ids as valid Unicode without control characters",
        )


def _strings(value: object, name: str, limit: int, limit_each: int) -> tuple[str, ...]:
    if not _is_list(value):
        raise _wrong_type(name, "a list of strings", value)
    if len(value) > limit:
        raise _too_long(name, len(value), limit, "entries")
    for i, entry in enumerate(value):
        _text(entry, f"{name}[{i}]", limit_each)
    return tuple(value)


def _pictures(value: object) -> tuple[NoteImage, ...]:
    if not _is_list(value):
        raise _wrong_type("images", "a list", value)
    if len(value) > MAX_IMAGES:
        raise _too_long("images", len(value), MAX_IMAGES, "pictures")
    for image in value:
        if not isinstance(image, NoteImage):
            raise _wrong_type("images[]", "a `NoteImage`", image)
    return tuple(value)


def _is_list(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _kind(value: object) -> NoteKind:
    try:
        return NoteKind(value)  # type: ignore[arg-type]
    except ValueError:
        known = ", ".join(f"`{kind}`" for kind in NoteKind)
        raise BadNote(f"unknown `kind` {value!r:.60}", hint=f"use one of {known}") from None


def _aware(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise _wrong_type("published_at", "a `datetime`", value)
    if value.tzinfo is None:
        raise BadNote(
            f"`published_at` {value.isoformat()} has no time zone",
            hint="add the offset, as in 2026-11-21T08:00:00Z",
        )
    try:
        return value.astimezone(UTC)
    except (OverflowError, ValueError):
        raise BadNote(
            f"`published_at` {value.isoformat()} is out of range", hint="check the year"
        ) from None


def _time_from_json(value: object) -> datetime:
    if not isinstance(value, str):
        raise _wrong_type("published_at", "a string", value)
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadNote(
            f"`published_at` {value!r:.60} is not a date and time",
            hint="write it as 2026-11-21T08:00:00Z (ISO 8601)",
        ) from None


def _images_from_json(rows: object, base: Path | None) -> tuple[NoteImage, ...]:
    if not _is_list(rows):
        raise _wrong_type("images", "a list", rows)
    images = []
    for i, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise _wrong_type(f"images[{i}]", "an object", row)
        path, data = row.get("path"), row.get("data")
        if path is not None and not isinstance(path, str):
            raise _wrong_type(f"images[{i}].path", "a string", path)
        if path is not None and base is not None and "://" not in path:
            path = base / path
        digest = row.get("sha256")
        if digest is not None and not isinstance(digest, str):
            raise _wrong_type(f"images[{i}].sha256", "a string", digest)
        declared = _flag(row, "declared_ai")
        images.append(NoteImage(path=path, data=data, sha256=digest, declared_ai=declared))
    return tuple(images)


def _flag(row: Mapping[str, Any], name: str) -> bool:
    """False where absent or null; what is neither true nor false is refused by the constructor."""
    value = row.get(name)
    return False if value is None else value


def _wrong_type(name: str, wanted: str, got: object) -> BadNote:
    return BadNote(
        f"`{name}` must be {wanted}, got {type(got).__name__}", hint=f"correct `{name}` in the note"
    )


def _too_long(name: str, got: int, limit: int, unit: str) -> BadNote:
    return BadNote(
        f"`{name}` has {got:,} {unit}, limit {limit:,}", hint=f"shorten `{name}` before submitting"
    )


UNKNOWN_AUTHOR: Author = Author(id="")

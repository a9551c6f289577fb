"""The tables, as the code sees them; `migrations/` holds the steps that make them.

Everything here is portable SQL. What only SQLite needs stands in `sqlite.py`,
apart from the table options, which other databases ignore.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from moderation.errors import BadNote

_KEYS_AT_ONCE = 300  # of up to three columns: SQLite before 3.32 takes 999 values at once
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits in both databases; STRICT tables of SQLite know only the word INTEGER."""


Key = TypeVar("Key", bound=Hashable)


class UtcTime(TypeDecorator[datetime]):
    """Aware datetimes as microseconds since 1970: exact, sortable, the same in every database."""

    impl = BIG
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime → microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise BadNote(
                f"time {value.isoformat()} has no time zone",
                hint="add the offset, as in 2026-11-21T08:00:00Z",
            )
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Microseconds → datetime in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class PlainText(TypeDecorator[str]):
    """Text that every database can hold: no NUL (PostgreSQL), no lone surrogate (UTF-8)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text itself, or `BadNote`."""
        if value is None:
            return None
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise _unstorable(value, f"a lone surrogate at {error.start}") from None
        if "\0" in value:
            raise _unstorable(value, f"a NUL at {value.index(chr(0))}")
        return value


class JsonText(TypeDecorator[Any]):
    """JSON as ASCII text, so that a lone surrogate in a quoted title survives as an escape."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Value → JSON; None is NULL."""
        if value is None:
            return None
        return json.dumps(value, ensure_ascii=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """JSON → value."""
        return None if value is None else json.loads(value)


def portions(keys: Iterable[Key]) -> Iterator[list[Key]]:
    """Distinct keys, in lists short enough for one `IN (…)`."""
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), _KEYS_AT_ONCE):
        yield distinct[start : start + _KEYS_AT_ONCE]


def _unstorable(value: str, what: str) -> BadNote:
    return BadNote(
        f"text {ascii(value)[:60]} holds {what}, which no database stores",
        hint="send ids and names as valid Unicode without control characters",
    )


METADATA = MetaData()


def _table(name: str, *items: Any, counted: bool = False) -> Table:
    # AUTOINCREMENT ("counted"): an index may remember a number longer than its row lives.
    return Table(name, METADATA, *items, sqlite_strict=True, sqlite_autoincrement=counted)


WORKS = _table(
    "works",
    Column("work_id", BIG, primary_key=True),
    Column("exempt_reason", PlainText),
    Column("exempt_until", UtcTime),
    counted=True,
)

PICTURES = _table(
    "pictures",
    Column("picture_id", BIG, primary_key=True),
    Column("work_id", BIG, ForeignKey("works.work_id"), nullable=False),
    Column("note_id", PlainText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("image_number", Integer, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("recipe", PlainText, nullable=False),
    Column("code", LargeBinary, nullable=False),
    Column("quality", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", PlainText, nullable=False),
    Column("state", PlainText, nullable=False),
    # Long, so it stands behind all that is read without it.
    Column("features", LargeBinary, nullable=False),
    Column("descriptor", LargeBinary),
    Column("descriptor_recipe", PlainText),
    # Revision that showed it first; unknown where it was registered before this was kept.
    Column("first_revision", Integer),
    # The hash belongs to the identity, as an imported hash has no digest of a file.
    UniqueConstraint(
        "note_id", "image_number", "recipe", "sha256", "code", name="uq_pictures_identity"
    ),
    CheckConstraint("state IN ('registered', 'held')", name="ck_pictures_state"),
    Index("ix_pictures_work", "work_id"),
    Index("ix_pictures_author", "author_id"),
    Index("ix_pictures_recipe", "recipe"),
    Index("ix_pictures_descriptor_recipe", "descriptor_recipe"),
    counted=True,
)

LOG = _table(
    "log",
    Column("seq", BIG, primary_key=True),
    Column("op", PlainText, nullable=False),
    # No foreign key: the entry outlives its picture, and is all that is left of it.
    Column("picture_id", BIG, nullable=False),
    Column("recipe", PlainText, nullable=False),
    CheckConstraint("op IN ('add', 'remove')", name="ck_log_op"),
    counted=True,
)

CLAIMS = _table(
    "claims",
    Column("claim_id", BIG, primary_key=True),
    Column("work_id", BIG, ForeignKey("works.work_id"), nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("basis", PlainText, nullable=False),
    Column("note_id", PlainText, nullable=False),
    Column("image_number", Integer, nullable=False),
    Column("proof", PlainText, nullable=False),
    Column("recorded_at", UtcTime, nullable=False),
    UniqueConstraint(
        "work_id", "author_id", "basis", "note_id", "image_number", name="uq_claims_identity"
    ),
    Index("ix_claims_author", "author_id"),
    Index("ix_claims_note", "note_id"),
    counted=True,
)

CAPTIONS = _table(
    "captions",
    Column("caption_id", BIG, primary_key=True),
    Column("note_id", PlainText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("recipe", PlainText, nullable=False),
    Column("shingles", LargeBinary, nullable=False),
    # With the author: a note id is the caller's word, and may be given for somebody else's note.
    UniqueConstraint("note_id", "author_id", name="uq_captions_identity"),
    Index("ix_captions_author", "author_id"),
    counted=True,
)

CAPTION_KEYS = Table(
    "caption_keys",
    METADATA,
    Column("key", BIG, primary_key=True, autoincrement=False),
    Column(
        "caption_id",
        BIG,
        ForeignKey("captions.caption_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Index("ix_caption_keys_caption", "caption_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,  # the primary key is the search: one tree instead of two
)

AUTHOR_LINKS = _table(
    "author_links",
    Column("author_id", PlainText, primary_key=True),
    Column("linked_id", PlainText, primary_key=True),
    Index("ix_author_links_linked", "linked_id"),
)

VERDICTS = _table(
    "verdicts",
    Column("verdict_id", BIG, primary_key=True),
    Column("note_id", PlainText, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("author_id", PlainText, nullable=False),
    Column("note_digest", PlainText, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
    Column("decision", PlainText, nullable=False),
    Column("completeness", PlainText, nullable=False),
    Column("policy", PlainText, nullable=False),
    Column("policy_digest", PlainText, nullable=False),
    Column("detectors", JsonText, nullable=False),
    Column("register_seq", BIG, nullable=False),
    Column("body", JsonText, nullable=False),
    Column("text_digest", PlainText),
    # Number of the partial verdict that this one completes.
    Column("completes", BIG),
    # What the policy read of the note beside its findings; see `records.JudgedAs`.
    Column("judged_as", JsonText),
    Index("ix_verdicts_note", "note_id"),
    Index("ix_verdicts_author", "author_id"),
    Index("ix_verdicts_completes", "completes"),
    counted=True,
)

VERDICT_MENTIONS = _table(
    "verdict_mentions",
    Column(
        "verdict_id",
        BIG,
        ForeignKey("verdicts.verdict_id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("note_id", PlainText, primary_key=True),
    Column("author_id", PlainText, primary_key=True),
    Index("ix_verdict_mentions_note", "note_id"),
    Index("ix_verdict_mentions_author", "author_id"),
)

ERASURES = _table(
    "erasures",
    Column("receipt_id", BIG, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("subject", PlainText, nullable=False),
    Column("counts", JsonText, nullable=False),
    Column("register_seq", BIG, nullable=False),
    Column("digest", PlainText, nullable=False),
    # What lies elsewhere: reached or not.
    Column("places", JsonText),
    # None while bytes may still lie on the disk, or a list of receipts does not name it yet.
    Column("done_at", UtcTime),
    Index("ix_erasures_digest", "digest"),
    counted=True,
)

META = _table(
    "meta",
    Column("key", PlainText, primary_key=True),
    Column("value", PlainText, nullable=False),
)

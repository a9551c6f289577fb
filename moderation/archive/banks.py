"""A bank as a file: hashes of pictures that are free to show, with reasons and ends.

    {"format": "notegate-bank", "version": 1, "bank": "memes", "entries": [
      {"title": "cat.png", "reason": "spring challenge", "until": "2027-01-01T00:00:00+00:00",
       "recipe": "pdq256_v1", "hash": "f8f8…", "quality": 97, "width": 1080, "height": 1440,
       "features": "…"}]}

`features` (base64) are the details that a proof needs; without them a picture can be suspected,
not proven. A bad entry never stops the rest.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from moderation.archive.hashes import HASH_DIGITS
from moderation.archive.json_lines import open_source, read_document
from moderation.errors import BadArchive, BadHash, BadNote, InputError
from moderation.finding import ItemFailure

FORMAT = "notegate-bank"
VERSION = 1
MAX_ENTRIES = 100_000
MAX_TEXT_CHARS = 1_000
MAX_FEATURES_BYTES = 1 << 20  # a picture has 8 KB of them
MAX_SIDE_PX = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class BankRow:
    """One picture of a bank, without pixels."""

    title: str
    reason: str
    until: datetime | None
    """End, excluded (UTC); None for no end."""
    recipe: str
    """One of `HASH_DIGITS`."""
    code: bytes
    """Most significant bit first."""
    quality: int
    """0–100."""
    width: int
    """Of the upright picture, px; 0 where unknown."""
    height: int
    features: bytes
    """Local features as the register keeps them, not looked into here; empty where left out."""


def rows_to_json(bank: str, rows: Iterable[BankRow]) -> dict[str, Any]:
    """A bank as JSON."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "bank": bank,
        "entries": [_entry(row) for row in rows],
    }


def read_bank(source: str | Path) -> tuple[str, list[BankRow | ItemFailure]]:
    """Read a bank's file; `-` is standard input, gzip is recognised.

    Returns:
        The name that it had, and its entries in order; bad ones as failures (`bad_hash`,
        `bad_note`) with their number from 1 as `line`.

    Raises:
        BadArchive: the file is missing, too large, or no bank of a version known here.
    """
    with open_source(source) as stream:
        document = read_document(
            f"`{source}`", stream, "export the bank without features, or in parts"
        )
    bank, entries = _entries(document, source)
    rows: list[BankRow | ItemFailure] = []
    for number, entry in enumerate(entries, start=1):
        try:
            rows.append(_row(entry))
        except InputError as error:
            rows.append(
                ItemFailure(code=error.code, message=error.message, hint=error.hint, line=number)
            )
    return bank, rows


def _entries(document: object, source: str | Path) -> tuple[str, list[object]]:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadArchive(
            f"`{source}` is no bank: its `format` is not `{FORMAT}`",
            hint="give a file that `moderation register bank export` wrote",
        )
    if document.get("version") != VERSION:
        raise BadArchive(
            f"`{source}` is of version {document.get('version')!r:.20}, known is {VERSION}",
            hint="read it with the newer program that wrote it",
        )
    bank, entries = document.get("bank"), document.get("entries")
    if not isinstance(entries, list) or not isinstance(bank, str):
        raise BadArchive(
            f"`{source}` has no name under `bank`, or no list under `entries`",
            hint="export the bank again",
        )
    if len(entries) > MAX_ENTRIES:
        raise BadArchive(
            f"`{source}` has {len(entries):,} entries, limit {MAX_ENTRIES:,}",
            hint="split the bank",
        )
    return bank, entries


def _entry(row: BankRow) -> dict[str, Any]:
    entry = {
        "title": row.title,
        "reason": row.reason,
        "until": row.until.isoformat() if row.until else None,
        "recipe": row.recipe,
        "hash": row.code.hex(),
        "quality": row.quality,
        "width": row.width,
        "height": row.height,
    }
    if row.features:
        entry["features"] = base64.b64encode(row.features).decode()
    return entry


def _row(entry: object) -> BankRow:
    if not isinstance(entry, Mapping):
        raise _wrong("entry", "an object", entry)
    recipe = _text(entry, "recipe")
    if recipe not in HASH_DIGITS:
        known = ", ".join(f"`{name}`" for name in HASH_DIGITS)
        raise BadHash(f"unknown recipe {recipe!r:.40}", hint=f"use one of {known}")
    digits = _text(entry, "hash").lower()
    if len(digits) != HASH_DIGITS[recipe] or set(digits) - set("0123456789abcdef"):
        raise BadHash(
            f"the hash {digits!r:.80} is not {HASH_DIGITS[recipe]} hexadecimal digits",
            hint="export the bank again",
        )
    return BankRow(
        title=_text(entry, "title"),
        reason=_text(entry, "reason"),
        until=_time(entry),
        recipe=recipe,
        code=bytes.fromhex(digits),
        quality=_number(entry, "quality", 100),
        width=_number(entry, "width", MAX_SIDE_PX),
        height=_number(entry, "height", MAX_SIDE_PX),
        features=_features(entry),
    )


def _text(entry: Mapping[Any, Any], name: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise _wrong(name, "a string", value)
    if len(value) > MAX_TEXT_CHARS or not value.isprintable():
        raise BadNote(
            f"`{name}` has {len(value):,} characters, limit {MAX_TEXT_CHARS:,}, or one that does "
            "not print",
            hint=f"shorten or correct `{name}`",
        )
    return value


def _number(entry: Mapping[Any, Any], name: str, most: int) -> int:
    value = entry.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise BadNote(
            f"`{name}` must be a whole number in 0–{most}, got {value!r:.40}",
            hint=f"correct `{name}`",
        )
    return value


def _time(entry: Mapping[Any, Any]) -> datetime | None:
    value = entry.get("until")
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadNote(
        f"`until` {value!r:.60} is not a date and time with its zone",
        hint="write it as 2026-11-21T08:00:00Z",
    )


def _features(entry: Mapping[Any, Any]) -> bytes:
    value = entry.get("features")
    if value is None:
        return b""
    if not isinstance(value, str):
        raise _wrong("features", "a string", value)
    if len(value) > MAX_FEATURES_BYTES:
        raise BadHash(
            f"`features` has {len(value):,} bytes, limit {MAX_FEATURES_BYTES:,}",
            hint="export the bank again",
        )
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise BadHash("`features` is not base64", hint="export the bank again") from None


def _wrong(name: str, wanted: str, got: object) -> BadNote:
    return BadNote(f"`{name}` must be {wanted}, got {type(got).__name__}", hint=f"correct `{name}`")

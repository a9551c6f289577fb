"""Hashes made elsewhere: hex lists, CSV and ThreatExchange-style JSON.

They come without pictures, so what they match stays unverified. One malformed
hash never aborts a load (facebook/ThreatExchange #1609): it is a failure row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from moderation.archive.hash_xml import entries_of
from moderation.archive.json_lines import (
    MAX_DOCUMENT_BYTES,
    STDIN,
    open_source,
    parse_object,
    read_document,
    read_lines,
)
from moderation.errors import BadArchive, BadHash, BadNote, BadSetting, InputError
from moderation.finding import ItemFailure
from moderation.note import MAX_ID_CHARS

HASH_DIGITS: Mapping[str, int] = {
    "pdq256_v1": 64,
    "phash64_v1": 16,
    "dhash64_v1": 16,
    "whash64_v1": 16,
}
"""Recipe → hexadecimal digits of one hash."""

_KNOWN = ", ".join(f"`{name}`" for name in HASH_DIGITS)
_USE = f"hashes of other recipes cannot be compared; known are {_KNOWN}"
_OF_THE_LIST = ("recipe", "licence", "license", "source")
_HASH_NAMES = ("hash", "pdq", "pdq_hex", "phash", "indicator", "value")
_TIME_NAMES = ("published_at", "added_on", "creation_time")
_NOTE_NAMES = ("note_id", "id")
_LICENCE_NAMES = ("licence", "license")


@dataclass(frozen=True, slots=True, kw_only=True)
class HashRow:
    """One hash of a picture that we never saw."""

    note_id: str
    """As the list says, else `<file>:<line>`."""
    author_id: str
    """Empty where unknown."""
    published_at: datetime | None
    """UTC; None where the list has no time."""
    image_number: int
    recipe: str
    """One of `HASH_DIGITS`."""
    code: bytes
    """32 bytes for `pdq256_v1`, 8 for the others, most significant bit first."""
    quality: int | None
    """PDQ's own 0–100; None where unknown."""
    licence: str = ""
    """Under which the list lets others use the hash; empty where it does not say."""
    source: str = ""
    """Who gave it away; empty where the list does not say."""
    assumed: bool = False
    """The list does not say how the hash was made; `recipe` is the reader's word for it."""


def read_hashes(
    source: str | Path,
    *,
    recipe: str | None = None,
    otherwise: str | None = None,
    licence: str = "",
    giver: str = "",
) -> Iterator[HashRow | ItemFailure]:
    """Read a list of hashes; `-` is standard input, gzip is recognised.

    How a hash was made is told by its row (`recipe`, or the type `HASH_PDQ`), by the list around
    it, or by the caller. It is never told by its length: a SHA-256 is as long as a PDQ hash.

    The format is told by the first line:
        - a hexadecimal hash: one hash a line; lines that start with `#` are remarks;
        - a header with `hash`, `pdq`, `pdq_hex` or `phash`: CSV, with the optional columns
          `note_id`, `author_id`, `image_number`, `published_at`, `quality`, `recipe`, `licence`
          and `source`;
        - `[` or `{`: JSON of indicators (`indicator`, `value` or `hash`; `type`, `id`, `added_on`
          or `creation_time`), as a list, under `data`, or one object a line; of ThreatExchange's
          own fields the owner's name is the source, and `share_level` the licence (`TLP:GREEN`);
        - `<`: XML as NCMEC's hash sharing answers (`images`, `image`, `fingerprints`); its
          `member` is the source.

    Args:
        source: the file.
        recipe: how the hashes were made, one of `HASH_DIGITS`; rows that say otherwise are refused.
            None for what each row says.
        otherwise: recipe of rows that do not say; they come out as `assumed`. None refuses them.
        licence: under which rows may be used that do not say.
        giver: who gave rows away that do not say.

    Yields:
        Rows, and in their place the failures (`bad_hash`, `bad_note`) with line or item from 1.

    Raises:
        BadSetting: no such recipe.
        BadArchive: the file is missing, or is one JSON document that does not parse.
    """
    for said in (recipe, otherwise):
        if said is not None and said not in HASH_DIGITS:
            raise BadSetting(f"unknown recipe `{said}`", hint=f"use one of {_KNOWN}")
    name = "stdin" if str(source) == STDIN else Path(source).name.split(".")[0]
    with open_source(source) as stream:
        for number, item in _items(stream):
            try:
                if isinstance(item, InputError):
                    raise item
                row = _row(item, recipe, otherwise, default_id=f"{name}:{number}")
                yield replace(row, licence=row.licence or licence, source=row.source or giver)
            except InputError as error:
                yield ItemFailure(
                    code=error.code, message=error.message, hint=error.hint, line=number
                )


Items = Iterator[tuple[int, Mapping[str, Any] | InputError]]


def _items(stream: BinaryIO) -> Items:
    lines = read_lines(stream, limit=MAX_DOCUMENT_BYTES)  # a document may be one line
    first = next((item for item in lines if not _is_remark(item[1])), None)
    if first is None:
        return
    number, head = first
    if isinstance(head, bytes) and head[:1] == b"<":
        yield from entries_of(head, stream)
        return
    if isinstance(head, bytes) and head[:1] in b"[{":
        if _is_indicator(head):
            yield number, parse_object(head)
            yield from ((n, _indicator_of(line)) for n, line in lines)
        else:
            yield from _document(head, stream)
        return
    columns = _header(head) if isinstance(head, bytes) else None
    if columns is None:
        yield number, _plain(head)
        yield from ((n, _plain(line)) for n, line in lines if not _is_remark(line))
        return
    yield from ((n, _cells(columns, line)) for n, line in lines)


def _is_remark(line: bytes | InputError) -> bool:
    return isinstance(line, bytes) and line.startswith(b"#")


def _is_indicator(head: bytes) -> bool:
    try:
        return any(name in parse_object(head) for name in _HASH_NAMES)
    except InputError:
        return False


def _indicator_of(line: bytes | InputError) -> Mapping[str, Any] | InputError:
    if isinstance(line, InputError):
        return line
    try:
        return parse_object(line)
    except InputError as error:
        return error


def _document(head: bytes, stream: BinaryIO) -> Items:
    document = read_document(
        "the JSON document", stream, "write one object on each line: `jq -c '.[]'`", head + b"\n"
    )
    entries = document.get("data") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise BadArchive(
            "the JSON document holds no list of indicators", hint="give a list, or one under `data`"
        )
    around = document if isinstance(document, dict) else {}
    said = {name: around[name] for name in _OF_THE_LIST if name in around}
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, str):
            yield number, said | {"hash": entry}
        elif isinstance(entry, dict):
            yield number, said | entry
        else:
            yield number, _wrong("indicator", "an object or a string", entry)


def _header(head: bytes) -> list[str] | None:
    cells = [cell.strip().lower() for cell in head.decode("utf-8", "replace").split(",")]
    return cells if any(name in cells for name in _HASH_NAMES) else None


def _plain(line: bytes | InputError) -> Mapping[str, Any] | InputError:
    if isinstance(line, InputError):
        return line
    return {"hash": line.decode("utf-8", "replace")}


def _cells(columns: list[str], line: bytes | InputError) -> Mapping[str, Any] | InputError:
    if isinstance(line, InputError):
        return line
    try:
        cells = next(csv.reader(io.StringIO(line.decode("utf-8")), strict=True))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        return BadNote(f"the line is not CSV: {error}", hint="quote cells that hold commas")
    if len(cells) != len(columns):
        return BadNote(
            f"the line has {len(cells)} cells, the header {len(columns)}",
            hint="quote cells that hold commas",
        )
    return {name: cell.strip() for name, cell in zip(columns, cells, strict=True) if cell.strip()}


def _row(
    item: Mapping[str, Any], wanted: str | None, otherwise: str | None, *, default_id: str
) -> HashRow:
    said = _said(item)
    if wanted is not None and said is not None and said != wanted:
        raise BadHash(
            f"the list says that the hash was made as `{said}`, wanted `{wanted}`",
            hint="load every recipe by itself, or let the list say it",
        )
    recipe = said or wanted or otherwise
    if recipe is None:
        raise BadHash(
            "the list does not say how the hash was made",
            hint=f"ask who made it, and name its recipe: {_KNOWN}",
        )
    _refuse_other_type(item.get("type"), recipe)
    return HashRow(
        note_id=_text(item, _NOTE_NAMES) or default_id,
        author_id=_text(item, ("author_id",)),
        published_at=_time(_first(item, _TIME_NAMES)),
        image_number=_number(item, "image_number", 0, 10_000) or 0,
        recipe=recipe,
        code=_code(_first(item, _HASH_NAMES), recipe),
        quality=_number(item, "quality", 0, 100),
        licence=_licence(item),
        source=_source(item),
        assumed=said is None and wanted is None,
    )


def _licence(item: Mapping[str, Any]) -> str:
    """Its own words, else how far ThreatExchange lets it go, in the words of that protocol."""
    level = _text(item, ("share_level",)).strip().upper()
    said = _text(item, _LICENCE_NAMES).strip()
    return said or (f"TLP:{level}" if level not in ("", "UNKNOWN") else "")


def _source(item: Mapping[str, Any]) -> str:
    owner = item.get("owner")
    named = _text(owner, ("name",)) if isinstance(owner, dict) else ""
    return (_text(item, ("source",)) or named).strip()


def _said(item: Mapping[str, Any]) -> str | None:
    """How the list says that the hash was made: by its recipe, or a type that leaves no choice."""
    said = item.get("recipe")
    if said is None:
        kind = item.get("type")
        is_pdq = isinstance(kind, str) and kind.lower().removeprefix("hash_") == "pdq"
        return "pdq256_v1" if is_pdq else None
    if not isinstance(said, str) or said not in HASH_DIGITS:
        raise BadHash(f"the list names the recipe {said!r:.60}, which is unknown", hint=_USE)
    return said


def _refuse_other_type(kind: object, recipe: str) -> None:
    wanted = kind_of(recipe)
    if isinstance(kind, str) and kind.lower().removeprefix("hash_") != wanted:
        raise BadHash(
            f"the indicator is of type `{kind:.40}`, wanted `HASH_{wanted.upper()}`",
            hint="load every type with a recipe of its own",
        )


def kind_of(recipe: str) -> str:
    """`pdq` of `pdq256_v1`."""
    return recipe.partition("_")[0].rstrip("0123456789")


def _first(item: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _code(value: object, recipe: str) -> bytes:
    wanted = HASH_DIGITS[recipe]
    if not isinstance(value, str):
        raise BadHash(
            f"the hash is missing or no string, got {type(value).__name__}",
            hint=f"give {wanted} hexadecimal digits",
        )
    digits = value.strip().lower().removeprefix("0x")
    if len(digits) != wanted:
        raise BadHash(
            f"the hash has {len(digits)} digits, `{recipe}` wants {wanted}",
            hint="check how the list was made, and name its recipe",
        )
    if strange := sorted(set(digits) - set("0123456789abcdef")):
        raise BadHash(
            f"the hash holds {strange[0]!r}, which is no hexadecimal digit",
            hint="export the hashes as hexadecimal",
        )
    return bytes.fromhex(digits)


def _text(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    value = _first(item, names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _wrong(names[0], "a string", value)
    text = str(value)
    if len(text) > MAX_ID_CHARS:
        raise BadNote(
            f"`{names[0]}` has {len(text):,} characters, limit {MAX_ID_CHARS}", hint="shorten it"
        )
    if not text.isprintable():
        raise BadNote(f"`{names[0]}` holds a control character", hint="remove it")
    return text


def _number(item: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = item.get(name)
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        number = None
    if number is None or not low <= number <= high:
        raise BadNote(
            f"`{name}` must be a whole number in {low}–{high}, got {value!r:.40}",
            hint=f"correct `{name}`",
        )
    return number


def _time(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(float(value), UTC)
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    raise BadNote(
        f"the time {value!r:.60} is not a date and time with its zone",
        hint="write it as 2026-11-21T08:00:00Z, or as seconds since 1970",
    )


def _wrong(name: str, wanted: str, got: object) -> BadNote:
    return BadNote(f"`{name}` must be {wanted}, got {type(got).__name__}", hint=f"correct `{name}`")

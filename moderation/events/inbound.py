"""One entry of a stream of notes, as a platform adds it.

    XADD notes * note '{"id": "n81", "author": {"id": "u5"}, …}' [idempotency_key K] [register HOW]

`note` is the JSON that files and the CLI hold. A picture is a `path` inside the media folder, or
`data` in base64. `register` is `on_pass` (the default) or `hold`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moderation.archive import note_within
from moderation.errors import BadNote
from moderation.gate.publishing.submission import Registering, Submission, digest_of, key_of

MAX_NOTE_BYTES = 64 << 20
"""Of the JSON of one note, pictures in base64 included."""
MAX_KEY_BYTES = 512
Fields = Mapping[bytes, bytes]


def read_entry(fields: Fields, media_root: Path | None) -> Submission:
    """What the gate is asked by an entry.

    Args:
        fields: hostile.
        media_root: folder that picture paths start from and stay in; None allows no paths.

    Raises:
        BadNote: no JSON, no note, a picture outside, or an unknown way to register.
    """
    row = _json(fields.get(b"note", b""))
    row = row | {"images": [_image(image, i, media_root) for i, image in enumerate(_images(row))]}
    note = note_within(row, media_root or Path())
    registering = _registering(fields.get(b"register", b""))
    key = fields.get(b"idempotency_key", b"")
    if len(key) > MAX_KEY_BYTES or not _text(key).isprintable():
        raise BadNote(
            f"`idempotency_key` has {len(key):,} bytes, limit {MAX_KEY_BYTES:,} that print",
            hint="send a shorter key, or none: id and revision of the note are one",
        )
    return Submission(
        note=note,
        registering=registering,
        key=key_of(note, _text(key) if key else None),
        body_digest=digest_of(note, registering),
    )


def _json(text: bytes) -> dict[str, Any]:
    if not text:
        raise BadNote("the entry has no field `note`", hint="add the note as JSON in `note`")
    if len(text) > MAX_NOTE_BYTES:
        raise BadNote(
            f"`note` has {len(text):,} bytes, limit {MAX_NOTE_BYTES:,}",
            hint="put the pictures into the media folder, and send their paths",
        )
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadNote(
            f"`note` is no JSON: {type(error).__name__}", hint="send the JSON of one note"
        ) from None
    if not isinstance(row, dict):
        raise BadNote(
            f"`note` must be an object, got {type(row).__name__}", hint="send the JSON of one note"
        )
    return row


def _images(row: Mapping[str, Any]) -> list[Any]:
    images = row.get("images") or []
    if not isinstance(images, list):
        raise BadNote(
            f"`images` must be a list, got {type(images).__name__}", hint="correct the note"
        )
    return images


def _image(image: Any, number: int, media_root: Path | None) -> Any:
    """An image with bytes for its base64."""
    if not isinstance(image, dict):
        return image  # the note's own reader refuses it
    if image.get("path") is not None and media_root is None:
        raise BadNote(
            f"`images[{number}].path` needs a folder of media, and there is none",
            hint="start `moderation consume` with `--media-root`, or send `data` in base64",
        )
    if image.get("data") is None:
        return image
    try:
        return image | {"data": base64.b64decode(image["data"], validate=True)}
    except (binascii.Error, TypeError, ValueError):
        raise BadNote(
            f"`images[{number}].data` is no base64", hint="encode the file's bytes in base64"
        ) from None


def _registering(how: bytes) -> Registering:
    allowed = {b"": Registering.ON_PASS} | {
        each.value.encode(): each for each in (Registering.ON_PASS, Registering.HOLD)
    }
    if how not in allowed:
        raise BadNote(
            f"`register` is `{_text(how)[:40]}`", hint="write `on_pass` or `hold`, or leave it out"
        )
    return allowed[how]


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")

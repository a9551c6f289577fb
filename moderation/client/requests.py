"""What is asked of the service: pure, but for reading the pictures' files."""

from __future__ import annotations

import base64
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import quote, urlsplit

from moderation.errors import BadNote, BadSetting, ImageTooLarge, InputError, UnreadableImage
from moderation.note import Note, NoteImage

MAX_PICTURE_BYTES = 40_000_000
"""Of one file, as the decoder's; of larger ones no more than that is read."""
MAX_PROOF_BYTES = 50_000_000
"""Of one file, as the service takes it; likewise."""
QUICK_BYTES = 200_000
"""So many are base64 and JSON in a millisecond."""
REGISTERING = ("on_pass", "hold", "never")
_HEADER = re.compile(r"[\x21-\x7e]{1,255}")
_TOKEN = re.compile(r"[\x21-\x7e]{0,8000}")
_ORIGIN = re.compile(r"https?")


class Passed(TypedDict, total=False):
    """What is handed on to the service as it is."""

    traceparent: str
    """W3C Trace Context."""
    request_id: str
    """`X-Request-Id`; made up where none is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the service; the same bytes for every retry."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    resend: bool = True
    """Asking the same again is safe, even if the first may have been done."""


def checked_base_url(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        BadSetting: it is not http or https, or carries a password, a query or a fragment.
    """
    try:
        parts = urlsplit(url)
        usable = bool(_ORIGIN.fullmatch(parts.scheme)) and bool(parts.hostname)
        usable = usable and not (parts.username or parts.password or parts.query or parts.fragment)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        raise BadSetting(
            "the address of the service is no plain http or https URL",
            hint="write it as https://moderation.example:8443, and give the token by itself",
        )
    return url.rstrip("/")


def checked_token(token: str) -> str:
    """The token, where a header can hold it.

    Raises:
        BadSetting: it cannot; as the line of a file with its end.
    """
    if not _TOKEN.fullmatch(token):
        raise BadSetting(
            "the token holds a blank, a line's end or something else that no header can",
            hint="give the token alone, without what stands around it",
        )
    return token


def passed_headers(passed: Passed) -> dict[str, str]:
    """Headers of a call; a request id is made up where none is given.

    Raises:
        InputError: a value cannot stand in a header.
    """
    headers = {"X-Request-Id": header(passed.get("request_id") or uuid.uuid4().hex, "request_id")}
    if passed.get("traceparent"):
        headers["traceparent"] = header(passed["traceparent"], "traceparent")
    return headers


def header(value: str, name: str) -> str:
    """The value, where it may stand in a header.

    Raises:
        InputError: it may not.
    """
    if not isinstance(value, str) or not _HEADER.fullmatch(value):
        raise InputError(
            f"`{name}` cannot stand in a header",
            hint="use 1 to 255 printable characters of ASCII without blanks",
        )
    return value


def check_request(
    note: Note, *, register: str, key: str | None, headers: Mapping[str, str]
) -> Request:
    """`POST /v1/verdicts`, pictures inside.

    Raises:
        InputError: a picture cannot be sent, or an argument is none of those known.
    """
    if register not in REGISTERING:
        known = ", ".join(f"`{word}`" for word in REGISTERING)
        raise InputError(f"unknown `register` {register!r:.60}", hint=f"use one of {known}")
    images = [_image(image, number) for number, image in enumerate(note.images)]
    row = note.to_json() | {"images": images, "register": register}
    sent = {**headers, "Content-Type": "application/json"}
    if key is not None:  # else the service makes one of note and revision
        sent["Idempotency-Key"] = header(key, "key")
    return Request(method="POST", path="/v1/verdicts", headers=sent, body=_json(row))


def takes_long(note: Note) -> bool:
    """Whether making the request would hold up an event loop: files to read, much to encode."""
    if any(image.data is None for image in note.images):
        return True
    return sum(len(image.data or b"") for image in note.images) > QUICK_BYTES


def _image(image: NoteImage, number: int) -> dict[str, Any]:
    # Paths and names of folders here are nobody's business there.
    row = {name: value for name, value in image.to_json().items() if name != "path"}
    return row | {"data": base64.b64encode(_bytes(image, number)).decode()}


def _bytes(image: NoteImage, number: int) -> bytes:
    if image.array is not None:
        raise BadNote(
            f"`images[{number}]` is an array, and the service reads files",
            hint="give the bytes of the file that was submitted, or save the array as PNG",
        )
    if image.data is not None:
        if len(image.data) > MAX_PICTURE_BYTES:
            raise _too_large(len(image.data), number)
        return image.data
    path = Path(image.path or (image.file.path if image.file is not None else ""))
    try:
        if image.file is not None:
            data = image.file.read(MAX_PICTURE_BYTES + 1)
            if len(data) > MAX_PICTURE_BYTES:
                raise _too_large(len(data), number)
            return data
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(MAX_PICTURE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(f"`images[{number}]`", path, error) from error
    if len(data) > MAX_PICTURE_BYTES:
        raise _too_large(max(size, len(data)), number)
    return data


def _unreadable(what: str, path: Path, error: Exception) -> UnreadableImage:
    return UnreadableImage(
        f"{what} {str(path)!r:.200} cannot be read: {type(error).__name__}",
        hint="check the path; relative ones start where this process runs",
    )


def _too_large(size: int, number: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"`images[{number}]` has {size:,} bytes, limit {MAX_PICTURE_BYTES:,}",
        hint="send a smaller file",
    )


def settle_request(note_id: str, revision: int, verb: str, passed: Passed) -> Request:
    """`POST /v1/notes/{id}/revisions/{n}:commit`, or `:abort`."""
    path = f"/v1/notes/{_segment(note_id)}/revisions/{revision:d}:{verb}"
    return Request(method="POST", path=path, headers=passed_headers(passed))


def verdict_request(verdict_id: str, passed: Passed) -> Request:
    """`GET /v1/verdicts/{id}`."""
    path = f"/v1/verdicts/{_segment(verdict_id)}"
    return Request(method="GET", path=path, headers=passed_headers(passed))


def forget_request(what: str, subject_id: str, passed: Passed) -> Request:
    """`DELETE /v1/notes/{id}`, or of an author."""
    path = f"/v1/{what}/{_segment(subject_id)}"
    return Request(method="DELETE", path=path, headers=passed_headers(passed))


def appeal_request(row: Mapping[str, Any], passed: Passed) -> Request:
    """`POST /v1/appeals`. Sent twice, it might be two appeals."""
    headers = {**passed_headers(passed), "Content-Type": "application/json"}
    return Request(
        method="POST", path="/v1/appeals", headers=headers, body=_json(row), resend=False
    )


def proof_request(appeal_id: str, passed: Passed) -> Request:
    """`POST /v1/appeals/{id}/proofs`, without its body. Sent twice, it is taken once."""
    path = f"/v1/appeals/{_segment(appeal_id)}/proofs"
    headers = {**passed_headers(passed), "Content-Type": "application/json"}
    return Request(method="POST", path=path, headers=headers)


def proof_body(author_id: str, file: bytes | str | Path | None, name: str, link: str) -> bytes:
    """What an author sends: a file, or a link. Reads the file; takes a while with a large one.

    Raises:
        InputError: not just one of both, or a file without a name.
        ImageTooLarge: the file has more than `MAX_PROOF_BYTES`.
        UnreadableImage: it cannot be read.
    """
    if (file is None) == (not link):
        raise InputError(
            "a proof is one file or one link", hint="give `file` or `link`; call again for more"
        )
    if file is None:
        return _json({"author_id": author_id, "link": link})
    if isinstance(file, bytes):
        data = file
    else:
        data, name = _proof_bytes(Path(file)), name or Path(file).name
    if not name:
        raise InputError("a file of bytes needs a name", hint="give `name`, as the author has it")
    if len(data) > MAX_PROOF_BYTES:
        raise _proof_too_large(len(data))
    row = {"name": name, "data": base64.b64encode(data).decode()}
    return _json({"author_id": author_id, "file": row})


def _proof_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_PROOF_BYTES:
                raise _proof_too_large(status.st_size)
            return file.read(MAX_PROOF_BYTES + 1)
    except (OSError, ValueError) as error:
        raise _unreadable("the proof", path, error) from error


def _proof_too_large(size: int) -> ImageTooLarge:
    return ImageTooLarge(
        f"the proof has {size:,} bytes, limit {MAX_PROOF_BYTES:,}",
        hint="send a flat copy of it, and keep the file for a person who asks",
    )


def report_request(note_id: str, row: Mapping[str, Any], passed: Passed) -> Request:
    """`POST /v1/notes/{id}/reports`. Sent twice, it counts once."""
    path = f"/v1/notes/{_segment(note_id)}/reports"
    headers = {**passed_headers(passed), "Content-Type": "application/json"}
    return Request(method="POST", path=path, headers=headers, body=_json(row))


def explanation_request(verdict_id: str, lang: str, passed: Passed) -> Request:
    """`GET /v1/verdicts/{id}/explanation`."""
    if lang not in ("zh", "en"):
        raise InputError(f"there are no words in {lang!r:.20}", hint="ask for `zh` or `en`")
    path = f"/v1/verdicts/{_segment(verdict_id)}/explanation?lang={lang}"
    return Request(method="GET", path=path, headers=passed_headers(passed))


def _segment(name: str) -> str:
    if name in ("", ".", ".."):  # another address, after whoever tidies up paths on the way
        raise InputError(f"{name!r} is no id that can be asked for", hint="give the id")
    try:
        return quote(name, safe="")
    except UnicodeEncodeError:
        raise InputError("the id holds a lone surrogate", hint="send valid Unicode") from None


def _json(row: Mapping[str, Any]) -> bytes:
    return json.dumps(row, ensure_ascii=True, separators=(",", ":")).encode()

"""Requests that mean harm, or are made by something broken: JSON, pictures, transport.

Each is drawn from a seed. Pictures are small, so that many can be looked at, but for those whose
header promises more than they hold.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

VERDICTS = "/v1/verdicts"
JSON = ("Content-Type", "application/json")
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**64), 10**400, 1e308, -1e-308),
    *("", " ", "\0", "\ud800", "\udfff\ud800", "a" * 300, "字" * 5000, "😀" * 100, "\u202e\u200b"),
    *(
        "2026-13-45T99:99:99Z",
        "2026-11-21",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
    ),
    *("../../etc/passwd", "http://127.0.0.1/", "file:///etc/passwd", "'; DROP TABLE works; --"),
    *([], [[]], [None], {}, {"": None}, ["a"] * 2000, [{"id": "x"}] * 50, {"$ref": "#"}),
)
RAW_NUMBERS = (
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"0x10", b"01", b"1.", b"9" * 6000),
    *(b"1e-999", b"+1", b"1_000", b"0." + b"1" * 5000),
)
PATHS = (
    *("/v1/notes/%00", "/v1/notes/..%2f..%2fetc", "/v1/authors/%ff%fe", "/v1/notes/" + "a" * 9000),
    *("/v1/verdicts/v_0", "/v1/verdicts/v_999999999999999999", "/v1/verdicts/%F0%9F%98%80"),
    *("/v1/policies/sha256:" + "0" * 64, "/v1/policies/..", "//v1//verdicts", "/v1/verdicts:batch"),
    *("/v1/notes/n/revisions/0:commit", "/v1/notes/n/revisions/99999999999999:abort", "/%2e%2e/"),
    *("/v1/notes/a%0d%0ab/revisions/1:abort", "/metrics", "/openapi.json", "/nothing", "/"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """One request."""

    family: str
    body: bytes = b""
    path: str = VERDICTS
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = (JSON,)
    raw: bytes | None = None
    """Sent as it is instead, by transport."""
    drip_s: float | None = None
    """`raw` is followed by a byte now and then for so long."""
    looked_at: bool = False
    """Only counts once it was not refused for want of room."""


def hostile_requests(
    count: int, seed: int, files: dict[str, bytes], host: str
) -> Iterator[Hostile]:
    """So many, families mixed; `files` are further hostile pictures."""
    shown = pictures() | files
    names = sorted(shown)
    makers = _makers(shown, names, host)
    chances = np.array([share for _, share in makers])
    for number in range(count):
        rng = np.random.default_rng([seed, 12, number])
        make = makers[int(rng.choice(len(makers), p=chances / chances.sum()))][0]
        yield make(rng, number)


Maker = Callable[[np.random.Generator, int], Hostile]


def _makers(shown: dict[str, bytes], names: list[str], host: str) -> list[tuple[Maker, float]]:
    def picture(rng: np.random.Generator, number: int) -> Hostile:
        name = names[int(rng.integers(len(names)))]
        data = _spoilt(shown[name], rng)
        body = _written(_note(number, [data], register="never", deadline_ms=2000))
        return Hostile(family="picture", body=body, looked_at=True)

    def base64s(rng: np.random.Generator, number: int) -> Hostile:
        good = base64.b64encode(shown["jpeg"]).decode()
        bad = (good[:-1], good.replace("+", "-"), " " + good, good + "=", "data:," + good, "é", "=")
        row = _note(number, [], register="never")
        row["images"] = [{"data": bad[int(rng.integers(len(bad)))], "sha256": "0" * 64}]
        return Hostile(family="base64", body=_written(row))

    def transport(rng: np.random.Generator, number: int) -> Hostile:
        return _transport(rng, number, host)

    return [
        (_flipped, 0.2),
        (_wrong_value, 0.24),
        (_deep, 0.06),
        (_numbers, 0.06),
        (_doubled, 0.04),
        (_many, 0.02),
        (_not_utf8, 0.05),
        (_elsewhere, 0.08),
        (_odd_headers, 0.06),
        (picture, 0.1),
        (base64s, 0.04),
        (transport, 0.05),
    ]


def _note(number: int, shown: list[bytes], **more: Any) -> dict[str, Any]:
    return {
        "id": f"hostile {number}",
        "revision": 1,
        "author": {"id": "mallory", "linked_ids": ["m2"], "declared_ad": False},
        "published_at": "2026-11-21T08:00:00Z",
        "title": "周末",
        "text": "今天天气很好。",
        "tags": ["咖啡"],
        "links": [],
        "lang": "zh",
        "images": [{"data": base64.b64encode(data).decode()} for data in shown],
        "deadline_ms": 800,
    } | more


def _written(row: Any) -> bytes:
    return json.dumps(row).encode()


# JSON


def _flipped(rng: np.random.Generator, number: int) -> Hostile:
    """A good body with some bytes changed, gone, or twice."""
    body = bytearray(_written(_note(number, [], register="never")))
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(body)))
        match int(rng.integers(4)):
            case 0:
                body[at] = int(rng.integers(256))
            case 1:
                del body[at : at + int(rng.integers(1, 20))]
            case 2:
                body[at:at] = rng.bytes(int(rng.integers(1, 5)))
            case _:
                body[at:at] = body[at : at + 30]
        if not body:
            break
    return Hostile(family="bytes changed", body=bytes(body))


def _wrong_value(rng: np.random.Generator, number: int) -> Hostile:
    """One or two values of a good body in whose place others stand."""
    row = _note(number, [], register="never")
    for _ in range(int(rng.integers(1, 3))):
        place: Any = row
        if rng.random() < 0.2 and isinstance(row.get("author"), dict):
            place = row["author"]
        keys = [*place, "register", "mode", "kind", "policy", "callback", "context", "note_id"]
        value = VALUES[int(rng.integers(len(VALUES)))]
        place[keys[int(rng.integers(len(keys)))]] = value
        if rng.random() < 0.1:
            place.pop(keys[int(rng.integers(len(keys)))], None)
    whole: Any = {"items": [row, 7, row]} if rng.random() < 0.15 else row
    path = f"{VERDICTS}:batch" if whole is not row else VERDICTS
    return Hostile(family="wrong values", body=_written(whole), path=path)


def _deep(rng: np.random.Generator, number: int) -> Hostile:
    depth = int(rng.choice([50, 65, 500, 5_000, 40_000]))
    opened, shut = [(b"[", b"]"), (b'{"a":', b"}"), (b'[{"images":', b"}]")][int(rng.integers(3))]
    whole = rng.random() < 0.5
    body = opened * depth + b"1" + (shut * depth if whole else b"")
    if rng.random() < 0.5:
        body = _written(_note(number, []))[:-1] + b',"context":' + body + b"}"
    return Hostile(family="deep", body=body)


def _numbers(rng: np.random.Generator, number: int) -> Hostile:
    field = ["revision", "deadline_ms", "text", "images", "declared_ai"][int(rng.integers(5))]
    value = RAW_NUMBERS[int(rng.integers(len(RAW_NUMBERS)))]
    row = {k: v for k, v in _note(number, [], register="never").items() if k != field}
    return Hostile(
        family="numbers", body=_written(row)[:-1] + b',"%b":%b}' % (field.encode(), value)
    )


def _doubled(rng: np.random.Generator, number: int) -> Hostile:
    body = _written(_note(number, []))
    return Hostile(family="keys twice", body=body[:-1] + b"," + body[1:])


def _many(rng: np.random.Generator, number: int) -> Hostile:
    count = int(rng.choice([1_000, 20_000, 99_000, 300_000]))
    some = [[], {}, "", 0][int(rng.integers(4))]
    row = _note(number, []) | {["tags", "links", "images", "context"][int(rng.integers(4))]: [some]}
    return Hostile(
        family="many values", body=_written(row | {"context": [some] * count}), path=VERDICTS
    )


def _not_utf8(rng: np.random.Generator, number: int) -> Hostile:
    text = ["\ud83d", "\udc00a", "\ud800\ud800", "\0", "\uffff", "\u2028"][int(rng.integers(6))]
    field = ["id", "text", "title", "lang"][int(rng.integers(4))]
    row = _note(number, [], register="never") | {field: text}
    if rng.random() < 0.3:
        row["author"] = {"id": text}
    body = _written(row)
    if rng.random() < 0.4:
        cut = [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"][int(rng.integers(4))]
        body = body.replace("今天".encode("unicode_escape"), cut)
    if rng.random() < 0.2:
        body = body.decode("latin-1").encode(["utf-16", "utf-32"][int(rng.integers(2))])
    return Hostile(family="not text", body=body)


def _elsewhere(rng: np.random.Generator, number: int) -> Hostile:
    method = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "BREW"]
    path = PATHS[int(rng.integers(len(PATHS)))]
    body = b"" if rng.random() < 0.5 else b"{}"
    return Hostile(family="elsewhere", path=path, method=method[int(rng.integers(8))], body=body)


def _odd_headers(rng: np.random.Generator, number: int) -> Hostile:
    odd = (
        ("Idempotency-Key", "k" * 300),
        ("Idempotency-Key", "\x80\xff"),
        ("X-Deadline-Ms", "1e9"),
        ("X-Deadline-Ms", "-1"),
        ("X-Deadline-Ms", "9" * 500),
        ("traceparent", "00-zz"),
        ("X-Request-Id", "a b\tc"),
        ("Content-Encoding", "gzip"),
        ("Prefer", "respond-async"),
        ("Authorization", "Bearer " + "x" * 4000),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Accept", "text/html"),
    )
    kinds = ("text/plain", "application/xml", "application/json; charset=utf-16", "", "multipart/a")
    kind = kinds[int(rng.integers(len(kinds)))] if rng.random() < 0.4 else JSON[1]
    chosen = odd[int(rng.integers(len(odd)))]
    body = _written(_note(number, [], register="never"))
    return Hostile(family="headers", body=body, headers=(("Content-Type", kind), chosen))


# Pictures


def pictures() -> dict[str, bytes]:
    """Name → file of a kind that is rare or trying."""
    rng = np.random.default_rng(1)
    base = Image.fromarray(rng.integers(0, 256, (12, 12, 3), np.uint8)).resize((96, 96))
    frames = [base.rotate(turn) for turn in (30, 60, 90)]
    exif = Image.Exif()
    exif[0x0112] = 7
    made = {
        "jpeg": _saved(base, "JPEG"),
        "jpeg progressive": _saved(base, "JPEG", progressive=True),
        "jpeg cmyk": _saved(base.convert("CMYK"), "JPEG"),
        "jpeg grey": _saved(base.convert("L"), "JPEG"),
        "jpeg turned": _saved(base, "JPEG", exif=exif),
        "jpeg bad profile": _saved(base, "JPEG", icc_profile=b"\xff" * 4000),
        "png 16 bit": _saved(Image.fromarray(rng.integers(0, 65535, (40, 40), np.uint16)), "PNG"),
        "png palette": _saved(base.convert("P"), "PNG", transparency=0),
        "png one bit": _saved(base.convert("1"), "PNG"),
        "png grey alpha": _saved(base.convert("LA"), "PNG"),
        "png animated": _saved(base, "PNG", save_all=True, append_images=frames),
        "gif animated": _saved(base, "GIF", save_all=True, append_images=frames),
        "webp animated": _saved(base, "WEBP", save_all=True, append_images=frames),
        "webp lossless": _saved(base, "WEBP", lossless=True),
        "tiff": _saved(base, "TIFF"),
        "tiff cmyk": _saved(base.convert("CMYK"), "TIFF"),
        "bmp": _saved(base, "BMP"),
        "ico": _saved(base, "ICO"),
        "ppm": _saved(base, "PPM"),
        "one pixel": _saved(base.resize((1, 1)), "PNG"),
        "one row": _saved(base.resize((3000, 1)), "PNG"),
        "nothing": b"",
        "words": b"this is no picture",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "zip": b"PK\x03\x04" + bytes(200),
    }
    side = 11_000
    made["png bomb"] = _saved(Image.new("1", (side, side)), "PNG")
    made["gif bomb"] = _saved(Image.new("P", (6_000, 6_000)), "GIF")
    return made


def _saved(image: Image.Image, kind: str, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def _spoilt(data: bytes, rng: np.random.Generator) -> bytes:
    """As it is, cut short, or with some bytes changed."""
    if len(data) < 8 or rng.random() < 0.3:
        return data
    if rng.random() < 0.4:
        return data[: int(rng.integers(1, len(data)))]
    changed = bytearray(data)
    for at in rng.integers(0, min(len(changed), 4000), size=int(rng.integers(1, 8))):
        changed[int(at)] = int(rng.integers(256))
    return bytes(changed)


# Transport


def _transport(rng: np.random.Generator, number: int, host: str) -> Hostile:
    body = _written(_note(number, [], register="never"))
    start = f"POST {VERDICTS} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"

    def with_length(said: object, sent: bytes = body) -> bytes:
        return f"{start}Content-Length: {said}\r\n\r\n".encode() + sent

    chunked = f"{start}Transfer-Encoding: chunked\r\n\r\n".encode()
    kinds: list[tuple[str, bytes, float | None]] = [
        ("length too long", with_length(len(body) + 500), None),
        ("length too short", with_length(len(body) - 20), None),
        ("length negative", with_length(-5), None),
        ("length no number", with_length("abc"), None),
        ("length enormous", with_length(10**30, b""), None),
        ("length above the limit", with_length(1 << 40, b"{"), None),
        ("length twice", f"{start}Content-Length: 5\r\nContent-Length: 9\r\n\r\n".encode(), None),
        ("chunks broken", chunked + b"zz\r\n" + body, None),
        ("chunks without an end", chunked + b'5\r\n{"id"\r\n', None),
        (
            "chunks and a length",
            chunked.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n"),
            None,
        ),
        ("header of 200 kB", f"{start}X-A: {'a' * 200_000}\r\n\r\n".encode(), None),
        ("2,000 headers", (start + "A: b\r\n" * 2_000 + "\r\n").encode(), None),
        ("no HTTP", rng.bytes(400), None),
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + rng.bytes(300), None),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
        ("hangs up in the headers", start.encode()[:60], None),
        ("two at once", with_length(len(body)) * 2, None),
    ]
    if rng.random() < 0.15:
        return Hostile(family="slow body", raw=with_length(len(body), body[:9]), drip_s=8.0)
    name, raw, drip_s = kinds[int(rng.integers(len(kinds)))]
    return Hostile(family=f"transport: {name}", raw=raw, drip_s=drip_s)

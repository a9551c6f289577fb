"""Examples of the OpenAPI document; a test sends each of them."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any


def _png(red: int, green: int, blue: int) -> str:
    """A picture of one colour, 8 × 8, as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    rows = (b"\0" + bytes((red, green, blue)) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(parts)).decode()


NOTE: dict[str, Any] = {
    "id": "n81",
    "revision": 1,
    "author": {"id": "u5", "declared_ad": False},
    "published_at": "2026-11-21T08:00:00Z",
    "title": "周末咖啡地图",
    "text": "走了三家店，第二家的拿铁最好喝。",
    "tags": ["咖啡"],
    "lang": "zh",
    "images": [{"data": _png(120, 80, 40)}],
    "deadline_ms": 800,
}
HELD: dict[str, Any] = {
    "note_id": "n82",
    "author": {"id": "u5"},
    "created_at": "2026-11-21T09:00:00+08:00",
    "body": "Second cup of the day.",
    "hashtags": ["coffee"],
    "media": [{"data": _png(90, 60, 30)}],
    "register": "hold",
}
JUDGED: dict[str, Any] = {
    "id": "n83",
    "author": {"id": "u6"},
    "text": "Only today! Add me: abc_2046",
    "lang": "en",
    "register": "never",
}
NOTES = {
    "judge and register": NOTE,
    "hold until the queue has published": HELD,
    "judge only": JUDGED,
}
BATCHES = {"two notes": {"items": [NOTE | {"id": "n84"}, JUDGED]}}
APPEALS = {
    "own picture": {
        "verdict_id": "v_42",
        "author_id": "u5",
        "statement": "这张照片是我去年拍的，原始文件在这里。",
    }
}
PROOFS = {
    "camera file": {
        "author_id": "u5",
        "file": {"name": "DSC_0042.JPG", "data": _png(120, 80, 40)},
    },
    "earlier publication": {"author_id": "u5", "link": "https://example.org/2025/coffee"},
}
RULINGS = {
    "the verdict stands": {"state": "upheld", "by": "mia", "reason": "seen side by side"},
    "another was first": {
        "state": "overturned",
        "by": "mia",
        "first": {"author_id": "u5", "at": "2025-11-02T00:00:00Z", "proof": "camera file"},
    },
}
REPORTS = {
    "somebody else's": {
        "reader_id": "u9",
        "reason": "copy",
        "words": "去年在另一位作者那里看到过这组图。",
    }
}
ANSWER_HEADERS = {
    "Location": {"description": "Of the verdict", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "`true` where the answer was given before",
        "schema": {"type": "string"},
    },
}


def body(examples: dict[str, Any]) -> dict[str, Any]:
    """`openapi_extra` of a route: examples of its body."""
    told = {name: {"value": value} for name, value in examples.items()}
    return {"requestBody": {"content": {"application/json": {"examples": told}}}}

"""Archives that tell a story: originals, copies of many kinds, twins of texts, in any order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from kit.notes import MORNING, photo, portrait
from kit.pictures import (
    Pixels,
    bordered,
    collage,
    cropped,
    encoded,
    mirrored,
    recompressed,
    scene,
    watermarked,
)

QUICK = ("lettering", "codes", "watermark")
"""Left out where a test is about copies."""
WORDS = "周末去江边走走，新开的咖啡馆视野很好，拿铁偏甜，靠窗的位置适合拍照，记得早点去占座"


def row(
    note_id: str, author: str | None, hours: float | None, *pictures: Pixels, **fields: Any
) -> dict[str, Any]:
    """A note, published so many hours after eight in the morning; its pictures as they are."""
    at = None if hours is None else (MORNING + timedelta(hours=hours)).isoformat()
    return {
        "id": note_id,
        "author": {"id": author} | fields.pop("author_fields", {}),
        "published_at": at,
        "text": f"{note_id} 今天去公园散步",
        "images": list(pictures),
    } | fields


def story() -> list[dict[str, Any]]:
    """What an archive may hold, not in order of time."""
    coffee, chelsea, rocket = (photo(name) for name in ("coffee", "chelsea", "rocket"))
    return [
        row("late-copy", "thief", 30, recompressed(coffee, 50)),
        row("coffee", "ann", 0, coffee),
        row("chelsea", "ben", 1, chelsea, scene(1, 300, 400)),
        row("crop", "thief", 5, cropped(coffee, 0.8)),
        row("mirrored", "cat", 6, mirrored(chelsea)),
        row("cells", "dan", 7, collage([portrait(n) for n in ("coffee", "chelsea", "rocket")])),
        row("again", "ann", 8, bordered(coffee)),
        row("rocket", "eve", 9, rocket),
        row("linked", "ann2", 10, coffee, author_fields={"linked_ids": ["ann"]}),
        row("two", "fay", 11, watermarked(rocket), scene(2, 300, 400)),
        row("two", "fay", 12, watermarked(rocket), scene(3, 300, 400), revision=2),
        row("words", "gil", 13, text=WORDS),
        row("same-words", "hal", 14, text=WORDS + "！"),
        row("selling", "ida", 15, scene(4, 300, 400), text="全场五折！加薇信：abc_2046，手慢无"),
        row("alone", "jon", 16, photo("astronaut")),
        row("at-once", "kim", 0, recompressed(coffee, 90)),
    ]


def written(folder: Path, rows: Sequence[dict[str, Any]], *, bad: int = 0) -> Path:
    """The archive as JSONL, its pictures beside it as PNG, with so many lines that are none."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, said in enumerate(rows):
        images = []
        for i, pixels in enumerate(said["images"]):
            name = f"{number}-{i}.png"
            (folder / name).write_bytes(encoded(pixels))
            images.append({"path": name})
        lines.append(json.dumps(said | {"images": images}, ensure_ascii=False))
    path = folder / "notes.jsonl"
    path.write_text("\n".join([*lines, *["no JSON"] * bad]) + "\n", encoding="utf-8")
    return path

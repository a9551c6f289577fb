"""Archives to scan, and work for processes that are killed while they scan."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.pictures import encoded, scene

from moderation.note import Note
from moderation.scan import Observed, batches, observing, pairing
from moderation.scan.observing import _Done, _observe_shard, _Task
from moderation.scan.observing import observe as observe_archive


def archive(folder: Path, notes: int, *, side: int = 150) -> Path:
    """JSONL with a picture beside it for each note, one that is none, and a line that is none."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(notes):
        name = f"{number}.jpg"
        data = encoded(scene(number, side, side * 4 // 3), "JPEG")
        (folder / name).write_bytes(b"no picture" if number == 3 else data)
        rows.append(a_row(f"n{number}", name))
    path = folder / "notes.jsonl"
    path.write_text("\n".join([*rows, "no JSON"]) + "\n", encoding="utf-8")
    return path


def a_row(note_id: str, picture: str) -> str:
    """A line of the archive."""
    return json.dumps(
        {
            "id": note_id,
            "published_at": "2026-03-01T08:00:00Z",
            "author": {"id": "ann"},
            "text": "今天去公园散步",
            "images": [{"path": picture}],
        },
        ensure_ascii=False,
    )


def files_of(out: Path) -> dict[str, bytes]:
    """Relative path → bytes of all that a scan wrote."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def children_of(pid: int) -> Iterator[int]:
    """Processes that a process has started, itself left out."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = status.read_text().rpartition(")")[2].split()
        except OSError:  # gone meanwhile
            continue
        if int(after[1]) == pid:
            yield int(status.parent.name)


def dies_of_deadly(task: _Task) -> _Done:
    """The work of a scan, but for notes that kill whoever looks at them."""
    for item in task.shard.items:
        if getattr(item, "id", "").startswith("deadly"):
            os.kill(os.getpid(), signal.SIGKILL)
    return _observe_shard(task)


def hangs_on_deadly(task: _Task) -> _Done:
    """The work of a scan, but for notes on which a library never ends, and lets nobody else run."""
    observing._NOTE_S = observing._PICTURE_S = 4.0
    look = batches.observe_note

    def hang(note: Note, *args: Any, **how: Any) -> Any:
        if note.id.startswith("deadly"):
            re.match("(a+)+$", "a" * 60 + "b")
        return look(note, *args, **how)

    batches.observe_note = hang
    try:
        return _observe_shard(task)
    finally:
        batches.observe_note = look


def dies_of_crops(task: pairing._Task) -> pairing._Done:
    """The work of pairing, but for a note that kills whoever compares it."""
    for row, item in enumerate(task.shard.items):
        left_out = row in task.deadly or task.only not in (None, row)
        if getattr(item, "id", "") == "crop" and not left_out:
            os.kill(os.getpid(), signal.SIGKILL)
    return pairing._pair_shard(task)


def main(path: str, out: str, pause_s: str = "0") -> None:
    """Scan an archive, saying how far it is after each shard, perhaps with a pause."""

    def progress(now: Observed) -> None:
        print(now.rows, flush=True)
        time.sleep(float(pause_s))

    observe_archive(
        path,
        Path(out),
        workers=2,
        shard_rows=2,
        without=("lettering", "codes", "watermark"),
        progress=progress,
    )


if __name__ == "__main__":
    # Whoever runs the tests in the background of a shell has Ctrl-C ignored, and so have children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main(*sys.argv[1:])

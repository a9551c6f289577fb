"""Check written notes: exact spans, allowed values, unique names, no two notes nearly the same.

    python datasets/check.py [FILE ...]

Without files, all of `datasets/written_notes`. Ends with 1 where something is wrong.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "written_notes"
FIELDS = {
    "family",
    "role",
    "lang",
    "trade",
    "title",
    "text",
    "tags",
    "intent",
    "disclosure",
    "violations",
}
INTENTS = ("N0", "N1", "C1", "C2", "C3")
DISCLOSURES = ("none_needed", "clear", "buried", "denied", "absent")
LANGS = ("zh", "zh-Hant", "en", "zh-en")
CODES = {f"V{number}" for number in range(1, 11)}
SAME_FAMILY_MOST = 0.9
OTHER_FAMILY_MOST = 0.5
"""Shared four-character pieces over all pieces of both notes (Jaccard)."""
SHORTEST_COMPARED = 12
"""Notes of fewer pieces may say the same by chance."""


def main(files: list[Path]) -> int:
    """Print what is wrong and what there is."""
    rows = [row for file in files for row in _rows(file)]
    wrong = [f"{row['at']}: {fault}" for row in rows for fault in _faults(row)]
    if not wrong:
        wrong = list(_too_similar(rows))
    for line in wrong:
        print(line)
    for field in ("role", "intent", "disclosure", "lang", "trade"):
        print(field, dict(Counter(row.get(field) for row in rows).most_common()))
    codes = Counter(v["code"] for row in rows for v in row.get("violations", ()))
    lengths = sorted(len(row.get("text", "")) for row in rows) or [0]
    print("violations", dict(codes.most_common()))
    families = len({row.get("family") for row in rows})
    print(f"{len(rows)} notes, {families} families, median {lengths[len(lengths) // 2]} characters")
    return bool(wrong)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        at = f"{file.name}:{number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SystemExit(f"{at}: not JSON: {error}") from error
        yield row | {"at": at}


def _faults(row: dict[str, Any]) -> Iterator[str]:
    missing, more = FIELDS - row.keys(), row.keys() - FIELDS - {"at"}
    if missing or more:
        yield f"missing {sorted(missing)}, not known {sorted(more)}"
        return
    yield from _wrong_labels(row)
    pieces = (row["title"], row["text"], *row["tags"])
    if not any(piece.strip() for piece in pieces):
        yield "an empty note"
    for violation in row["violations"]:
        if violation.keys() != {"code", "span"} or violation["code"] not in CODES:
            yield f"a violation is {violation}"
        elif not violation["span"] or not any(violation["span"] in piece for piece in pieces):
            yield f"the span {violation['span']!r} is not in the note"


def _wrong_labels(row: dict[str, Any]) -> Iterator[str]:
    allowed = {"intent": INTENTS, "disclosure": DISCLOSURES, "lang": LANGS}
    for field, values in allowed.items():
        if row[field] not in values:
            yield f"{field} is {row[field]!r}, allowed {values}"
    native = row["intent"] in ("N0", "N1")
    if native and row["violations"]:
        yield "a native note with violations"
    if native and row["disclosure"] in ("absent", "buried"):
        yield f"a native note whose disclosure is {row['disclosure']}"
    if not native and row["disclosure"] == "none_needed":
        yield "a commercial note that needs no disclosure"


def _too_similar(rows: list[dict[str, Any]]) -> Iterator[str]:
    shingles = [_shingles(row) for row in rows]
    for n, (row, mine) in enumerate(zip(rows, shingles, strict=True)):
        for other, theirs in zip(rows[:n], shingles[:n], strict=True):
            if min(len(mine), len(theirs)) < SHORTEST_COMPARED:
                continue
            shared = len(mine & theirs) / len(mine | theirs)
            same = row["family"] == other["family"]
            if shared > (SAME_FAMILY_MOST if same else OTHER_FAMILY_MOST):
                yield f"{row['at']} and {other['at']} are nearly the same: {shared:.2f}"


def _shingles(row: dict[str, Any]) -> set[str]:
    whole = "".join((row["title"] + row["text"]).split())
    return {whole[n : n + 4] for n in range(len(whole) - 3)}


if __name__ == "__main__":
    chosen = [Path(argument) for argument in sys.argv[1:]]
    sys.exit(main(chosen or sorted(FOLDER.glob("*.jsonl"))))

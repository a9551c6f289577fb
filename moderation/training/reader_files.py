"""Labelled notes out of files as people have them: ours, and CHASM's.

CHASM (NeurIPS 2025, arXiv 2604.20511) marks a covert advertisement with 1. A note that says that
it is one is not covert, so 0 there is any other note; to us both kinds of advertisement are
commercial. Its numbers are therefore compared as "covert or not" only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from moderation.archive.json_lines import open_source, read_json_lines
from moderation.errors import BadSetting, InputError, ModerationError
from moderation.note import MAX_TEXT_CHARS, Note
from moderation.text.reading import COMMERCIAL, DISCLOSURES, INTENTS
from moderation.training.reader_data import LabelledNote, spans_of

_TEXTS = ("text", "desc", "description", "body", "content")
_ENDINGS = (".jsonl", ".jsonl.gz", ".json")


def rows_of_files(
    data: Path,
) -> tuple[list[LabelledNote], int]:
    """Labelled notes of a file or folder, and how many lines had no label that is known.

    Args:
        data: file, or folder of files.

    Raises:
        BadSetting: there is not one labelled note, or a line is damaged.
    """
    files = [data] if data.is_file() else sorted(p for p in data.iterdir() if _is_notes(p))
    rows, left_out = [], 0
    for file in files:
        for number, row in _objects(file):
            labelled = _labelled(f"{file.name}:{number}", file, row)
            if labelled is None:
                left_out += 1
            else:
                rows.append(labelled)
    if not rows:
        raise BadSetting(
            f"0 labelled notes in {len(files)} files of `{data}`, at least 1 needed",
            hint="name JSONL with `intent`, or with `label` 0 and 1",
        )
    return rows, left_out


def _is_notes(path: Path) -> bool:
    return path.is_file() and path.name.endswith(_ENDINGS)


def _objects(file: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        with open_source(file) as stream:
            found = []
            for number, row in read_json_lines(stream):
                if isinstance(row, InputError):
                    raise row
                found.append((number, row))
            return found
    except InputError as error:
        raise BadSetting(f"`{file}` cannot be read: {error}", hint=error.hint) from None


def _labelled(at: str, file: Path, row: dict[str, Any]) -> LabelledNote | None:
    intent, disclosure, confidence = _label(row)
    if intent not in INTENTS:
        return None
    text = next((row[name] for name in _TEXTS if isinstance(row.get(name), str)), "")
    tags = row.get("tags") or ()
    try:
        note = Note(
            id="n",
            title=str(row.get("title") or ""),
            text=text[:MAX_TEXT_CHARS],
            tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (),
        )
        label = row["label"] if isinstance(row.get("label"), dict) else row
        marked = label.get("violations")
        violations = tuple(spans_of(note, marked)) if isinstance(marked, list) else None
    except ModerationError as error:
        raise BadSetting(f"`{at}` is no note: {error}", hint=error.hint) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadSetting(
            f"`{at}` marks a violation that is not there: {error}",
            hint="name `code` and `span`, or `code`, `field`, `start` and `end`",
        ) from None
    return LabelledNote(
        note=note,
        intent=intent,
        disclosure=disclosure if disclosure in DISCLOSURES else _silent(intent),
        confidence=confidence,
        origin="measured",
        group=str(row.get("source") or file.name.split(".")[0]),
        family=str(row.get("family") or ""),
        trade=str(row.get("trade") or ""),
        lang=str(row.get("lang") or ""),
        violations=violations,
    )


def _label(row: dict[str, Any]) -> tuple[str, str, float]:
    label = row.get("label")
    if isinstance(label, dict):
        row = label
    elif label in (0, 1, "0", "1") and "intent" not in row:
        return ("C1", "absent", 1.0) if int(label) else ("N1", "none_needed", 1.0)
    confidence = row.get("confidence", 1.0)
    known = isinstance(confidence, int | float) and 0 <= confidence <= 1
    return (
        str(row.get("intent")),
        str(row.get("disclosure")),
        float(confidence) if known else 1.0,
    )


def _silent(intent: str) -> str:
    return "absent" if intent in COMMERCIAL else "none_needed"

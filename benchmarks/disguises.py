"""How many disguises are found: the table of the tests, and variants with other handles.

The rows are found by construction, because tests ask for it. The variants say more: another
handle of the same kind, in another sentence.
"""

from __future__ import annotations

import random
import re
import string
import sys
from pathlib import Path
from typing import Any

from harness import share

from moderation import Note
from moderation.text.marks import WAYS_OUT
from moderation.text.reading import TextReading
from moderation.text.rule_reading import read_by_rules

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from kit.evasions import DISGUISES, PICTURE_TWINS, PICTURES, TWINS

DIVERSION_CODES = frozenset(WAYS_OUT)
VARIANTS = 40
"""Of each disguise: another handle, in another sentence."""
CARRIERS = (
    "{}",
    "今天新做了一批，{}",
    "{}，周末都在",
    "孩子们画得真好\n{}\n谢谢大家",
    "最近好多人问，{} 有空就回",
)

_PLAIN_HANDLE = re.compile(
    r"(?<![a-z0-9])(?:[a-z][a-z0-9_]*[0-9]{2,}[a-z]?|[0-9]{6,11})(?![a-z0-9])"
)


def variant(text: str, span: str, rng: random.Random) -> tuple[str, int, int]:
    """The disguise with another handle, in another sentence; and where it stands there."""

    def alike(character: str) -> str:
        if character.isdigit():
            return rng.choice(string.digits)
        if character.isalpha() and character not in "lio":  # those may stand for digits
            return rng.choice(string.ascii_lowercase)
        return character

    def other(match: re.Match[str]) -> str:
        handle = match.group()
        keep = 3 if handle.startswith(("139", "021")) else 0  # a phone number stays one
        return handle[:keep] + "".join(alike(c) for c in handle[keep:])

    rest_before, rest_after = text.split(span, 1)
    new = rest_before + _PLAIN_HANDLE.sub(other, span) + rest_after
    start = len(rest_before)
    carrier = rng.choice(CARRIERS)
    offset = carrier.index("{}")
    return carrier.format(new), offset + start, offset + len(new) - len(rest_after)


def measure_disguises(rng: random.Random) -> dict[str, Any]:
    """Per trick: rows of the table found, variants of them found, twins wrongly flagged."""
    table = {}
    for trick, rows in DISGUISES.items():
        found = sum(_found(text, code, *_place(text, span)) for text, code, span in rows.values())
        varied = [
            _found(new, code, start, end)
            for text, code, span in rows.values()
            for new, start, end in (variant(text, span, rng) for _ in range(VARIANTS))
        ]
        flagged = sum(_diverts(_read(text)) for text in TWINS[trick].values())
        table[trick] = {
            "rows_found": share(found, len(rows)),
            "variants_found": share(sum(varied), len(varied)),
            "twins_flagged": share(flagged, len(TWINS[trick])),
        }
    pictures = [
        any(s.code == code for s in _picture(field, text).violations)
        for field, text, code, _ in PICTURES.values()
    ]
    table["in_picture"] = {
        "rows_found": share(sum(pictures), len(pictures)),
        "twins_flagged": share(
            sum(_diverts(_picture(*twin)) for twin in PICTURE_TWINS.values()), len(PICTURE_TWINS)
        ),
    }
    return table


def _picture(field: str, text: str) -> TextReading:
    return read_by_rules(Note(id="n", text=""), extra_fields=[(field, text)])


def _place(text: str, span: str) -> tuple[int, int]:
    return text.index(span), text.index(span) + len(span)


def _found(text: str, code: str, start: int, end: int) -> bool:
    spans = read_by_rules(Note(id="n", text=text)).violations
    return any(s.code == code and s.start < end and s.end > start for s in spans)


def _diverts(reading: TextReading) -> bool:
    return any(span.code in DIVERSION_CODES for span in reading.violations)


def _read(text: str) -> TextReading:
    return read_by_rules(Note(id="n", text=text))

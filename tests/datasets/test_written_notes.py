"""Written notes keep their form: exact spans, allowed values, whole families, no two alike."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

DATASETS = Path(__file__).parents[2] / "datasets"
FILES = sorted([*(DATASETS / "written_notes").glob("*.jsonl"), *(DATASETS / "held_out").glob("*")])
FIELDS = ["family", "role", "lang", "trade", "title", "text", "tags"]
LABELS = ["intent", "disclosure", "violations"]
INTENTS = ("N0", "N1", "C1", "C2", "C3")
NATIVE = ("N0", "N1")
DISCLOSURES = ("none_needed", "clear", "buried", "denied", "absent")
CODES = {f"V{number}" for number in range(1, 11)}
SAME_FAMILY_MOST = 0.9
OTHER_FAMILY_MOST = 0.5
"""Shared four-character pieces over all pieces of both notes (Jaccard)."""
SHORTEST_COMPARED = 12
"""Notes of fewer pieces may say the same by chance."""
COMMON = 60
"""A piece that more notes hold is a phrase of everybody's."""

HALF_A_SENTENCE = 14
"""Characters in a row."""

Row = dict[str, Any]


def rows_of(file: Path) -> list[Row]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_note_is_whole(file: Path) -> None:
    """All fields and no other; values of the label guide."""
    for row in rows_of(file):
        assert sorted(row) == sorted([*FIELDS, *LABELS]), row["family"]
        assert row["intent"] in INTENTS, row["family"]
        assert row["disclosure"] in DISCLOSURES, row["family"]
        assert row["lang"] in ("zh", "zh-Hant", "en", "zh-en"), row["family"]
        assert "".join([row["title"], row["text"], *row["tags"]]).strip(), row["family"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_spans_are_in_the_note(file: Path) -> None:
    """Character for character, in one field."""
    for row in rows_of(file):
        for violation in row["violations"]:
            assert set(violation) == {"code", "span"}
            assert violation["code"] in CODES
            fields = [row["title"], row["text"], *row["tags"]]
            assert violation["span"], row["family"]
            assert any(violation["span"] in field for field in fields), row["family"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_labels_do_not_contradict_each_other(file: Path) -> None:
    """A native note breaks nothing and hides nothing; a commercial one has something to say."""
    for row in rows_of(file):
        if row["intent"] in NATIVE:
            assert not row["violations"], row["family"]
            assert row["disclosure"] not in ("absent", "buried"), row["family"]
        else:
            assert row["disclosure"] != "none_needed", row["family"]


def test_a_family_lies_in_one_file() -> None:
    """Splits go by family."""
    files = defaultdict(set)
    for file in FILES:
        for row in rows_of(file):
            files[row["family"]].add(file.name)
    assert not {family: names for family, names in files.items() if len(names) > 1}


def test_no_two_notes_are_nearly_the_same() -> None:
    """Siblings may share facts and phrases, strangers hardly anything."""
    rows = [row for file in FILES for row in rows_of(file)]
    pieces = [shingles(row) for row in rows]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, mine in enumerate(pieces):
        for piece in mine:
            holders[piece].append(number)
    alike = []
    for number, mine in enumerate(pieces):
        rare = (holders[piece] for piece in mine if len(holders[piece]) <= COMMON)
        others = Counter(other for held in rare for other in held if other < number)
        for other, _ in others.most_common(20):
            theirs = pieces[other]
            if min(len(mine), len(theirs)) >= SHORTEST_COMPARED:
                shared = len(mine & theirs) / len(mine | theirs)
                same = rows[number]["family"] == rows[other]["family"]
                if shared > (SAME_FAMILY_MOST if same else OTHER_FAMILY_MOST):
                    alike.append((rows[number]["family"], rows[other]["family"], round(shared, 2)))
    assert not alike


def test_nothing_is_taken_from_real_notes() -> None:
    """Not half a sentence of the notes that measure."""
    data = Path(os.environ.get("MODERATION_DATA", "/nowhere")) / "text" / "notes.jsonl.gz"
    if not data.exists():
        pytest.skip("wants the measuring data")
    with gzip.open(data, "rt", encoding="utf-8") as lines:
        real = set().union(*(shingles(json.loads(line), HALF_A_SENTENCE) for line in lines))
    for file in FILES:
        for row in rows_of(file):
            taken = shingles(row, HALF_A_SENTENCE) & real
            assert not {piece for piece in taken if not common(piece)}, row["family"]


def common(piece: str) -> bool:
    """A ruler of few different characters, or letters: a word of English may be as long."""
    return len(set(piece)) <= 6 or sum(not character.isascii() for character in piece) < 6


def shingles(row: Row, length: int = 4) -> set[str]:
    whole = "".join((row["title"] + row["text"]).split())
    return {whole[start : start + length] for start in range(len(whole) - length + 1)}

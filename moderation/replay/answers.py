"""Answers of another reader, as a replay takes them: how a note's words were read anew, if at all.

They are kept in a folder, a file for each part of the audit. Apart from who answers, since a replay
of policies alone needs no network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]

READER = "note_reader"
_READERS = (READER, "text_rules")
"""Names of detectors whose findings come from a note's words."""


class How(StrEnum):
    """How far the words of a judged note could be read anew, the best first; wire strings."""

    READ = "read"
    WORDS_ALONE = "words_alone"
    """It has pictures, and what is written in them is not known: the author's own words only."""
    FROM_PICTURES = "from_pictures"
    """Findings came from such writing: those of the audit stay."""
    EDITED = "edited"
    """The words are not those that were judged, or nobody can tell: likewise."""
    ABSENT = "absent"
    """No such note was given: likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one verdict."""

    how: How
    instead_of: str = ""
    """Who had read the note, as `note_reader@v1/3fa9c1…`; empty where nobody had."""
    in_words: Sequence[Row] | None = None
    """Findings as JSON, without the places that show them; None where those of the audit stay."""


def comes_from_words(row: Row) -> bool:
    """Whether a finding or failure of the audit is the reader's, not of one picture."""
    named = row["detector"].partition("@")[0]
    return named in _READERS and row["image_number"] is None


NOT_GIVEN = Answer(how=How.ABSENT)
"""What is said of a verdict whose note was not among those given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer, of one note of an archive, to one verdict."""

    verdict_id: int
    number: int
    """Of the note in the archive: of two that fit a verdict equally well the first counts."""
    answer: Answer


def keep(folder: Path, after: int, given: Iterable[Given]) -> None:
    """Add answers to those of the part of the audit that begins after a verdict."""
    with _file(folder, after).open("a", encoding="ascii") as file:
        file.writelines(json.dumps(asdict(one)) + "\n" for one in given)


def answers_in(folder: Path, after: int) -> dict[int, Answer]:
    """Verdict → the best answer, of one part of the audit."""
    best: dict[int, tuple[tuple[int, int], Answer]] = {}
    path = _file(folder, after)
    if not path.exists():
        return {}
    with path.open(encoding="ascii") as file:
        for line in file:
            said = json.loads(line)
            answer = Answer(**said["answer"] | {"how": How(said["answer"]["how"])})
            order = (_RANK[answer.how], said["number"])
            known = best.get(said["verdict_id"])
            if known is None or order < known[0]:
                best[said["verdict_id"]] = (order, answer)
    return {verdict_id: answer for verdict_id, (_, answer) in best.items()}


def _file(folder: Path, after: int) -> Path:
    return folder / f"after-{after:012}.jsonl"


_RANK = {how: rank for rank, how in enumerate(How)}

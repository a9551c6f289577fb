"""Archives into the register, without judging them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from moderation.finding import Finding, ItemFailure
from moderation.gate.examination import Examination

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What an import put into the register."""

    notes: int
    pictures: int
    failures: tuple[ItemFailure, ...]
    """Bad rows, and pictures that could not be read; everything else is registered."""

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register add --json` writes it."""
        return {
            "notes": self.notes,
            "pictures": self.pictures,
            "failures": [failure.to_json() for failure in self.failures],
        }


def unreadable(examination: Examination) -> Iterator[ItemFailure]:
    """What an import could not take from a note."""
    yield from examination.failures
    for finding in examination.findings:
        yield _as_failure(finding, examination.note.id)


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Lists of at most `size` items, in order."""
    stream = iter(items)
    while portion := list(islice(stream, size)):
        yield portion


def _as_failure(finding: Finding, note_id: str) -> ItemFailure:
    return ItemFailure(
        code=str(finding.detail["code"]),
        message=str(finding.detail["message"]),
        hint=str(finding.detail["hint"]),
        detector=finding.detector.partition("@")[0],
        note_id=note_id,
        image_number=finding.image_number,
    )

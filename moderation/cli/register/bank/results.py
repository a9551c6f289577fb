"""What the commands on banks tell alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from moderation.cli import words
from moderation.cli.screen import Screen
from moderation.errors import PartialBatch
from moderation.explain import Lang
from moderation.finding import ItemFailure
from moderation.gate.rights.banks import Banked


def until_told(until: datetime | None, lang: Lang) -> str:
    """` until 2026-12-31`, or nothing."""
    return words.UNTIL.say(lang, at=until.date().isoformat()) if until else ""


def end_with(screen: Screen, bank: str, results: Sequence[Banked | ItemFailure]) -> None:
    """Tell what came of each picture, and end with exit code 8 where one could not be used.

    Raises:
        PartialBatch: something could not be taken.
    """
    failures = [result for result in results if isinstance(result, ItemFailure)]
    banked = [result for result in results if isinstance(result, Banked)]
    screen.json(
        {
            "bank": bank,
            "entries": [result.to_json() for result in banked],
            "failures": [failure.to_json() for failure in failures],
        }
    )
    if not failures:
        return
    if not screen.as_json:
        for failure in failures:
            line = words.LINE.say(screen.lang, line=failure.line) if failure.line else ""
            place = failure.note_id or line or "–"
            screen.remark(f"{place}: {failure.message} ({failure.hint})")
    raise PartialBatch(
        f"{len(failures):,} pictures could not be used, {len(banked):,} could",
        hint="correct those named above, and give them again",
    )

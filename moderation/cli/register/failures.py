"""What an import could not take, told at its end."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.cli import words
from moderation.cli.screen import Screen
from moderation.errors import PartialBatch
from moderation.finding import ItemFailure
from moderation.gate import Registered

SHOWN_FAILURES = 20


def end_with(screen: Screen, got: Registered) -> None:
    """Tell the failures, and end with their exit code where there are any.

    Raises:
        PartialBatch: something could not be taken.
    """
    screen.json(got.to_json())
    if not got.failures:
        return
    tell(screen, got.failures)
    raise PartialBatch(
        f"{len(got.failures):,} rows or pictures could not be used, {got.notes:,} rows could",
        hint="correct those named above, and give them again",
    )


def tell(screen: Screen, failures: Sequence[ItemFailure]) -> None:
    """The first failures, a line each, as remarks; nothing under `--json`."""
    if screen.as_json:
        return
    for failure in failures[:SHOWN_FAILURES]:
        screen.remark(f"{_place(failure, screen)}: {failure.message} ({failure.hint})")
    if len(failures) > SHOWN_FAILURES:
        more = len(failures) - SHOWN_FAILURES
        screen.remark(words.MORE_FAILURES.say(screen.lang, number=more))


def _place(failure: ItemFailure, screen: Screen) -> str:
    parts = []
    if failure.line is not None:
        parts.append(words.LINE.say(screen.lang, line=failure.line))
    if failure.note_id:
        parts.append(failure.note_id)
    if failure.image_number is not None:
        parts.append(f"#{failure.image_number}")
    return " ".join(parts) or "–"

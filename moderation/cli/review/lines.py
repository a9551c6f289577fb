"""Files with a line for each thing that is recorded: a bad line undoes no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from moderation.errors import InputError

if TYPE_CHECKING:
    from moderation.finding import ItemFailure
    from moderation.store import Register, Transaction

_AT_ONCE = 200
New = TypeVar("New")


def record_lines(
    register: Register,
    file: Path,
    make: Callable[[Mapping[str, Any]], New],
    record: Callable[[Transaction, New], None],
) -> tuple[int, list[ItemFailure]]:
    """Record what stands in a file, in portions: others may write in between.

    Args:
        register: written to.
        file: JSONL; `-` is standard input.
        make: of a row the value to record; raises an `InputError` where it is none.
        record: likewise.

    Returns:
        How many lines were recorded, and those that could not be.
    """
    lines = _values(file, make)
    recorded = 0
    failures: list[ItemFailure] = []
    while portion := list(islice(lines, _AT_ONCE)):
        with register.transaction() as now:
            for number, note_id, given in portion:
                try:
                    if isinstance(given, InputError):
                        raise given
                    record(now, given)
                except InputError as error:
                    failures.append(_failure(error, number, note_id))
                else:
                    recorded += 1
    return recorded, failures


def _values(
    file: Path, make: Callable[[Mapping[str, Any]], New]
) -> Iterator[tuple[int, str, New | InputError]]:
    """(line, note id as far as it is one, value or why there is none)."""
    from moderation.archive.json_lines import open_source, read_json_lines

    with open_source(file) as stream:
        for number, row in read_json_lines(stream):
            if isinstance(row, InputError):
                yield number, "", row
                continue
            told = row.get("note_id")
            note_id = told if isinstance(told, str) else ""
            try:
                yield number, note_id, make(row)
            except InputError as error:
                yield number, note_id, error


def _failure(error: InputError, line: int, note_id: str) -> ItemFailure:
    from moderation.finding import ItemFailure
    from moderation.note import MAX_ID_CHARS

    return ItemFailure(
        code=error.code,
        message=error.message,
        hint=error.hint,
        note_id=note_id[:MAX_ID_CHARS].encode("utf-8", "backslashreplace").decode(),
        line=line,
    )

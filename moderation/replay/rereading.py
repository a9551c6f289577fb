"""The words of an archive, read anew for a replay: streamed through processes, kept on the disk.

Notes come in the order of the archive, verdicts in that of the audit. So what the reader answers
is kept for a while in a folder of this user, a file for each part of the audit: findings and
numbers of verdicts, no words and no names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from moderation.replay.another_reader import read_again
from moderation.replay.answers import Given, keep
from moderation.store import Register
from moderation.text.note_reader import NoteReader
from moderation.text.written import Written
from moderation.workers import Deadly, Workers

NOTES_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class AnotherReader:
    """A model folder, and the words that it is given."""

    model: Path
    written: Iterable[Written]
    """Notes of an archive, in any order; read once."""
    progress: Callable[[int], None] | None = None
    """Called with the number of notes that were looked through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which verdicts are given again, and how they are cut into parts."""

    register: str
    upto: int
    since: datetime | None
    until: datetime | None
    part: int
    """Numbers of the audit in a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    stretch: Stretch
    model: Path
    first: int
    """Number of the first of these notes in the archive."""
    written: tuple[Written, ...]


@contextmanager
def answers(other: AnotherReader, stretch: Stretch, *, workers: int) -> Iterator[Path]:
    """Read all words anew; the folder that is given holds the answers until it is left.

    Raises:
        BadArchive: the notes cannot be read.
        ArtifactError: the model cannot be used, or gives no answer.
    """
    with TemporaryDirectory(prefix="moderation-replay-") as made:
        folder = Path(made)
        seen = 0
        for task, given in _done(_tasks(other, stretch), stretch, workers):
            by_part = defaultdict(list)
            for one in given:
                by_part[(one.verdict_id - 1) // stretch.part * stretch.part].append(one)
            for after, some in by_part.items():
                keep(folder, after, some)
            seen += len(task.written)
            if other.progress is not None:
                other.progress(seen)
        yield folder


def _tasks(other: AnotherReader, stretch: Stretch) -> Iterator[_Task]:
    stream, first = iter(other.written), 0
    while some := tuple(islice(stream, NOTES_AT_ONCE)):
        yield _Task(stretch=stretch, model=other.model, first=first, written=some)
        first += len(some)


def _done(
    tasks: Iterator[_Task], stretch: Stretch, workers: int
) -> Iterator[tuple[_Task, list[Given]]]:
    if workers <= 1:
        with _opened(stretch.register) as register:
            yield from ((task, _read(task, register)) for task in tasks)
        return
    with Workers[_Task, list[Given]](_read_in_worker, workers) as pool:
        for task, given in pool.done(tasks):
            if isinstance(given, Deadly):  # texts are not: it wants memory
                with _opened(stretch.register) as register:
                    given = _read(task, register)
            yield task, given


def _opened(place: str) -> Register:
    return Register.open(place, create=False)


_opened_here = cache(_opened)
"""In a worker, which has it to itself and ends soon."""


def _read_in_worker(task: _Task) -> list[Given]:
    return _read(task, _opened_here(task.stretch.register))


def _read(task: _Task, register: Register) -> list[Given]:
    stretch, reader = task.stretch, _reader(task.model)
    rows = register.last_verdicts_on(
        (one.note.id for one in task.written),
        upto=stretch.upto,
        since=stretch.since,
        until=stretch.until,
    )
    return [
        Given(
            verdict_id=rows[one.note.id].verdict_id,
            number=number,
            answer=read_again(rows[one.note.id], one, reader),
        )
        for number, one in enumerate(task.written, start=task.first)
        if one.note.id in rows
    ]


@cache
def _reader(model: Path) -> NoteReader:
    """Opened once in each process."""
    return NoteReader.open(model)

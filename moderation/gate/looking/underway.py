"""An examination that is under way: what has been seen so far can be asked at any time.

Its steps are small: search for one picture; then read one thing in it (its file, a watermark, a
code, words); read the author's words. First all pictures are searched for, since a copy is what
must not be missed, and only then are they read, the slowest reader last. At a deadline, whatever
has not answered is named with its cause; the rest of the work goes on behind the answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from moderation.errors import ModerationError, StoreError
from moderation.finding import Cause, ItemFailure
from moderation.gate.looking.detector_pool import ANY_TIME, FIND, DetectorPool, Step
from moderation.gate.looking.examination import (
    Examination,
    ExaminedPicture,
    Looking,
    Seen,
    gathered,
    read_words,
)
from moderation.gate.looking.marks import MarkReader, Marks, joined, mark_names, name_of
from moderation.image.ownership import DETECTOR as COPIES
from moderation.note import Note
from moderation.text.note_reader import NoteReader
from moderation.text.reading import TextReading
from moderation.text.signals import RULES as TEXT

WORDS = name_of(TEXT)
log = logging.getLogger(__name__)

_NOT_YET: Mapping[Cause, tuple[str, str]] = {
    Cause.TIMEOUT: (
        "had not answered when the verdict was due",
        "wait for the final verdict, or give more time",
    ),
    Cause.OVERLOAD: (
        "was left out, as too much was waiting",
        "let a person look, or submit the note again later",
    ),
    Cause.ERROR: (
        "was given up when its process ended",
        "let a person look, or submit the note again",
    ),
}


class Underway:
    """One note under examination. Safe to ask from any thread."""

    def __init__(self, note: Note, looking: Looking, *, for_archive: bool = False) -> None:
        """Prepare it; `run` or `start` begins.

        Args:
            note: as submitted.
            looking: what it is looked at with.
            for_archive: the note is to be registered, not judged: leave out what is written, and
                search for whole pictures only.
        """
        self.note = note
        self._looking = looking
        self._for_archive = for_archive
        self._changed = threading.Condition()
        self._seen: dict[int, Seen] = {}
        self._marks: dict[int, dict[str, Marks]] = {n: {} for n in range(len(note.images))}
        self._read: TextReading | ItemFailure | None = None
        self._beside: dict[str, TextReading | ItemFailure] = {}
        self._left = 0
        self._left_beside = 0
        self._seq = 0
        self._broken: BaseException | None = None
        self._given_up = False
        self._due: float | None = None
        self._afterwards: list[Callable[[], None]] = []

    def run(self) -> Examination:
        """Take all steps in this thread.

        Raises:
            StoreError, ArtifactError: see `Looking.find`.
        """
        self._seq = self._looking.index.catch_up(self._looking.register)
        for number in range(len(self.note.images)):
            for name, read in self._find(number):
                self._mark(number, name, read)
        if not self._for_archive:
            self._read = read_words(self.note)
            for reader in self._looking.beside:
                self._read_beside(reader)
        return self._so_far(Cause.TIMEOUT)

    def start(self, pool: DetectorPool, *, due: float | None = None) -> None:
        """Take all steps in a pool.

        Args:
            pool: whose threads take them.
            due: when they are of use for the answer, by `time.monotonic`; afterwards other notes
                go first. None waits for all of them.

        Raises:
            StoreError: register or index cannot be used.
        """
        self._due = due
        self._seq = self._looking.index.catch_up(self._looking.register)
        for number in range(len(self.note.images)):
            self._step(pool, FIND, partial(self._find_then_mark, pool, number))
        if not self._for_archive:
            self._step(pool, WORDS, self._read_words)
            for reader in self._looking.beside:
                self._step(pool, WORDS, partial(self._read_beside, reader), beside=True)

    def wait(self, until: float | None = None) -> bool:
        """Wait until all is seen, or until then by `time.monotonic`; True where all is.

        What is read for shadows is waited for only where there is no hurry.
        """
        with self._changed:
            while self._left or (until is None and self._left_beside):
                rest = None if until is None else until - time.monotonic()
                if rest is not None and rest <= 0:
                    return False
                self._changed.wait(rest)
            return True

    def so_far(self, late: Cause = Cause.TIMEOUT) -> Examination:
        """What has been seen; detectors that have not answered are among the failures.

        Raises:
            StoreError, ArtifactError: a step could not use register, index or model.
        """
        with self._changed:
            if self._broken is not None:
                raise self._broken
            return self._so_far(late)

    def afterwards(self, call: Callable[[], None]) -> None:
        """Call this when the last step has ended, in its thread; now where it has."""
        with self._changed:
            if self._left:
                self._afterwards.append(call)
                return
        call()

    def give_up(self) -> None:
        """Take no step that has not begun."""
        with self._changed:
            self._given_up = True

    def _so_far(self, late: Cause) -> Examination:
        seen = [
            replace(one, marks=joined(self._marks[number]))
            if isinstance(one, ExaminedPicture)
            else one
            for number, one in sorted(self._seen.items())
        ]
        missing = [_missing(*one, self.note, late) for one in self._missing()]
        return gathered(
            self.note, seen, own=self._read, beside=self._beside, late=missing, seq=self._seq
        )

    def _missing(self) -> Iterator[tuple[str, int | None]]:
        """(detector, number of the picture) of all that has not answered."""
        if self._read is None and not self._for_archive:
            yield WORDS, None
        for number in range(len(self.note.images)):
            seen = self._seen.get(number)
            if seen is None:
                yield name_of(COPIES), number
            if not self._for_archive and isinstance(seen, ExaminedPicture | None):
                yield from ((n, number) for n in mark_names() if n not in self._marks[number])

    def _find(self, number: int) -> list[MarkReader]:
        seen, readers = self._looking.find(self.note, number, for_archive=self._for_archive)
        with self._changed:
            self._seen[number] = seen
        return readers

    def _find_then_mark(self, pool: DetectorPool, number: int) -> None:
        for name, read in self._find(number):
            self._step(pool, name, partial(self._mark, number, name, read))

    def _mark(self, number: int, name: str, read: Callable[[], Marks]) -> None:
        marks = read()
        with self._changed:
            self._marks[number][name] = marks

    def _read_words(self) -> None:
        read = read_words(self.note)
        with self._changed:
            self._read = read

    def _read_beside(self, reader: NoteReader) -> None:
        read = read_words(self.note, reader)
        with self._changed:
            self._beside = {**self._beside, reader.detector: read}

    def _step(
        self, pool: DetectorPool, name: str, work: Callable[[], None], *, beside: bool = False
    ) -> None:
        with self._changed:
            self._left += not beside
            self._left_beside += beside
        pool.submit(
            Step(
                name=name,
                run=partial(self._take, work, beside=beside),
                drop=partial(self._drop, beside=beside),
                due=ANY_TIME if beside else self._due,
            )
        )

    def _take(self, work: Callable[[], None], *, beside: bool) -> None:
        try:
            if not self._given_up and self._broken is None:
                work()
        except ModerationError as error:  # of the register or a model: of no note in particular
            self._broken = error
        except Exception as error:
            log.exception("a step of an examination failed")
            self._broken = error
        finally:
            self._ended(beside=beside)

    def _drop(self, *, beside: bool) -> None:
        """Nobody will take this step."""
        self._broken = StoreError(
            "the gate was closed before the note was looked at", hint="open it again"
        )
        self._ended(beside=beside)

    def _ended(self, *, beside: bool) -> None:
        with self._changed:
            self._left -= not beside
            self._left_beside -= beside
            calls = [] if self._left else self._afterwards
            self._afterwards = self._afterwards if self._left else []
            self._changed.notify_all()
        for call in calls:
            call()


def _missing(detector: str, number: int | None, note: Note, cause: Cause) -> ItemFailure:
    what, hint = _NOT_YET[cause]
    return ItemFailure(
        code=f"detector_{cause.value}",
        message=f"`{detector}` {what}",
        hint=hint,
        detector=detector,
        cause=cause,
        note_id=note.id,
        image_number=number,
    )

"""Questions → answers. What was answered is kept line by line, so that a stopped run goes on."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from moderation.archive.whole_file import unwritable
from moderation.finding import ItemFailure
from moderation.gate import Gate
from moderation.note import Author, Note
from moderation.training.evaluation.collection import Item
from moderation.training.evaluation.questions import Question

LIMIT = 100
"""Most matches that are asked for: all that count."""

_AHEAD = 4

Found = tuple[tuple[str, float], ...]
"""(registered name, score), best first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What an engine said to a question."""

    question: Question
    found: Found
    took_ms: float


class Engine(Protocol):
    """Anything that finds copies."""

    def ask(self, file: bytes) -> Found:
        """The registered names that a picture may copy, with scores; a name once."""
        ...


class GateEngine:
    """The gate itself: decodes, searches and proves as it does for a note."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def register(
        self, items: Sequence[Item], progress: Callable[[int], None] | None = None
    ) -> tuple[ItemFailure, ...]:
        """Each picture as a note by an author of its own; returns those that failed.

        Nothing is done where the register already holds as many notes: it was stopped later.
        """
        if self._gate.stats().notes >= len(items):
            return ()
        notes = (
            Note(id=item.name, author=Author(id=f"a{n}"), images=[item.source])
            for n, item in enumerate(items)
        )
        return self._gate.register_many(notes, progress=progress).failures

    def ask(self, file: bytes) -> Found:
        """`Gate.find_copies`; of a note that shows several pictures the best counts."""
        best: dict[str, float] = {}
        for match in self._gate.find_copies(file, limit=LIMIT):
            best[match.note_id] = max(match.score, best.get(match.note_id, 0.0))
        return tuple(best.items())


def answers(
    questions: Sequence[Question],
    engine: Engine,
    kept: Kept | None = None,
    *,
    workers: int = 1,
) -> Iterator[Answer]:
    """Ask in order; what `kept` has is not asked again.

    Args:
        questions: drawn when their turn comes.
        engine: with more than one worker, safe to use from several threads.
        kept: where answers are written down as they come.
        workers: questions under way at once. Times are worth most with one.
    """

    def answer(question: Question) -> Answer:
        known = kept.answer(question) if kept is not None else None
        return known or _asked(question, engine)

    with ThreadPoolExecutor(workers, thread_name_prefix="evaluation") as pool:
        for start in range(0, len(questions), _AHEAD * workers):
            portion = questions[start : start + _AHEAD * workers]
            for given in pool.map(answer, portion) if workers > 1 else map(answer, portion):
                if kept is not None:
                    kept.keep(given)
                yield given


def _asked(question: Question, engine: Engine) -> Answer:
    file = question.file()
    started = time.perf_counter()
    found = engine.ask(file)
    took_ms = 1000 * (time.perf_counter() - started)
    return Answer(question=question, found=found, took_ms=took_ms)


class Kept:
    """Answers in a file of JSON lines. Give every plan a file of its own, see `plan_of`."""

    def __init__(self, path: Path) -> None:
        """Read what is there already.

        Args:
            path: of the file; its folder exists.

        Raises:
            StoreUnwritable: the file cannot be written.
        """
        self._path = path
        self._known = dict(_read(path))
        try:
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise unwritable(path, error) from error
        # Written anew: the last line may be torn.
        for key, (found, took_ms) in self._known.items():
            self._write({"key": key, "found": found, "ms": took_ms})

    def __len__(self) -> int:
        return len(self._known)

    def answer(self, question: Question) -> Answer | None:
        """What was answered before."""
        if question.key not in self._known:
            return None
        found, took_ms = self._known[question.key]
        return Answer(question=question, found=found, took_ms=took_ms)

    def keep(self, answer: Answer) -> None:
        """Write one down at once, unless it is there.

        Raises:
            StoreUnwritable: the disk is full or fails.
        """
        if answer.question.key in self._known:
            return
        self._write(
            {
                "key": answer.question.key,
                "found": answer.found,
                "ms": round(answer.took_ms, 2),
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def _write(self, row: Mapping[str, object]) -> None:
        try:
            self._file.write(json.dumps(row) + "\n")
            self._file.flush()
        except OSError as error:
            raise unwritable(self._path, error) from error


def plan_of(items: Sequence[Item], questions: Sequence[Question], settings: object) -> str:
    """Digest of all that decides the answers, the pixels of the user's files aside.

    Args:
        items: in the register.
        questions: in their order.
        settings: anything JSON can tell: seed, versions of the detectors.
    """
    told = json.dumps([[item.name for item in items], [q.key for q in questions], settings])
    return hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()


def _read(path: Path) -> Iterator[tuple[str, tuple[Found, float]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            row = json.loads(line)
            found = tuple((str(name), float(score)) for name, score in row["found"])
            yield str(row["key"]), (found, float(row["ms"]))
        except (ValueError, KeyError, TypeError):  # the line at which it was stopped
            continue

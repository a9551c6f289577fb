"""Progress of long work: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from moderation.cli.screen import Screen, print_line
from moderation.cli.words import PROGRESS, PROGRESS_LEFT, PROGRESS_MEMORY, PROGRESS_OF

if TYPE_CHECKING:
    from rich.console import Console

    from moderation.explain import Lang

LINE_EVERY_S = 5.0


class Done(Protocol):
    """Says how far the work is."""

    def __call__(self, number: int, *, known: int = 0, memory: int = 0) -> None:
        """Say it.

        Args:
            number: done by now.
            known: of these, what an earlier run had done; it is no part of the rate.
            memory: bytes held; 0 shows none.
        """


@contextmanager
def progress(
    screen: Screen,
    total: int | None,
    *,
    beside: Console | None = None,
    rows_on_stdout: bool = False,
) -> Iterator[Done]:
    """Show how far the work is while it lasts.

    Args:
        screen: of the command; standard error gets the bar or the lines.
        total: notes to do, exact or estimated; None where nobody knows.
        beside: a console whose rows come out meanwhile. On a terminal the bar stays below them.
        rows_on_stdout: rows go to standard output past any console. Where that is a terminal,
            they would tear a bar apart, and are progress enough.

    Yields:
        To call with the number of notes done so far.
    """
    console = beside if beside is not None and beside.is_terminal else screen.err
    if not console.is_terminal:
        yield Lines(total, screen.lang, lambda text: print_line(console, text)).done
        return
    if rows_on_stdout and screen.out.is_terminal:
        yield _ignore
        return
    with _bar(console, total) as done:
        yield done


class Lines:
    """A line every few seconds; nothing at all where the work is over before."""

    def __init__(
        self,
        total: int | None,
        lang: Lang,
        write: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._lang: Lang = lang
        self._write = write
        self._clock = clock
        self._started = self._last = clock()

    def done(self, number: int, *, known: int = 0, memory: int = 0) -> None:
        """So many notes are done."""
        now = self._clock()
        if now - self._last < LINE_EVERY_S:
            return
        self._last = now
        rate = (number - known) / (now - self._started)
        of, left = "", ""
        if self._total is not None and self._total >= number:
            of = PROGRESS_OF.say(self._lang, total=self._total)
            if rate:
                seconds = round((self._total - number) / rate)
                left = PROGRESS_LEFT.say(self._lang, left=_clock_time(seconds))
        held = PROGRESS_MEMORY.say(self._lang, mb=memory / 1e6) if memory else ""
        self._write(PROGRESS.say(self._lang, done=number, of=of, rate=rate, left=left + held))


def _clock_time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _ignore(number: int, *, known: int = 0, memory: int = 0) -> None:
    """Nothing to show."""


@contextmanager
def _bar(console: Console, total: int | None) -> Iterator[Done]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Notes a second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:,.0f}/s")

    class Memory(ProgressColumn):
        """What is held, where the work says it."""

        def render(self, task: Task) -> Text:
            memory = task.fields["memory"]
            return Text(f"{memory / 1e6:,.0f} MB" if memory else "")

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn(), Memory())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total, memory=0)

        def done(number: int, *, known: int = 0, memory: int = 0) -> None:
            # The number of lines was estimated from the first megabyte.
            most = total if total is None or number <= total else number
            bar.update(task, completed=number, total=most, memory=memory)

        yield done

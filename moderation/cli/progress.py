"""Progress of long work: a bar with rate and time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from moderation.cli.screen import Screen, print_line
from moderation.cli.words import PROGRESS, PROGRESS_LEFT, PROGRESS_OF

if TYPE_CHECKING:
    from rich.console import Console

    from moderation.explain import Lang

LINE_EVERY_S = 5.0


@contextmanager
def progress(
    screen: Screen,
    total: int | None,
    *,
    beside: Console | None = None,
    rows_on_stdout: bool = False,
) -> Iterator[Callable[[int], None]]:
    """Show how far the work is while it lasts.

    Args:
        screen: of the command; standard error gets the bar or the lines.
        total: notes to do, exact or estimated; None where nobody knows.
        beside: a console whose rows come out meanwhile. On a terminal the bar stays below them.
        rows_on_stdout: rows go to standard output past any console. Where that is a terminal,
            they would tear a bar apart, and are progress enough.

    Yields:
        A function to call with the number of notes done so far.
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

    def done(self, number: int) -> None:
        """So many notes are done."""
        now = self._clock()
        if now - self._last < LINE_EVERY_S:
            return
        self._last = now
        rate = number / (now - self._started)
        of, left = "", ""
        if self._total is not None and self._total >= number:
            of = PROGRESS_OF.say(self._lang, total=self._total)
            if rate:
                seconds = round((self._total - number) / rate)
                left = PROGRESS_LEFT.say(self._lang, left=_clock_time(seconds))
        self._write(PROGRESS.say(self._lang, done=number, of=of, rate=rate, left=left))


def _clock_time(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _ignore(number: int) -> None:
    """Nothing to show."""


@contextmanager
def _bar(console: Console, total: int | None) -> Iterator[Callable[[int], None]]:
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

    columns = (BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def done(number: int) -> None:
            # The number of lines was estimated from the first megabyte.
            most = total if total is None or number <= total else number
            bar.update(task, completed=number, total=most)

        yield done

"""Where a command's words go: answers to standard output, remarks and errors to standard error.

Ids and texts come from strangers. Whatever could steer a terminal (escapes, marks that
turn the reading direction) is shown as its code instead.
"""

from __future__ import annotations

import io
import json
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from moderation.explain import Lang

WIDTH = 100
"""Columns of verdicts that do not go to a terminal, unless `COLUMNS` says otherwise."""
WIDEST = 1_000
"""Columns of other tables there: who cuts or searches them wants whole lines."""


class Screen:
    """What a command says, for people or for machines."""

    def __init__(self, *, as_json: bool, lang: Lang) -> None:
        self.as_json = as_json
        self.lang: Lang = lang

    @cached_property
    def out(self) -> Console:
        """Standard output for people."""
        return console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Standard error for people."""
        return console(stderr=True)

    def say(self, text: str, style: str = "") -> None:
        """One line on standard output, never broken by us; nothing under `--json`."""
        if not self.as_json:
            print_line(self.out, text, style)

    def remark(self, text: str) -> None:
        """One line on standard error, which is no part of the answer."""
        print_line(self.err, text, "dim")

    def json(self, value: Any) -> None:
        """One JSON value and a line end on standard output; nothing without `--json`."""
        if self.as_json:
            print_json(value)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table with a heading; nothing under `--json`."""
        if not self.as_json:
            table = empty_table(head)
            for row in rows:
                table.add_row(*(cell(str(value)) for value in row))
            print_table(self.out, table, as_wide_as_needed=True)

    def facts(self, facts: Mapping[str, object]) -> None:
        """Names and values below each other; nothing under `--json`."""
        if not self.as_json:
            table = empty_table()
            table.add_column()
            table.add_column()
            for name, value in facts.items():
                shown = f"{value:,}" if type(value) is int else str(value)
                table.add_row(cell(name, "dim"), cell(shown))
            print_table(self.out, table)


def console(*, stderr: bool) -> Console:
    """A console that adds nothing to the text: no markup, emoji names or highlighting."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise

    made = Plain(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made.width = WIDTH
    return made


def empty_table(head: Sequence[str] = ()) -> Table:
    """A table without lines; its columns break long words rather than hide them."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=bool(head), header_style="bold")
    for name in head:
        table.add_column(plain(name), overflow="fold")
    return table


def cell(text: str, style: str = "") -> Any:
    """Text that is taken as it is."""
    from rich.text import Text

    return Text(plain(text), style)


def print_line(console: Console, text: str, style: str = "") -> None:
    """One line as it is, however long."""
    console.print(cell(text, style), soft_wrap=True)


def print_table(console: Console, table: Table, *, as_wide_as_needed: bool = False) -> None:
    """A table; beyond a terminal it may be wide, and lines end with their last letter."""
    if console.is_terminal:
        console.print(table)
        return
    from rich.console import Console

    drawn = io.StringIO()
    width = WIDEST if as_wide_as_needed else console.width
    Console(file=drawn, width=width, markup=False, emoji=False, highlight=False).print(table)
    for line in drawn.getvalue().splitlines():
        console.file.write(line.rstrip() + "\n")


def plain(text: str) -> str:
    """`text` with everything that does not print shown as its code."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char.isprintable() or char == "\n":
        return char
    if unicodedata.category(char) == "Zs":
        return " "
    return char.encode("unicode_escape").decode()


def print_json(value: Any) -> None:
    """One JSON value and a line end, as UTF-8 whatever the locale is."""
    # A half surrogate cannot be UTF-8; its escape is the same JSON.
    text = json.dumps(value, ensure_ascii=False)
    click.echo(text.encode("utf-8", "backslashreplace"))


def print_error(code: str, message: str, hint: str, exit_code: int, *, as_json: bool) -> None:
    """An error on standard error: two lines for people, or one JSON object."""
    # Nobody may listen there any more; the exit code still tells.
    with suppress(OSError, ValueError):
        if as_json:
            error = {"code": code, "exit_code": exit_code, "message": message, "hint": hint}
            text = json.dumps({"error": error}, ensure_ascii=False)
            click.echo(text.encode("utf-8", "backslashreplace"), err=True)
            return
        for name, colour, words in (("error", "red", message), ("hint", "cyan", hint)):
            line = plain(" ".join(words.split()))  # some libraries speak in paragraphs
            click.echo(click.style(f"{name}:", fg=colour) + f" {line.rstrip('.')}", err=True)

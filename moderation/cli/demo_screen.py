"""The demo's story on a console: sentences, a table that grows row by row, commands to copy."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from moderation.cli import words
from moderation.cli.screen import cell, print_line, print_table
from moderation.cli.verdict_table import STYLES
from moderation.demo import Outcome
from moderation.demo.words import HEAD_EXPECTED, NO, YES
from moderation.explain import Lang

_EXPECTED_CELLS = 8
_DECISION_CELLS = 10
_NOTE_CELLS = 24
_GAPS = 6  # two cells between four columns


class DemoScreen:
    """An `Audience` that prints; so widths are fixed from the start."""

    def __init__(self, console: Console, lang: Lang) -> None:
        self._console = console
        self._lang: Lang = lang
        self._rows = 0
        fixed = _EXPECTED_CELLS + _DECISION_CELLS + _NOTE_CELLS + _GAPS
        self._why_cells = max(20, console.width - fixed)

    def tell(self, text: str) -> None:
        """A sentence."""
        if self._rows:  # the table is over
            self._rows = 0
            print_line(self._console, "")
        print_line(self._console, text)

    def show(self, outcome: Outcome) -> None:
        """One row, below a heading if it is the first."""
        if not self._rows:
            print_line(self._console, "")
            heads = (words.HEAD_DECISION, words.HEAD_NOTE, words.HEAD_WHY, HEAD_EXPECTED)
            self._print(*(cell(head.say(self._lang), "bold") for head in heads))
        self._rows += 1
        note = cell(outcome.what).append_text(cell(f"\n{outcome.note_id}", "dim"))
        self._print(
            cell(outcome.verdict, STYLES[outcome.decision]),
            note,
            cell(outcome.why),
            self._expected(outcome),
        )

    def suggest(self, purpose: str, command: str) -> None:
        """A remark, and below it a line to copy."""
        print_line(self._console, f"  # {purpose}", "dim")
        print_line(self._console, f"  {command}")

    def _expected(self, outcome: Outcome) -> Text:
        if outcome.as_expected:
            return cell(YES.say(self._lang), "green")
        return cell(NO.say(self._lang, expected=outcome.expected), "bold red")

    def _print(self, *cells: Text) -> None:
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        widths = (_DECISION_CELLS, _NOTE_CELLS, self._why_cells, _EXPECTED_CELLS)
        for width in widths:
            table.add_column(width=width, overflow="fold")
        table.add_row(*cells)
        print_table(self._console, table)

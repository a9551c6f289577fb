"""Verdicts as a table for people that grows row by row."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from moderation.cli import words
from moderation.cli.screen import cell, print_table
from moderation.explain import (
    Lang,
    decision_word,
    difference_name,
    explain_failure,
    explain_note,
    explain_skipped,
    explain_verdict,
    shown_score,
)
from moderation.finding import Finding, ItemFailure, Span
from moderation.verdict import Decision, Verdict

STYLES = {
    Decision.PASS: "green",
    Decision.LABEL: "cyan",
    Decision.REVIEW: "yellow",
    Decision.BLOCK: "bold red",
}
_MAX_QUOTES = 3
_MAX_QUOTE_CHARS = 40
_GAP = 2
_MIN_REST_CELLS = 20


class GrowingTable:
    """Prints each row when it comes; so widths are fixed from the start."""

    def __init__(self, console: Console, widths: Sequence[int | None]) -> None:
        """`widths` in cells; None takes what the others leave."""
        self._console = console
        taken = sum(width or 0 for width in widths) + _GAP * (len(widths) - 1)
        rest = max(_MIN_REST_CELLS, console.width - taken)
        self._widths = [rest if width is None else width for width in widths]

    def print(self, *cells: Text) -> None:
        """One row."""
        table = Table(box=None, show_header=False, padding=(0, _GAP, 0, 0), pad_edge=False)
        for width in self._widths:
            table.add_column(width=width, overflow="fold")
        table.add_row(*cells)
        print_table(self._console, table)


class VerdictTable:
    """What was decided, on which note, why, and what it matches best."""

    def __init__(self, console: Console, lang: Lang) -> None:
        self._lang: Lang = lang
        self._rows = GrowingTable(console, (10, 16, None, 22))

    def head(self) -> None:
        """The line above the rows."""
        names = (words.HEAD_DECISION, words.HEAD_NOTE, words.HEAD_WHY, words.HEAD_MATCH)
        self._rows.print(*(cell(name.say(self._lang), "bold") for name in names))

    def row(self, result: Verdict | ItemFailure) -> None:
        """One result."""
        if isinstance(result, ItemFailure):
            self._failure(result)
        else:
            decision = cell(decision_word(result.decision, self._lang), STYLES[result.decision])
            match = _best_match(result)
            shown = cell("") if match is None else self._match(match)
            self._rows.print(decision, cell(result.note_id), self._why(result), shown)

    def _failure(self, failure: ItemFailure) -> None:
        place = failure.note_id
        if failure.line is not None:
            line = words.LINE.say(self._lang, line=failure.line)
            place = f"{place}\n{line}" if place else line
        not_judged = cell(words.NOT_JUDGED.say(self._lang), "magenta")
        self._rows.print(
            not_judged, cell(place), cell(f"{failure.message}\n{failure.hint}"), cell("")
        )

    def _why(self, verdict: Verdict) -> Text:
        lang = self._lang
        if _is_of_several_parts(verdict):
            why = cell(explain_note(verdict, lang=lang))
        else:
            told = explain_verdict(verdict, lang=lang)
            word = decision_word(verdict.decision, lang)  # has a column of its own
            why = cell(told.removeprefix(word).lstrip(":： "))
        reasons = [verdict.findings[r.finding] for r in verdict.reasons if r.finding is not None]
        spans = dict.fromkeys(_quote(span) for finding in reasons for span in finding.spans)
        for quote in list(spans)[:_MAX_QUOTES]:
            why.append_text(cell(f"\n{quote}", "dim"))
        for failure in verdict.failures:
            why.append_text(cell(f"\n{explain_failure(failure, lang=lang).why}", "dim"))
        for skipped in verdict.skipped:
            why.append_text(cell(f"\n{explain_skipped(skipped, lang=lang)}", "dim"))
        return why

    def _match(self, finding: Finding) -> Text:
        match, lang = finding.match, self._lang
        if match is None:
            return cell("")
        by = [words.MATCH_BY.say(lang, author=match.author_id)] if match.author_id else []
        if match.published_at is not None:
            by.append(match.published_at.date().isoformat())
        score = [words.MATCH_SCORE.say(lang, score=shown_score(match.score))]
        if finding.difference is not None:
            score.append(difference_name(finding.difference, lang))
        comma = "，" if lang == "zh" else ", "
        shown = cell(f"{match.note_id} #{match.image_number}")
        for line in (by, score):
            if line:
                shown.append_text(cell("\n" + comma.join(line), "dim"))
        return shown


def _is_of_several_parts(verdict: Verdict) -> bool:
    """Whether the note as a whole says more than its best match, which has a column of its own."""
    summary = verdict.summary
    words = any(source.caption is not None for source in summary.sources)
    return words or (summary.copied > 0 and summary.pictures > 1)


def _quote(span: Span) -> str:
    text = " ".join(span.text.split())
    return f"“{text if len(text) <= _MAX_QUOTE_CHARS else text[: _MAX_QUOTE_CHARS - 1] + '…'}”"


def _best_match(verdict: Verdict) -> Finding | None:
    copies = [finding for finding in verdict.findings if finding.match is not None]
    return max(copies, key=lambda finding: (finding.score, finding.raw_score), default=None)

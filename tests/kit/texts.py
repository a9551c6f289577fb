"""Builders for notes that are only text, and what a reading found in them."""

from __future__ import annotations

from typing import Any

from moderation import Note
from moderation.finding import Span
from moderation.text.rule_reading import read_by_rules


def note_of(text: str = "", **fields: Any) -> Note:
    """A note with this text and nothing else unless said."""
    return Note(id="n1", text=text, **fields)


def spans_of(note: Note, code: str | None = None) -> list[Span]:
    """Violations of one code (or all) that the reading found."""
    return [s for s in read_by_rules(note).violations if code in (None, s.code)]


def codes_of(note: Note) -> set[str]:
    """Codes of the violations that the reading found."""
    return {span.code for span in spans_of(note)}

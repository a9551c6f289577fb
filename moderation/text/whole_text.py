"""What an author wrote as one text, with the way back to title, text and tags.

This is what a network reads: unlike the joined fields of the rules it stays as written, and a
title that only repeats how the text starts is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from moderation.finding import Span
from moderation.note import Note

SENTENCE = "sentence"
"""Code of spans that are a sentence."""
LONGEST_TEXT = 20_000
"""Code points of a text that are read; communities allow some thousand."""
LONGEST_SENTENCE = 80
"""Code points; longer stretches without a stop are cut."""

_STOP = re.compile(r"[。！？!?；;\n]+|\.(?=\s)")
_NO_WORD = re.compile(r"\s|\W")
_LONE = re.compile("[\ud800-\udfff]")


class Part(NamedTuple):
    """A stretch of the whole text that stands in one field."""

    field: str
    start: int
    """In the whole text."""
    skipped: int
    """Code points of the field before the stretch."""
    text: str

    @property
    def end(self) -> int:
        """In the whole text."""
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeText:
    """Title, text and tags as one."""

    text: str
    parts: tuple[Part, ...]
    left_out: int = 0
    """Code points in the middle of an endless text."""

    @classmethod
    def of(cls, note: Note) -> WholeText:
        """Of a note; tags follow the text, each behind a `#`.

        Of a text of more than `LONGEST_TEXT` code points the start and the end are taken.
        """
        title, text = note.title.strip(), note.text.strip()
        blank = note.text.index(text)
        half = LONGEST_TEXT // 2
        left_out = max(0, len(text) - LONGEST_TEXT)
        lines = [("text", blank, text[:half] if left_out else text)]
        if left_out:
            lines.append(("text", blank + len(text) - half, text[-half:]))
        if not _repeats(title, text):
            lines.insert(0, ("title", note.title.index(title), title))
        parts: list[Part] = []
        whole = ""
        for field, skipped, written in lines:
            if written:
                whole += "\n" if whole else ""
                parts.append(Part(field, len(whole), skipped, written))
                whole += written
        for number, tag in enumerate(note.tags):
            whole += " #" if number else "\n#" if whole else "#"
            parts.append(Part(f"tags[{number}]", len(whole), 0, tag))
            whole += tag
        return cls(text=_LONE.sub("\ufffd", whole), parts=tuple(parts), left_out=left_out)

    def place_of(self, span: Span) -> tuple[int, int] | None:
        """Start and end of a span in the whole text; None where its field is no part of it."""
        for part in self.parts:
            start = part.start + span.start - part.skipped
            end = start + span.end - span.start
            if part.field == span.field and part.start <= start and end <= part.end:
                return start, end
        return None

    def spans(self, code: str, start: int, end: int) -> tuple[Span, ...]:
        """Spans in the fields behind a stretch of the whole text, one per field touched."""
        found = []
        for part in self.parts:
            low, high = max(start, part.start), min(end, part.end)
            written = part.text[low - part.start : high - part.start] if low < high else ""
            if written.strip():
                low += part.skipped - part.start
                found.append(
                    Span(
                        code=code,
                        field=part.field,
                        start=low,
                        end=low + len(written),
                        text=written,
                    )
                )
        return tuple(found)

    def sentences(self) -> Iterator[tuple[int, int, Span]]:
        """(start, end, span) of every sentence, in order; start and end in the whole text."""
        for part in self.parts:
            for start, end in _cut(part.text):
                written = part.text[start:end]
                if not written.strip():
                    continue
                first, last = part.start + start, part.start + end
                yield first, last, self.spans(SENTENCE, first, last)[0]


def text_of(note: Note) -> str:
    """Title, text and tags as one text."""
    return WholeText.of(note).text


def _repeats(title: str, text: str) -> bool:
    """Whether a title only says how the text starts."""
    head = _NO_WORD.sub("", title)
    return bool(head) and _NO_WORD.sub("", text[: 2 * len(title) + 20]).startswith(head)


def _cut(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for stop in (*_STOP.finditer(text), None):
        end = len(text) if stop is None else stop.end()
        while start < end:
            yield start, min(end, start + LONGEST_SENTENCE)
            start = min(end, start + LONGEST_SENTENCE)

"""All text of a note as one, so that a handle split over title, text and tags is found.

Fields are joined by line breaks; a hit in the joined text becomes one span per field it touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moderation.finding import Span
from moderation.note import Note
from moderation.text.normalise import normalise
from moderation.text.ocr_noise import is_read_in_picture, mend
from moderation.text.rewriting import Draft, Normalised


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Where one field lies in the joined original."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The fields of a note in reading order, as one normalised text."""

    pieces: tuple[Piece, ...]
    original: str
    """All fields, joined by line breaks."""
    normalised: Normalised

    @property
    def text(self) -> str:
        """The normalised text."""
        return self.normalised.text

    def spans(self, code: str, start: int, end: int) -> tuple[Span, ...]:
        """Spans in the original fields behind `text[start:end]`, one per field touched."""
        low, high = self.normalised.original_span(start, end)
        spans = []
        for piece in self.pieces:
            first, last = max(low, piece.start), min(high, piece.end)
            if first >= last:
                continue
            index = self.normalised.first_from
            read = self.text[max(start, index(first)) : min(end, max(index(last), start + 1))]
            span = Span(
                code=code,
                field=piece.field,
                start=first - piece.start,
                end=last - piece.start,
                text=self.original[first:last],
                normalised=read.strip("\n"),
            )
            if span.text.strip():
                spans.append(span)
        return tuple(spans)

    def field_at(self, index: int) -> str:
        """Name of the field in which `text[index]` was written."""
        at = self.normalised.starts[index]
        return next(piece.field for piece in reversed(self.pieces) if piece.start <= at)


def join_fields(note: Note, extra_fields: Sequence[tuple[str, str]] = ()) -> Joined:
    """Join title, text, tags and links of a note with texts found elsewhere.

    Args:
        note: the note; its links appear as `links[i]`.
        extra_fields: (field name, text) read in pictures, as `("image[0].ocr", "…")`.
    """
    links = [(f"links[{i}]", link) for i, link in enumerate(note.links)]
    return join_named((*note.text_fields(), *links, *extra_fields))


def join_named(fields: Iterable[tuple[str, str]]) -> Joined:
    """Join (field name, text) in reading order."""
    pieces = []
    at = 0
    values = []
    for field, value in fields:
        pieces.append(Piece(field=field, start=at, end=at + len(value)))
        values.append(value)
        at += len(value) + 1
    original = "\n".join(values)
    normalised = _normalised(pieces, original)
    return Joined(pieces=tuple(pieces), original=original, normalised=normalised)


def _normalised(pieces: Sequence[Piece], original: str) -> Normalised:
    """Of the original, in which fields read in pictures are mended first."""
    if not any(is_read_in_picture(piece.field) for piece in pieces):
        return normalise(original)
    text, starts, ends = "", list[int](), list[int]()
    for piece in pieces:
        value = original[piece.start : piece.end]
        mended = mend(value) if is_read_in_picture(piece.field) else Draft(value).done()
        text += mended.text + "\n"
        starts += [piece.start + start for start in mended.starts] + [piece.end]
        ends += [piece.start + end for end in mended.ends] + [piece.end + 1]
    read = normalise(text[:-1])
    return Normalised(
        text=read.text,
        starts=tuple(starts[start] for start in read.starts),
        ends=tuple(ends[end - 1] for end in read.ends),
    )

"""What the page says of each note, ready to print: words, numbers, thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace

from markupsafe import Markup

from moderation.explain import (
    Explanation,
    Lang,
    basis_name,
    decision_word,
    difference_name,
    direction_name,
    explain_failure,
    explain_finding,
    explain_note,
    explain_skipped,
    shown_score,
)
from moderation.finding import Finding, FindingKind, ItemFailure, Span
from moderation.image.difference import Difference
from moderation.match import Match
from moderation.note import Note
from moderation.report.exhibits import Exhibit, Exhibits
from moderation.report.marked_text import fits, marked
from moderation.report.spots import Reading, Spot, placed, reading_of
from moderation.report.thumbnails import PictureView, picture_view
from moderation.report.words import words_of
from moderation.verdict import Completeness, Reason, Verdict

MOST_PICTURES = 4
"""Shown for one finding of text."""
SHOWN_CHARS = 20_000
"""Of one field; a note of the platform holds 1,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Something that was read, in the author's words or in a picture."""

    span: Span
    label: str
    """Its field in words."""
    html: Markup
    """The quoted characters."""
    number: int | None
    """Of its place on a picture that is shown; None where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One finding, as a reason or as seen without consequence."""

    finding: Finding
    place: int
    """In the findings of the verdict."""
    explanation: Explanation
    difference: str
    reason: Reason | None
    pictures: tuple[PictureView, ...]
    exhibit: Exhibit | None
    """Of the match."""
    numbers: tuple[tuple[str, str], ...]
    """(label, value) of the match."""
    quotes: tuple[Quote, ...]

    @property
    def is_numbered(self) -> bool:
        """Whether quotes and pictures are to be read together."""
        return any(picture.numbers for picture in self.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of the author's text."""

    name: str
    label: str
    html: Markup
    more: int
    """Characters that are not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """One article of the page."""

    number: int
    verdict: Verdict
    note: Note | None
    decision: str
    whole: str
    """What the findings say together; empty where nothing was found."""
    partial: bool
    reasons: tuple[FindingView, ...]
    seen: tuple[FindingView, ...]
    failures: tuple[tuple[ItemFailure, Explanation], ...]
    skipped: tuple[str, ...]
    fields: tuple[FieldView, ...]
    marks: int
    others: tuple[PictureView, ...]
    """Pictures in which nothing was found, where they are asked for."""


class Viewer:
    """Turns verdicts into views."""

    def __init__(
        self,
        notes: Mapping[str, Note],
        exhibits: Exhibits,
        lang: Lang,
        *,
        every_picture: bool = False,
    ) -> None:
        self._notes = notes
        self._every_picture = every_picture
        self._exhibits = exhibits
        self._lang: Lang = lang
        self._words: SimpleNamespace = words_of(lang)

    def note(self, verdict: Verdict, number: int) -> NoteView:
        """Everything to print for one verdict; `number` is its place on the page, from 1."""
        note = self._notes.get(verdict.note_id)
        reasons = {reason.finding: reason for reason in reversed(verdict.reasons)}
        views = [
            self._finding(verdict, i, reasons.get(i), note)
            for i, finding in enumerate(verdict.findings)
        ]
        by_strength = {reason.finding: rank for rank, reason in enumerate(verdict.reasons)}
        ranked = sorted(
            (i for i, view in enumerate(views) if view.reason), key=lambda i: by_strength[i]
        )
        fields = self.fields(note, verdict.findings) if note else ()
        return NoteView(
            number=number,
            verdict=verdict,
            note=note,
            decision=decision_word(verdict.decision, self._lang),
            whole=explain_note(verdict, lang=self._lang)
            if verdict.findings or verdict.failures
            else "",
            partial=verdict.completeness is Completeness.PARTIAL,
            reasons=tuple(views[i] for i in ranked),
            seen=tuple(view for view in views if view.reason is None),
            failures=tuple((f, explain_failure(f, lang=self._lang)) for f in verdict.failures),
            skipped=tuple(explain_skipped(s, lang=self._lang) for s in verdict.skipped),
            fields=fields,
            marks=sum(view.html.count("<mark ") for view in fields),
            others=self._others(note, views) if note and self._every_picture else (),
        )

    def _finding(
        self, verdict: Verdict, place: int, reason: Reason | None, note: Note | None
    ) -> FindingView:
        at = note.published_at if note else None
        finding = verdict.findings[place]
        pictures, exhibit, quotes = self._evidence(verdict.note_id, finding)
        changed = None if exhibit is None else exhibit.changed
        return FindingView(
            finding=finding,
            place=place,
            explanation=explain_finding(finding, lang=self._lang),
            difference=difference_name(finding.difference, self._lang)
            if finding.difference
            else "",
            reason=reason,
            pictures=pictures,
            exhibit=exhibit,
            numbers=self._numbers(finding.match, at, changed) if finding.match else (),
            quotes=quotes,
        )

    def _evidence(
        self, note_id: str, finding: Finding
    ) -> tuple[tuple[PictureView, ...], Exhibit | None, tuple[Quote, ...]]:
        match, reading = finding.match, reading_of(finding)
        if finding.kind is FindingKind.IMAGE_UNDECODABLE:
            return (), None, self._quotes(reading, {})
        if finding.image_number is None or match is None:
            pictures, quotes = self.read(note_id, finding)
            return pictures, None, quotes
        exhibit = self._exhibits.match(note_id, finding, match)
        views = [
            picture_view(
                self._words.suspect,
                exhibit.query,
                note_id,
                finding.image_number,
                match.region_query,
                changed=exhibit.changed,
            ),
            picture_view(
                self._words.original,
                exhibit.original,
                match.note_id,
                match.image_number,
                match.region_original,
            ),
        ]
        if exhibit.apart is not None:
            views.append(picture_view(self._words.difference, exhibit.apart))
        return tuple(views), exhibit, self._quotes(reading, {})

    def read(
        self, note_id: str, finding: Finding
    ) -> tuple[tuple[PictureView, ...], tuple[Quote, ...]]:
        """The pictures in which a finding read something, each place numbered; what it read."""
        reading = reading_of(finding)
        wanted = sorted({spot.picture for spot in reading.spots})[:MOST_PICTURES]
        if finding.image_number is not None:
            wanted = [finding.image_number]
        shown = {number: self._exhibits.picture(note_id, number) for number in wanted}
        numbers = reading.numbers([number for number, picture in shown.items() if picture])
        pictures = tuple(
            picture_view(
                self._words.suspect,
                picture,
                note_id,
                number,
                *(spot.polygon for spot in reading.spots if spot.picture == number),
                numbers=tuple(placed(numbers, number)),
            )
            for number, picture in shown.items()
        )
        return pictures, self._quotes(reading, numbers)

    def _quotes(self, reading: Reading, numbers: Mapping[Spot, int]) -> tuple[Quote, ...]:
        return tuple(
            Quote(
                span=span,
                label=self.field_label(span.field),
                html=marked(span.text, (), title_of=str),
                number=numbers.get(spot) if spot else None,
            )
            for span, spot in reading.spans
        )

    def _others(self, note: Note, views: Sequence[FindingView]) -> tuple[PictureView, ...]:
        told = {view.finding.image_number for view in views}
        told |= {p.number for view in views for p in view.pictures if p.note_id == note.id}
        return tuple(
            picture_view(
                self._words.suspect, self._exhibits.picture(note.id, number), note.id, number
            )
            for number in range(len(note.images))
            if number not in told
        )

    def _numbers(
        self, match: Match, at: datetime | None, changed: Difference | None
    ) -> tuple[tuple[str, str], ...]:
        words, lang = self._words, self._lang
        direction = direction_name(match.direction, lang)
        if match.mirrored:
            direction += f" · {words.mirrored}"
        distance = "–" if match.distance_bits is None else words.bits.format(match.distance_bits)
        return (
            (words.score, shown_score(match.score)),
            (words.share_of_original, f"{match.share_of_original:.0%}"),
            (words.share_of_query, f"{match.share_of_query:.0%}"),
            *([(words.changed, changed.share_said())] if changed else []),
            (words.inliers, str(match.inliers)),
            (words.distance, distance),
            (words.direction, direction),
            (words.basis, basis_name(match.basis, lang)),
            (words.time_original, self.time(match.published_at)),
            (words.time_query, self.time(at)),
        )

    def fields(
        self, note: Note, findings: Iterable[Finding], *, titled: bool = True
    ) -> tuple[FieldView, ...]:
        """The note's words with what was read in them marked, `titled` with how it was read."""
        spans = [span for finding in findings for span in finding.spans]
        title_of = self._span_title if titled else None
        views = []
        for name, text in note.text_fields():
            if not text:
                continue
            here = [span for span in spans if span.field == name and fits(text, span)]
            views.append(
                FieldView(
                    name=name,
                    label=self.field_label(name),
                    html=marked(text[:SHOWN_CHARS], here, title_of=title_of),
                    more=max(0, len(text) - SHOWN_CHARS),
                )
            )
        return tuple(views)

    def _span_title(self, span: Span) -> str:
        return f"{span.code} · {self._words.read_as} {span.normalised or span.text}"

    def field_label(self, name: str) -> str:
        """`title`, `tags[2]` or `image[0].qr` in words."""
        words = self._words
        head, _, tail = name.partition("[")
        if head != "image":
            return str(getattr(words, f"field_{head}", name))
        number, _, what = tail.partition("].")
        place = words.picture_number.format(int(number) + 1) if number.isdecimal() else name
        return f"{place} · {words.in_qr if what == 'qr' else words.in_picture}"

    def time(self, at: datetime | None) -> str:
        """To the minute, in UTC."""
        return f"{at:%Y-%m-%d %H:%M} UTC" if at else self._words.unknown_time

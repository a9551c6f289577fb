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
    picture_of,
    shown_score,
)
from moderation.finding import Finding, FindingKind, ItemFailure, Span
from moderation.image.difference import Difference
from moderation.match import Match, Polygon
from moderation.note import Note
from moderation.report.exhibits import Exhibit, Exhibits, Shown
from moderation.report.marked_text import fits, marked
from moderation.report.words import words_of
from moderation.verdict import Completeness, Reason, Verdict

MOST_PICTURES = 4
"""Shown for one finding of text."""
SHOWN_CHARS = 20_000
"""Of one field; a note of the platform holds 1,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    """One thumbnail with the region outlined on it."""

    caption: str
    source: str | None
    """`data:` URI or path; None where the picture is not at hand."""
    width: int = 0
    height: int = 0
    outlines: tuple[str, ...] = ()
    """Points of SVG polygons in a box of 100 × 100."""
    changed: tuple[str, ...] = ()
    """Likewise, of each place that was changed."""
    note_id: str = ""
    number: int | None = None


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
    quotes: tuple[tuple[Span, str, Markup], ...]
    """(span, field in words, the quoted characters)."""


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
        fields = self._fields(note, verdict.findings) if note else ()
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
            others=self._others(note, verdict.findings) if note and self._every_picture else (),
        )

    def _finding(
        self, verdict: Verdict, place: int, reason: Reason | None, note: Note | None
    ) -> FindingView:
        at = note.published_at if note else None
        finding = verdict.findings[place]
        pictures, exhibit = self._evidence(verdict.note_id, finding)
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
            quotes=tuple(
                (span, self.field_label(span.field), marked(span.text, (), title_of=str))
                for span in finding.spans
            ),
        )

    def _evidence(
        self, note_id: str, finding: Finding
    ) -> tuple[tuple[PictureView, ...], Exhibit | None]:
        number, match = finding.image_number, finding.match
        if number is None:
            return self._shown_words(note_id, finding), None
        if finding.kind is FindingKind.IMAGE_UNDECODABLE:
            return (), None
        if match is None:
            shown, boxes = self._exhibits.picture(note_id, number), boxes_of(finding)
            return (_picture_view(self._words.suspect, shown, note_id, number, *boxes),), None
        exhibit = self._exhibits.match(note_id, finding, match)
        views = [
            _picture_view(
                self._words.suspect,
                exhibit.query,
                note_id,
                number,
                match.region_query,
                changed=exhibit.changed,
            ),
            _picture_view(
                self._words.original,
                exhibit.original,
                match.note_id,
                match.image_number,
                match.region_original,
            ),
        ]
        if exhibit.apart is not None:
            views.append(_picture_view(self._words.difference, exhibit.apart))
        return tuple(views), exhibit

    def _shown_words(self, note_id: str, finding: Finding) -> tuple[PictureView, ...]:
        """The pictures in which words of a text's finding stand, each place outlined."""
        boxes: dict[int, list[Polygon]] = {}
        for span in finding.spans:
            number, polygon = picture_of(span.field), polygon_of(span.box)
            if number is not None and polygon:
                boxes.setdefault(number, []).append(polygon)
        return tuple(
            _picture_view(
                self._words.suspect,
                self._exhibits.picture(note_id, number),
                note_id,
                number,
                *places,
            )
            for number, places in sorted(boxes.items())[:MOST_PICTURES]
        )

    def _others(self, note: Note, findings: Iterable[Finding]) -> tuple[PictureView, ...]:
        told = {finding.image_number for finding in findings}
        return tuple(
            _picture_view(
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

    def _fields(self, note: Note, findings: Iterable[Finding]) -> tuple[FieldView, ...]:
        spans = [span for finding in findings for span in finding.spans]
        views = []
        for name, text in note.text_fields():
            if not text:
                continue
            here = [span for span in spans if span.field == name and fits(text, span)]
            views.append(
                FieldView(
                    name=name,
                    label=self.field_label(name),
                    html=marked(text[:SHOWN_CHARS], here, title_of=self._span_title),
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


_BOXED = (FindingKind.IMAGE_WATERMARK_OF_OTHER, FindingKind.IMAGE_QR)


def boxes_of(finding: Finding) -> tuple[Polygon, ...]:
    """Places of a watermark, codes or words as polygons; none where nothing makes sense."""
    polygons = [polygon_of(span.box) for span in finding.spans]
    if not any(polygons) and finding.kind in _BOXED:
        sides = [finding.detail.get(side) for side in ("left", "top", "right", "bottom")]
        polygons = [polygon_of(sides)]
    return tuple(polygon for polygon in polygons if polygon)


def polygon_of(sides: Sequence[object] | None) -> Polygon:
    """A box as a polygon; empty where it makes no sense: verdicts come from files, too."""
    numbers = [x if isinstance(x, int | float) else -1.0 for x in sides or ()]
    if len(numbers) != 4:
        return ()
    left, top, right, bottom = numbers
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        return ()
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _picture_view(
    caption: str,
    shown: Shown | None,
    note_id: str = "",
    number: int | None = None,
    *regions: Polygon,
    changed: Difference | None = None,
) -> PictureView:
    if shown is None:
        return PictureView(caption=caption, source=None, note_id=note_id, number=number)
    return PictureView(
        caption=caption,
        source=shown.source,
        width=shown.width,
        height=shown.height,
        outlines=tuple(_points(region) for region in regions if region),
        changed=tuple(_points(place.outline) for place in changed.regions) if changed else (),
        note_id=note_id,
        number=number,
    )


def _points(region: Polygon) -> str:
    return " ".join(f"{x * 100:.2f},{y * 100:.2f}" for x, y in region)

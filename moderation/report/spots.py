"""Spots of pictures where something was read: boxes as polygons, each with its number. Pure.

Lines and codes carry a box in their span. Watermarks, and results from before spans had boxes, tell
one box in the finding's details. All of it comes from files, too: what makes no sense is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from moderation.explain import picture_of
from moderation.finding import Finding, FindingKind, Span
from moderation.match import Polygon

_IN_DETAIL = (FindingKind.IMAGE_WATERMARK_OF_OTHER, FindingKind.IMAGE_QR)
_SIDES = ("left", "top", "right", "bottom")
_ROOM = 0.1
"""Least of the picture's width that a number needs beside its box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A box of one picture."""

    picture: int
    """From 0."""
    polygon: Polygon


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as it stands beside a box, or on it where there is no room."""

    number: int
    """From 1, within a finding."""
    x: str
    """In hundredths of the picture's width."""
    y: str
    beside: int
    """Which way the number lies from there: -1 to the left, 1 to the right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a finding read, and where."""

    spots: tuple[Spot, ...]
    """Each once, in the order of the spans."""
    spans: tuple[tuple[Span, Spot | None], ...]
    """What was read, with its spot; None for the author's own words, and where none is told."""

    def numbers(self, shown: Collection[int]) -> Mapping[Spot, int]:
        """Number, from 1, of each spot that has words and lies in one of the pictures `shown`."""
        told = dict.fromkeys(spot for _, spot in self.spans if spot and spot.picture in shown)
        return {spot: number for number, spot in enumerate(told, start=1)}


def reading_of(finding: Finding) -> Reading:
    """What a finding read in pictures and words."""
    spans = [(span, _spot(finding, span)) for span in finding.spans]
    others: list[Spot] = []
    if not any(spot for _, spot in spans):
        told, others = _told_in_detail(finding)
        spans = told or spans
    spots = dict.fromkeys([*(spot for _, spot in spans if spot), *others])
    return Reading(spots=tuple(spots), spans=tuple(spans))


def polygon_of(sides: Sequence[object] | None) -> Polygon:
    """A box as a polygon; empty where it makes no sense."""
    numbers = [x if isinstance(x, int | float) else -1.0 for x in sides or ()]
    if len(numbers) != 4:
        return ()
    left, top, right, bottom = numbers
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        return ()
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def placed(numbers: Mapping[Spot, int], picture: int) -> Iterator[Number]:
    """Where the numbers of one picture stand: left of the box, right of it, or on it."""
    for spot, number in numbers.items():
        if spot.picture != picture:
            continue
        (left, top), (right, bottom) = spot.polygon[0], spot.polygon[2]
        x, beside = left, 1
        if left >= _ROOM:
            beside = -1
        elif right <= 1 - _ROOM:
            x = right
        y = min(0.96, max(0.04, (top + bottom) / 2))
        yield Number(number=number, x=f"{100 * x:.2f}", y=f"{100 * y:.2f}", beside=beside)


def _spot(finding: Finding, span: Span) -> Spot | None:
    picture, polygon = picture_of(span.field), polygon_of(span.box)
    if picture is None:
        picture = finding.image_number
    return Spot(picture=picture, polygon=polygon) if polygon and picture is not None else None


def _told_in_detail(finding: Finding) -> tuple[list[tuple[Span, Spot | None]], list[Spot]]:
    """Spans with the one box of the details; spots that have no words."""
    polygon = polygon_of([finding.detail.get(side) for side in _SIDES])
    if finding.kind not in _IN_DETAIL or finding.image_number is None or not polygon:
        return [], []
    spot = Spot(picture=finding.image_number, polygon=polygon)
    spans: list[tuple[Span, Spot | None]] = [(span, None) for span in finding.spans]
    text = str(finding.detail.get("text") or "")
    if not spans and text:
        field = f"image[{finding.image_number}].ocr"
        spans = [(Span(code="", field=field, start=0, end=len(text), text=text), None)]
    if not spans:
        return [], [spot]
    # The details tell of the largest, which comes first.
    first, _ = spans[0]
    return [(first, spot), *spans[1:]], []

"""Words in a note's pictures, weighed with the author's own. Pure.

The author's words are judged first, alone. What stands in the pictures can lead readers away like
any words (`V1`–`V6`) and can hide a disclosure; of what the note wants it says nothing, for a
network that has read captions knows nothing of posters. It can only raise a score, and what only a
picture says is held below any block: letters are misread, and a picture shows other people's words,
too. Nothing in a picture excuses: a disclosure that stands only there is not plain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from moderation.boxes import Box, around, rounded
from moderation.finding import Difference, Finding, FindingKind, Span
from moderation.note import Note
from moderation.text.printed import PRINTED, only_printed
from moderation.text.reading import MIN_RAW_SCORE, STATEMENTS, TextReading, findings_from
from moderation.text.rule_reading import read_by_rules
from moderation.text.signals import Signal
from moderation.text.ways_out import NAME as READ_BY_NETWORK

HIGHEST = 0.85
"""Score of what only a picture says, read without a doubt: a person looks, nobody is blocked."""

_RAISED = frozenset(
    {
        FindingKind.TEXT_DIVERSION_CONTACT,
        FindingKind.TEXT_DIVERSION_PLATFORM,
        FindingKind.TEXT_DIVERSION_PROFILE,
        FindingKind.TEXT_DIVERSION_SOLICIT,
        FindingKind.TEXT_DIVERSION_GROUP,
    }
)
_HIDDEN = ("disclosure.gift", "disclosure.advert", *STATEMENTS["buried"])
"""Signals that say that a note is commercial; "our shop" on a photographed sign says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureText:
    """A piece of writing that was read in a picture: a line, or what a code holds.

    Those of one field, in the order given, are its lines: offsets of spans count in their texts
    joined by line breaks.
    """

    field: str
    """`image[i].ocr` or `image[i].qr`."""
    text: str
    box: Box
    confidence: float = 1.0
    """0–1: how surely it was read."""


def findings_with_pictures(
    note: Note, own: TextReading, texts: Sequence[PictureText]
) -> tuple[Finding, ...]:
    """What a moderator may care about in the words of a note and of its pictures.

    Args:
        note: as it was read.
        own: reading of the author's words alone.
        texts: read in the pictures, those of a field in reading order.

    Returns:
        Findings, strongest first; spans in `image[i].…` carry the box of their lines.
    """
    found = {finding.kind: finding for finding in findings_from(own)}
    pages = _pages(texts)
    if pages:
        ruled = read_by_rules(note, [(field, page.text) for field, page in pages.items()])
        texts_of = {field: page.text for field, page in pages.items()}
        printed = only_printed(ruled.signals, own, texts_of)
        said = tuple(signal for signal in ruled.signals if signal not in printed)
        read = tuple(signal for signal in own.signals if signal.name == READ_BY_NETWORK)
        for highest, ruled_here in ((HIGHEST, said), (PRINTED, ruled.signals)):
            signals = (*read, *ruled_here)
            seen = findings_from(replace(own, signals=signals))
            raising = [finding for finding in seen if finding.kind in _RAISED]
            raising += _hidden_disclosure(own, signals)
            for finding in raising:
                raised = _raised(finding, found.get(finding.kind), pages, highest)
                if raised is not None:
                    found[finding.kind] = raised
    return tuple(sorted(found.values(), key=lambda f: (-f.score, -f.raw_score, f.kind.value)))


@dataclass(frozen=True, slots=True)
class _Page:
    """All that was read in one field."""

    text: str
    lines: tuple[tuple[int, int, PictureText], ...]
    """Start and end in `text`."""

    def behind(self, span: Span) -> list[PictureText]:
        """The lines that a span touches."""
        return [line for start, end, line in self.lines if start < span.end and span.start < end]


def _pages(texts: Iterable[PictureText]) -> dict[str, _Page]:
    by_field: dict[str, list[PictureText]] = {}
    for text in texts:
        if text.text:
            by_field.setdefault(text.field, []).append(text)
    pages = {}
    for field, lines in by_field.items():
        at, placed = 0, []
        for line in lines:
            placed.append((at, at + len(line.text), line))
            at += len(line.text) + 1
        pages[field] = _Page("\n".join(line.text for line in lines), tuple(placed))
    return pages


def _hidden_disclosure(own: TextReading, signals: Iterable[Signal]) -> list[Finding]:
    """A statement that stands in a picture of a commercial note, and nowhere plain."""
    hidden = [s for s in signals if s.name in _HIDDEN and s.span.field.startswith("image[")]
    score = max((s.weight for s in hidden), default=0.0) * own.commercial
    if score < MIN_RAW_SCORE or own.disclosure["clear"] >= 0.5:
        return []
    return [
        Finding(
            kind=FindingKind.TEXT_DISCLOSURE_BURIED,
            score=score,
            raw_score=score,
            spans=tuple(s.span for s in hidden),
            detector=own.detector,
        )
    ]


def _raised(
    seen: Finding, own: Finding | None, pages: Mapping[str, _Page], highest: float
) -> Finding | None:
    """A finding that a picture raises, with its places; None where it raises nothing."""
    sure = max((_confidence(span, pages) for span in seen.spans), default=0.0)
    floor = 0.0 if own is None else own.score
    score = max(floor, min(seen.score, highest * sure))
    if score <= floor:
        return None
    return replace(
        seen,
        score=score,
        difference=Difference.READ_IN_PICTURE if score < seen.raw_score else seen.difference,
        spans=tuple(_placed(span, pages) for span in seen.spans),
    )


def _confidence(span: Span, pages: Mapping[str, _Page]) -> float:
    """Of the least sure line behind a span; 0 for the author's own words, which raise nothing."""
    page = pages.get(span.field)
    return min((line.confidence for line in page.behind(span)), default=0.0) if page else 0.0


def _placed(span: Span, pages: Mapping[str, _Page]) -> Span:
    page = pages.get(span.field)
    boxes = [line.box for line in page.behind(span)] if page else []
    if not boxes:
        return span
    return replace(span, box=rounded(around(boxes)))

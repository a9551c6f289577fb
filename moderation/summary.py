"""Summary: what a note as a whole has in common with other notes. Pure.

Findings speak of one picture or one text each. A person wants to know: how many of the pictures,
from how many notes, in the same order, with the same words?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from moderation.finding import Finding, FindingKind

COUNTED_FROM = 0.5
"""Score from which a finding counts in a summary: as likely as not. What is allowed has score 0."""

POINTING_KINDS = frozenset(
    {FindingKind.IMAGE_COPY, FindingKind.IMAGE_COPY_PARTIAL, FindingKind.TEXT_TEMPLATE_TWIN}
)
"""Kinds whose findings point to another note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Another note that shows pictures of this one, or has its words."""

    note_id: str
    author_id: str
    published_at: datetime | None
    pictures: tuple[int, ...]
    """Pictures of this note that are copies of pictures there; numbers from 0, rising."""
    originals: tuple[int, ...]
    """Number of each of them in that other note."""
    caption: float | None
    """Score of the twin; None where the words are not nearly the same."""

    @property
    def in_order(self) -> bool | None:
        """Whether the pictures follow each other as there; None where there are not two."""
        if len(self.originals) < 2:
            return None
        return all(one < other for one, other in pairwise(self.originals))

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts."""
        return {
            "note_id": self.note_id,
            "author_id": self.author_id,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "pictures": list(self.pictures),
            "originals": list(self.originals),
            "in_order": self.in_order,
            "caption": None if self.caption is None else round(self.caption, 4),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the findings of one note say together."""

    pictures: int
    """Submitted with the note, unreadable ones included."""
    copied: int
    """How many of these are copies, or hold one."""
    sources: tuple[Source, ...]
    """Notes with most pictures in common first."""

    @property
    def authors(self) -> int:
        """Of how many authors the sources are; unknown ones count as one."""
        return len({source.author_id for source in self.sources})

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts."""
        return {
            "pictures": self.pictures,
            "copied": self.copied,
            "sources": [source.to_json() for source in self.sources],
        }


def summarise(findings: Iterable[Finding], *, pictures: int) -> Summary:
    """Join the findings that point to other notes.

    Args:
        findings: of one note, in any order.
        pictures: how many pictures the note has.
    """
    counted = [f for f in findings if counts(f)]
    places = dict.fromkeys(place for f in counted if (place := place_of(f)) is not None)
    sources = [_source(place, counted) for place in places]
    return Summary(
        pictures=pictures,
        copied=len({f.image_number for f in counted if f.match is not None}),
        sources=tuple(sorted(sources, key=_most_first)),
    )


def place_of(finding: Finding) -> tuple[str, str] | None:
    """(note id, author id) that a finding points to; None for kinds that point nowhere."""
    if finding.kind not in POINTING_KINDS:
        return None
    if finding.match is not None:
        place = (finding.match.note_id, finding.match.author_id)
    else:
        detail = finding.detail
        place = (str(detail.get("twin_note", "")), str(detail.get("holder", "")))
    return place if place[0] else None


def counts(finding: Finding, at: float = COUNTED_FROM) -> bool:
    """Whether a finding points to another note with a score of at least `at`."""
    # Rounded as JSON keeps it, so that a stored verdict has the same summary. `not <` rather than
    # `>=`: what is not a number counts.
    return finding.kind in POINTING_KINDS and not round(finding.score, 4) < at


def pictures_from(
    findings: Iterable[Finding], place: tuple[str, str], *, at: float
) -> frozenset[int]:
    """Numbers of the pictures that are copies of pictures of one other note.

    Args:
        findings: of the note under check.
        place: (note id, author id) of the other.
        at: score from which a finding counts.
    """
    return frozenset(
        f.image_number
        for f in findings
        if f.image_number is not None
        and f.match is not None
        and place_of(f) == place
        and counts(f, at)
    )


def _source(place: tuple[str, str], counted: Sequence[Finding]) -> Source:
    here = [f for f in counted if place_of(f) == place]
    best: dict[int, Finding] = {}
    for f in sorted(here, key=_surest_first):
        if f.match is not None and f.image_number is not None:
            best.setdefault(f.image_number, f)
    shown = sorted(best)
    matches = [m for number in shown if (m := best[number].match) is not None]
    times = [m.published_at for m in matches if m.published_at is not None]
    twins = [f for f in here if f.kind is FindingKind.TEXT_TEMPLATE_TWIN]
    return Source(
        note_id=place[0],
        author_id=place[1],
        published_at=min(times, default=None) or _claimed_at(twins),
        pictures=tuple(shown),
        originals=tuple(m.image_number for m in matches),
        caption=max((f.score for f in twins), default=None),
    )


def _claimed_at(twins: Sequence[Finding]) -> datetime | None:
    for twin in twins:
        try:
            return datetime.fromisoformat(str(twin.detail.get("claimed_at")))
        except ValueError:  # forgotten since
            continue
    return None


def _surest_first(finding: Finding) -> tuple[float, int]:
    original = finding.match.image_number if finding.match is not None else 0
    return (-round(finding.score, 4), original)


def _most_first(source: Source) -> tuple[object, ...]:
    at = source.published_at.isoformat() if source.published_at else "~"
    return (-len(source.pictures), -(source.caption or 0.0), at, source.note_id, source.author_id)

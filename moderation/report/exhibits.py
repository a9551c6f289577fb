"""What is shown of a picture: inside the page, or at an address of its own.

A report holds its pictures itself; the console names where each can be fetched, so that a case is
on the screen before the first picture is decoded. Outlines are fractions, and need no pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from moderation.finding import Finding
from moderation.image.difference import Difference, difference
from moderation.image.overlay import Pixels
from moderation.match import Match
from moderation.report.evidence import aligned_difference, scaled_down
from moderation.report.pictures import PictureSource, data_uri

THUMBNAIL_SIDE_PX = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One picture as a page shows it."""

    source: str
    """A `data:` URI, or a path on this server."""
    width: int = 0
    """px; 0 where it is not known before the picture is there."""
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A match as a page shows it; what is not at hand is None."""

    query: Shown | None
    original: Shown | None
    apart: Shown | None = None
    """What is left when one lies on the other."""
    laid: Shown | None = None
    """The query in the frame of the original."""
    changed: Difference | None = None
    """What was changed in the copy."""
    changed_at: str = ""
    """Where to ask for what was changed; empty where it stands above or cannot be told."""


class Exhibits(Protocol):
    """Where a page gets what it shows of pictures."""

    def picture(self, note_id: str, number: int) -> Shown | None:
        """A picture of a note; None where it is not at hand."""
        ...

    def match(self, note_id: str, finding: Finding, match: Match) -> Exhibit:
        """Both pictures of a match, and what tells them apart."""
        ...


class InPage:
    """Everything inside the page, scaled down; one picture at a time is in memory."""

    def __init__(self, pictures: PictureSource) -> None:
        self._pictures = pictures

    def picture(self, note_id: str, number: int) -> Shown | None:
        """The picture, as JPEG inside the page."""
        return _inside(self._thumbnail(note_id, number))

    def match(self, note_id: str, finding: Finding, match: Match) -> Exhibit:
        """Both pictures and their difference, inside the page."""
        query = self._thumbnail(note_id, finding.image_number or 0)
        original = self._thumbnail(match.note_id, match.image_number)
        changed = apart = None
        if query is not None and original is not None:
            changed = difference(query, original, match)
            apart = aligned_difference(query, original, match)
        return Exhibit(
            query=_inside(query),
            original=_inside(original),
            apart=_inside(apart),
            changed=changed,
        )

    def _thumbnail(self, note_id: str, number: int) -> Pixels | None:
        pixels = self._pictures.picture(note_id, number)
        return None if pixels is None else scaled_down(pixels, THUMBNAIL_SIDE_PX)


def _inside(pixels: Pixels | None) -> Shown | None:
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    return Shown(source=data_uri(pixels), width=width, height=height)

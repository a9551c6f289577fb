"""Written: a note as it lies in an archive, and what is known of the writing in its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from moderation.note import Note
from moderation.text.in_pictures import PictureText


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The words of one note. Holds no pixels."""

    note: Note
    """Without its pictures."""
    pictures: int = 0
    """How many it has."""
    texts: tuple[PictureText, ...] | None = None
    """Read in its pictures, those of a field in reading order; None where that is not known."""
    read_by: Mapping[str, str] = field(default_factory=dict)
    """Detectors that read them → versions; empty where `texts` is None."""

    @classmethod
    def of(
        cls,
        note: Note,
        texts: tuple[PictureText, ...] | None = None,
        read_by: Mapping[str, str] | None = None,
    ) -> Self:
        """Of a note, whose pictures are counted and left alone."""
        return cls(
            note=replace(note, images=()),
            pictures=len(note.images),
            texts=texts,
            read_by=read_by or {},
        )

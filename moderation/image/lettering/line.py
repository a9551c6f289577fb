"""Line and Lettering: what was read in one picture, and how much was not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from moderation.boxes import Box
from moderation.finding import Skipped, Unseen

MAX_LINE_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that was read."""

    text: str
    """Printable, without blanks at its ends; never empty."""
    confidence: float
    """Mean of its characters, 0–1."""
    box: Box
    letter: float
    """Height of its letters with the room around them, as a share of the picture's height; less
    than that of the box where the line runs aslant."""

    def to_json(self) -> dict[str, Any]:
        """JSON for machines."""
        return {
            "text": self.text,
            "confidence": round(self.confidence, 4),
            "box": [round(side, 4) for side in self.box],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Lettering:
    """What is written in one picture."""

    lines: tuple[Line, ...] = ()
    """Those that were read surely, the largest first."""
    looked_at: int = 0
    """Lines given to the reader of letters."""
    unread: int = 0
    """Lines that were seen and, for the sake of time, not given to it."""

    @property
    def doubtful(self) -> int:
        """Lines of which the reader of letters was not sure: texture, ornament, tiny print."""
        return self.looked_at - len(self.lines)

    def to_json(self) -> dict[str, Any]:
        """JSON for machines."""
        return {
            "lines": [line.to_json() for line in self.lines],
            "doubtful": self.doubtful,
            "unread": self.unread,
        }

    def skipped(self, image_number: int) -> tuple[Skipped, ...]:
        """What was left out, to be said in the verdict."""
        if not self.unread:
            return ()
        return (
            Skipped(
                image_number=image_number,
                what=Unseen.LINES,
                looked_at=self.looked_at,
                left_out=self.unread,
            ),
        )


NO_LETTERING = Lettering()

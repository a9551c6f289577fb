"""Window: when a term is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When a term is in force: `start` included, `end` excluded; None is unbounded."""

    start: datetime | None = None
    end: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """True where the term is in force at that instant."""
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)

    def overlaps(self, other: Window) -> bool:
        """True where some instant lies in both."""
        return _starts_before_end(self, other) and _starts_before_end(other, self)

    def to_json(self) -> dict[str, Any]:
        """`from` and `until`, as in the file."""
        return {
            "from": self.start.isoformat() if self.start else None,
            "until": self.end.isoformat() if self.end else None,
        }


def _starts_before_end(one: Window, other: Window) -> bool:
    return one.start is None or other.end is None or one.start < other.end


ALWAYS = Window()

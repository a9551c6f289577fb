"""Rewriting a text so that every character still knows where it came from. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """A text in plain form. Every character knows the piece of the original it came from."""

    text: str
    starts: tuple[int, ...]
    """Per character of `text`: first code point of the original it stands for."""
    ends: tuple[int, ...]
    """Per character of `text`: end (excluded) in the original; rising, and above `starts`."""

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Interval of the original behind `text[start:end]`; dropped characters inside count.

        Args:
            start: first character in `text`.
            end: one past the last; an empty interval gives an empty one.

        Returns:
            `(start, end)` in code points of the original.
        """
        if start >= end:
            at = self.starts[start] if start < len(self.starts) else (self.ends or (0,))[-1]
            return at, at
        return self.starts[start], self.ends[end - 1]

    def first_from(self, original: int) -> int:
        """Index in `text` of the first character that starts at or after this code point."""
        return bisect_left(self.starts, original)


Rewrite = Callable[[re.Match[str]], str | None]
"""A match → what stands for it; None leaves it."""


class Draft:
    """Text under rewriting, with its map."""

    def __init__(self, pieces: Iterable[str]) -> None:
        """What each code point of the original has become; a text itself stands as it is."""
        parts = list(pieces)
        self.text = "".join(parts)
        self._starts = [i for i, part in enumerate(parts) for _ in part]
        self._ends = [i + 1 for i in self._starts]

    def rewrite(self, pattern: re.Pattern[str], replacement: Rewrite) -> None:
        """Replace matches; equally long ones keep the map, others share the whole interval."""
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = mapped = 0  # how far the text is written, and the map
        for match in pattern.finditer(self.text):
            start, end = match.span()
            new = replacement(match)
            if new is None or new == match.group():
                continue
            pieces += (self.text[done:start], new)
            done = end
            if len(new) != end - start:
                starts += self._starts[mapped:start]
                ends += self._ends[mapped:start]
                starts += [self._starts[start]] * len(new)
                ends += [self._ends[end - 1]] * len(new)
                mapped = end
        if done:
            self.text = "".join((*pieces, self.text[done:]))
        if mapped:
            self._starts = starts + self._starts[mapped:]
            self._ends = ends + self._ends[mapped:]

    def done(self) -> Normalised:
        """As it stands now."""
        return Normalised(text=self.text, starts=tuple(self._starts), ends=tuple(self._ends))

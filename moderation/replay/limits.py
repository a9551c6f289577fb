"""Limits on what may differ, as `flips>100` or `milder>0.5%`: for a CI that checks policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from moderation.errors import BadSetting
from moderation.replay.differences import Differences
from moderation.verdict import Decision


def _more(word: Decision) -> Callable[[Differences], int]:
    def count(found: Differences) -> int:
        before, after = found.count(word)
        return after - before

    return count


_COUNTS: Mapping[str, Callable[[Differences], int]] = {
    "flips": lambda found: found.flipped,
    "stricter": lambda found: found.all.stricter,
    "milder": lambda found: found.all.milder,
    "more-labels": _more(Decision.LABEL),
    "more-reviews": _more(Decision.REVIEW),
    "more-blocks": _more(Decision.BLOCK),
}
_FORM = re.compile(r"([a-z-]+)>(\d{1,9}(?:\.\d{1,4})?)(%?)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What may be counted at most."""

    text: str
    """As it was written."""
    name: str
    most: float
    """Notes, or per cent of those judged."""
    per_cent: bool

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `NAME>NUMBER` or `NAME>NUMBER%`.

        Raises:
            BadSetting: it has not this form, or nothing of this name is counted.
        """
        said = _FORM.fullmatch(text.replace(" ", ""))
        names = ", ".join(f"`{name}`" for name in _COUNTS)
        if said is None or said[1] not in _COUNTS:
            raise BadSetting(
                f"`{text:.60}` is no limit",
                hint=f"write it as flips>100 or milder>0.5%; counted are {names}",
            )
        return cls(text=text, name=said[1], most=float(said[2]), per_cent=said[3] == "%")

    def exceeded(self, found: Differences) -> bool:
        """True where more was counted than may be."""
        count = _COUNTS[self.name](found)
        if not self.per_cent:
            return count > self.most
        return 100 * count > self.most * found.all.judged

"""Mark: a place in the text that says something, and the rules that find marks.

A rule is one pattern with the contexts in which it does not count. Contexts are read in a window
that ends at the sentence, so that a warning two sentences away excuses nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from moderation.text.prefilter import could_match

WINDOW = 24
"""Characters looked at before and after a hit."""
MAX_HITS_PER_RULE = 20
"""A flood of one mark proves no more than twenty of them."""

WAYS_OUT = ("V1", "V2", "V3", "V4", "V5", "V6")
"""Violations of the label guide that lead readers away."""

_SENTENCE_END = re.compile(r"[。！？!?\n;；]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hit in the normalised text."""

    name: str
    """What was seen, as `contact.handle`."""
    code: str
    """`V1`–`V8` for a violation, else the name."""
    start: int
    end: int
    weight: float
    """0–1: how sure it is that the mark is what its name says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A pattern, its meaning, and when it means nothing."""

    name: str
    code: str = ""
    """Violation; empty where the mark is only evidence."""
    weight: float
    pattern: re.Pattern[str]
    """Group `hit`, where present, is the span to show."""
    not_after: re.Pattern[str] | None = None
    """Searched in the window before the hit."""
    not_before: re.Pattern[str] | None = None
    """Matched at the end of the hit (a lookahead with reasons)."""


def rule(
    name: str,
    weight: float,
    pattern: str,
    *,
    code: str = "",
    not_after: str = "",
    not_before: str = "",
) -> Rule:
    """A rule from pattern texts."""
    return Rule(
        name=name,
        code=code,
        weight=weight,
        pattern=re.compile(pattern),
        not_after=re.compile(not_after) if not_after else None,
        not_before=re.compile(not_before) if not_before else None,
    )


def before(text: str, at: int, width: int = WINDOW) -> str:
    """The sentence up to `at`, at most `width` characters of it."""
    window = text[max(0, at - width) : at]
    return _SENTENCE_END.split(window)[-1]


def after(text: str, at: int, width: int = WINDOW) -> str:
    """The sentence from `at`, its end mark included, at most `width` characters of it."""
    window = text[at : at + width]
    end = _SENTENCE_END.search(window)
    return window[: end.end()] if end else window


def hits(text: str, one: Rule) -> Iterator[re.Match[str]]:
    """Matches of a rule that its contexts do not excuse, at most `MAX_HITS_PER_RULE`."""
    found = 0
    for match in one.pattern.finditer(text):
        if one.not_after and one.not_after.search(before(text, match.start())):
            continue
        if one.not_before and one.not_before.match(after(text, match.end())):
            continue
        yield match
        found += 1
        if found == MAX_HITS_PER_RULE:
            return


def marks(text: str, rules: Iterable[Rule]) -> list[Mark]:
    """All marks of these rules in a normalised text."""
    letters = {*text}
    return [
        Mark(
            name=one.name,
            code=one.code or one.name,
            start=match.start("hit") if "hit" in one.pattern.groupindex else match.start(),
            end=match.end("hit") if "hit" in one.pattern.groupindex else match.end(),
            weight=one.weight,
        )
        for one in rules
        if could_match(one.pattern, letters)
        for match in hits(text, one)
    ]

"""Prefilter: patterns that cannot match are not tried, for letters that they need are not there.

Most rules look for words that most notes do not have. What every match of a pattern must hold is
read off the pattern once; then a note's letters tell in a microsecond which patterns to try. So
the longest text that a note may hold, filled with one disguise, is read by the few rules that
know it. (Russ Cox, "Regular Expression Matching with a Trigram Index", 2012, with single letters.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from functools import cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_MOST_LETTERS = 64
"""A set of more is seldom absent."""
_MOST_SETS = 4
"""Of one pattern."""
_COMMON = "0123456789zqxjkvbpgyfwmculdrhsnioate "
"""Letters that are in every text sooner or later, the commonest last."""


def could_match(pattern: re.Pattern[str], letters: Set[str]) -> bool:
    """False only where no text of these letters holds a match.

    Args:
        pattern: matched against whole texts (`finditer`, `search`), not parts of them.
        letters: every character of the text.
    """
    return not any(needed.isdisjoint(letters) for needed in _needed(pattern))


@cache  # patterns are constants of this package
def _needed(pattern: re.Pattern[str]) -> tuple[frozenset[str], ...]:
    """Sets of letters; every match needs one letter of each."""
    if pattern.flags & re.IGNORECASE:
        return ()
    found = {*_of_sequence(_parser.parse(pattern.pattern, pattern.flags))}
    return tuple(sorted(found, key=_commonness)[:_MOST_SETS])


def _commonness(letters: frozenset[str]) -> int:
    """How likely one of them is in a text that has nothing to do with the pattern."""
    return sum(2 + _COMMON.find(letter) for letter in letters)


def _of_sequence(tree: Iterable[tuple[Any, Any]]) -> list[frozenset[str]]:
    return [needed for kind, value in tree for needed in _of_node(kind, value)]


def _of_node(kind: Any, value: Any) -> list[frozenset[str]]:
    """Nothing for what is not known to need a letter."""
    if kind is op.LITERAL:
        return [frozenset(chr(value))]
    if kind is op.IN:
        letters = _of_class(value)
        return [letters] if letters else []
    if kind is op.BRANCH:
        return _of_branches([_of_sequence(branch) for branch in value[1]])
    if kind is op.SUBPATTERN:
        _, flags_on, _, inner = value
        return [] if flags_on & re.IGNORECASE else _of_sequence(inner)
    if kind is op.ATOMIC_GROUP:
        return _of_sequence(value)
    if kind is op.ASSERT:
        return _of_sequence(value[1])
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    return []


def _of_branches(branches: list[list[frozenset[str]]]) -> list[frozenset[str]]:
    """Of every branch the set that is rarest in texts, all of them together."""
    if not all(branches):
        return []
    letters = frozenset[str]().union(*(min(needed, key=_commonness) for needed in branches))
    return [letters] if len(letters) <= _MOST_LETTERS else []


def _of_class(items: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """The letters of `[…]`, or none where they are many or told otherwise than by name."""
    letters: set[str] = set()
    for kind, value in items:
        if kind is op.LITERAL:
            letters.add(chr(value))
        elif kind is op.RANGE and value[1] - value[0] < _MOST_LETTERS:
            letters.update(map(chr, range(value[0], value[1] + 1)))
        else:
            return frozenset()
    return frozenset(letters) if len(letters) <= _MOST_LETTERS else frozenset()

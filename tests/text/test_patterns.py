"""Fuzzing every pattern that reads notes: text that nearly matches, again and again, costs no more
for each character when there is more of it."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from time import process_time

import pytest

import moderation.text
from moderation.text.marks import Rule

SIZE = 6_000
"""Characters of the shorter text; the longer one has four times as many."""
TRIES = 6
MOST_US = 60.0
"""Microseconds of one pattern for each character of the longer text, on a slow machine."""
_ALPHABET = "加微信vx13 一二群主页￥.,-_#\n"


def every_pattern() -> dict[str, re.Pattern[str]]:
    """All compiled patterns of `moderation.text`, by module and text."""
    found = {}
    for info in pkgutil.iter_modules(moderation.text.__path__):
        module = importlib.import_module(f"moderation.text.{info.name}")
        for pattern in _inside(list(vars(module).values()), depth=0):
            found[pattern.pattern] = pattern
    return found


def _inside(values: list[object], depth: int) -> list[re.Pattern[str]]:
    found = []
    for value in values:
        if isinstance(value, re.Pattern):
            found.append(value)
        elif isinstance(value, Rule):
            found += [p for p in (value.pattern, value.not_after, value.not_before) if p]
        elif isinstance(value, tuple | list) and depth < 4:
            found += _inside(list(value), depth + 1)
        elif isinstance(value, dict) and depth < 4:
            found += _inside(list(value.values()), depth + 1)
    return [one for one in found if isinstance(one.pattern, str)]


PATTERNS = every_pattern()


def like(tree: object, rng: random.Random) -> str:
    """A text that a parsed pattern would take, apart from what it wants around it."""
    return "".join(_one(kind, value, rng) for kind, value in tree)  # type: ignore[attr-defined]


def _one(kind: object, value: object, rng: random.Random) -> str:
    if kind is op.LITERAL:
        return chr(value)  # type: ignore[arg-type]
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        low, high, inner = value  # type: ignore[misc]
        times = rng.choice([low, min(high, low + 1), min(high, low + 6)])
        return "".join(like(inner, rng) for _ in range(times))
    if kind is op.BRANCH:
        return like(rng.choice(value[1]), rng)  # type: ignore[index]
    if kind is op.SUBPATTERN:
        return like(value[-1], rng)  # type: ignore[index]
    if kind is op.ATOMIC_GROUP:
        return like(value, rng)
    if kind is op.IN:
        return _of_class(value, rng)  # type: ignore[arg-type]
    if kind in (op.ANY, op.NOT_LITERAL):
        return rng.choice(_ALPHABET)
    return ""  # places, and what stands before or behind


def _of_class(items: list[tuple[object, object]], rng: random.Random) -> str:
    if items[0][0] is op.NEGATE:
        return rng.choice(_ALPHABET)
    kind, value = rng.choice(items)
    if kind is op.LITERAL:
        return chr(value)  # type: ignore[arg-type]
    if kind is op.RANGE:
        return chr(rng.randint(*value))  # type: ignore[misc]
    return {op.CATEGORY_DIGIT: "7", op.CATEGORY_SPACE: " "}.get(value, "a")  # type: ignore[call-overload]


def took(pattern: re.Pattern[str], text: str) -> float:
    """Seconds of the process to find all matches; the better of two."""
    times = []
    for _ in range(2):
        begin = process_time()
        for _match in pattern.finditer(text):
            pass
        times.append(process_time() - begin)
    return min(times)


def test_there_are_patterns():
    """The walk through the package finds them."""
    assert len(PATTERNS) > 150


def _near_misses(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Matches, and matches that lack their end."""
    rng = random.Random(text.encode("utf-8", "backslashreplace"))
    tree = _parser.parse(text, pattern.flags)
    for _ in range(TRIES):
        unit = like(tree, rng) or rng.choice(_ALPHABET)
        yield unit[: rng.choice([len(unit), max(1, len(unit) - 1), max(1, len(unit) // 2)])]


def _costs_more_when_longer(pattern: re.Pattern[str], unit: str) -> bool:
    short, long = (unit * (size // len(unit) + 1) for size in (SIZE, 4 * SIZE))
    begin, end = took(pattern, short), took(pattern, long)
    return end > 9 * begin + 0.02 or end > MOST_US * 1e-6 * len(long)


@pytest.mark.parametrize("text", PATTERNS, ids=map(str, range(len(PATTERNS))))
def test_what_nearly_matches_is_read_in_linear_time(text):
    """As far as the eye can see."""
    pattern = PATTERNS[text]
    for unit in _near_misses(pattern, text):
        assert not _costs_more_when_longer(pattern, unit), unit


@pytest.mark.parametrize("text", ["7+x", "(?:微信?)+号", "a.*b"])
def test_a_pattern_without_bound_would_be_found(text):
    """Each is tried again from every place."""
    pattern = re.compile(text)
    assert any(_costs_more_when_longer(pattern, unit) for unit in ("7", "微信", "a"))

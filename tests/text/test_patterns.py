"""Fuzzing every pattern that reads notes: text that nearly matches, again and again, costs no more
for each character when there is more of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from time import process_time

import pytest
from kit.patterns import ALPHABET, PATTERNS, like, parsed

SIZE = 6_000
"""Characters of the shorter text; the longer one has four times as many."""
TRIES = 6
MOST_US = 60.0
"""Microseconds of one pattern for each character of the longer text, on a slow machine."""


def took(pattern: re.Pattern[str], text: str, rounds: int = 2) -> float:
    """Seconds of the process to find all matches; the best of some rounds."""
    times = []
    for _ in range(rounds):
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
    tree = parsed(pattern)
    for _ in range(TRIES):
        unit = like(tree, rng) or rng.choice(ALPHABET)
        yield unit[: rng.choice([len(unit), max(1, len(unit) - 1), max(1, len(unit) // 2)])]


def _costs_more_when_longer(pattern: re.Pattern[str], unit: str) -> bool:
    short, long = (unit * (size // len(unit) + 1) for size in (SIZE, 4 * SIZE))
    begin, end = took(pattern, short, rounds=5), took(pattern, long)
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

"""The patterns that read notes, and texts made after them."""

from __future__ import annotations

import importlib
import pkgutil
import random
import re
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

import moderation.text
from moderation.text.marks import Rule

ALPHABET = "加微信vx13 一二群主页￥.,-_#\n"


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


def parsed(pattern: re.Pattern[str]) -> object:
    """Its tree, as `re` reads it."""
    return _parser.parse(pattern.pattern, pattern.flags)


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
        return rng.choice(ALPHABET)
    return ""  # places, and what stands before or behind


def _of_class(items: list[tuple[object, object]], rng: random.Random) -> str:
    if items[0][0] is op.NEGATE:
        return rng.choice(ALPHABET)
    kind, value = rng.choice(items)
    if kind is op.LITERAL:
        return chr(value)  # type: ignore[arg-type]
    if kind is op.RANGE:
        return chr(rng.randint(*value))  # type: ignore[misc]
    return {op.CATEGORY_DIGIT: "7", op.CATEGORY_SPACE: " "}.get(value, "a")  # type: ignore[call-overload]

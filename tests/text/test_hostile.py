"""Notes written to break the reader: floods and nests are read in linear time, with few signals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from time import process_time
from types import ModuleType

import pytest
from kit.texts import note_of

from moderation.note import MAX_TAGS, MAX_TEXT_CHARS, Note
from moderation.text import (
    claims,
    contacts,
    disclosure,
    diversion,
    lead_context,
    leads,
    platforms,
    selling,
    tone,
)
from moderation.text.assess import assess_text
from moderation.text.characters import fold
from moderation.text.marks import MAX_HITS_PER_RULE, Rule
from moderation.text.reading import findings_from

FLOODS = {
    "digits": "13",
    "digits_with_spaces": "1 3 ",
    "digits_or_letters": "l1",
    "chinese_digits": "一二",
    "zero_width": "\u200b",
    "zero_width_digits": "1\u200b",
    "right_to_left": "\u202e",
    "right_to_left_letters": "א\u202eb",
    "add_wechat": "加微",
    "add_wechat_apart": "加微 ",
    "wechat_pair": "微信",
    "brackets": "【「（[",
    "brackets_open": "留言「",
    "brackets_closed": ")]",
    "prefix_of_a_profile": "小编",
    "prefix_of_a_need": "需要的可以",
    "price": "¥1",
    "mail": "a.b@",
    "links": "http://www.",
    "tail_words": "#ad ",
    "pinyin": "zhu ",
    "hearts": "微❤",
    "combining": "\u0301",
    "lone_surrogates": "\ud800",
    "one_becomes_eighteen": "\ufdfa",
    "underscores": "a_",
    "newlines": " \n",
}


def flood(unit: str, size: int = MAX_TEXT_CHARS) -> str:
    """`size` characters of one unit."""
    return (unit * (size // len(unit) + 1))[:size]


@pytest.mark.parametrize("unit", FLOODS.values(), ids=FLOODS.keys())
def test_longest_note_of_one_thing_is_read_in_two_seconds(unit: str) -> None:
    """The longest text that a note may hold, filled with one disguise, costs under two seconds."""
    note = note_of(flood(unit))
    assert any(seconds_to_read(note) < 2.0 for _ in range(3))


def seconds_to_read(note: Note) -> float:
    """Of a processor; `conftest` keeps pytest's own objects out of the search for garbage."""
    begin = process_time()
    findings_from(assess_text(note))
    return process_time() - begin


def test_flood_of_every_mark_gives_bounded_signals() -> None:
    """No rule answers more than its limit, however often the text repeats it."""
    text = flood(
        "现货包邮，要的加微信abc_123，私信我，看我主页，进群，http://a.com，全网第一！#ad "
    )
    tags = ["ad"] * MAX_TAGS
    signals = assess_text(note_of(text, tags=tags)).signals
    counts: dict[str, int] = {}
    for signal in signals:
        counts[signal.name] = counts.get(signal.name, 0) + 1
    rules = [r for module in RULE_MODULES for r in _rules(module)]
    for name, count in counts.items():
        several = sum(r.name == name for r in rules) + 4  # four more live outside the tables
        assert count <= MAX_HITS_PER_RULE * several, name
    assert len(signals) < 1_000


def test_findings_of_a_flood_stay_short() -> None:
    """A person is shown a dozen spans, not thousands."""
    for finding in findings_from(assess_text(note_of(flood("加微信abc_123，")))):
        assert len(finding.spans) <= 12


def test_no_character_becomes_more_than_three() -> None:
    """Folding cannot blow a text up (no later plane expands), and rewriting only shortens."""
    assert max(len(fold(chr(point))) for point in range(0x30000)) == 3


RULE_MODULES = (claims, contacts, disclosure, diversion, platforms, selling, tone)
PATTERN_MODULES = (*RULE_MODULES, leads, lead_context)


@pytest.mark.parametrize("module", PATTERN_MODULES, ids=lambda m: m.__name__.rsplit(".")[-1])
def test_patterns_repeat_nothing_without_end(module: ModuleType) -> None:
    """A pattern with `*` or `+` may be tried from every place of a flood: quadratic."""
    patterns = list(_patterns(module))
    assert patterns
    for pattern in patterns:
        assert not _endless(_parser.parse(pattern.pattern)), pattern.pattern


def _rules(module: ModuleType) -> Iterator[Rule]:
    for value in vars(module).values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Rule):
                yield one


def _patterns(module: ModuleType) -> Iterator[re.Pattern[str]]:
    for one in _rules(module):
        yield from (p for p in (one.pattern, one.not_after, one.not_before) if p)
    for value in vars(module).values():
        if isinstance(value, re.Pattern):
            yield value
        elif isinstance(value, tuple):
            yield from (
                p
                for row in value
                if isinstance(row, tuple)
                for p in row
                if isinstance(p, re.Pattern)
            )


_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


def _endless(tree: object) -> bool:
    """Whether any repeat in a parsed pattern has no upper bound."""
    if isinstance(tree, _parser.SubPattern):
        return any(map(_endless, tree))
    if (
        isinstance(tree, tuple)
        and tree
        and tree[0] in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
    ):
        return tree[1][1] == op.MAXREPEAT or _endless(tree[1][2])
    if isinstance(tree, tuple | list):
        return any(map(_endless, tree))
    return False

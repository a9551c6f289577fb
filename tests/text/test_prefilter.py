"""What a pattern needs is read off rightly: where it matches, it is tried."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.patterns import PATTERNS, like, parsed

from moderation.text.prefilter import could_match


@pytest.mark.parametrize(
    ("pattern", "text", "possible"),
    [
        ("加微信", "加微博", False),
        ("加微信", "信加微", True),  # letters only, not their order
        ("微|信|v", "qq", False),
        ("微|信|v", "v", True),
        ("微|.", "qq", True),
        ("(?:加)?微", "微", True),
        ("(?:加){0,3}微", "加", False),
        ("(?:加){2}", "微", False),
        ("[a-c]x", "x", False),
        ("[a-c]x", "xb", True),
        ("[^a]", "b", True),
        (r"\d元", "五元", True),  # digits have many forms
        ("(?<=加)v", "v", False),
        ("(?<!加)v", "v", True),
        ("v(?=信)", "v", False),
        ("v(?!信)", "v", True),
        ("(?i:WX)", "wx", True),
        ("(?i)WX", "wx", True),
        ("(?P<hit>群)主", "群", False),
        ("(?P<hit>群)(?P=hit)", "群", True),
        ("(?>加微)", "加", False),
        ("加?+微", "微", True),
        ("", "", True),
    ],
)
def test_what_it_needs(pattern, text, possible):
    assert could_match(re.compile(pattern), {*text}) is possible


@pytest.mark.parametrize("text", PATTERNS, ids=map(str, range(len(PATTERNS))))
def test_every_pattern_is_tried_where_it_matches(text):
    """On a hundred texts made after the pattern, each also among letters of other words."""
    pattern, rng = PATTERNS[text], random.Random(text.encode("utf-8", "backslashreplace"))
    for _ in range(100):
        made = like(parsed(pattern), rng)
        for tried in (made, f"加{made}群", f" {made}\n"):
            if pattern.search(tried):
                assert could_match(pattern, {*tried}), tried


_LETTERS = st.sampled_from("ab加微12.")
_TREES = st.recursive(
    st.one_of(
        _LETTERS.map(re.escape),
        st.sampled_from(["[ab]", "[^a]", ".", r"\d", r"\w", "[1-2]", "^", "$"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: f"(?:{'|'.join(some)})"),
        st.tuples(inner, st.sampled_from(["?", "*", "+", "{2}", "{0,2}", "{1,2}?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
        inner.map(lambda one: f"(?={one})"),
        inner.map(lambda one: f"(?!{one})"),
        inner.map(lambda one: f"({one})"),
        inner.map(lambda one: f"(?i:{one})"),
    ),
    max_leaves=8,
)


@given(_TREES, st.text(_LETTERS, max_size=12))
def test_no_match_is_lost(pattern, text):
    """Of any pattern in any text."""
    compiled = re.compile(pattern)
    if compiled.search(text):
        assert could_match(compiled, {*text})

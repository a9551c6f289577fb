"""Differences are counted once, however the audit was cut into parts; limits hold what they say."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.errors import BadSetting
from moderation.replay import Differences, Limit
from moderation.replay.again import Words
from moderation.replay.differences import joined
from moderation.verdict import Decision

words = st.dictionaries(st.sampled_from("rst"), st.sampled_from(Decision), max_size=3).map(
    lambda rules: Words(
        decision=max(rules.values(), default=Decision.PASS),
        rules=rules,
        codes=frozenset(f"code {rule}" for rule in rules),
    )
)
rows = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "cho"]),
        st.integers(1, 12),
        st.sampled_from([None, "zh", "en"]),
        words,
        words,
    ),
    max_size=30,
)


def counted(some, first: int = 0, examples: int = 2) -> Differences:
    found = Differences(examples=examples)
    for number, (author, month, lang, before, after) in enumerate(some, start=first):
        found.add(
            verdict_id=number,
            note_id=f"n{number}",
            author_id=author,
            at=datetime(2026, month, 1, tzinfo=UTC),
            lang=lang,
            before=before,
            after=after,
        )
    return found


@given(some=rows, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_parts_joined_are_the_whole(some, cuts) -> None:
    """Same counts, same examples."""
    edges = sorted({0, len(some), *(cut for cut in cuts if cut <= len(some))})
    parts = [counted(some[a:b], a) for a, b in pairwise(edges)]
    whole = joined(parts, examples=2).to_json(seconds_a_review=60)
    assert whole == counted(some).to_json(seconds_a_review=60)


@given(some=rows)
def test_counts_are_those_of_a_plain_count(some) -> None:
    """Every table sums up to the notes."""
    row = counted(some).to_json(seconds_a_review=90)
    changes = Counter((before.decision, after.decision) for *_, before, after in some)
    assert {(r["before"], r["after"]): r["notes"] for r in row["decisions"]} == {
        (a.value, b.value): n for (a, b), n in changes.items()
    }
    stricter = sum(after.decision > before.decision for *_, before, after in some)
    milder = sum(after.decision < before.decision for *_, before, after in some)
    assert (row["judged"], row["stricter"], row["milder"]) == (len(some), stricter, milder)
    assert row["flips"] == stricter + milder
    for table in ("months", "languages", "author_sizes"):
        assert sum(tally["judged"] for tally in row[table].values()) == len(some)
        assert sum(tally["stricter"] for tally in row[table].values()) == stricter
    reviews = [
        sum(w.decision is Decision.REVIEW for w in side)
        for side in zip(*((before, after) for *_, before, after in some), strict=True)
    ] or [0, 0]
    assert (row["reviews"]["before"], row["reviews"]["after"]) == tuple(reviews)
    assert row["reviews"]["hours"] == round((reviews[1] - reviews[0]) * 90 / 3600, 2)
    for code, count in row["reasons"].items():
        assert count["before"] == sum(code in before.codes for *_, before, _ in some)
        assert count["after"] == sum(code in after.codes for *_, after in some)


@given(some=rows)
def test_flips_name_the_earliest_notes_and_the_rules_that_changed(some) -> None:
    """As many as asked for."""
    for row in counted(some).to_json(seconds_a_review=60)["decisions"]:
        fits = [
            number
            for number, (*_, before, after) in enumerate(some)
            if (before.decision.value, after.decision.value) == (row["before"], row["after"])
        ]
        named = [flip["verdict_id"] for flip in row["examples"]]
        assert named == ([] if row["before"] == row["after"] else fits[:2])
        for flip in row["examples"]:
            *_, before, after = some[flip["verdict_id"]]
            assert flip["rules"] == sorted(
                rule
                for rule in {**before.rules, **after.rules}
                if before.rules.get(rule) is not after.rules.get(rule)
            )
            assert flip["rules"]


def test_authors_are_told_apart_by_their_notes_and_never_named() -> None:
    """One with 1, one with 9, one with 10, one with 100 notes."""
    still = Words(decision=Decision.PASS, rules={}, codes=frozenset())
    some = [
        (author, 1, None, still, still)
        for author, notes in (("one", 1), ("nine", 9), ("ten", 10), ("hundred", 100))
        for _ in range(notes)
    ]
    row = counted(some).to_json(seconds_a_review=60)
    sizes = {name: tally["judged"] for name, tally in row["author_sizes"].items()}
    assert sizes == {"1": 1, "2–9": 9, "10–99": 10, "100+": 100}
    assert "hundred" not in str(row)


def flipping(flips: int, of: int) -> Differences:
    still = Words(decision=Decision.PASS, rules={}, codes=frozenset())
    block = Words(decision=Decision.BLOCK, rules={"r": Decision.BLOCK}, codes=frozenset({"c"}))
    return counted([("ann", 1, None, still, block if i < flips else still) for i in range(of)])


@pytest.mark.parametrize(
    ("text", "flips", "beyond"),
    [
        ("flips>2", 2, False),
        ("flips>2", 3, True),
        ("flips > 0", 1, True),
        ("flips>1%", 2, False),  # of 200
        ("flips>1%", 3, True),
        ("flips>0.5%", 2, True),
        ("stricter>0", 1, True),
        ("milder>0", 3, False),
        ("more-blocks>2", 3, True),
        ("more-reviews>0", 3, False),
    ],
)
def test_limit(text: str, flips: int, beyond: bool) -> None:
    """Beyond it, not at it."""
    assert Limit.parse(text).exceeded(flipping(flips, 200)) is beyond


@pytest.mark.parametrize("text", ["flips", "flips>", "flips>-1", "flips>1e9", "likes>3", ">3", ""])
def test_what_is_no_limit_is_refused(text: str) -> None:
    """With what can be counted."""
    with pytest.raises(BadSetting, match="no limit") as error:
        Limit.parse(text)
    assert "`more-blocks`" in error.value.hint


def test_nothing_judged_is_beyond_nothing() -> None:
    """An empty audit."""
    assert not Limit.parse("flips>0%").exceeded(Differences())

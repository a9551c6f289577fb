"""Counting showings can lift an accusation and nothing else, and few accounts cannot fake it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.verdicts import a_match

from moderation.finding import Difference, Finding, FindingKind
from moderation.image.ownership import Sighting, copy_findings
from moderation.image.popularity import (
    Popularity,
    PopularityRule,
    Showing,
    counted,
    is_protected,
    popularity,
)
from moderation.note import Author, Claim, ClaimBasis
from moderation.policy import Policy, decide
from moderation.verdict import Decision

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
YEARS_LATER = START + 4_000 * DAY
RULE = PopularityRule(authors=4, apart=7 * DAY)


def shown(author_id: str, days: float = 0, *linked: str) -> Showing:
    return Showing(author_id=author_id, at=START + days * DAY, linked_ids=linked)


def weekly(count: int, prefix: str = "u") -> list[Showing]:
    """Unrelated authors, one each week."""
    return [shown(f"{prefix}{i}", 7 * i) for i in range(count)]


def of(showings: Sequence[Showing], **changes: Any) -> Popularity:
    return popularity(showings, **{"rule": RULE, "until": YEARS_LATER} | changes)


def slow_count(groups: Sequence[set[int]]) -> int:
    """Most groups with a stretch of their own: every choice is tried."""
    if not groups:
        return 0
    first, *rest = groups
    taking = [1 + slow_count([g - {stretch} for g in rest]) for stretch in first]
    return max([slow_count(rest), *taking])


# How many


def test_unrelated_authors_in_different_weeks_count() -> None:
    assert of(weekly(3)) == Popularity(authors=3, counted=3)


def test_nobody_counts_beyond_what_is_asked_for() -> None:
    """All are told, though."""
    assert of(weekly(300)) == Popularity(authors=300, counted=RULE.authors)


def test_a_burst_of_accounts_counts_as_one() -> None:
    """However many, and however long one patient helper has been at it."""
    burst = [shown(f"new{i}", 3 + i / 1000) for i in range(500)]
    assert of(burst).counted == 1
    patient = [shown("old", 7 * week) for week in range(52)]
    assert of([*burst, *patient]).counted == 2


def test_an_author_counts_in_whichever_week_helps() -> None:
    """Both showed it in week 0; one of them again in week 1."""
    assert of([shown("a"), shown("b"), shown("a", 7)]).counted == 2


def test_linked_accounts_are_one() -> None:
    """By whatever chain, and in whatever order."""
    chain = [shown("a"), shown("b", 7, "x"), shown("c", 14, "x", "a")]
    assert of(chain) == of(chain[::-1]) == Popularity(authors=1, counted=1)


def test_who_is_left_out_takes_their_accounts_with_them() -> None:
    assert of([shown("a", 0, "b"), shown("b", 7), shown("c", 14)], without=["b"]).authors == 1
    assert of([shown("a", 0, "hidden"), shown("c", 14)], without=["hidden"]).authors == 1


def test_nobody_unknown_counts_and_nothing_from_later() -> None:
    """Two unknown authors may be one; what came after the check says nothing about it."""
    assert of([shown(""), shown("", 7), shown("a", 14)], until=START + 13 * DAY).authors == 0


@given(st.lists(st.sets(st.integers(0, 5), min_size=1, max_size=3), max_size=7))
def test_the_fast_count_is_the_slow_one(groups: list[set[int]]) -> None:
    """A maximum matching."""
    showings = [shown(f"u{i}", 7 * week) for i, weeks in enumerate(groups) for week in weeks]
    rule = replace(RULE, authors=99)
    assert of(showings, rule=rule) == Popularity(authors=len(groups), counted=slow_count(groups))


many_showings = st.lists(
    st.builds(
        shown,
        st.sampled_from("abcdefgh"),
        st.integers(0, 60),
        st.sampled_from(["x", "y", "", "a"]),
    ),
    max_size=12,
)


@given(many_showings, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(showings: list[Showing], random: Any) -> None:
    shuffled = random.sample(showings, len(showings))
    assert of(shuffled) == of(showings)


@given(many_showings, st.integers(0, 60))
def test_one_more_unrelated_author_never_lowers_the_count(
    showings: list[Showing], days: int
) -> None:
    more = of([*showings, shown("unrelated", days)])
    assert more.counted >= of(showings).counted
    assert more.authors == of(showings).authors + 1


def test_nothing_but_who_when_and_links_is_known_of_a_showing() -> None:
    """No followers, no likes, no verification: fame never counts."""
    assert {field.name for field in fields(Showing)} == {"author_id", "at", "linked_ids"}
    assert {field.name for field in fields(PopularityRule)} == {"authors", "apart"}


# What it leads to


def claim(author_id: str = "alice", **changes: Any) -> Claim:
    values = {"work_id": 1, "author_id": author_id, "at": START, "note_id": f"{author_id}'s"}
    return Claim(**values | {"basis": ClaimBasis.REGISTERED} | changes)


def sighted(*claims: Claim, **match: Any) -> Sighting:
    values = {"note_id": "alice's", "author_id": "alice", "picture_id": 1}
    return Sighting(match=a_match(**values | match), work_id=1, claims=claims or (claim(),))


def findings(
    sighting: Sighting, showings: Sequence[Showing], author: Author | None = None
) -> tuple[Finding, ...]:
    """What the sighting means for Eve, years later."""
    author = author or Author(id="eve")
    seen = counted(sighting, showings, author=author, at=YEARS_LATER, rule=RULE)
    return copy_findings([seen], image_number=0, author=author, at=YEARS_LATER)


def test_a_widely_shown_picture_accuses_nobody() -> None:
    """It says how many showed it, and asks a person; the first is no part of the many."""
    (finding,) = findings(sighted(), [shown("alice"), *weekly(RULE.authors)])
    assert (finding.kind, finding.score) == (FindingKind.IMAGE_TEMPLATE, 0.0)
    assert finding.difference is Difference.WIDELY_SHOWN
    assert finding.raw_score > 0.9
    assert finding.detail["unrelated_authors"] == RULE.authors
    verdict = decide(Policy.default(), _note(), [finding], as_of=YEARS_LATER)
    assert verdict.decision is Decision.REVIEW


def _note() -> Any:
    from moderation.note import Note

    return Note(id="n", author=Author(id="eve"))


@pytest.mark.parametrize(
    ("claims", "showings"),
    [
        pytest.param((claim(),), weekly(RULE.authors - 1), id="one-too-few"),
        pytest.param(
            (claim(), claim("carol", basis=ClaimBasis.LICENSED)),
            [*weekly(RULE.authors - 1), shown("carol", 99)],
            id="a-licensee-says-nothing",
        ),
        pytest.param(
            (claim(linked_ids=("shop",)),),
            [*weekly(RULE.authors - 1), shown("shop", 99)],
            id="the-holders-own-shop",
        ),
        pytest.param(
            (claim(),), [*weekly(RULE.authors - 1), shown("eve", 99)], id="who-asks-is-not-counted"
        ),
    ],
)
def test_too_few_unrelated_authors_change_nothing(
    claims: tuple[Claim, ...], showings: list[Showing]
) -> None:
    (finding,) = findings(sighted(*claims), showings)
    assert (finding.kind, finding.difference) == (FindingKind.IMAGE_COPY, None)


PROTECTING = (
    claim("carol", basis=ClaimBasis.EXTERNAL_PROOF, proof="raw file"),
    claim("alice", proof="declared original, seen by mia"),
)


@pytest.mark.parametrize("protecting", PROTECTING, ids=["proof", "declared"])
@given(count=st.integers(0, 40))
def test_a_protected_work_never_becomes_a_template_by_counting(
    protecting: Claim, count: int
) -> None:
    """However many show it."""
    claims = (claim(), protecting)
    assert is_protected(claims)
    (finding,) = findings(sighted(*claims), weekly(count))
    assert (finding.kind, finding.difference) == (FindingKind.IMAGE_COPY, None)


def test_an_archive_claims_in_passing() -> None:
    """It protects nothing by itself; else a meme would be the first archivist's for ever."""
    assert not is_protected((claim(), claim("bob", basis=ClaimBasis.FIRST_SEEN, proof="")))
    assert not is_protected((claim("bob", basis=ClaimBasis.LICENSED, proof="contract"),))


@given(
    base=many_showings,
    more=st.lists(
        st.builds(shown, st.sampled_from(["p", "q", "r", "s", "t"]), st.integers(1, 90)), max_size=8
    ),
    verified=st.booleans(),
    linked=st.booleans(),
)
def test_more_unrelated_showings_never_raise_a_score(
    base: list[Showing], more: list[Showing], verified: bool, linked: bool
) -> None:
    """Of nobody, for no finding, whatever was shown before; nor do they touch a permission."""
    author = Author(id="eve", linked_ids=("alice",) if linked else ())
    match = {} if verified else {"basis": "hash_only"}
    before = findings(sighted(**match), base, author)
    after = findings(sighted(**match), [*base, *more], author)
    assert [f.score for f in before] >= [f.score for f in after]
    if linked:
        assert before == after
        assert before[0].difference is Difference.LINKED_ACCOUNT


@given(st.permutations([claim("alice"), claim("bob"), claim("carol")]))
def test_of_equal_claims_the_order_changes_no_template(claims: list[Claim]) -> None:
    """Who registered first at one instant holds the work; whether all may show it is the same."""
    showings = [shown(name) for name in ("alice", "bob", "carol")]
    (many,) = findings(sighted(*claims), [*showings, *weekly(9)])
    (few,) = findings(sighted(*claims), showings)
    assert (many.difference, few.difference) == (Difference.WIDELY_SHOWN, None)

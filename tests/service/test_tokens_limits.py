"""Limits: a bucket against a slow and obvious one, and memory that has an end."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.service.limits import Buckets, Limits, Quota, take_from_all


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


STEPS = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 12)), max_size=40)
"""Tenths of a second to wait, and how much to ask for then."""


@given(STEPS, st.integers(1, 60))
def test_a_bucket_gives_what_a_slow_one_gives(steps: list[tuple[int, int]], a_minute: int) -> None:
    """The slow one counts in fractions, from the start."""
    clock = Clock()
    buckets = Buckets(Quota(name="x", a_minute=a_minute), clock=clock)
    level = Fraction(a_minute)
    for tenths, cost in steps:
        clock.now += tenths / 10
        level = min(Fraction(a_minute), level + Fraction(tenths * a_minute, 600))
        taken = take_from_all([(buckets, "a")], cost)
        above = level - min(cost, a_minute)
        if abs(above) > Fraction(1, 10**6):  # else a rounding may decide
            assert (taken.wait_s == 0) == (above > 0)
        if taken.wait_s == 0:
            level -= cost


@given(STEPS, st.integers(1, 60))
def test_never_more_than_the_quota(steps: list[tuple[int, int]], a_minute: int) -> None:
    """In a span of time so much comes through as the quota gives then, and one full bucket."""
    clock = Clock()
    buckets = Buckets(Quota(name="x", a_minute=a_minute), clock=clock)
    start, given_out = clock.now, 0
    on_credit = max([0, *(cost - a_minute for _, cost in steps)])
    for tenths, cost in steps:
        clock.now += tenths / 10
        taken = take_from_all([(buckets, "a")], cost)
        given_out += cost if taken.wait_s == 0 else 0
        possible = a_minute + (clock.now - start) * a_minute / 60
        assert given_out <= possible + on_credit + 1e-6


@given(st.integers(1, 60), st.integers(1, 200))
def test_after_the_wait_that_was_told_it_is_given(a_minute: int, cost: int) -> None:
    """Not before; also what is larger than the whole quota."""
    clock = Clock()
    buckets = Buckets(Quota(name="x", a_minute=a_minute), clock=clock)
    assert take_from_all([(buckets, "a")], cost).wait_s == 0
    while not (wait_s := take_from_all([(buckets, "a")], cost).wait_s):
        pass
    clock.now += wait_s - 0.001
    assert take_from_all([(buckets, "a")], cost).wait_s > 0
    clock.now += 0.002
    assert take_from_all([(buckets, "a")], cost).wait_s == 0


def test_all_or_none_is_taken() -> None:
    """Where the tenant has none left, the token loses nothing."""
    clock = Clock()
    limits = Limits(token_a_minute=10, tenant_a_minute=4, clock=clock)
    assert limits.take("t1", "eu", 3).wait_s == 0
    refused = limits.take("t2", "eu", 3)
    assert refused.wait_s == pytest.approx(30)
    assert [standing.level for standing in refused.standings] == [10, 1]
    assert limits.take("t2", "us", 3).wait_s == 0


def test_headers_say_what_is_left() -> None:
    """As structured fields: quota and window, what remains, and when all of it is back."""
    limits = Limits(token_a_minute=60, tenant_a_minute=600, clock=Clock())
    headers = limits.take("t1", "eu", 5).headers()
    assert headers == {
        "RateLimit-Policy": '"token";q=60;w=60, "tenant";q=600;w=60',
        "RateLimit": '"token";r=55;t=5, "tenant";r=595;t=1',
    }
    limits.take("t1", "eu", 100)  # refused: more than a quota waits for a full bucket
    assert '"token";r=55' in limits.take("t1", "eu", 100).headers()["RateLimit"]


def test_workers_share_a_quota() -> None:
    """Together they never give more than it; each at least something."""
    four = Limits(token_a_minute=10, workers=4, clock=Clock())
    assert [four.take("t", "eu", 1).wait_s == 0 for _ in range(3)] == [True, True, False]
    assert Quota(name="x", a_minute=3).share(8).a_minute == 1


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    """The one unused for longest is forgotten first."""
    buckets = Buckets(Quota(name="failures", a_minute=5), most=100, clock=Clock())
    for number in range(10_000):
        buckets.take(f"10.0.{number >> 8}.{number & 255}", 1)
        buckets.take("busy", 0)
    assert len(buckets) == 100
    assert buckets.standing("10.0.0.0").level == 5
    assert buckets.standing(f"10.0.{9_999 >> 8}.{9_999 & 255}").level == 4
    assert len(buckets) == 100


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    """Monotonic clocks do not; if one did, nobody may be locked out for long."""
    clock = Clock()
    buckets = Buckets(Quota(name="x", a_minute=60), clock=clock)
    buckets.take("a", 1)
    clock.now -= 5
    assert buckets.standing("a").level >= 59


def test_names_of_the_headers_are_those_of_the_draft() -> None:
    """Items of a list, each a string with integer parameters (RFC 9651)."""
    headers = Limits().take("t", "main", 1).headers()
    assert re.fullmatch(r'("[a-z]+";q=\d+;w=\d+(, )?)+', headers["RateLimit-Policy"])
    assert re.fullmatch(r'("[a-z]+";r=\d+;t=\d+(, )?)+', headers["RateLimit"])

"""Counts by the hour, against a list of every moment that was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from moderation.store import Register
from moderation.store.service.counts import HOUR, KEPT_HOURS, Counted, Sliding, hour_of, start_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
moments = st.lists(st.integers(0, 4 * 3600), max_size=60).map(
    lambda seconds: [NOON + timedelta(seconds=s) for s in sorted(seconds)]
)


def allowed(tried: Sequence[datetime], limit: int) -> list[datetime]:
    """Which of these a limit lets through, counted by the hour."""
    counts: Counter[int] = Counter()
    through = []
    for at in tried:
        hour = hour_of(at)
        if not Sliding(this=counts[hour], last=counts[hour - 1], at=at).reaches(limit):
            counts[hour] += 1
            through.append(at)
    return through


def most_within_an_hour(at: Sequence[datetime]) -> int:
    """The slow model: every window of sixty minutes that ends at one of these."""
    return max((sum(end - HOUR < one <= end for one in at) for end in at), default=0)


@given(moments, st.integers(0, 12))
def test_no_hour_exceeds_the_limit_nor_any_sixty_minutes_twice_of_it(
    tried: list[datetime], limit: int
) -> None:
    """And nothing is held back while no more than the limit came in two hours."""
    through = allowed(tried, limit)
    assert max(Counter(map(hour_of, through)).values(), default=0) <= limit
    assert most_within_an_hour(through) <= 2 * limit
    for at in set(tried) - set(through):
        recent = [one for one in through if at - 2 * HOUR < one <= at]
        assert len(recent) >= limit


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 3599), st.integers(0, 50))
def test_the_estimate_lies_within_what_the_hour_can_have_held(
    this: int, last: int, second: int, limit: int
) -> None:
    """Between this hour's count and both together, and more never releases the limit."""
    at = NOON + timedelta(seconds=second)
    reached = Sliding(this=this, last=last, at=at).reaches(limit)
    assert reached <= (this + last >= limit)
    assert reached >= (this >= limit)
    assert reached == (this + last * (1 - second / 3600) >= limit - 1e-9)
    assert reached <= Sliding(this=this + 1, last=last, at=at).reaches(limit)
    assert reached <= Sliding(this=this, last=last + 1, at=at).reaches(limit)


@given(st.integers(2, 60), st.integers(0, 3599))
def test_what_comes_evenly_below_the_limit_is_never_held_back(limit: int, offset: int) -> None:
    """Five hours of one less than the limit."""
    apart = HOUR / (limit - 1)
    start = NOON + timedelta(seconds=offset)
    tried = [start + k * apart for k in range(5 * (limit - 1))]
    assert allowed(tried, limit) == tried


def test_counts_are_found_by_kind_subject_and_hour(place: str | Path) -> None:
    """Those of a clock that is ahead count as of now."""
    hour = hour_of(NOON)
    with Register.open(place) as register:
        with register.transaction() as now:
            for later, times in ((-2, 9), (-1, 3), (0, 2), (1, 1)):
                told = [now.count(Counted.BLOCK, "a", hour + later) for _ in range(times)]
                assert told == list(range(1, times + 1))
            now.count(Counted.BRAKED, "a", hour)
            now.count(Counted.BLOCK, "", hour)
        at = NOON + timedelta(minutes=15)
        found = register.sliding(Counted.BLOCK, ["a", "", "b"], at)
    assert found == {
        "a": Sliding(this=3, last=3, at=at),
        "": Sliding(this=1, last=0, at=at),
        "b": Sliding(this=0, last=0, at=at),
    }


def test_accounts_that_belong_together_are_one_author(place: str | Path) -> None:
    """By the register's links, or the note's own; and once in two hours."""
    hour = hour_of(NOON)
    with Register.open(place) as register, register.transaction() as now:
        now.link_authors("ann", ["ann-shop"])
        assert now.count_showing(7, "ann", (), hour)
        assert not now.count_showing(7, "ann", (), hour)
        assert not now.count_showing(7, "ann-shop", (), hour)
        assert not now.count_showing(7, "new", ("ann",), hour + 1)
        assert now.count_showing(8, "ann", (), hour)
        assert now.count_showing(7, "bob", (), hour)
        assert now.count_showing(7, "", (), hour)
        assert not now.count_showing(7, "", (), hour)
        assert now.count_showing(7, "ann", (), hour + 2)
        assert now.sliding(Counted.WORK, ["7"], NOON)["7"].this == 3


def test_a_quarantine_ends_after_its_hours(place: str | Path) -> None:
    hour = hour_of(NOON)
    with Register.open(place) as register:
        with register.transaction() as now:
            now.count(Counted.QUARANTINE, "7", hour)
        found = [register.quarantined_since([7, 8], 2, NOON + k * HOUR) for k in range(4)]
    assert found == [{7: hour}, {7: hour}, {7: hour}, {}]


def test_who_showed_a_work_is_known_for_two_hours_and_goes_with_the_author(
    place: str | Path,
) -> None:
    """What was counted of rules stays for a month."""
    hour = hour_of(NOON)
    with Register.open(place) as register, register.transaction() as now:
        others = ("joann", "jo ann", "ANN", "ann ann")
        for author in ("ann", *others, "50% off"):
            now.count_showing(7, author, (), hour)
        now.count(Counted.BLOCK, "a rule of ann", hour)
        now.forget_author("ann")
        assert now.count_showing(7, "ann", (), hour)
        assert not [author for author in others if now.count_showing(7, author, (), hour)]
        assert now.count(Counted.BLOCK, "a rule of ann", hour) == 2
        now.forget_author("50% off")
        assert now.count_showing(7, "50% off", (), hour)
        assert now.drop_old_counts(NOON + HOUR) == 0
        assert now.drop_old_counts(NOON + 2 * HOUR) == 7
        assert now.drop_old_counts(NOON + KEPT_HOURS * HOUR) == 0
        assert now.drop_old_counts(NOON + (KEPT_HOURS + 1) * HOUR) == 1


def test_hours_are_those_of_the_world() -> None:
    """Whatever zone a time is written in."""
    late = NOON + timedelta(minutes=59)
    assert hour_of(late.astimezone(timezone(timedelta(hours=5, minutes=30)))) == hour_of(NOON)
    assert start_of(hour_of(late)) == NOON

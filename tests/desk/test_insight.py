"""What a stretch of time says: rates, times, agreement and drift, against slow obvious versions."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.desk.answers import Said, agreement_of, precision_of
from moderation.desk.insight import Rows, Stretch, insight_of
from moderation.finding import FindingKind
from moderation.rates import (
    Change,
    Mean,
    Rate,
    Times,
    compare,
    compare_means,
    quantile,
    wilson,
)
from moderation.store import (
    Answer,
    CaseKind,
    ClosedCase,
    DecidedAppeal,
    Volume,
    VolumeCell,
    WaitingCases,
)
from moderation.verdict import Decision

NOW = datetime(2026, 11, 21, tzinfo=UTC)
WEEK = Stretch.of_days(7, NOW)
KIND = FindingKind.IMAGE_COPY
rates = st.integers(0, 400).flatmap(lambda of: st.builds(Rate, st.integers(0, of), st.just(of)))


def a_closed(number: int = 1, **changes: Any) -> ClosedCase:
    values: dict[str, Any] = {
        "entry_id": number,
        "case_id": number,
        "note_id": f"n{number}",
        "author_id": "ben",
        "reason": "image.copy",
        "lang": "",
        "opened_at": NOW - timedelta(hours=2),
        "decided_at": NOW - timedelta(hours=1),
        "closed_at": NOW - timedelta(hours=1),
        "decided_by": "mia",
        "choice": "copied",
        "before": Decision.REVIEW,
        "after": Decision.BLOCK,
        "mistaken": (),
        "words": "",
    }
    return ClosedCase(**values | changes)


def said(by: str, answer: Answer, number: int, **changes: Any) -> Said:
    values: dict[str, Any] = {"verdict_id": 1, "kind": KIND, "settles": False}
    return Said(**values | {"by": by, "answer": answer, "review_id": number} | changes)


def volume(*days_reasons: tuple[int, str, int], one_in: int = 1) -> Volume:
    """(days ago, reason, count)."""
    cells = (
        VolumeCell(
            day=(NOW - timedelta(days=ago)).date(),
            decision=Decision.REVIEW if reason else Decision.PASS,
            reason=reason,
            count=count,
            scored=count if reason else 0,
            score_sum=0.75 * count if reason else 0.0,
            score_squares=0.5625 * count if reason else 0.0,
        )
        for ago, reason, count in days_reasons
    )
    return Volume(cells=tuple(cells), one_in=one_in)


@given(rate=rates)
def test_a_share_lies_in_its_interval(rate: Rate) -> None:
    """Which lies in 0 to 1, and is all of it where nothing was counted."""
    low, high = rate.interval
    assert 0 <= low <= (rate.share or 0) + 1e-12
    assert (1 if rate.share is None else rate.share) - 1e-12 <= high <= 1
    assert (rate.share is None) == (rate.of == 0)


@given(hits=st.integers(0, 300), more=st.integers(1, 300))
def test_an_end_of_the_interval_is_where_a_test_would_begin_to_doubt(hits: int, more: int) -> None:
    """The ends are the shares from which the counted one is 1.96 standard errors away."""
    of = hits + more
    for end in wilson(hits, of):
        if 0 < end < 1:
            error = math.sqrt(end * (1 - end) / of)
            assert abs(hits / of - end) == pytest.approx(1.96 * error, rel=1e-6)


@given(now=rates, before=rates)
def test_a_comparison_turned_round_says_the_opposite(now: Rate, before: Rate) -> None:
    """And is a change only where its interval leaves out 0."""
    there, back = compare(now, before), compare(before, now)
    opposite = {Change.MORE: Change.LESS, Change.LESS: Change.MORE}
    assert back.change is opposite.get(there.change, there.change)
    if there.low is not None and there.high is not None and there.value is not None:
        assert there.low - 1e-9 <= there.value <= there.high + 1e-9
        assert (there.low > 0 or there.high < 0) == (there.change is not Change.UNCLEAR)
    else:
        assert there.change is Change.TOO_FEW


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [
        pytest.param(Rate(9, 10), Rate(1, 10), Change.TOO_FEW, id="ten are too few"),
        pytest.param(Rate(3, 500), Rate(1, 500), Change.TOO_FEW, id="four hits are too few"),
        pytest.param(Rate(60, 500), Rate(20, 500), Change.MORE, id="three times as many"),
        pytest.param(Rate(22, 500), Rate(20, 500), Change.UNCLEAR, id="two more"),
        pytest.param(Rate(0, 0), Rate(5, 100), Change.TOO_FEW, id="nothing"),
    ],
)
def test_a_difference_is_called_one_with_reason(now: Rate, before: Rate, change: Change) -> None:
    """Too few say nothing, however far apart."""
    assert compare(now, before).change is change


def test_the_interval_of_a_difference_is_newcombes() -> None:
    """Table II of the paper, column (a): 56/70 and 48/80 by method 10."""
    found = compare(Rate(56, 70), Rate(48, 80))
    assert found.low == pytest.approx(0.0524, abs=1e-4)
    assert found.high == pytest.approx(0.3339, abs=1e-4)


@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_sums_tell_the_mean_and_its_error(values: list[float]) -> None:
    """As a slow calculation from the values themselves."""
    mean = Mean(len(values), sum(values), sum(v * v for v in values))
    middle = sum(values) / len(values)
    spread = sum((v - middle) ** 2 for v in values) / (len(values) - 1)
    assert mean.value == pytest.approx(middle)
    assert mean.error_squared == pytest.approx(spread / len(values), abs=1e-9)
    assert Mean() + mean == mean


def test_means_of_few_are_not_compared() -> None:
    """And those of many are."""
    few, many = Mean(5, 4.0, 3.3), Mean(400, 360.0, 326.0)
    assert compare_means(few, many).change is Change.TOO_FEW
    assert compare_means(many, Mean(400, 200.0, 110.0)).change is Change.MORE


@given(
    values=st.lists(st.floats(0, 1e6), min_size=1, max_size=60),
    share=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_a_quantile_is_the_least_value_that_enough_do_not_exceed(
    values: list[float], share: float
) -> None:
    """Looked for one by one."""
    wanted = next(
        v
        for v in sorted(values)
        if sum(w <= v for w in values) * 10 >= round(share * 10) * len(values)
    )
    assert quantile(sorted(values), share) == wanted


def test_times_of_nothing_are_none() -> None:
    """And a clock that went back makes 0."""
    assert Times.of([]) == Times(count=0, median_s=None, p90_s=None, longest_s=None)
    assert Times.of([-3.0]).median_s == 0


def test_precision_is_of_verdicts_and_not_of_answers() -> None:
    """Two who agree count once; two who do not are in no rate."""
    agreed = [said("mia", Answer.CONFIRMED, 1), said("tom", Answer.CONFIRMED, 2)]
    other = [
        said("mia", Answer.CONFIRMED, 3, verdict_id=2),
        said("tom", Answer.OVERTURNED, 4, verdict_id=2),
    ]
    (found,) = precision_of([*agreed, *other])
    assert (found.confirmed, found.disputed) == (Rate(1, 1), 1)
    (settled,) = precision_of(
        [*other, said("sam", Answer.OVERTURNED, 5, verdict_id=2, settles=True)]
    )
    assert (settled.confirmed, settled.disputed) == (Rate(0, 1), 0)


@given(
    answers=st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from("abcd"), st.sampled_from(list(Answer))),
        max_size=16,
        unique_by=lambda one: one[:2],
    )
)
def test_agreement_counts_pairs(answers: list[tuple[int, str, Answer]]) -> None:
    """As looking at each two of all answers does."""
    some = [
        said(by, answer, number, verdict_id=verdict)
        for number, (verdict, by, answer) in enumerate(answers)
    ]
    pairs = [
        (a, b)
        for a in some
        for b in some
        if a.review_id < b.review_id and a.verdict_id == b.verdict_id
    ]
    found = agreement_of(some)
    assert [one.same for one in found] == (
        [Rate(sum(a.answer is b.answer for a, b in pairs), len(pairs))] if pairs else []
    )


def test_who_settles_is_in_no_pair() -> None:
    """They know what the others said."""
    some = [
        said("mia", Answer.CONFIRMED, 1),
        said("sam", Answer.CONFIRMED, 2, settles=True),
    ]
    assert agreement_of(some) == ()


def test_decisions_are_told_by_reason_and_by_person() -> None:
    """People by the name they are given, the busiest first."""
    closed = [
        a_closed(1),
        a_closed(2, decided_by="tom", choice="mistaken", after=Decision.PASS),
        a_closed(3, opened_at=NOW - timedelta(hours=4), reason="image.copy.partial"),
    ]
    found = insight_of(Rows(stretch=WEEK, closed=closed), str.upper)
    assert [(one.person, one.decided, one.passed) for one in found.people] == [
        ("MIA", 2, Rate(0, 2)),
        ("TOM", 1, Rate(1, 1)),
    ]
    assert [(one.reason, one.total, one.took.median_s) for one in found.decided] == [
        ("image.copy", 2, 3600.0),
        ("image.copy.partial", 1, 3 * 3600.0),
    ]
    assert found.decided_all.longest_s == 3 * 3600.0


def test_the_queue_is_as_old_as_its_cases() -> None:
    """Of a sample the oldest is still the oldest of all."""
    waiting = WaitingCases(
        kind=CaseKind.MACHINE,
        reason="image.copy",
        count=30,
        oldest=NOW - timedelta(days=3),
        opened_at=tuple(NOW - timedelta(hours=h) for h in (1, 2, 9)),
        one_in=10,
    )
    (one,) = insight_of(Rows(stretch=WEEK, waiting=[waiting]), str).queue
    assert (one.count, one.median_s, one.oldest_s) == (30, 7200.0, 3 * 86_400.0)


def test_appeals_are_told_by_reason() -> None:
    """With the total of all."""
    appeals = [
        DecidedAppeal(
            appeal_id=number,
            reason=reason,
            appealed_at=NOW,
            decided_at=NOW,
            overturned=overturned,
        )
        for number, (reason, overturned) in enumerate([("a", True), ("a", False), ("b", False)])
    ]
    found = insight_of(Rows(stretch=WEEK, appeals=appeals), str)
    assert {one.reason: one.rate for one in found.overturned} == {"a": Rate(1, 2), "b": Rate(0, 1)}
    assert found.overturned_all == Rate(1, 3)


def test_every_day_of_the_stretch_has_its_place() -> None:
    """Empty ones too; a stretch that ends at midnight does not reach the next day."""
    found = insight_of(Rows(stretch=WEEK, volume=volume((1, "image.copy", 3), (1, "", 2))), str)
    assert [one.day for one in found.days] == [date(2026, 11, 14 + n) for n in range(7)]
    assert [one.total for one in found.days] == [0, 0, 0, 0, 0, 0, 5]


@given(
    counts=st.lists(
        st.tuples(st.integers(1, 7), st.sampled_from(["", "a", "b"]), st.integers(1, 90)),
        max_size=20,
        unique_by=lambda one: one[:2],
    ),
    one_in=st.integers(1, 5),
)
def test_days_and_reasons_add_up_to_the_same(
    counts: list[tuple[int, str, int]], one_in: int
) -> None:
    """A sample is multiplied in what is shown, and not in what is compared."""
    found = insight_of(Rows(stretch=WEEK, volume=volume(*counts, one_in=one_in)), str)
    wanted: Counter[str] = Counter()
    for _, reason, count in counts:
        wanted[reason] += count
    assert {one.reason: one.total for one in found.volume} == {
        reason: one_in * count for reason, count in wanted.items()
    }
    assert sum(one.total for one in found.days) == one_in * wanted.total()
    assert all(one.now == Rate(wanted[one.reason], wanted.total()) for one in found.drift)


def test_a_reason_that_grew_is_said_to_have_grown() -> None:
    """With the mean of its score; a new reason that few verdicts have says nothing yet."""
    now = volume((1, "a", 90), (1, "", 410), (1, "b", 3))
    before = volume((8, "a", 30), (8, "", 470))
    drift = {
        one.reason: one
        for one in insight_of(Rows(stretch=WEEK, volume=now, volume_before=before), str).drift
    }
    assert drift["a"].share.change is Change.MORE
    assert drift["a"].score_now.value == pytest.approx(0.75)
    assert drift["a"].score.change is Change.UNCLEAR
    assert drift["b"].share.change is Change.TOO_FEW
    assert drift["b"].score.value is None

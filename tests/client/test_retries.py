"""When to ask again, and what an answer means."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.client.fallback import Trouble
from moderation.client.replies import Reply, read, retry_after_s
from moderation.client.retries import (
    LONGEST_WAIT_S,
    MOST_TRIES,
    POLL_AT_LEAST_S,
    POLL_AT_MOST_S,
    WORTH_TRYING_S,
    Stumble,
    wait_before_retry,
)
from moderation.errors import ModerationError

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
stumbles = st.builds(
    Stumble,
    cause=st.sampled_from(Trouble),
    detail=st.just(""),
    again=st.booleans(),
    retry_after_s=st.none() | st.floats(0, 1e9),
    in_flight=st.booleans(),
)
draws = st.floats(0, 1, exclude_max=True)


@given(stumbles, st.integers(1, 40), st.floats(-1, 60), draws)
def test_a_wait_fits_before_the_deadline(
    stumble: Stumble, tries: int, left_s: float, draw: float
) -> None:
    """With time for another request, never shorter than asked for, and never past the bound."""
    wait = wait_before_retry(stumble, tries=tries, left_s=left_s, draw=lambda: draw)
    if wait is None:
        return
    assert wait + WORTH_TRYING_S <= left_s
    if stumble.in_flight:
        assert POLL_AT_LEAST_S <= wait <= POLL_AT_MOST_S
        return
    assert stumble.again
    assert tries < MOST_TRIES
    asked = stumble.retry_after_s or 0.0
    assert asked <= wait <= asked + LONGEST_WAIT_S


@given(stumbles, st.integers(1, MOST_TRIES - 1), draws)
def test_with_time_enough_there_is_another_try(stumble: Stumble, tries: int, draw: float) -> None:
    """Where one is safe; where not, never."""
    wait = wait_before_retry(stumble, tries=tries, left_s=2e9, draw=lambda: draw)
    assert (wait is not None) == (stumble.again or stumble.in_flight)


def test_the_jitter_is_full_and_its_bound_doubles() -> None:
    """From nothing up to 50, 100, 200, 400 ms."""
    stumble = Stumble(cause=Trouble.UNREACHABLE, detail="", again=True)
    least = [
        wait_before_retry(stumble, tries=n, left_s=9, draw=lambda: 0.0)
        for n in range(1, MOST_TRIES)
    ]
    most = [
        wait_before_retry(stumble, tries=n, left_s=9, draw=lambda: 1.0)
        for n in range(1, MOST_TRIES)
    ]
    assert least == [0, 0, 0, 0]
    assert most == [0.05, 0.1, 0.2, 0.4]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 7 ", 7),
        (format_datetime(datetime(2026, 11, 21, 8, 0, 9, tzinfo=UTC), usegmt=True), 9),
        (format_datetime(datetime(2026, 11, 21, 7, tzinfo=UTC), usegmt=True), 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1e3", None),
        ("inf", None),
        ("9" * 400, None),
        ("٣", None),
        ("Sat, 99 Nov 2026 08:00:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """A number of seconds or a date; anything else is as if it were not there."""
    assert retry_after_s({"retry-after": value}, now=NOW) == seconds


def test_a_date_is_compared_with_the_clock_that_wrote_it() -> None:
    """Two clocks need not agree."""
    headers = {
        "retry-after": "Sat, 21 Nov 2020 08:00:09 GMT",
        "date": "Sat, 21 Nov 2020 08:00:00 GMT",
    }
    assert retry_after_s(headers, now=NOW) == 9


bodies = st.binary(max_size=40) | st.sampled_from(
    [b"[]", b"null", b'"x"', b"{}", b'{"code": 7, "detail": [], "hint": {}}', b"\xff", b'{"a":NaN}']
)


@given(
    st.integers(100, 599),
    bodies,
    st.dictionaries(st.sampled_from(["retry-after", "date", "content-type"]), st.text(max_size=12)),
    st.booleans(),
)
def test_every_answer_means_something(
    status: int, body: bytes, headers: dict[str, str], resend: bool
) -> None:
    """JSON from 2xx alone; the caller is blamed for 4xx alone; nothing else comes out."""
    reply = Reply(status=status, headers=headers, body=body)
    found: Any
    try:
        found = read(reply, resend=resend)
    except ModerationError as error:
        found = error
    if isinstance(found, ModerationError):
        assert 400 <= status < 500
        assert found.message
        assert found.hint
    elif isinstance(found, Stumble):
        assert not (found.again and not resend)
        assert status < 400 or status in (408, 409, 429) or status >= 500
    else:
        assert 200 <= status < 300

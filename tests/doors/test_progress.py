"""Progress where there is no terminal, the language of the locale, and eras of a policy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.cli.eras import Eras
from moderation.cli.options import locale_lang, moment
from moderation.cli.progress import Lines
from moderation.policy import Policy


def lines_after(times, total, lang="en"):
    """What is written when the n-th note is done at the n-th of `times`."""
    written = []
    clock = iter([0.0, *times])
    lines = Lines(total, lang, written.append, clock=lambda: next(clock))
    for number in range(1, len(times) + 1):
        lines.done(number * 100)
    return written


def test_short_work_says_nothing():
    """Less than five seconds need no line."""
    assert lines_after([1, 2, 4.9], 300) == []


def test_lines_have_rate_and_time_left():
    """One every five seconds, however many notes are done."""
    assert lines_after([1, 5, 6, 7, 10], 1_500) == [
        "200 of about 1,500 done, 40/s, 0:00:32 left",
        "500 of about 1,500 done, 50/s, 0:00:20 left",
    ]


def test_unknown_total_has_no_time_left():
    """Standard input does not say how long it is; neither does a wrong estimate."""
    assert lines_after([10], None) == ["100 done, 10/s"]
    assert lines_after([10], 50) == ["100 done, 10/s"]


def test_lines_speak_chinese():
    """As everything people read."""
    assert lines_after([10], 3_600_100, "zh") == [
        "已完成 100 / 约 3,600,100，10/秒，剩余 100:00:00"
    ]


@pytest.mark.parametrize(
    ("environment", "lang"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "ZH_TW"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        ({"LC_ALL": "C", "LANG": "zh_CN"}, "en"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh"),
    ],
    ids=["chinese", "case", "english", "german", "c", "none", "empty", "all-wins", "messages-win"],
)
def test_locale_decides_the_language(environment, lang):
    """Chinese in a Chinese locale, English elsewhere."""
    assert locale_lang(environment) == lang


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-21", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T08:00:00+08:00", datetime(2026, 11, 21, tzinfo=UTC)),
        ("2026-11-21T08:00:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ],
    ids=["date", "offset", "utc"],
)
def test_moments_are_in_utc(text, at):
    """A date is midnight UTC, as in a policy."""
    assert moment(text) == at


def test_eras_change_where_a_rule_does():
    """The start is included, the end is not."""
    policy = Policy.parse(
        'title = "t"\n[[rule]]\nname = "a"\nkind = "image.qr"\nsteps = []\n'
        "from = 2021-01-01\nuntil = 2022-01-01\n",
        name="t",
    )
    eras = Eras(policy)
    at = [
        datetime(2020, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2021, 1, 1, tzinfo=UTC),
        datetime(2021, 12, 31, 23, 59, tzinfo=UTC),
        datetime(2022, 1, 1, tzinfo=UTC),
    ]
    assert [eras.number(moment) for moment in at] == [0, 1, 1, 2]


def test_rules_are_the_same_all_over_an_era():
    """For every shipped policy, at both ends and in the middle of each era."""
    days = [datetime(year, month, 15, tzinfo=UTC) for year in range(2014, 2028) for month in (1, 7)]
    for name in ("default", "outside-links-pilot-2025", "outside-links-forbidden-2021"):
        policy = Policy.named(name)
        eras = Eras(policy)
        seen = {}
        for day in days:
            terms = policy.terms.at(day)
            said = (terms.rules, terms.allowances)
            assert seen.setdefault(eras.number(day), said) == said

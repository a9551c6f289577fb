"""The page of a replay in a real Chromium: a table too wide, or a header too bare, is seen here."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from kit.browser import axe_violations, sideways_px, visit

from moderation.replay import Differences
from moderation.replay.again import Words
from moderation.replay.differences import How
from moderation.report.replay_page import write_replay_page
from moderation.verdict import Decision

LONG = "a-rule-whose-name-is-" + "long-" * 30


def a_row():
    """Every part of the page once, with names that do not fit beside each other."""
    found = Differences(words=Counter(dict.fromkeys(How, 1_234_567)), readers=Counter({LONG: 3}))
    found.assumed = 12
    for number, (before, after) in enumerate([("block", "review"), ("pass", "label")] * 4):
        found.add(
            verdict_id=number,
            note_id=f"{LONG}{number}",
            author_id="ann",
            at=datetime(2026, 5, 1 + number, tzinfo=UTC),
            lang=[None, "zh", "<b>en</b>", LONG][number % 4],
            before=a_word(before),
            after=a_word(after),
        )
    return {
        "policy": LONG,
        "digest": "sha256:" + "ab" * 32,
        "model": "note_reader@9",
        "as_of": "now",
        "since": "2026-01-01T00:00:00+00:00",
        "until": "2026-12-31T00:00:00+00:00",
        **found.to_json(seconds_a_review=60),
        "exceeded": [f"flips>{LONG}"],
    }


def a_word(decision):
    rules = {LONG: Decision(decision)}
    return Words(decision=Decision(decision), rules=rules, codes=frozenset({"text.hard_sell"}))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width_px", [375, 3840])
def test_everyone_can_read_it(browser, tmp_path, lang, scheme, width_px):
    """No rule of WCAG 2.2 AA that axe can tell is broken; nothing runs, nothing sticks out."""
    place = tmp_path / "replay.html"
    write_replay_page(a_row(), place, lang=lang)
    with visit(browser, place.as_uri(), width_px=width_px, scheme=scheme) as (page, sightings):
        assert not axe_violations(page)
        assert sideways_px(page) == 0
        assert not sightings.all()

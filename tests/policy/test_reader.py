"""The reader: every contradiction is refused with its place and a way out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.errors import BadPolicy
from moderation.finding import Cause, FindingKind
from moderation.policy import Policy
from moderation.verdict import Decision, Registration

RULE = 'name = "r"\nkind = "image.copy"\n'
STEP = 'steps = [{ at = 0.5, decision = "review" }]\n'
ALLOW = '[[allow]]\nname = "a"\nkinds = ["image.qr"]\n'

BAD = {
    "not-toml": ("rule = [", "is not TOML", "correct the line"),
    "unknown-key": ("ruel = []", "`ruel` is not a key", "did you mean `rule`?"),
    "unknown-rule-key": (
        f"[[rule]]\n{RULE}{STEP}untill = 2021-01-01",
        "`rule[0].untill` is not a key",
        "did you mean `until`?",
    ),
    "unknown-kind": (
        f'[[rule]]\nname = "r"\nkind = "image.copi"\n{STEP}',
        "`rule[0].kind` does not know `image.copi`",
        "did you mean `image.copy`?",
    ),
    "far-off-kind": (
        f'[[rule]]\nname = "r"\nkind = "zzz"\n{STEP}',
        "does not know `zzz`",
        "use one of `image.copy`",
    ),
    "unknown-decision": (
        f'[[rule]]\n{RULE}steps = [{{ at = 0.5, decision = "blocked" }}]',
        "`rule[0].steps[0].decision` does not know `blocked`",
        "did you mean `block`?",
    ),
    "pass-step": (
        f'[[rule]]\n{RULE}steps = [{{ at = 0.5, decision = "pass" }}]',
        "`pass` changes nothing",
        "leave this step out",
    ),
    "threshold-above-1": (
        f'[[rule]]\n{RULE}steps = [{{ at = 1.2, decision = "block" }}]',
        "`rule[0].steps[0].at` must lie in 0–1, got 1.2",
        "as 0.9",
    ),
    "threshold-negative": (
        f'[[rule]]\n{RULE}steps = [{{ at = -0.1, decision = "block" }}]',
        "must lie in 0–1, got -0.1",
        "as 0.9",
    ),
    "threshold-nan": (
        f'[[rule]]\n{RULE}steps = [{{ at = nan, decision = "block" }}]',
        "must lie in 0–1, got nan",
        "as 0.9",
    ),
    "threshold-zero": (
        f'[[rule]]\n{RULE}steps = [{{ at = 0, decision = "block" }}]',
        "must be above 0",
        "allowed have score 0",
    ),
    "threshold-text": (
        f'[[rule]]\n{RULE}steps = [{{ at = "0.5", decision = "block" }}]',
        "must be a number, got str",
        "correct `at`",
    ),
    "threshold-bool": (
        f'[[rule]]\n{RULE}steps = [{{ at = true, decision = "block" }}]',
        "must be a number, got bool",
        "correct `at`",
    ),
    "same-threshold-twice": (
        f"[[rule]]\n{RULE}steps = [{{ at = 0.5, decision = 'label' }},"
        "{ at = 0.5, decision = 'block' }]",
        "must rise in `at`, got 0.5 before 0.5",
        "sort the steps",
    ),
    "unreachable-step": (
        f"[[rule]]\n{RULE}steps = [{{ at = 0.5, decision = 'block' }},"
        "{ at = 0.9, decision = 'review' }]",
        "`review` at 0.9 is not stronger than `block` at 0.5",
        "drop one of the two",
    ),
    "no-steps": (f"[[rule]]\n{RULE}", "`rule[0].steps` is missing", "add `steps`"),
    "no-name": (f'[[rule]]\nkind = "image.copy"\n{STEP}', "`rule[0].name` is missing", "add"),
    "empty-name": (
        f'[[rule]]\nname = " "\nkind = "image.copy"\n{STEP}',
        "must be a string that is not empty",
        "correct `name`",
    ),
    "name-twice": (
        f"[[rule]]\n{RULE}{STEP}[[rule]]\n{RULE}{STEP}",
        "`rule[1].name` `r` is taken twice",
        "its own",
    ),
    "two-rules-at-once": (
        f'[[rule]]\n{RULE}{STEP}until = 2022-01-01\n[[rule]]\nname = "s"\nkind = "image.copy"\n'
        f"{STEP}from = 2021-12-31",
        "rules `r` and `s` both speak of `image.copy`",
        "merge their steps",
    ),
    "window-upside-down": (
        f"[[rule]]\n{RULE}{STEP}from = 2022-01-01\nuntil = 2021-01-01",
        "`rule[0].from` 2022-01-01T00:00:00+00:00 is not before `until` 2021-01-01",
        "swap or correct",
    ),
    "window-empty": (
        f"[[rule]]\n{RULE}{STEP}from = 2022-01-01\nuntil = 2022-01-01",
        "is not before `until`",
        "swap or correct",
    ),
    "naive-time": (
        f"[[rule]]\n{RULE}{STEP}from = 2022-01-01T08:00:00",
        "2022-01-01T08:00:00 has no time zone",
        "add the offset",
    ),
    "quoted-date": (
        f'[[rule]]\n{RULE}{STEP}from = "2022-01-01"',
        "must be a date without quotes, got str",
        "correct `from`",
    ),
    "fame": (
        f"[[rule]]\n{RULE}{STEP}when = {{ min_followers = 5000 }}",
        "`rule[0].when.min_followers` is not a key",
        "use one of `note_kinds`, `brands`, `authors`",
    ),
    "unknown-note-kind": (
        f'[[rule]]\n{RULE}{STEP}when = {{ note_kinds = ["prodct_note"] }}',
        "does not know `prodct_note`",
        "did you mean `product_note`?",
    ),
    "allow-nobody": (ALLOW, "`authors` are both empty", "list somebody"),
    "allow-nothing": ('[[allow]]\nname = "a"\nbrands = ["b"]', "`allow[0].kinds` is empty", "name"),
    "allow-unknown-author": (
        ALLOW + 'authors = [""]',
        "`allow[0].authors` must be a list of strings that are not empty",
        "correct",
    ),
    "allow-undecodable": (
        '[[allow]]\nname = "a"\nkinds = ["image.undecodable"]\nbrands = ["b"]',
        "which nobody can be allowed",
        "drop the kind",
    ),
    "fail-cause": (
        '[fail.copies]\non_eror = "review"',
        "`fail.copies.on_eror` is not a key",
        "did you mean `on_error`?",
    ),
    "fail-not-a-table": ('[fail]\ncopies = "review"', "`fail.copies` must be a table", "correct"),
    "register-blocked": (
        '[registration]\nblock = "held"',
        '`registration.block` must be "skipped", got "held"',
        "must never become the first",
    ),
    "register-word": (
        '[registration]\npass = "register"',
        "does not know `register`",
        "did you mean `registered`?",
    ),
    "negative-followers": (
        "[[partner_programme]]\nmin_followers = -1\nmin_monthly_exposure = 0",
        "must be a whole number, 0 or more",
        "correct `min_followers`",
    ),
    "agency-word": (
        "[[partner_programme]]\nmin_followers = 1\nmin_monthly_exposure = 0\n"
        'agency_contract = "no"',
        "must be true or false, got str",
        "correct",
    ),
    "unknown-base": ('extends = "defalt"', "no policy `defalt` is shipped", "mean `default`?"),
    "rules-not-a-list": ("[rule]\nx = 1", "`rule` must be a list of tables", "correct `rule`"),
}


@pytest.mark.parametrize(("text", "problem", "hint"), BAD.values(), ids=BAD.keys())
def test_a_contradiction_is_refused_with_place_and_hint(text: str, problem: str, hint: str) -> None:
    """`BadPolicy` names file and key, and says what to do."""
    with pytest.raises(BadPolicy) as caught:
        Policy.parse(f'title = "t"\n{text}', name="mine")
    assert problem in caught.value.message
    assert hint in caught.value.hint


def test_the_message_names_the_file() -> None:
    """The reader of three policies knows which one is wrong."""
    with pytest.raises(BadPolicy, match="`mine`: `title` is missing"):
        Policy.parse("", name="mine")


def test_rules_that_follow_each_other_are_welcome() -> None:
    """`until` of one is `from` of the next, and each instant has one rule."""
    policy = Policy.parse(
        f'title = "t"\n[[rule]]\n{RULE}{STEP}until = 2022-01-01\n'
        f'[[rule]]\nname = "s"\nkind = "image.copy"\n{STEP}from = 2022-01-01',
        name="mine",
    )
    eve, day = datetime(2021, 12, 31, 23, 59, tzinfo=UTC), datetime(2022, 1, 1, tzinfo=UTC)
    assert [rule.name for rule in policy.rules_at(eve)] == ["r"]
    assert [rule.name for rule in policy.rules_at(day)] == ["s"]


def test_a_variant_states_only_what_differs() -> None:
    """Names replace inherited rules; the rest is the base's."""
    policy = Policy.parse(
        'extends = "default"\ntitle = "t"\n'
        '[[rule]]\nname = "hard-sell"\nkind = "text.hard_sell"\nsteps = []\n'
        '[fail.copies]\non_error = "block"\n[registration]\nreview = "skipped"',
        name="mine",
    )
    now = datetime(2026, 1, 1, tzinfo=UTC)
    mine = {rule.kind: rule for rule in policy.rules_at(now)}
    base = {rule.kind: rule for rule in Policy.default().rules_at(now)}
    assert mine.pop(FindingKind.TEXT_HARD_SELL).steps == ()
    base.pop(FindingKind.TEXT_HARD_SELL)
    assert mine == base
    assert policy.terms.on_failure("copies", Cause.ERROR) is Decision.BLOCK
    assert policy.terms.on_failure("copies", Cause.TIMEOUT) is Decision.REVIEW
    assert policy.terms.registration[Decision.REVIEW] is Registration.SKIPPED
    assert policy.terms.registration[Decision.PASS] is Registration.REGISTERED


def test_a_date_is_midnight_utc() -> None:
    """Offsets are honoured and kept in UTC."""
    text = (
        f'title = "t"\n[[rule]]\n{RULE}{STEP}from = 2021-08-02\nuntil = 2021-08-03T08:00:00+08:00'
    )
    window = Policy.parse(text, name="mine").terms.rules[0].window
    assert window.start == datetime(2021, 8, 2, tzinfo=UTC)
    assert window.end == datetime(2021, 8, 3, tzinfo=UTC)

"""What a policy says of too much in one hour: read strictly, dated, told in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.errors import BadPolicy
from moderation.policy import Policy, diff

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
COPY = '[[rule]]\nname = "copy"\nkind = "image.copy"\nsteps = [{ at = 0.9, decision = "block" }]\n'
BRAKE = "[[brake]]\nblocks_per_hour = 20\neach_rule = 10\nrules = { copy = 5 }\n"
FLOOD = "[[flood]]\nauthors_per_hour = 30\nquarantine_hours = 6\n"


def policy(text: str) -> Policy:
    return Policy.parse(f'title = "t"\n{text}', name="t")


@pytest.mark.parametrize(
    ("text", "change", "problem"),
    [
        pytest.param(BRAKE, ("20", "-1"), "0 or more", id="negative"),
        pytest.param(BRAKE, ("copy", "copi"), "`copi`, which is no rule", id="unknown-rule"),
        pytest.param(BRAKE, ("copy = 5", "copy = true"), "whole number", id="no-number"),
        pytest.param(BRAKE, ("each_rule", "each"), "is not a key", id="unknown-key"),
        pytest.param(BRAKE, ("blocks_per_hour = 20\n", ""), "is missing", id="no-limit-for-all"),
        pytest.param(FLOOD, ("30", "0"), "at least 1, got 0", id="no-authors"),
        pytest.param(FLOOD, ("6", "721"), "at most 720, got 721", id="for-ever"),
        pytest.param(FLOOD, ("authors", "followers"), "is not a key", id="fame"),
    ],
)
def test_limits_that_mean_nothing_are_refused(
    text: str, change: tuple[str, str], problem: str
) -> None:
    """With their place in the file."""
    with pytest.raises(BadPolicy, match="t") as told:
        policy(COPY + text.replace(*change))
    assert problem in told.value.message


def test_a_misspelt_rule_has_a_hint() -> None:
    with pytest.raises(BadPolicy) as told:
        policy(COPY + BRAKE.replace("copy", "copi"))
    assert told.value.hint == "did you mean `copy`?"


@pytest.mark.parametrize("table", [BRAKE, FLOOD])
def test_two_limits_at_one_time_are_refused(table: str) -> None:
    """One after the other is fine."""
    with pytest.raises(BadPolicy, match="in force at the same time"):
        policy(COPY + table + table)
    dated = policy(f"{COPY}{table}until = 2026-01-01\n{table}from = 2026-01-01\n")
    assert len(dated.terms.brakes) + len(dated.terms.floods) == 2
    terms = dated.terms.at(NOW)
    assert len(terms.brakes) + len(terms.floods) == 1


def test_a_rule_has_its_own_limit_or_that_of_each() -> None:
    """Also the built-in ones that tell of a silent detector."""
    brake = policy(COPY + BRAKE.replace("copy = 5", 'copy = 5, "fail.default" = 0')).terms.brake
    assert brake is not None
    assert [brake.limit(name) for name in ("copy", "fail.default", "qr")] == [5, 0, 10]
    only_all = policy(COPY + "[[brake]]\nblocks_per_hour = 3").terms.brake
    assert only_all is not None
    assert only_all.limit("copy") is None


def test_limits_count_in_the_digest_and_silence_does_not_change_it() -> None:
    """Policies from before there were limits keep their digest."""
    bare = policy(COPY)
    assert "brake" not in bare.to_json()
    assert len({bare.digest, policy(COPY + BRAKE).digest, policy(COPY + FLOOD).digest}) == 3


def test_variants_inherit_limits_and_replace_them_as_a_whole() -> None:
    """And the difference is told."""
    heir = policy('extends = "default"')
    assert diff(Policy.default(), heir, as_of=NOW).changes == ()
    stricter = policy('extends = "default"\n' + BRAKE + FLOOD)
    told = [str(change) for change in diff(Policy.default(), stricter, as_of=NOW).changes]
    assert told == [
        "brake (all rules): 2,000 blocks an hour → 20 blocks an hour",
        "brake (copy): nothing → 5 blocks an hour",
        "brake (each rule): 1,000 blocks an hour → 10 blocks an hour",
        "flood: more than 50 authors an hour: review for 6 hours → "
        "more than 30 authors an hour: review for 6 hours",
    ]

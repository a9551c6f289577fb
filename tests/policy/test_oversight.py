"""What a policy says of people: which decisions need two, and how often they are checked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moderation.errors import BadPolicy
from moderation.finding import FindingKind
from moderation.policy import Policy, diff
from moderation.verdict import Decision

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECOND = '[[second_person]]\ndecisions = ["block"]\nkinds = ["image.copy"]\n'
CHECK = "[[check]]\nsecond_looks = 0.05\ngolden = 0.02\n"


def policy(text: str) -> Policy:
    return Policy.parse(f'title = "t"\n{text}', name="t")


@pytest.mark.parametrize(
    ("text", "change", "problem"),
    [
        pytest.param(SECOND, ('["block"]', "[]"), "is empty", id="nothing-needs-two"),
        pytest.param(SECOND, ("block", "review"), "which no person decides", id="review"),
        pytest.param(SECOND, ("image.copy", "image.kopy"), "does not know", id="unknown-kind"),
        pytest.param(SECOND, ("kinds", "authors"), "is not a key", id="of-persons"),
        pytest.param(SECOND, ("decisions", "kind"), "is not a key", id="no-decisions"),
        pytest.param(CHECK, ("0.05", "5"), "must lie in 0–1", id="per-cent"),
        pytest.param(CHECK, ("0.05\ngolden = 0.02", "0.0"), "are both 0", id="checks-nothing"),
        pytest.param(CHECK, ("golden", "gold"), "is not a key", id="unknown-key"),
    ],
)
def test_what_means_nothing_is_refused(text: str, change: tuple[str, str], problem: str) -> None:
    with pytest.raises(BadPolicy) as told:
        policy(text.replace(*change))
    assert problem in told.value.message


def test_two_tables_of_checks_at_one_time_are_refused() -> None:
    """One after the other is fine, and one of both is in force."""
    with pytest.raises(BadPolicy, match="in force at the same time"):
        policy(CHECK + CHECK)
    dated = policy(f"{CHECK}until = 2026-01-01\n{CHECK}from = 2026-01-01\n")
    assert len(dated.terms.checks) == 2
    assert dated.terms.at(NOW).check == dated.terms.checks[1]


def test_several_tables_may_ask_for_a_second_person_at_once() -> None:
    one, other = policy(SECOND + SECOND.replace("image.copy", "text.hard_sell")).terms.second_person
    assert one.asks(Decision.BLOCK, [FindingKind.IMAGE_COPY, FindingKind.IMAGE_QR])
    assert not one.asks(Decision.PASS, [FindingKind.IMAGE_COPY])
    assert not one.asks(Decision.BLOCK, [FindingKind.TEXT_HARD_SELL])
    assert other.asks(Decision.BLOCK, [FindingKind.TEXT_HARD_SELL])
    assert not other.asks(Decision.BLOCK, [])


def test_without_kinds_every_such_decision_needs_two() -> None:
    (only,) = policy(SECOND.replace('kinds = ["image.copy"]\n', "")).terms.second_person
    assert only.asks(Decision.BLOCK, [])


def test_a_policy_without_either_keeps_its_digest() -> None:
    """Verdicts of years before name it."""
    said = policy("").to_json()
    assert "second_person" not in said
    assert "check" not in said
    with_both = policy(SECOND + CHECK)
    assert with_both.digest != policy("").digest
    assert Policy.from_json(with_both.to_json()) == with_both


def test_a_policy_that_extends_another_keeps_or_replaces_its_tables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As a whole, as with the other tables."""
    from moderation.policy import named

    base = f'title = "b"\n{SECOND}{CHECK}'
    monkeypatch.setattr(named, "shipped_text", lambda _: base)
    kept = policy('extends = "base"\n').terms
    assert (len(kept.second_person), len(kept.checks)) == (1, 1)
    other = SECOND.replace("block", "label")
    (replaced,) = policy(f'extends = "base"\n{other}').terms.second_person
    assert replaced.decisions == {Decision.LABEL}


def test_differences_are_told_in_words() -> None:
    told = {str(change) for change in diff(policy(""), policy(SECOND + CHECK), as_of=NOW).changes}
    assert told == {
        "second_person (block): nothing → image.copy",
        "check: nothing → 5.0% second looks, 2.0% golden",
    }


def test_ends_of_both_are_instants_at_which_terms_change() -> None:
    dated = policy(f"{SECOND}from = 2026-02-01\n{CHECK}until = 2026-03-01\n").terms
    assert [f"{at:%m-%d}" for at in dated.changes()] == ["02-01", "03-01"]

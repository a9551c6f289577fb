"""What a policy says of pictures that many show: read strictly, dated, never a block."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.verdicts import a_copy

from moderation.errors import BadPolicy
from moderation.finding import Difference, Finding, FindingKind
from moderation.note import Author, Note
from moderation.policy import Policy, decide, diff
from moderation.policy.terms import TemplateTerms
from moderation.verdict import UNDECIDED_RULE, Decision, Verdict

NOTE = Note(id="n1", author=Author(id="bob"))
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
GOOD = 'authors = 5\ndays_apart = 3\nattempts = 9\nundecided = "review"\n'


def policy(text: str) -> Policy:
    return Policy.parse(f'title = "t"\n{text}', name="t")


def widely_shown(**changes: object) -> Finding:
    values = {
        "kind": FindingKind.IMAGE_TEMPLATE,
        "score": 0.0,
        "difference": Difference.WIDELY_SHOWN,
        "detail": {"unrelated_authors": 12},
    }
    return a_copy(**values | changes)


def judged(terms: str, *findings: Finding, at: datetime = NOW) -> Verdict:
    return decide(policy(terms), NOTE, findings or (widely_shown(),), as_of=at)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param(("authors = 5", "authors = 1"), "at least 2, got 1", id="one-is-not-many"),
        pytest.param(("days_apart = 3", "days_apart = 0"), "at least 1, got 0", id="no-days"),
        pytest.param(("attempts = 9", "attempts = 0"), "at least 1, got 0", id="no-attempts"),
        pytest.param(
            ("attempts = 9\n", ""), "`template_proposal[0].attempts` is missing", id="gap"
        ),
        pytest.param(('"review"', '"block"'), "may not be `block`", id="block"),
        pytest.param(("authors", "follower"), "is not a key", id="fame"),
    ],
)
def test_terms_that_mean_nothing_are_refused(change: tuple[str, str], problem: str) -> None:
    """With their place in the file."""
    with pytest.raises(BadPolicy, match="t") as told:
        policy("[[template_proposal]]\n" + GOOD.replace(*change))
    assert problem in told.value.message


def test_two_terms_at_one_time_are_refused() -> None:
    """One after the other is fine."""
    table = "[[template_proposal]]\n" + GOOD
    with pytest.raises(BadPolicy, match="in force at the same time"):
        policy(table + table)
    dated = policy(f"{table}until = 2026-01-01\n{table}from = 2026-01-01\n")
    assert len(dated.terms.template_proposals) == 2
    assert len(dated.terms.at(NOW).template_proposals) == 1


def test_the_default_counts_and_asks_a_person() -> None:
    """And variants of it inherit that."""
    terms = Policy.default().terms.at(NOW).template_proposal
    assert isinstance(terms, TemplateTerms)
    assert terms.undecided is Decision.REVIEW
    heir = policy('extends = "default"')
    assert heir.terms.at(NOW).template_proposal == terms
    assert diff(Policy.default(), heir, as_of=NOW).changes == ()


@pytest.mark.parametrize("word", ["pass", "label", "review"])
def test_until_a_person_decides_the_policy_says_what_happens(word: str) -> None:
    """With a reason that can be seen, and no score against anybody."""
    verdict = judged("[[template_proposal]]\n" + GOOD.replace("review", word))
    assert verdict.decision.value == word
    rules = [(reason.rule, reason.score) for reason in verdict.reasons]
    assert rules == ([] if word == "pass" else [(UNDECIDED_RULE, 0.0)])


def test_where_a_policy_is_silent_a_person_looks() -> None:
    """The finding was made under another policy, or before this one's terms began."""
    assert judged("").decision is Decision.REVIEW
    future = "[[template_proposal]]\n" + GOOD.replace("review", "pass") + "from = 2030-01-01"
    assert judged(future).decision is Decision.REVIEW


@given(st.sampled_from(["pass", "label", "review"]), st.floats(0, 1))
def test_a_widely_shown_picture_is_never_blocked_by_these_terms(word: str, raw: float) -> None:
    """Whatever the detector saw, and whatever the terms say."""
    terms = "[[template_proposal]]\n" + GOOD.replace("review", word)
    verdict = judged(terms, widely_shown(raw_score=raw))
    assert verdict.decision <= Decision.REVIEW


def test_an_allow_list_may_free_a_brand_of_the_wait() -> None:
    """As it may of any other finding but an unreadable picture."""
    allow = '[[allow]]\nname = "a"\nkinds = ["image.template"]\nauthors = ["bob"]\n'
    assert judged("[[template_proposal]]\n" + GOOD + allow).decision is Decision.PASS

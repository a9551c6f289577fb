"""What may be chosen at the desk: two questions, seven answers, each with words of its own."""

from __future__ import annotations

import pytest
from kit.register_rows import MORNING

from moderation.desk import CHOICES, Person, Role, choice_named
from moderation.errors import BadNote, NotAllowed
from moderation.explain import choice_name
from moderation.store import Answer, Scope, Token
from moderation.verdict import Decision


def test_every_choice_has_words_in_both_languages() -> None:
    """No two are alike, and each has a key of one digit."""
    assert len(CHOICES) <= 9
    for lang in ("zh", "en"):
        names = [choice_name(choice.code, lang) for choice in CHOICES]
        assert all(names)
        assert len(set(names)) == len(CHOICES)


def test_stored_codes_stay_what_they_are() -> None:
    assert [(c.code, c.decision.value, c.answer.value) for c in CHOICES] == [
        ("mistaken", "pass", "overturned"),
        ("permitted", "pass", "confirmed"),
        ("trifle", "pass", "confirmed"),
        ("mark", "label", "confirmed"),
        ("copied", "block", "confirmed"),
        ("disguised", "block", "confirmed"),
        ("other", "block", "confirmed"),
    ]


def test_no_choice_leaves_the_note_waiting() -> None:
    """Nobody decides that somebody should decide; for that one escalates."""
    assert all(choice.decision is not Decision.REVIEW for choice in CHOICES)
    milder = {c.decision for c in CHOICES if c.answer is Answer.OVERTURNED}
    assert milder == {Decision.PASS}


def test_a_choice_is_found_by_its_code() -> None:
    assert all(choice_named(choice.code) is choice for choice in CHOICES)
    with pytest.raises(BadNote, match="`nonsense`") as refused:
        choice_named("nonsense")
    assert "`disguised`" in refused.value.hint


@pytest.mark.parametrize(
    ("scope", "role"),
    [
        pytest.param(Scope.VIEW, Role.VIEWER, id="view"),
        pytest.param(Scope.REVIEW, Role.MODERATOR, id="review"),
        pytest.param(Scope.SENIOR, Role.SENIOR, id="senior"),
        pytest.param(Scope.ADMIN, Role.ADMIN, id="admin"),
        pytest.param(Scope.CHECK, None, id="check"),
        pytest.param(Scope.REGISTER, None, id="register"),
    ],
)
def test_a_token_lets_in_as_what_its_scope_says(scope: Scope, role: Role | None) -> None:
    token = Token(
        token_id="t",
        name="mia",
        tenant="main",
        scopes=frozenset({scope}),
        created_at=MORNING,
    )
    assert Role.of(token) is role


def test_each_role_may_do_what_those_before_it_may() -> None:
    roles = list(Role)
    for level, role in enumerate(roles):
        person = Person(name="mia", role=role)
        assert [person.may(other) for other in roles] == [n <= level for n in range(len(roles))]
    with pytest.raises(NotAllowed, match="`mia` is viewer, and this needs senior"):
        Person(name="mia", role=Role.VIEWER).must(Role.SENIOR)

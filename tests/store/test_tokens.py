"""Tokens: shown once, kept as a digest, refused when anything about them differs."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kit.register_rows import MORNING

from moderation.errors import InputError, UnknownSubject
from moderation.store import NewToken, Register, Scope, Token
from moderation.store.service import tokens

HOUR = timedelta(hours=1)
ON_ONE_REGISTER = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def register(place: str | Path) -> Iterator[Register]:
    with Register.open(place) as register:
        yield register


def new(**values: Any) -> NewToken:
    return NewToken(**{"name": "queue", "scopes": [Scope.CHECK], "created_at": MORNING} | values)


def create(register: Register, **values: Any) -> tuple[Token, str]:
    with register.transaction() as now:
        return now.create_token(new(**values))


def revoke(register: Register, token_id: str, at: datetime = MORNING + HOUR) -> Token:
    with register.transaction() as now:
        return now.revoke_token(token_id, at)


def test_a_token_is_found_by_what_was_shown(register: Register) -> None:
    """With name, tenant, scopes and end as given; and no two are alike."""
    scopes = [Scope.REGISTER, Scope.REVIEW]
    made, shown = create(register, name="  hook ", scopes=scopes, tenant="eu", expires_at=LATER)
    other, other_shown = create(register)
    assert re.fullmatch(rf"ngt_{made.token_id}_[0-9a-f]{{64}}", shown)
    assert shown != other_shown
    assert register.find_token(shown) == made
    assert (made.name, made.tenant, made.scopes) == ("hook", "eu", frozenset(scopes))
    assert (made.created_at, made.expires_at, made.revoked_at) == (MORNING, LATER, None)
    assert register.tokens() == sorted([made, other], key=lambda token: token.token_id)


LATER = MORNING + timedelta(days=90)


def test_the_disk_holds_nothing_of_the_secret(
    register: Register, on_disk: Callable[[], bytes]
) -> None:
    """Neither the token nor any twelve of its digits in a row; its digest is there."""
    made, shown = create(register)
    register.find_token(shown)
    secret = shown.rpartition("_")[2]
    held = on_disk()
    assert made.token_id.encode() in held
    assert hashlib.sha256(shown.encode()).hexdigest().encode() in held
    assert bytes.fromhex(secret) not in held
    parts = [secret[start : start + 12] for start in range(len(secret) - 11)]
    assert not [part for part in parts if part.encode() in held]


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@ON_ONE_REGISTER
@given(data=st.data())
def test_one_wrong_character_is_another_token(register: Register, data: st.DataObject) -> None:
    """Changed, dropped, added or in capitals, anywhere."""
    _, shown = create(register)
    at = data.draw(st.integers(0, len(shown) - 1))
    put = data.draw(st.text(max_size=2))
    changed = shown[:at] + put + shown[at + data.draw(st.integers(0, 1)) :]
    found = register.find_token(changed)
    assert (found is not None) == (changed == shown)
    assert register.find_token(shown.upper()) is None


HOSTILE = (
    "",
    "ngt_",
    "ngt__",
    "ngt_000000000000_" + "0" * 64,
    "ngt_000000000000_" + "\uff10" * 64,
    "ngt_%_" + "0" * 64,
    "' OR 1=1 --",
    "\0",
    "\ud800",
    "ngt_" + "a" * 1_000_000,
)


@pytest.mark.parametrize("presented", HOSTILE, ids=lambda text: repr(text[:24]))
def test_what_is_no_token_is_not_found(register: Register, presented: str) -> None:
    """And breaks nothing."""
    create(register)
    assert register.find_token(presented) is None


def test_the_secret_of_another_token_opens_nothing(register: Register) -> None:
    """The id counts too: it is a part of what is hashed."""
    (one, shown), (two, other) = create(register), create(register)
    assert register.find_token(shown.replace(one.token_id, two.token_id)) is None
    assert register.find_token(other.replace(two.token_id, one.token_id)) is None


def test_known_or_not_the_work_is_the_same(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One digest, one question, one comparison in constant time; whatever is shown."""
    compared: list[tuple[str, str]] = []

    def compare(mine: str, kept: str) -> bool:
        compared.append((mine, kept))
        return hmac.compare_digest(mine, kept)

    monkeypatch.setattr(tokens, "hmac", type("counting", (), {"compare_digest": compare}))
    made, shown = create(register)
    for presented in (shown, shown[:-1] + "x", f"ngt_{made.token_id}_{'0' * 64}", *HOSTILE):
        register.find_token(presented)
    assert len(compared) == 3 + len(HOSTILE)
    assert all(len(mine) == len(kept) == 64 for mine, kept in compared)


def test_a_revoked_token_is_found_and_is_dead(register: Register) -> None:
    """So that it can be told from an unknown one in the list; the first time stays."""
    made, shown = create(register)
    ended = revoke(register, made.token_id)
    assert ended.revoked_at == MORNING + HOUR
    assert revoke(register, made.token_id, MORNING + 2 * HOUR) == ended
    assert register.find_token(shown) == ended
    assert made.is_live(MORNING)
    assert not ended.is_live(MORNING)


def test_a_token_found_lying_about_can_be_revoked_as_it_is(register: Register) -> None:
    """The whole text names it; an error message never repeats more than the id."""
    made, shown = create(register)
    assert revoke(register, shown).token_id == made.token_id
    with pytest.raises(UnknownSubject) as told:
        revoke(register, "ngt_000000000000_" + "5" * 64)
    assert "000000000000" in told.value.message
    assert "5555" not in told.value.message


@given(
    end=st.none() | st.integers(1, 10**6), at=st.integers(-(10**6), 10**6), revoked=st.booleans()
)
def test_a_token_lives_until_its_end(end: int | None, at: int, revoked: bool) -> None:
    """At the very moment of its end it is dead."""
    token = Token(
        token_id="0" * 12,
        name="x",
        tenant="main",
        scopes=frozenset({Scope.CHECK}),
        created_at=MORNING,
        expires_at=None if end is None else MORNING + timedelta(seconds=end),
        revoked_at=MORNING if revoked else None,
    )
    live = token.is_live(MORNING + timedelta(seconds=at))
    assert live == (not revoked and (end is None or at < end))


IMPLIES = {
    "check": {"check"},
    "register": {"register", "check"},
    "view": {"view"},
    "review": {"review", "view"},
    "senior": {"senior", "review", "view"},
    "admin": {"check", "register", "view", "review", "senior", "admin"},
}


@given(st.sets(st.sampled_from(Scope), min_size=1), st.sampled_from(Scope))
def test_scopes_imply_what_the_table_says(scopes: set[Scope], asked: Scope) -> None:
    """Admin is all, to register is to check, who decides may look; nothing else implies another."""
    token = Token(
        token_id="0" * 12,
        name="x",
        tenant="main",
        scopes=frozenset(scopes),
        created_at=MORNING,
    )
    assert token.allows(asked) == (asked in set().union(*(IMPLIES[scope] for scope in scopes)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": " "}, "1 to 100"),
        ({"name": "x" * 101}, "got 101"),
        ({"name": "a\0b"}, "does not print"),
        ({"name": "\u202equeue"}, "does not print"),
        ({"scopes": []}, "at least one scope"),
        ({"tenant": ""}, "no name of a tenant"),
        ({"tenant": "../eu"}, "`../eu`"),
        ({"tenant": "EU"}, "`EU`"),
        ({"expires_at": MORNING}, "before"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(values: dict[str, Any], said: str) -> None:
    """Before anything is written."""
    with pytest.raises(InputError, match=re.escape(said)):
        new(**values)


def test_tokens_for_machines(register: Register) -> None:
    """Everything that is known, and nothing that proves it."""
    made, shown = create(register, scopes=[Scope.REVIEW, Scope.CHECK], expires_at=LATER)
    told = revoke(register, made.token_id).to_json()
    assert told == {
        "id": made.token_id,
        "name": "queue",
        "tenant": "main",
        "scopes": ["check", "review"],
        "created_at": MORNING.isoformat(),
        "expires_at": LATER.isoformat(),
        "revoked_at": (MORNING + HOUR).isoformat(),
    }
    assert shown[-64:] not in str(told)


def test_times_come_back_aware(register: Register) -> None:
    """As all times do."""
    made, shown = create(register, created_at=datetime.now(UTC))
    found = register.find_token(shown)
    assert found is not None
    assert found.created_at.tzinfo is not None
    assert found == made

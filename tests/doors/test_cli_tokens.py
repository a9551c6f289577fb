"""`moderation token`: a token is shown once, alone, and never again."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from moderation.store import Register, Scope

from .conftest import told


@pytest.fixture
def at(tmp_path):
    return ("--register", tmp_path / "register")


def test_a_token_stands_alone_on_standard_output(run, at):
    """The remark goes to standard error, and repeats nothing of the secret."""
    made = run("token", "create", "--name", "queue", "--scope", "check", *at)
    assert made.exit_code == 0, made.output
    token = made.stdout.removesuffix("\n")
    assert re.fullmatch(r"ngt_[0-9a-f]{12}_[0-9a-f]{64}", token)
    assert "only now" in made.stderr
    assert token[-64:] not in made.stderr
    with Register.open(at[1], create=False) as register:
        found = register.find_token(token)
    assert found is not None
    assert (found.name, found.tenant, found.scopes) == ("queue", "main", {Scope.CHECK})
    assert found.expires_at is None


def test_a_token_for_machines(run, at):
    """One object; scopes, tenant and end as asked for."""
    made = run(
        *("token", "create", "--name", "hook", "--scope", "check", "--scope", "register"),
        *("--tenant", "eu", "--expires-in", "90d", "--json", *at),
    )
    answer = json.loads(made.stdout)
    assert list(answer) == [
        *("token", "id", "name", "tenant", "scopes", "created_at", "expires_at", "revoked_at")
    ]
    assert answer["scopes"] == ["check", "register"]
    start, end = (datetime.fromisoformat(answer[name]) for name in ("created_at", "expires_at"))
    assert end - start == timedelta(days=90)


def test_the_list_shows_state_and_no_secret(run, at):
    """Of the live, the revoked and the expired."""
    tokens = [
        run("token", "create", "--name", name, "--scope", "admin", *at).stdout.strip()
        for name in ("live one", "leaked one")
    ]
    leaked = tokens[1].split("_")[1]
    said = run("token", "revoke", leaked, *at)
    assert said.stdout == (
        f"token {leaked} (leaked one) is revoked; running services take note within 5 seconds\n"
    )
    shown = run("token", "list", *at)
    states = [line.split()[-1] for line in shown.stdout.splitlines()[1:]]
    assert states == ["live", "revoked"]
    listed = json.loads(run("token", "list", "--json", *at).stdout)["tokens"]
    assert [bool(token["revoked_at"]) for token in listed] == [False, True]
    everything = shown.output + json.dumps(listed)
    assert not [token for token in tokens if token[-64:] in everything]


def test_what_people_read_in_chinese(run, at):
    """The same, in the other language."""
    assert (
        run("token", "create", "--name", "a", "--scope", "review", "--lang", "zh", *at).exit_code
        == 0
    )
    assert "有效" in run("token", "list", "--lang", "zh", *at).stdout


def test_an_empty_list_says_so(run, at):
    """And makes no register of its own."""
    told(run("token", "list", *at), 6, "no register")
    run("store", "migrate", *at)
    assert run("token", "list", *at).stdout == "no tokens in this register\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--name", "a"], 2, "scope"),
        (["--scope", "check"], 2, "name"),
        (["--name", "a", "--scope", "all"], 2, "scope"),
        (["--name", "a", "--scope", "check", "--expires-in", "soon"], 2, "`soon`"),
        (["--name", "a", "--scope", "check", "--expires-in", "0d"], 2, "`0d`"),
        (["--name", " ", "--scope", "check"], 3, "1 to 100"),
        (["--name", "a", "--scope", "check", "--tenant", "../eu"], 3, "no name of a tenant"),
    ],
)
def test_what_cannot_be_made_is_told(run, at, arguments, code, said):
    """Two lines, the right exit code, and no register left behind."""
    told(run("token", "create", *arguments, *at), code, said)
    assert not at[1].exists()


def test_an_unknown_token_cannot_be_revoked(run, at):
    """Nor is the rest of it repeated, when it is given whole."""
    run("store", "migrate", *at)
    result = run("token", "revoke", "ngt_000000000000_" + "5" * 64, *at)
    told(result, 3, "`000000000000`", "moderation token list")
    assert "5555" not in result.output

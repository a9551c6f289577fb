"""Settings: from the environment, within their ranges, or a refusal that says which."""

from __future__ import annotations

import traceback
from typing import Any

import click
import pytest

from moderation.errors import BadSetting
from moderation.gate.rights.appealing import DAYS, MOST_DAYS
from moderation.listening import is_loopback
from moderation.service.settings import Settings, variable


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but what a test sets."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_they_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given wins; None gives nothing."""
    monkeypatch.setenv("MODERATION_REGISTER", "register")
    monkeypatch.setenv("MODERATION_PORT", "9000")
    monkeypatch.setenv("MODERATION_TENANTS", '{"tea": "postgresql:///tea"}')
    read = Settings.read(workers=2, policy=None)
    assert (read.register_at, read.port, read.workers) == ("register", 9000, 2)
    assert read.registers() == {"main": "register", "tea": "postgresql:///tea"}
    assert Settings.read(port=1).port == 1


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no-register": ({"register_at": None}, "`MODERATION_REGISTER` is missing"),
    "port": ({"port": 70_000}, "`MODERATION_PORT`: "),
    "text": ({"workers": "many"}, "`MODERATION_WORKERS`: "),
    "level": ({"log_level": "loud"}, "`MODERATION_LOG_LEVEL`: "),
    "deadline": ({"deadline_ms": 5_000}, "`deadline_ms` 5000 is above `ceiling_ms` 3000"),
    "room": (
        {"most_body_bytes": 2_048, "most_bodies_bytes": 1_024},
        "`most_body_bytes` 2048 is above `most_bodies_bytes` 1024",
    ),
    "open": ({"auth": False, "host": "0.0.0.0"}, "without tokens only the loopback may be served"),
    "tenant": ({"tenants": {"main": "x"}}, "the tenant `main` is the one of"),
}


@pytest.mark.parametrize(("given", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_is_out_of_range_is_refused(given: dict[str, Any], told: str) -> None:
    """With the variable and a hint, and in the style of all other errors."""
    with pytest.raises(BadSetting) as refused:
        Settings.read(**{"register_at": "register"} | given)
    assert refused.value.message.startswith(told)
    assert refused.value.hint
    assert not refused.value.message.endswith(".")


@pytest.mark.parametrize("text", ["", '{tea: "postgresql://u:hush@h/d"}'])
def test_what_is_no_json_is_refused_without_a_word_of_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may hold a password; neither does a line that shows settings."""
    monkeypatch.setenv("MODERATION_TENANTS", text)
    with pytest.raises(BadSetting, match="`MODERATION_TENANTS` is not JSON") as refused:
        Settings.read(register_at="register")
    assert "hush" not in "".join(traceback.format_exception(refused.value))
    monkeypatch.setenv("MODERATION_TENANTS", '{"tea": "postgresql://u:hush@h/d"}')
    assert "hush" not in repr(Settings.read(register_at="postgresql://u:hush@h/e"))


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("localhost.example.org", False),
        ("", False),
    ],
)
def test_the_loopback_is_known(host: str, is_one: bool) -> None:
    """By its address, not by how a name looks."""
    assert is_loopback(host) is is_one


def test_every_setting_says_what_it_is() -> None:
    """The reference page is made from this."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert "secret" not in name


def test_the_time_to_appeal_is_one_for_every_door() -> None:
    """Service, console and commands read one variable, and mean the same where it is not set."""
    from moderation.cli.console import command as console
    from moderation.cli.review.appeal import command as appeal
    from moderation.cli.review.letter import command as letter

    said = variable("appeal_days")
    assert said == "MODERATION_APPEAL_DAYS"
    assert Settings(register_at="r").appeal_days == DAYS
    for command in (console, appeal, letter):
        (option,) = (one for one in command.params if one.name == "appeal_days")
        assert (option.envvar, option.default) == (said, DAYS)
        assert isinstance(option.type, click.IntRange)
        assert (option.type.min, option.type.max) == (1, MOST_DAYS)

"""`moderation webhook`, `deliver`, `dlq` and `consume`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from kit.event_children import happen, subscribe
from kit.receivers import Receiver, free_port, receiving, status
from kit.redis import running
from standardwebhooks import Webhook

from moderation.store import Register

from .conftest import row, told


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return tmp_path / "register"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("NO_PROXY", "*")
    with receiving() as receiver:
        yield receiver


def test_an_event_is_delivered_with_the_secret_that_was_printed(run, register, receiver) -> None:
    """Added, tested, told, removed; the secret is printed once and never again."""
    added = run("webhook", "add", receiver.url, "--register", register, "--json")
    secret = json.loads(added.stdout)["secret"]
    assert run("webhook", "test", 1, "--register", register).stdout == (
        "endpoint 1 received the test event\n"
    )
    with Register.open(register) as opened:
        happen(opened, "n1")
    done = run("deliver", "--once", "--register", register, "--json")
    assert json.loads(done.stdout) == {"received": 1, "failed": 0, "dead": 0}
    headers, body = receiver.came[1]
    assert Webhook(secret).verify(body, headers)["data"]["note_id"] == "n1"
    listed = run("webhook", "list", "--register", register)
    assert receiver.url in listed.stdout
    assert secret not in listed.output
    for word in ("disable", "enable", "remove"):
        said = run("webhook", word, 1, "--register", register)
        assert (said.exit_code, "endpoint 1" in said.stdout) == (0, True)
    assert run("webhook", "list", "--register", register).stdout == "nobody is subscribed\n"
    told(run("webhook", "remove", 1, "--register", register), 3, "no endpoint 1")


def test_a_person_adds_a_webhook(run, register) -> None:
    """What is shown, in both languages; an unknown type is remarked, not refused."""
    said = run("webhook", "add", "https://q.example.org/x", "--register", register)
    assert "endpoint 1" in said.stdout
    assert "whsec_" in said.stdout
    said = run(
        *("webhook", "add", "https://q.example.org/x", "--register", register, "--lang", "zh"),
        *("--type", "note.vanished"),
    )
    assert "签名密钥" in said.stdout
    assert "note.vanished" in said.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://q.example.org/x", "not encrypted"),
        ("redis://:secret@host/0", "`redis://…@host/0` is not encrypted"),
        ("ftp://q.example.org/x", "no endpoint"),
        ("https:///x", "no endpoint"),
        ("https://q.example.org:x/", "not a URL"),
        ("https://q.example.org/#x", "fragment"),
        ("redis://host/0?maxlen=-1", "`maxlen`"),
        ("redis://", "no Redis"),
        ("https://q.example.org/a b", "no blanks"),
    ],
    ids=["http", "redis", "ftp", "no-host", "port", "fragment", "maxlen", "no-redis", "blank"],
)
def test_what_cannot_be_an_endpoint_is_refused(run, register, url: str, said: str) -> None:
    told(run("webhook", "add", url, "--register", register), 4, said)


def test_a_network_that_is_trusted_may_be_unencrypted(run, register) -> None:
    url = "http://queue.internal/x"
    for trusted in (url, "redis://queue.internal/0"):
        added = run("webhook", "add", trusted, "--allow-http", "--register", register)
        assert added.exit_code == 0
    for here in ("redis://localhost/0", "redis://127.0.0.1/0", "redis:///0", "unix:///run/redis"):
        assert run("webhook", "add", here, "--register", register).exit_code == 0
    told(run("webhook", "add", url, "--type", "No", "--register", register), 4, "not encrypted")
    told(run("webhook", "add", "https://a/", "--type", "No", "--register", register), 4, "type")


def test_passwords_are_not_shown(run, register) -> None:
    """Neither of a webhook nor of a Redis."""
    for url in ("https://me:hush@q.example.org/?token=hush", "rediss://:hush@host/0?stream=s"):
        said = run("webhook", "add", url, "--register", register)
        assert "hush" not in said.output
    said = run("webhook", "list", "--register", register)
    assert "hush" not in said.output
    assert "rediss://…@host/0?stream=s" in said.stdout
    assert "hush" not in run("webhook", "list", "--register", register, "--json").output


def test_dead_letters_are_listed_shown_replayed_and_dropped(run, register, receiver) -> None:
    receiver.answer = status(410)
    run("webhook", "add", receiver.url, "--register", register)
    with Register.open(register) as opened:
        happen(opened, "n1", "n2", "n3")
    assert "dead letters: " in run("deliver", "--once", "--register", register).stdout
    assert "answered 410" in run("webhook", "list", "--register", register).stdout
    listed = run("dlq", "list", "--register", register)
    assert "answered 410" in listed.stdout
    rows = json.loads(run("dlq", "list", "--register", register, "--json").stdout)
    assert sorted(letter["note_id"] for letter in rows) == ["n1", "n2", "n3"]
    (shown,) = json.loads(run("dlq", "show", 1, "--register", register, "--json").stdout)
    assert (shown["payload"]["decision"], shown["url"]) == ("pass", receiver.url)
    assert "decision" in run("dlq", "show", 1, "--register", register).stdout
    told(run("dlq", "show", 9, "--register", register), 3, "no dead letter")
    told(run("dlq", "replay", "--register", register), 2, "name events or all")
    told(run("dlq", "drop", 1, "--all", "--register", register), 2, "name events or all")
    dropped = run("dlq", "drop", 3, "--register", register, "--json")
    assert json.loads(dropped.stdout) == {"dropped": 1}
    replayed = run("dlq", "replay", "--all", "--endpoint", 1, "--register", register)
    assert replayed.stdout == "2 will be tried again\n"
    run("webhook", "enable", 1, "--register", register)
    receiver.answer = status(200)
    done = run("deliver", "--once", "--register", register, "--json")
    assert json.loads(done.stdout)["received"] == 2
    assert run("dlq", "list", "--register", register).stdout == "no dead letters\n"


def test_a_test_that_fails_says_so(run, register) -> None:
    run("webhook", "add", f"http://127.0.0.1:{free_port()}", "--register", register)
    said = run("webhook", "test", 1, "--register", register)
    told(said, 8, "did not receive")
    assert "ConnectError" in said.stdout


def test_notes_of_a_stream_are_judged(run, register) -> None:
    with running() as server:
        with server.client() as client:
            client.xadd("notes", {"note": row("n1", "ann", 1)})
            client.xadd("notes", {"note": "{"})
        url = server.url()
        done = run("consume", url, "--stream", "notes", "--once", "--register", register, "--json")
        assert json.loads(done.stdout) == {"judged": 1, "referred": 0, "dead": 1}
        again = run("consume", url, "--stream", "notes", "--once", "--register", register)
        assert again.stdout == "judged: 0; sent to a person: 0; dead letters: 0\n"


@pytest.mark.parametrize("command", ["deliver", "consume"])
def test_a_process_ends_quietly_when_it_is_told_to(register, command: str) -> None:
    """SIGTERM, as systemd and containers send it: what is done is said, exit code 0."""
    with running() as server, server.client() as client, Register.open(register) as opened:
        subscribe(opened, server.url("events"))
        happen(opened, "n1")
        client.xadd("notes", {"note": row("n1", "ann", 1)})
        client.xgroup_create("notes", "notegate", id="0")

        def has_done_it() -> bool:
            if command == "deliver":
                return opened.delivery_counts(datetime.now(UTC)).pending == 0
            group = client.xinfo_groups("notes")[0]
            return group["last-delivered-id"] != "0-0" and group["pending"] == 0

        given = [server.url("notes")] if command == "consume" else []
        process = subprocess.Popen(
            [sys.executable, "-m", "moderation", command, *given, "--register", register, "--json"],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            text=True,
        )
        try:
            while not has_done_it():
                assert process.poll() is None
                time.sleep(0.05)
            process.terminate()
            said, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    assert sorted(json.loads(said).values()) == [0, 0, 1]

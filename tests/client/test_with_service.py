"""The client with the service itself, over a socket."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from kit.notes import showing
from kit.pictures import encoded, recompressed, scene

from moderation import FindingKind, Gate, Note, Verdict
from moderation.client import AsyncClient, Breaker, Checked, Client, Source, Tripping, Trouble
from moderation.errors import AppealOpen, HoldSettled, InputError, KeyReused, UnknownSubject
from moderation.gate.publishing.submission import Registering, Submission
from moderation.service.app import create_app
from moderation.service.settings import MAIN_TENANT, Settings
from moderation.service.state import Service
from moderation.service.tenants import OpenDoor, Tenants
from moderation.verdict import Decision, Registration

LONG_MS = 20_000
"""Tests share their processors with others."""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """Of the service; `/` and blanks in ids are its business, too."""
    with Gate.open(tmp_path_factory.mktemp("register"), threads=2) as gate:
        yield gate


@pytest.fixture(scope="module")
def url(gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service listens that lives as long as this file's tests."""
    settings = Settings.read(
        register_at=str(tmp_path_factory.mktemp("elsewhere")),
        auth=False,
        deadline_ms=LONG_MS,
        ceiling_ms=LONG_MS,
    )
    tenants = Tenants({MAIN_TENANT: gate})
    app = create_app(Service(settings, tenants, OpenDoor(tenants)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    (socket,) = server.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with Client(url, breaker=Breaker(Tripping(failures=10**6))) as client:
        yield client


def ask(client: Client, note: Note, **more: Any) -> Checked:
    checked = client.check(note, **({"deadline_ms": LONG_MS} | more))
    assert checked.source is Source.SERVICE, checked.why
    return checked


def picture(seed: int) -> bytes:
    return encoded(scene(seed))


def copy_of(seed: int) -> bytes:
    return encoded(recompressed(scene(seed)), "JPEG")


def test_a_note_its_retry_and_its_copy(client: Client) -> None:
    """The first is registered, its retry replayed, its copy blocked; an edit is a new revision."""
    first = showing(picture(1), id="first", author="ann", text="早安")
    checked = ask(client, first)
    assert checked.decision is Decision.PASS
    assert checked.verdict is not None
    assert checked.verdict.registration is Registration.REGISTERED
    assert (checked.final, checked.replayed) == (True, False)
    again = ask(client, first)
    assert (again.replayed, again.verdict_id) == (True, checked.verdict_id)
    assert again.verdict == checked.verdict
    with pytest.raises(KeyReused):
        ask(client, showing(picture(1), id="first", author="ann", text="晚安"))
    edited = showing(picture(1), id="first", author="ann", text="晚安", revision=2)
    assert not ask(client, edited).replayed
    copied = ask(client, showing(copy_of(1), id="copy", author="bob", hours=1))
    assert copied.decision is Decision.BLOCK
    assert copied.verdict is not None
    assert copied.verdict.findings[0].match.note_id == "first"


def test_the_verdict_is_that_of_the_gate(client: Client, gate: Gate) -> None:
    """Both doors say the same of the same note."""
    ask(client, showing(picture(2), id="work", author="ann"))
    note = showing(
        copy_of(2), id="twice", author="bob", hours=1, text="加微信下单，仅剩三件，199元包邮"
    )
    over_http = ask(client, note, register="never")
    inside = gate.submit(Submission(note=note, registering=Registering.NEVER)).verdict
    assert over_http.verdict == Verdict.from_json(inside.to_json())
    assert over_http.verdict_id is None


def test_a_hold_is_committed_or_aborted(client: Client) -> None:
    """Each as often as one likes, and never the other."""
    kept = ask(client, showing(picture(3), id="kept/1 ?", author="ann"), register="hold")
    assert kept.hold_until is not None
    assert kept.hold_until > datetime.now(UTC)
    for _ in range(2):
        (hold,) = client.commit("kept/1 ?", 1)
        assert (hold.state, hold.verdict_id) == ("committed", kept.verdict_id)
    with pytest.raises(HoldSettled):
        client.abort("kept/1 ?", 1)
    ask(client, showing(picture(4), id="dropped", author="ann"), register="hold")
    assert client.abort("dropped", 1)[0].state == "aborted"
    other = ask(client, showing(picture(4), id="later", author="bob", hours=1))
    assert other.decision is Decision.PASS
    with pytest.raises(UnknownSubject):
        client.commit("never seen", 1)


def test_a_verdict_an_appeal_and_the_end(client: Client) -> None:
    """What was blocked can be looked up and appealed; what is forgotten is gone."""
    ask(client, showing(picture(5), id="original", author="ann"))
    blocked = ask(client, showing(copy_of(5), id="blocked", author="bob", hours=1))
    assert blocked.verdict_id is not None
    assert client.verdict(blocked.verdict_id).verdict == blocked.verdict
    appeal = client.appeal(blocked.verdict_id, author_id="bob", statement="mine")
    assert (appeal.state, appeal.verdict_id) == ("open", blocked.verdict_id)
    with pytest.raises(AppealOpen, match="against this verdict is open"):
        client.appeal(blocked.verdict_id, author_id="bob", statement="mine!")
    sent = picture(5)
    proof = client.add_proof(appeal.appeal_id, author_id="bob", file=sent, name="IMG_5.png")
    assert (proof.appeal_id, proof.kind, proof.name) == (appeal.appeal_id, "file", "IMG_5.png")
    assert [one["shows"] for one in proof.facts["compared"]] == ["not_kept", "file"]
    again = client.add_proof(appeal.appeal_id, author_id="bob", file=sent, name="IMG_5.png")
    assert again == proof
    link = {"author_id": "bob", "link": "https://example.org/2024/cat"}
    assert client.add_proof(appeal.appeal_id, **link).facts == {}
    with pytest.raises(UnknownSubject):
        client.add_proof(appeal.appeal_id, **(link | {"author_id": "ann"}))
    with pytest.raises(UnknownSubject):
        client.add_proof("a_999999", **link)
    assert client.forget_note("blocked").counts
    assert client.forget_author("ann").counts
    with pytest.raises(UnknownSubject):
        client.verdict(blocked.verdict_id)


def test_what_authors_are_told_and_what_readers_say(client: Client) -> None:
    """In both languages; a reader counts once, and nobody reports their own note."""
    ask(client, showing(picture(8), id="shown first", author="ann"))
    blocked = ask(client, showing(copy_of(8), id="shown again", author="bob", hours=1))
    assert blocked.verdict_id is not None
    for lang in ("zh", "en"):
        told = client.explanation(blocked.verdict_id, lang=lang)
        assert (told.decision, told.lang) == ("block", lang)
        assert [(one.code, bool(one.words and one.mend)) for one in told.reasons] == [
            ("image.copy", True)
        ]
        assert told.message
        assert told.appeal["allowed"] is True
        assert "ann" not in told.message
        assert told.later is None
    with pytest.raises(InputError):
        client.explanation(blocked.verdict_id, lang="de")
    with pytest.raises(UnknownSubject):
        client.explanation("v_999999")
    by_a_reader = {"reader_id": "cy", "reason": "hidden_ad"}
    assert client.report("shown first", **by_a_reader).outcome == "opened"
    assert client.report("shown first", **by_a_reader, words="twice").outcome == "known"
    assert client.report("shown again", **by_a_reader).outcome == "answered"
    for note_id, reader in (("shown first", "ann"), ("never seen", "cy")):
        with pytest.raises(InputError):
            client.report(note_id, reader_id=reader, reason="copy")
    edited = ask(client, showing(id="shown again", author="bob", hours=1, revision=2))
    later = client.explanation(blocked.verdict_id, lang="en").later
    assert later is not None
    assert (later.verdict_id, later.decision) == (edited.verdict_id, "pass")
    assert later.words


def test_what_is_wrong_is_raised(client: Client) -> None:
    """A note of nobody; a picture that is none is no error but a finding."""
    with pytest.raises(InputError) as caught:
        client.check(Note(id="nobody"), deadline_ms=LONG_MS)
    assert caught.value.hint
    broken = ask(client, showing(b"no picture", id="broken", author="ann"))
    assert broken.verdict is not None
    assert FindingKind.IMAGE_UNDECODABLE in broken.verdict.reason_kinds()
    assert broken.decision is Decision.REVIEW


def test_the_asynchronous_client(url: str) -> None:
    """Eight copies of one work race: one is the first."""

    async def race() -> list[Checked]:
        async with AsyncClient(url) as client:
            notes = [showing(copy_of(6), id=f"r{n}", author=f"a{n}") for n in range(8)]
            return await asyncio.gather(*(client.check(n, deadline_ms=LONG_MS) for n in notes))

    found = asyncio.run(race())
    assert {checked.source for checked in found} == {Source.SERVICE}
    assert [checked.decision for checked in found].count(Decision.PASS) == 1


def test_a_service_that_is_gone(tmp_path: Path) -> None:
    """`moderation serve` was never started: the fail policy says so."""
    with Client("http://127.0.0.1:9") as client:
        checked = client.check(showing(picture(7)), deadline_ms=300)
    assert (checked.decision, checked.source) == (Decision.REVIEW, Source.FALLBACK)
    assert checked.why is not None
    assert checked.why.cause is Trouble.UNREACHABLE

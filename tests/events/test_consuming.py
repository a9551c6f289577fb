"""Notes from a stream: at least once, none forgotten, none passed in silence."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kit import pictures
from kit.event_children import end, has_begun, intake, start
from kit.redis import RedisServer
from kit.subscribers import listen
from PIL import Image
from sqlalchemy import select

from moderation import Decision, Gate
from moderation.errors import StoreBusy
from moderation.events import consuming
from moderation.events.consuming import Consumed, Consumer
from moderation.store.service.tables import EVENTS


@pytest.fixture
def stream(redis_server: RedisServer, request: pytest.FixtureRequest) -> str:
    return f"notes:{request.node.name}"  # streams of events are on the same server


@pytest.fixture
def gate(place: str | Path, tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(place, index=tmp_path / "index", threads=1) as gate:
        listen(gate.register)
        yield gate


@pytest.fixture
def sqlite_gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate.open(tmp_path, threads=1) as gate:
        listen(gate.register)
        yield gate


def note(note_id: str, text: str = "今天的猫", **more: Any) -> str:
    row = {
        "id": note_id,
        "author": {"id": f"author-of-{note_id}"},
        "published_at": "2026-11-21T08:00:00Z",
        "text": text,
    }
    return json.dumps(row | more)


def add(server: RedisServer, stream: str, *texts: str, **fields: str) -> None:
    with server.client() as client:
        for text in texts:
            client.xadd(stream, {"note": text} | fields)


def consume(gate: Gate, server: RedisServer, stream: str, **how: Any) -> Consumed:
    taken = replace(intake(server.url(stream)), **how)
    return Consumer(gate, taken).run(threading.Event(), once=True)


def pending(server: RedisServer, stream: str) -> int:
    with server.client() as client:
        return int(client.xpending(stream, "notegate")["pending"])


def told(gate: Gate) -> dict[str, list[str]]:
    """Note → decisions that subscribers were told, in order."""
    found: dict[str, list[str]] = {}
    with gate.register._connected() as connection:
        for payload in connection.execute(select(EVENTS.c.payload).order_by(EVENTS.c.event_id)):
            found.setdefault(payload[0]["note_id"], []).append(payload[0]["decision"])
    return found


def test_notes_are_judged_and_acknowledged(
    gate: Gate, redis_server: RedisServer, stream: str
) -> None:
    """A note that comes twice has one verdict; a picture comes in base64."""
    file = io.BytesIO()
    Image.fromarray(pictures.scene(1, 200, 200)).save(file, "PNG")
    image = {"data": base64.b64encode(file.getvalue()).decode()}
    add(redis_server, stream, note("a"), note("b", images=[image]), note("a"))
    assert consume(gate, redis_server, stream).judged == 3
    assert pending(redis_server, stream) == 0
    assert told(gate) == {"a": ["pass"], "b": ["pass"]}
    assert len(gate.register.pictures_of_note("b")) == 1


def test_pictures_lie_in_the_media_folder(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str, tmp_path: Path
) -> None:
    """And nowhere else, not even where a link leads."""
    media = tmp_path / "media"
    media.mkdir()
    Image.fromarray(pictures.scene(1, 200, 200)).save(media / "1.png")
    (media / "out.png").symlink_to(tmp_path / "register.sqlite3")
    outside = ("../register.sqlite3", str(tmp_path / "register.sqlite3"), "out.png")
    notes = [note("in", images=[{"path": "1.png"}])]
    notes += [note(f"out{i}", images=[{"path": path}]) for i, path in enumerate(outside)]
    add(redis_server, stream, *notes)
    done = consume(sqlite_gate, redis_server, stream, media_root=media)
    assert (done.judged, done.dead) == (1, 3)
    assert told(sqlite_gate) == {"in": ["pass"]}
    add(redis_server, stream, notes[0])
    assert consume(sqlite_gate, redis_server, stream).dead == 1


NO_NOTES: dict[str, tuple[dict[str, str], str]] = {
    "no-json": ({"note": "{"}, "no JSON"),
    "no-field": ({"text": "hello"}, "no field `note`"),
    "list": ({"note": "[]"}, "must be an object"),
    "deep": ({"note": "[" * 100_000}, "no JSON"),
    "no-author": ({"note": '{"id": "a"}'}, "`author` is missing"),
    "no-base64": ({"note": note("a", images=[{"data": "?"}])}, "no base64"),
    "odd-base64": ({"note": note("a", images=[{"data": 5}])}, "no base64"),
    "odd-images": ({"note": note("a", images={"a": 1})}, "must be a list"),
    "odd-image": ({"note": note("a", images=["x"])}, "must be an object"),
    "half-surrogate": ({"note": note("a", text="\ud800")}, "surrogate"),
    "register": ({"note": note("a"), "register": "always"}, "`register` is `always`"),
    "key": ({"note": note("a"), "idempotency_key": "k" * 513}, "limit 512"),
}


def test_what_is_no_note_is_kept_with_the_reason(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str
) -> None:
    """Where people find it; and the others go on."""
    with redis_server.client() as client:
        for fields, _ in NO_NOTES.values():
            client.xadd(stream, fields)
        client.xadd(stream, {"note": note("good")})
        done = consume(sqlite_gate, redis_server, stream, at_once=1)
        assert (done.judged, done.dead) == (1, len(NO_NOTES))
        dead = [fields for _, fields in client.xrange(f"{stream}:dead")]
    for letter, (fields, reason) in zip(dead, NO_NOTES.values(), strict=True):
        assert reason in letter.pop("reason")
        assert letter.pop("entry")
        assert letter == fields
    assert pending(redis_server, stream) == 0
    assert told(sqlite_gate) == {"good": ["pass"]}


def test_what_is_no_note_is_not_kept_without_end(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis drops whole nodes of a hundred entries."""
    monkeypatch.setattr(consuming, "DEAD_MAXLEN", 100)
    add(redis_server, stream, *["{"] * 350)
    assert consume(sqlite_gate, redis_server, stream).dead == 350
    with redis_server.client() as client:
        assert 100 <= client.xlen(f"{stream}:dead") < 300


def test_keys_and_holds_are_those_of_the_message(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str
) -> None:
    """Another note under the same key is the sender's mistake."""
    more = {"idempotency_key": "k1", "register": "hold"}
    add(redis_server, stream, note("a"), note("a"), note("b"), **more)
    done = consume(sqlite_gate, redis_server, stream, at_once=1)
    assert (done.judged, done.dead) == (2, 1)
    assert told(sqlite_gate) == {"a": ["pass"]}


@pytest.fixture
def failing(sqlite_gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let `submit` raise an error for a note, for so many times."""

    def fail(error: Exception, *, on: str, times: int) -> list[str]:
        submit, asked = sqlite_gate.submit, list[str]()

        def failing(submission: Any) -> Any:
            asked.append(submission.note.id)
            if submission.note.id == on and asked.count(on) <= times:
                raise error
            return submit(submission)

        monkeypatch.setattr(sqlite_gate, "submit", failing)
        return asked

    return fail


def run_until(
    gate: Gate, server: RedisServer, stream: str, settled: Callable[[], bool], **how: Any
) -> Consumed:
    stop = threading.Event()
    consumer = Consumer(gate, replace(intake(server.url(stream)), **how))
    done: list[Consumed] = []
    thread = threading.Thread(target=lambda: done.append(consumer.run(stop)))
    thread.start()
    deadline = time.monotonic() + 20
    while not settled() and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join()
    return done[0]


def test_a_note_that_always_fails_goes_to_a_person(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str, failing: Callable[..., list[str]]
) -> None:
    """After so many tries, with the reason, told like every verdict; the others pass meanwhile."""
    asked = failing(RuntimeError("a bug"), on="bad", times=99)
    add(redis_server, stream, note("bad"), note("good"))
    done = run_until(sqlite_gate, redis_server, stream, lambda: "bad" in told(sqlite_gate))
    assert (done.judged, done.referred) == (1, 1)
    assert asked.count("bad") == 2
    assert told(sqlite_gate) == {"good": ["pass"], "bad": ["review"]}
    row = sqlite_gate.register.latest_verdict("bad")
    assert row is not None
    (failure,) = row.verdict.failures
    assert (failure.code, row.verdict.decision) == ("poison_note", Decision.REVIEW)
    assert row.verdict.completeness.value == "partial"
    assert pending(redis_server, stream) == 0


def test_a_register_that_is_busy_is_not_the_notes_fault(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str, failing: Callable[..., list[str]]
) -> None:
    """It waits for longer than others wait for it, tries more often than N, and is judged."""
    busy = StoreBusy("another process is at work", hint="wait")
    failing(busy, on="a", times=60)
    add(redis_server, stream, note("a"))

    def settled() -> bool:
        return "a" in told(sqlite_gate)

    done = run_until(sqlite_gate, redis_server, stream, settled, stuck_s=0.2, idle_s=0.3)
    assert (done.judged, done.referred) == (1, 0)
    assert told(sqlite_gate) == {"a": ["pass"]}


def test_to_stop_while_the_register_is_busy_is_no_try(
    sqlite_gate: Gate, redis_server: RedisServer, stream: str, failing: Callable[..., list[str]]
) -> None:
    """However often; the note is there for the next consumer at once."""
    stops = 4
    asked = failing(StoreBusy("another process is at work", hint="wait"), on="a", times=stops)
    add(redis_server, stream, note("a"))
    slow = {"idle_s": 30.0, "after_trouble_s": 30.0}
    for number in range(1, stops + 1):
        run_until(sqlite_gate, redis_server, stream, lambda n=number: len(asked) == n, **slow)
        with redis_server.client() as client:
            (entry,) = client.xpending_range(stream, "notegate", "-", "+", 9)
        assert (len(asked), entry["times_delivered"]) == (number, 0)
    done = run_until(sqlite_gate, redis_server, stream, lambda: bool(told(sqlite_gate)), **slow)
    assert (done.judged, done.referred) == (1, 0)
    assert told(sqlite_gate) == {"a": ["pass"]}


def test_the_redis_may_be_away_for_a_while(sqlite_gate: Gate, stream: str) -> None:
    """What was read and judged meanwhile is acknowledged when it is back."""
    from kit import redis

    with redis.running() as server:
        add(server, stream, note("a"))

        def settled() -> bool:
            if "a" in told(sqlite_gate) and "b" not in told(sqlite_gate) and server.is_running:
                server.stop()
                server.start()
                with server.client() as client:
                    client.xadd(stream, {"note": note("b")})
            return "b" in told(sqlite_gate) and pending(server, stream) == 0

        assert run_until(sqlite_gate, server, stream, settled).judged >= 2


@pytest.mark.slow
def test_children_that_are_killed_lose_nothing(
    gate: Gate, place: str | Path, redis_server: RedisServer, stream: str
) -> None:
    """Over one note they kill themselves, one is killed: each note has a verdict that is told."""
    names = [f"n{i}" for i in range(24)]
    texts = [note(name) for name in names] + [note("deadly", text="die")]
    url, deaths = redis_server.url(stream), 0

    def settled() -> bool:
        return len(told(gate)) == len(texts) and pending(redis_server, stream) == 0

    children = [start("consume", place, url, f"c{i}") for i in range(2)]
    try:
        for child in children:
            has_begun(child)
        add(redis_server, stream, *texts[:12], texts[-1], *texts[12:-1])
        time.sleep(0.2)
        children[0].kill()
        deadline = time.monotonic() + 60
        while not settled() and time.monotonic() < deadline:
            for i, child in enumerate(children):
                if child.poll() is not None:
                    deaths += child.returncode == 9
                    end(child)
                    children[i] = start("consume", place, url, f"c{i}")
            time.sleep(0.05)
    finally:
        for child in children:
            end(child)
    assert pending(redis_server, stream) == 0
    assert told(gate) == {name: ["pass"] for name in names} | {"deadly": ["review"]}
    assert 1 <= deaths <= 2

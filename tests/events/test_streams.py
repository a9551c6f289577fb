"""Events on a Redis stream, and children that deliver and are killed."""

from __future__ import annotations

import json
import random
import time

import pytest
from kit.event_children import QUICK, deliver, end, happen, has_begun, start, subscribe
from kit.redis import RedisServer

from moderation.store import Register

NOTES = ("a", "b", "c", "d")


def entries(server: RedisServer, stream: str) -> list[dict[str, str]]:
    with server.client() as client:
        return [fields for _, fields in client.xrange(stream)]


def test_an_event_is_one_entry(register: Register, redis_server: RedisServer, request) -> None:
    """With what a webhook would carry as its payload."""
    stream = request.node.name
    subscribe(register, redis_server.url(stream))
    a1, a2 = happen(register, "a", "a")
    assert deliver(register).received == 2
    first, second = entries(redis_server, stream)
    assert first["type"] == "verdict.finalized"
    assert (first["note_id"], first["sequence"], second["sequence"]) == ("a", str(a1), str(a2))
    assert first["id"].startswith("msg_")
    payload = json.loads(first["payload"])
    assert (payload["type"], payload["data"]["sequence"]) == ("verdict.finalized", a1)
    assert payload["data"]["text"] == "猫"


def test_a_stream_is_kept_short(tmp_path, redis_server: RedisServer, request) -> None:
    """About as long as the address says: Redis drops whole nodes of a hundred entries."""
    stream = request.node.name
    with Register.open(tmp_path) as register:
        subscribe(register, redis_server.url(stream, maxlen=100))
        happen(register, *(f"n{i}" for i in range(450)))
        assert deliver(register).received == 450
    assert 100 <= len(entries(redis_server, stream)) < 300


def test_no_redis_there(tmp_path) -> None:
    with Register.open(tmp_path) as register:
        one = subscribe(register, f"unix://{tmp_path}/nobody?stream=s")
        happen(register, "a")
        deliver(register, until=20)
        (letter,) = register.dead_letters(endpoint_id=one)
        assert "ConnectionError" in letter.last_error


@pytest.mark.slow
def test_children_that_are_killed_lose_nothing(
    place, register: Register, redis_server: RedisServer, request
) -> None:
    """Two deliver, and the older one is killed again and again: all arrive, notes in order."""
    chance, stream = random.Random(7), request.node.name
    subscribe(register, redis_server.url(stream))
    wanted: dict[str, list[int]] = {note_id: [] for note_id in NOTES}
    children = [start("deliver", place), start("deliver", place)]
    try:
        for _ in range(3):
            has_begun(children[0])
            for _ in range(6):
                some = [chance.choice(NOTES) for _ in range(6)]
                for note_id, event_id in zip(some, happen(register, *some), strict=True):
                    wanted[note_id].append(event_id)
                time.sleep(chance.uniform(0, 0.03))
            end(children.pop(0))
            children.append(start("deliver", place))
    finally:
        for child in children:
            end(child)
    time.sleep(QUICK.lease.total_seconds())  # of the dead
    deliver(register, until=30)
    came: dict[str, list[int]] = {note_id: [] for note_id in NOTES}
    for entry in entries(redis_server, stream):
        came[entry["note_id"]].append(int(entry["sequence"]))
    for note_id in NOTES:
        assert list(dict.fromkeys(came[note_id])) == wanted[note_id]
    assert register.dead_letters() == []

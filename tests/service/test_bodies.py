"""Bodies: strict JSON within limits, or a problem that says why not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.asking import JSON, Asking, a_note, problem

from moderation.service.app import create_app
from moderation.service.bodies import MOST_CONTAINERS, MOST_DEEP, Held, parse
from moderation.service.problems import Refused
from moderation.service.state import Service

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)

NOT_JSON = {
    "nothing": b"",
    "half": b'{"id": "n1"',
    "two-values": b"{} {}",
    "key-twice": b'{"id": "n1", "id": "n2"}',
    "key-twice-inside": b'{"author": {"id": "a", "id": "b"}}',
    "nan": b'{"deadline_ms": NaN}',
    "infinity": b"[-Infinity]",
    "latin-1": b'{"id": "\xe9"}',
    "utf-16": '{"id": "n1"}'.encode("utf-16"),
    "deep": b"[" * (MOST_DEEP + 1) + b"]" * (MOST_DEEP + 1),
    "very-deep": b"[" * 50_000 + b"]" * 50_000,
    "endless-number": b"1" * 10_000,
}


@given(VALUES)
def test_every_value_is_read_as_it_was_written(value: Any) -> None:
    """What JSON can say, arrives."""
    assert parse(json.dumps(value).encode()) == value


def test_as_deep_as_allowed_is_read() -> None:
    """One less than what is refused."""
    assert parse(b"[" * MOST_DEEP + b"]" * MOST_DEEP)


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_what_is_no_json_is_malformed(ask: Asking, body: bytes) -> None:
    """400, and what is wrong."""
    told = problem(ask("POST", "/v1/verdicts", content=body, headers=JSON), 400, "malformed_json")
    assert told["pointer"] is None


@pytest.mark.parametrize(
    "body",
    [b"[" + b"{}," * MOST_CONTAINERS + b"{}]", b"[" + b"1," * 1_000_001 + b"1]"],
    ids=["100,002 brackets, limit 100,000", "1,000,001 commas, limit 1,000,000"],
)
def test_few_bytes_that_ask_for_much_memory_are_refused(
    body: bytes, request: pytest.FixtureRequest
) -> None:
    """Before the values are made; with the number that was exceeded."""
    with pytest.raises(Refused, match=request.node.callspec.id) as refused:
        parse(body)
    assert refused.value.status == 413


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data"],
    ids=["none", "text", "xml", "gbk", "form"],
)
def test_other_types_are_refused(ask: Asking, kind: str) -> None:
    """415, whatever is in them."""
    headers = {"Content-Type": kind} if kind else {}
    response = ask("POST", "/v1/verdicts", content=b"{}", headers=headers)
    problem(response, 415, "unsupported_media_type")


def test_a_body_is_cut_off_at_the_limit(make: Any) -> None:
    """While it comes in: what is announced, and what is not."""
    ask = Asking(make(most_body_bytes=2_000))
    long = json.dumps(a_note(text="x" * 3_000)).encode()
    problem(ask("POST", "/v1/verdicts", content=long, headers=JSON), 413, "body_too_large")
    sent = []

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            sent.append(1)
            yield b" " * 1_000

    response = ask("POST", "/v1/verdicts", content=chunks(), headers=JSON)
    problem(response, 413, "body_too_large")
    assert response.headers["connection"] == "close"


def test_a_body_that_dawdles_is_not_waited_for(make: Any) -> None:
    """408; the connection is closed."""
    ask = Asking(make(body_timeout_s=0.05))

    async def chunks() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    response = ask("POST", "/v1/verdicts", content=chunks(), headers=JSON)
    assert problem(response, 408, "body_too_slow")["retryable"]


def test_a_caller_that_hangs_up_is_no_bug(make: Any) -> None:
    """Nobody hears the answer; the log has it, and its room is free again."""
    service = make()
    app = create_app(service)
    sent: list[dict[str, Any]] = []
    scope = {
        **{"type": "http", "http_version": "1.1", "method": "POST", "scheme": "http"},
        **{"path": "/v1/verdicts", "raw_path": b"/v1/verdicts", "query_string": b""},
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        **{"client": ("127.0.0.1", 9), "server": ("127.0.0.1", 80), "root_path": ""},
    }

    coming = [
        {"type": "http.request", "body": b"{" * 1_000, "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert b"body_cut_short" in sent[1]["body"]
    assert service.room.taken_bytes == 0


def taken(service: Service, much: int) -> Callable[[], None]:
    """Room that another request has; to be called when it has ended."""
    held = Held(service.room)
    held.take(much)
    return held.lend()


def test_bodies_share_their_memory(make: Any) -> None:
    """What does not fit is refused at once, and the room is given back."""
    service = make(most_body_bytes=64_000, most_bodies_bytes=64_000)
    ask = Asking(service)
    give_back = taken(service, 60_000)
    long = json.dumps(a_note(text="x" * 5_000, register="never")).encode()
    told = problem(ask("POST", "/v1/verdicts", content=long, headers=JSON), 503, "overloaded")
    assert told["retryable"]
    assert told["detail"] == f"bodies take {60_000 + len(long):,} bytes, limit 64,000"
    assert service.room.taken_bytes == 60_000
    give_back()
    assert ask.submit(a_note(text="short", register="never")).status_code == 200
    assert service.room.taken_bytes == 0

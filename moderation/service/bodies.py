"""Bodies: read within a limit and a time, and taken as strict JSON or not at all.

A few bytes of JSON can ask for much memory (`[[],[],…`), so the number of values is bounded
before they are made. Base64 has no bracket and no comma: pictures do not count.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from moderation.service.problems import Refused, overloaded
from moderation.store import Scope

MOST_CONTAINERS = 100_000
MOST_COMMAS = 1_000_000
"""A caption may hold 200,000 characters, all of them commas."""
MOST_DEEP = 64
_JSON = ("application", "json")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class JsonRoute(APIRoute):
    """A route whose body, where it takes one, is read here and not by the framework."""

    def get_route_handler(self) -> Handler:
        """The framework's handler, with the body read before.

        When it began to come in and when it was there is kept in the request's state: pictures
        take a while to arrive and to be parsed, which is part of the time that the caller gave.
        """
        inner = super().get_route_handler()
        if self.body_field is None:
            return inner

        async def handler(request: Request) -> Response:
            request.state.began = time.monotonic()
            service = request.app.state.service
            settings = service.settings
            await service.door.admit(request, Scope.CHECK)  # before anything is read
            refuse_other_types(request.headers.get("content-type", ""))
            with service.room.held() as held:
                request.state.held = held
                try:
                    async with asyncio.timeout(settings.body_timeout_s):
                        body = await read_within(request, settings.most_body_bytes, held)
                except TimeoutError:
                    raise _too_slow(settings.body_timeout_s) from None
                except ClientDisconnect:
                    raise _cut_short() from None
                request.state.body_there = time.monotonic()
                read = _Read(request, parse(body))
                del body  # half of what a request takes
                return await inner(read)

        return handler


class _Read(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, parsed: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._parsed = parsed

    async def body(self) -> bytes:
        return b"read"  # the framework looks whether there is one, and asks `json` for it

    async def json(self) -> Any:
        return self._parsed


def refuse_other_types(content_type: str) -> None:
    """Make sure that the body is said to be JSON in UTF-8.

    Raises:
        Refused: 415.
    """
    message = Message()
    message["content-type"] = content_type
    kind = (message.get_content_maintype(), message.get_content_subtype())
    charset = str(message.get_param("charset", "utf-8")).lower()
    if not content_type or kind != _JSON or charset not in ("utf-8", "utf8"):
        raise Refused(
            415,
            "unsupported_media_type",
            f"the body is said to be `{content_type:.80}`",
            hint="send JSON in UTF-8, with `Content-Type: application/json`",
        )


class Room:
    """Memory for the bodies of all requests that are inside. Safe for threads."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.taken_bytes = 0
        self._lock = threading.Lock()

    def take(self, more_bytes: int) -> None:
        """Take some.

        Raises:
            Refused: 503, there is no more.
        """
        with self._lock:
            taken = self.taken_bytes
            if taken + more_bytes <= self.most_bytes:
                self.taken_bytes += more_bytes
                return
        raise overloaded(f"bodies take {taken + more_bytes:,} bytes, limit {self.most_bytes:,}")

    def give_back(self, taken_bytes: int) -> None:
        """What was taken."""
        with self._lock:
            self.taken_bytes -= taken_bytes

    @contextmanager
    def held(self) -> Iterator[Held]:
        """A part of it, given back when this and all work on it has ended."""
        held = Held(self)
        give_back = held.lend()
        try:
            yield held
        finally:
            give_back()


class Held:
    """What one body takes: until its request is answered, and whatever works on it has ended."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._users = 0
        self.taken_bytes = 0

    def take(self, more_bytes: int) -> None:
        """Take more.

        Raises:
            Refused: 503, there is no more.
        """
        self._room.take(more_bytes)
        self.taken_bytes += more_bytes

    def lend(self) -> Callable[[], None]:
        """Keep it until what is returned is called: work that stalls outlasts the answer."""
        with self._lock:
            self._users += 1
        return self._give_back

    def _give_back(self) -> None:
        with self._lock:
            self._users -= 1
            last = not self._users
        if last:
            self._room.give_back(self.taken_bytes)


async def read_within(request: Request, limit: int, held: Held) -> bytearray:
    """The whole body, as long as it stays within `limit` bytes and there is room for it.

    Raises:
        Refused: 413 or 503, before the rest has come in.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise _too_large(f"{int(announced[:20]):,}", limit)
    body = bytearray()
    async for chunk in request.stream():
        if len(body) + len(chunk) > limit:
            raise _too_large(f"at least {len(body) + len(chunk):,}", limit)
        held.take(len(chunk))
        body += chunk
    return body


def parse(body: bytes | bytearray) -> Any:
    """Strict JSON: UTF-8, no key twice, no NaN, not too deep, not too much.

    Raises:
        Refused: 400 where it is no JSON, 413 where it holds too many values.
    """
    for what, number, limit in (
        ("brackets", body.count(b"{") + body.count(b"["), MOST_CONTAINERS),
        ("commas", body.count(b","), MOST_COMMAS),
    ):
        if number > limit:
            raise Refused(
                413,
                "body_too_large",
                f"the body holds {number:,} {what}, limit {limit:,}",
                hint="send fewer notes at a time",
            )
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_each_key_once, parse_constant=_no_constant
        )
        _refuse_deep(value)
    except RecursionError:
        raise _malformed(f"it is nested more than {MOST_DEEP} deep") from None
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg.lower()} at character {error.pos}") from None
    except ValueError as error:  # a number of thousands of digits, or one of ours
        raise _malformed(str(error)[:200]) from None
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice!a:.60} stands there twice")
    return row


def _no_constant(name: str) -> Any:
    raise ValueError(f"`{name}` is not JSON")


def _refuse_deep(value: Any) -> None:
    level = [value]
    for _ in range(MOST_DEEP):
        level = [inner for outer in level for inner in _held(outer)]
        if not level:
            return
    raise RecursionError


def _held(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _malformed(what: str) -> Refused:
    return Refused(
        400,
        "malformed_json",
        f"the body is not JSON as it is taken here: {what}",
        hint="send one JSON value (RFC 8259)",
    )


def _too_large(got: str, limit: int) -> Refused:
    return Refused(
        413,
        "body_too_large",
        f"the body has {got} bytes, limit {limit:,}",
        hint="send smaller pictures, or fewer notes at a time",
    )


def _too_slow(limit_s: float) -> Refused:
    return Refused(
        408,
        "body_too_slow",
        f"the body was not there within {limit_s:g} s",
        hint="send it again, faster",
        retry_after_s=1,
        headers={"Connection": "close"},
    )


def _cut_short() -> Refused:
    """For the log alone: nobody is there any more."""
    return Refused(
        400,
        "body_cut_short",
        "the caller hung up before the body was whole",
        hint="send it again",
    )

"""A publish service over a real socket that can be told how to behave, and to misbehave."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moderation.note import Note
from moderation.verdict import Completeness, Decision, Registration, Verdict

PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request that came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Behaviour = Callable[[socket.socket, Seen], bool]
"""Does something with the connection; True keeps it open for the next request."""


def verdict_row(decision: str = "pass", **fields: Any) -> dict[str, Any]:
    """What the service answers for the note `n1`, revision 1."""
    verdict = Verdict(
        note_id="n1",
        revision=1,
        decision=Decision(decision),
        reasons=(),
        findings=(),
        failures=(),
        completeness=Completeness.COMPLETE,
        policy="default",
        policy_digest="sha256:0",
        registration=Registration.REGISTERED,
    )
    beside = {"verdict_id": "v_42", "final": True, "degraded": [], "hold": None, "replayed": False}
    return verdict.to_json() | beside | fields


def note(**fields: Any) -> Note:
    """What is asked for."""
    return Note.from_json(
        {"id": "n1", "author": {"id": "alice"}, "published_at": "2026-11-21T08:00:00Z"} | fields
    )


def head(status: int, length: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def say(status: int, row: Any = None, **headers: str) -> Behaviour:
    """An answer with JSON, or with bytes as they are."""
    body = row if isinstance(row, bytes) else json.dumps(row).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def behave(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(head(status, len(body), named) + body)
        return True

    return behave


def problem(status: int, code: str = "", **more: Any) -> Behaviour:
    """A problem of RFC 9457."""
    retry = {"Retry_After": str(more.pop("retry_after"))} if "retry_after" in more else {}
    row = {"title": "no", "status": status, "code": code, "detail": "it is so", "hint": "act"}
    return say(status, row | more, Content_Type="application/problem+json", **retry)


def hang(connection: socket.socket, seen: Seen) -> bool:
    """Say nothing until the other side has gone."""
    connection.settimeout(PATIENCE_S)
    with contextlib.suppress(OSError):
        connection.recv(1)
    return False


def drip(data: bytes, every_s: float = 0.02) -> Behaviour:
    """A byte now and then, without an end."""

    def behave(connection: socket.socket, seen: Seen) -> bool:
        end = time.monotonic() + PATIENCE_S
        with contextlib.suppress(OSError):
            connection.sendall(data)
            while time.monotonic() < end:
                connection.sendall(b"x")
                time.sleep(every_s)
        return False

    return behave


drip_headers = drip(b"HTTP/1.1 200 OK\r\nX-Long: ")
drip_body = drip(head(200, 10**6, {}))


def reset(connection: socket.socket, seen: Seen) -> bool:
    """RST instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang_up(connection: socket.socket, seen: Seen) -> bool:
    """Close without a word."""
    return False


def break_off(connection: socket.socket, seen: Seen) -> bool:
    """Half an answer."""
    connection.sendall(head(200, 500, {}) + b'{"decision": "pass"')
    return False


def raw(data: bytes) -> Behaviour:
    """These bytes, and the end."""

    def behave(connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(data)
        return False

    return behave


class RudeService:
    """Listens until it is closed; each request gets the next behaviour, the last one stays."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.seen: list[Seen] = []
        self.connections = 0
        self._plan: deque[Behaviour] = deque([say(200, verdict_row())])
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def will(self, *behaviours: Behaviour) -> RudeService:
        with self._lock:
            self._plan = deque(behaviours)
        return self

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with self._lock:
                self._open.add(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while (seen := _read(connection)) is not None:
                with self._lock:
                    self.seen.append(seen)
                    behave = self._plan[0]
                    if len(self._plan) > 1:
                        self._plan.popleft()
                if not behave(connection, seen):
                    break
        with self._lock:
            self._open.discard(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()


def _read(connection: socket.socket) -> Seen | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        piece = connection.recv(1 << 20)
        if not piece:  # hung up: asking on would turn for ever
            return None
        body += piece
    return Seen(method=method, path=path, headers=headers, body=body, at=time.monotonic())


@contextlib.contextmanager
def rude_service() -> Iterator[RudeService]:
    """A service of this test."""
    service = RudeService()
    try:
        yield service
    finally:
        service.close()


@contextlib.contextmanager
def nobody_accepts() -> Iterator[str]:
    """An address whose queue is full: connecting to it hangs."""
    with socket.socket() as listening, contextlib.ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect(listening.getsockname())
        time.sleep(0.05)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def nobody_there() -> str:
    """An address where nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"

"""Receivers of webhooks that are real HTTP servers: good ones and bad ones."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(eq=False)
class Receiver:
    """What came, in order, and how it answers now."""

    answer: Answer
    url: str = ""
    came: list[tuple[dict[str, str], str]] = field(default_factory=list)
    """Headers in lower case, and body."""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.came]

    @property
    def sequences(self) -> list[int]:
        return [body["data"]["sequence"] for body in self.bodies]


def status(code: int, said: bytes = b"", **headers: str) -> Answer:
    """Answers with a status."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said)

    return answer


OK = status(204)


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Says nothing, for longer than anybody waits."""
    time.sleep(3)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte of a header every tenth of a second: no single read times out."""
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"y" * 40:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.1)


def lie(handler: BaseHTTPRequestHandler) -> None:
    """No HTTP at all."""
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")


def promise_more(handler: BaseHTTPRequestHandler) -> None:
    """200, and a body that is shorter than was said."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def receive_and_hang(handler: BaseHTTPRequestHandler) -> None:
    """Nearly too late 200, and a body that does not come."""
    time.sleep(0.4)
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    handler.wfile.flush()
    time.sleep(3)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """500 with a body without end."""
    handler.wfile.write(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


@contextmanager
def receiving(answer: Answer = OK) -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.came.append((headers, self.rfile.read(size).decode()))
            how = receiver.answer
            self.close_connection = how is not OK
            with suppress(OSError):
                how(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.block_on_close = False
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])

"""Running: the console answers in one process until it is told to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from moderation.console.app import create_app
from moderation.console.state import Console
from moderation.listening import BACKLOG, listen_at, url_of


class _Server(uvicorn.Server):
    """Ends with 0 when it is told to end; uvicorn would raise the signal again, and die of it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ending = (signal.SIGTERM, signal.SIGINT)
        handlers = {sig: signal.signal(sig, self.handle_exit) for sig in ending}
        try:
            yield
        finally:
            for sig, handler in handlers.items():
                signal.signal(sig, handler)


def server_of(console: Console) -> uvicorn.Server:
    """What answers for a console; it listens where it is told to, in this thread."""
    config = uvicorn.Config(
        create_app(console),
        loop="asyncio",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=2,  # pages that listen would never let it end
    )
    return _Server(config)


def serve(console: Console, *, host: str, port: int, announce: Callable[[str], None]) -> None:
    """Answer until told to end (SIGTERM or SIGINT).

    Args:
        console: around an open register, which it does not close.
        host: address to listen on.
        port: 0 takes a free one.
        announce: told the URL, once connections are taken.

    Raises:
        BadSetting: the address cannot be had.
    """
    with listen_at(host, port) as listening:
        announce(url_of(listening))
        server_of(console).run(sockets=[listening])

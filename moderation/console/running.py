"""Running: the console answers in one process until it is told to end."""

from __future__ import annotations

from collections.abc import Callable

import uvicorn

from moderation.console.app import create_app
from moderation.console.state import Console
from moderation.listening import BACKLOG, listen_at, url_of


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
    return uvicorn.Server(config)


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

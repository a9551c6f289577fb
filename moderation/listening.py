"""Where something of ours listens, and who can reach it."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from moderation.errors import BadSetting

BACKLOG = 2048


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def are_of_this_machine(urls: Iterable[str]) -> bool:
    """Whether all of these lead to the loopback: what a browser says of where it is and was.

    A page of another site reaches the loopback through a browser on this machine, and is told by
    its `Origin`, or by the name that it had point to here (`Host`).
    """
    return all(is_loopback(_host_of(url)) for url in urls)


def listen_at(host: str, port: int) -> socket.socket:
    """A socket that takes connections; 0 takes a free port.

    Raises:
        BadSetting: the port is taken, or the address is not of this machine.
    """
    host = "127.0.0.1" if host == "localhost" else host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio turns Nagle's algorithm off only where it is, and an answer in
    # two pieces would else wait 40 ms for the other side's delayed acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        why = (error.strerror or str(error)).lower()
        raise BadSetting(
            f"cannot listen on `{host}` port {port}: {why}",
            hint="choose another `--port`, or `--port 0` for a free one",
        ) from None
    return listening


def url_of(listening: socket.socket) -> str:
    """Where it is found."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""

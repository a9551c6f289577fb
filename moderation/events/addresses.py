"""Where events may go, as an operator writes it.

    https://queue.example.org/moderation                webhook
    rediss://:PASSWORD@host:6379/0?stream=NAME&maxlen=N Redis stream; also unix://, and redis://
                                                        where http:// would do

Beyond the loopback neither events nor passwords go in the clear, unless the operator says so.

Operators configure endpoints themselves, on the command line of the host. No author and no caller
of the service can, so an address inside the network is a choice and not an attack: it is where
most queues live.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from moderation.errors import BadSetting

STREAM, MAXLEN = "notegate:events", 1_000_000
"""Where the URL of a Redis does not say."""
_REDIS = ("redis", "rediss", "unix")
_TYPE = re.compile(r"[a-z_]+(\.[a-z_]+)+")
_HINT = "write https://HOST/PATH, or rediss://HOST/DB?stream=NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAddress:
    """A stream of a Redis server."""

    url: str
    """Of the server, as `redis.from_url` takes it; may hold a password."""
    stream: str
    maxlen: int
    """About so many entries are kept; 0 keeps all."""


def kind_of(url: str) -> Literal["webhook", "stream"]:
    """What a URL leads to."""
    return "stream" if url.partition("://")[0].lower() in _REDIS else "webhook"


def check_endpoint(url: str, *, allow_http: bool = False) -> None:
    """Refuse what cannot be an endpoint.

    Args:
        url: as written.
        allow_http: let events go over a network in the clear.

    Raises:
        BadSetting: another scheme, no host, or not encrypted.
    """
    parts = _split(url)
    if parts.scheme in _REDIS:
        parse_stream(url)
    elif parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSetting(f"`{shown(url)}` is no endpoint", hint=_HINT)
    elif parts.fragment:
        raise BadSetting(f"`{shown(url)}` has a fragment, which is never sent", hint="drop the `#`")
    clear = parts.scheme in ("http", "redis") and not _is_loopback(parts.hostname or "localhost")
    if clear and not allow_http:
        raise BadSetting(
            f"`{shown(url)}` is not encrypted",
            hint=f"write {parts.scheme}s://, or give `--allow-http` for a network that you trust",
        )


def parse_stream(url: str) -> StreamAddress:
    """A Redis URL with `stream` and `maxlen`.

    Raises:
        BadSetting: no Redis, no host, or `maxlen` is no number.
    """
    parts = _split(url)
    if parts.scheme not in _REDIS or not (parts.hostname or parts.path.strip("/")):
        raise BadSetting(f"`{shown(url)}` is no Redis", hint="write rediss://HOST/DB?stream=NAME")
    query = dict(parse_qsl(parts.query))
    stream, maxlen = query.pop("stream", STREAM), query.pop("maxlen", str(MAXLEN))
    if not (maxlen.isascii() and maxlen.isdigit()):
        raise BadSetting(
            f"`maxlen` must be a whole number, got `{maxlen:.20}`",
            hint="write maxlen=1000000, or maxlen=0 to keep all",
        )
    return StreamAddress(url=_with_query(parts, query), stream=stream, maxlen=int(maxlen))


def with_stream(url: str, stream: str) -> str:
    """The URL of a Redis, with this stream in place of another.

    Raises:
        BadSetting: it cannot be read.
    """
    parts = _split(url)
    return _with_query(parts, dict(parse_qsl(parts.query)) | {"stream": stream})


def check_types(types: Sequence[str]) -> None:
    """Refuse what cannot be the type of an event.

    Raises:
        BadSetting: it is not written as types are.
    """
    for name in types:
        if not _TYPE.fullmatch(name):
            raise BadSetting(
                f"`{name:.60}` is not a type of events", hint="write it as verdict.finalized"
            )


def shown(url: str) -> str:
    """The URL without password, for people and logs."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "…"
    host = parts.netloc.rpartition("@")[2]
    hidden = f"…@{host}" if "@" in parts.netloc else host
    names = [
        (name, "…" if name.lower() not in ("stream", "maxlen", "db") else value)
        for name, value in parse_qsl(parts.query)
    ]
    return _with_query(parts._replace(netloc=hidden), dict(names))


def _with_query(parts: SplitResult, query: Mapping[str, str]) -> str:
    # Not `urlunsplit`: it takes the slashes from `unix:///run/redis`.
    asked = urlencode(query, safe="…:/")
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + (f"?{asked}" if asked else "")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadSetting("that is not a URL", hint=_HINT) from None
    if not url.isprintable() or " " in url:
        raise BadSetting("a URL has no blanks and no control characters", hint=_HINT)
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"

"""What no log line holds: tokens, secrets of webhooks, passwords in URLs, whole headers.

Nothing of this is logged on purpose. This is the net below: libraries put URLs into their errors,
and whoever debugs puts a whole request into a line. It hides rather too much than too little.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

HIDDEN = "[hidden]"
MOST_DEPTH = 12
"""Deeper things are shown as their text."""
_SECRET_NAMES = (
    *("authorization", "cookie", "password", "passwd", "passphrase", "secret", "api_key"),
    *("apikey", "access_key", "private_key", "credential"),
)
_TOKEN_NAMES = ("token", "access_token", "refresh_token", "bearer", "dsn")

_TOKEN = re.compile(r"(ngt|whsec)(_|%5f)(?!\[hidden\])[\w+/=%.~-]*", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(r"\b(bearer|basic|digest)([\s:]+|%20|\\[nrt])[\w+/=%.~:-]{6,}", re.IGNORECASE)
_HEADER = re.compile(
    r"(authorization|cookie)(\\*[\"']?\s*[:=,]\s*b?\\*[\"']?\s*)([^\s\"'\\,;)}\]][^\r\n\"'\\]*)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(passw(?:or)?d|passphrase|secret|(?:access|refresh)_token|api_?key)"
    r"(\\*[\"']?\s*(?:=|:|%3d)\s*\\*[\"']?)([^\s\"'&,;]+)",
    re.IGNORECASE,
)
_MAYBE = re.compile(
    r"ngt|whsec|bearer|basic|digest|authori|cookie|passw|passphrase|secret|_token|api_?key|:\\*/|%2f",
    re.IGNORECASE,
)
"""What each of the patterns above and below needs: most lines have none of it."""
_URL_PART = re.compile(r"\S+")
_SLASHES = re.compile(r":(?:\\*/\\*/|%2f%2f)|%3a%2f%2f", re.IGNORECASE)
_AT = re.compile(r"@|%40", re.IGNORECASE)


def hidden_in(text: str) -> str:
    """`text` without what looks like a secret; takes time linear in its length."""
    if _MAYBE.search(text) is None:
        return text
    text = _URL_PART.sub(lambda found: _without_user(found[0]), text)
    text = _TOKEN.sub(rf"\1_{HIDDEN}", text)
    text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    text = _SCHEME.sub(rf"\1 {HIDDEN}", text)
    return _NAMED.sub(rf"\1\2{HIDDEN}", text)


def hidden(value: Any, *, depth: int = 0) -> Any:
    """A value of a log line without secrets; what is no plain value becomes its text."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return hidden_in(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return hidden_in(bytes(value).decode("utf-8", "backslashreplace"))
    if depth < MOST_DEPTH:
        if isinstance(value, Mapping):
            return {
                _name(name): HIDDEN if _is_secret(name) else hidden(inner, depth=depth + 1)
                for name, inner in value.items()
            }
        if _is_pair(value):
            return [_name(value[0]), HIDDEN]
        if isinstance(value, list | tuple | set | frozenset):
            return [hidden(inner, depth=depth + 1) for inner in value]
    if isinstance(value, BaseException):
        value = "".join(traceback.format_exception(value)).rstrip()
    return hidden_in(str(value))


def redact(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """A processor of structlog, for lines of libraries too: the last one before the renderer."""
    secret_free: Mapping[str, Any] = hidden(dict(event))
    return secret_free


def _name(name: Any) -> str:
    if isinstance(name, bytes):
        name = name.decode("utf-8", "backslashreplace")
    return hidden_in(str(name))


def _is_secret(name: Any) -> bool:
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    return isinstance(name, str) and _means_secret(name)


@lru_cache(maxsize=1024)
def _means_secret(name: str) -> bool:
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    return plain in _TOKEN_NAMES or any(secret in plain for secret in _SECRET_NAMES)


def _is_pair(value: Any) -> bool:
    """As headers come: `(b"authorization", b"Bearer …")`."""
    return isinstance(value, list | tuple) and len(value) == 2 and _is_secret(value[0])


def _without_user(word: str) -> str:
    """A word without user and password: all between the first `://` and the last `@`."""
    start = _SLASHES.search(word)
    if start is None:
        return word
    signs = list(_AT.finditer(word, start.end()))
    return f"{word[: start.end()]}{HIDDEN}{word[signs[-1].start() :]}" if signs else word

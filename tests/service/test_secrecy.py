"""No secret gets into a log line, wherever it stands in a record."""

from __future__ import annotations

import io
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from moderation.service.secrecy import HIDDEN, hidden, hidden_in, redact

SECRET = "5ec2e7" * 10 + "0000"
TOKEN = f"ngt_3f9c0d17a2b4_{SECRET}"
WEBHOOK = f"whsec_{SECRET}"
BEARER = f"Bearer {SECRET}"
BASIC = f"Basic {SECRET}"
URL = f"postgresql://notes:{SECRET}@db.example.org:5432/notes?sslmode=verify-full"

PLACES: dict[str, Callable[[str], Any]] = {
    "value": lambda s: {"x": s},
    "name": lambda s: {s: 1},
    "nested": lambda s: {"a": [{"b": ({"c": s},)}]},
    "bytes": lambda s: {"a": s.encode()},
    "name-of-bytes": lambda s: {"a": {s.encode(): 1}},
    "set": lambda s: {"a": {s}},
    "error": lambda s: {"error": ValueError(f"cannot reach {s}")},
    "object": lambda s: {"a": type("Call", (), {"__repr__": lambda _: f"<call {s}>"})()},
    "in-json": lambda s: {"a": json.dumps({"inner": json.dumps({"x": s})})},
    "in-repr": lambda s: {"a": repr({"x": [s, s.encode()]})},
    "too-deep": lambda s: deep(s, 40),
    "between-words": lambda s: {"a": f"before {s} after\r\nnext {s}, {s}; ({s})"},
    "beside-marks": lambda s: {"a": f"x={s}&y=<{s}>|{s}|[{s}]\t{s}\u2028{s}\u200b{s}"},
    "twice": lambda s: {"a": s + s},
    "after-letters": lambda s: {"a": f"x{s}"},
    "long": lambda s: {"a": "word " * 20_000 + s},
}


def deep(value: Any, times: int) -> Any:
    for _ in range(times):
        value = {"d": [value]}
    return value


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", [TOKEN, WEBHOOK, URL], ids=["token", "webhook", "url"])
def test_a_secret_is_hidden_wherever_it_stands(place: str, secret: str) -> None:
    """As value, name, bytes, in an error, in JSON in JSON, in a row of others."""
    event = redact(None, "info", {"event": "asked", "n": 3} | PLACES[place](secret))
    line = json.dumps(event)
    assert SECRET not in line
    assert event["event"] == "asked"
    assert event["n"] == 3


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: {BEARER}",
        f"authorization:{BASIC}",
        f"AUTHORIZATION = {SECRET}",
        f"Proxy-Authorization: Negotiate {SECRET}",
        f'{{"Authorization": "{BEARER}"}}',
        json.dumps(json.dumps({"authorization": f"Custom {SECRET}"})),
        repr({"authorization": f"Custom {SECRET}"}),
        repr([(b"host", b"x"), (b"authorization", f"Custom {SECRET}".encode())]),
        f"bearer  {SECRET}",
        f"Bearer%20{SECRET}",
        f"curl -H 'Authorization: {BEARER}' https://example.org",
        f"Cookie: session={SECRET}",
        f"NGT_3F9C0D17A2B4_{SECRET}",
        f"ngt%5F3f9c0d17a2b4%5F{SECRET}",
        f"GET /v1/verdicts?access_token={SECRET}&x=1",
        f"connection failed: host=db user=notes password={SECRET} sslmode=require",
        f"PGPASSWORD='{SECRET}'",
        f'{{"password": "{SECRET}"}}',
        f"redis://:{SECRET}@cache:6379/0",
        f"rediss://{SECRET}@cache",
        f"postgresql://a:{SECRET}/{SECRET}@{SECRET}@db/notes",
        f"postgresql+psycopg://a:{SECRET}?{SECRET}#@db/notes",
        f"postgresql%3A%2F%2Fa%3A{SECRET}%40db",
        f"postgresql:\\/\\/a:{SECRET}@db\\/notes",
        f"could not open postgresql:///notes?user=a&password={SECRET}",
    ],
)
def test_a_secret_is_known_in_every_dress(text: str) -> None:
    """Headers, queries, connection strings, encoded or not."""
    assert SECRET not in hidden_in(text)
    assert HIDDEN in hidden_in(text)
    assert SECRET not in json.dumps(hidden({"a": [text]}))


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "Authorization", "proxy-authorization", "Cookie", "set-cookie"),
        *("password", "db_password", "PGPASSWORD", "webhook-secret", "token", "access_token"),
        b"authorization",
    ],
)
def test_a_value_is_hidden_for_its_name(name: Any) -> None:
    """Whatever it looks like; as a mapping and as a pair."""
    assert SECRET not in json.dumps(hidden({name: SECRET}))
    assert SECRET not in json.dumps(hidden({name: {"a": [SECRET]}}))
    assert SECRET not in json.dumps(hidden({"headers": [(name, SECRET), (b"x", b"y")]}))


@pytest.mark.parametrize(
    "text",
    [
        "GET /v1/verdicts/17 200 in 31 ms",
        "postgresql://db.example.org:5432/notes",
        "write to ann@example.org",
        "token 3f9c0d17a2b4 is revoked",
        "the basic rules of bearers",
        "note n81: 图片 2 @somebody",
        '{"note_id": "n81", "revision": 3, "decision": "pass"}',
    ],
)
def test_what_is_no_secret_is_left(text: str) -> None:
    """A log that hides everything helps nobody."""
    assert hidden_in(text) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
@example("WHSEC_")
@example(f"{TOKEN} {WEBHOOK} {URL}")
@example(f"Authorization: Bearer {SECRET}; password={SECRET}")
def test_every_value_can_be_logged(value: Any) -> None:
    """Plain values stay plain, and what was hidden once stays as it is."""
    once = hidden(value)
    json.dumps(once)
    assert hidden(once) == once


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from([TOKEN, WEBHOOK, URL]))
def test_no_neighbour_shields_a_secret(before: str, after: str, secret: str) -> None:
    """Whatever stands around it."""
    assert SECRET not in hidden_in(before + secret + after)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a://",
            "@",
            "://@",
            "ngt_",
            "Bearer ",
            "authorization: ",
            "password=",
            "\\",
            " ",
            "%3a%2f%2f",
        ),
        *('authorization"', "passwd : ", "authorization \\\\\\"),
    ],
)
def test_hiding_takes_linear_time(piece: str) -> None:
    """Who can write a line of the log cannot stop the process with it."""
    text = piece * (400_000 // len(piece))
    start = time.perf_counter()
    hidden_in(text)
    assert time.perf_counter() - start < 2.0


@pytest.fixture
def written() -> Any:
    """A logger of `logging`, formatted as the service does, and what it has written."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.ExtraAdder(),
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logger = logging.getLogger(f"test.{secrets.token_hex(4)}")
    logger.propagate = False
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    return logger, stream


@pytest.mark.parametrize("secret", [TOKEN, WEBHOOK, URL, f"Authorization: {BEARER}"])
def test_lines_of_libraries_are_seen_too(written: Any, secret: str) -> None:
    """In message, arguments, traceback and extra values."""
    logger, stream = written
    logger.info(secret)
    logger.info("%s and %r", secret, {"a": secret})
    logger.info("%(x)s", {"x": secret})
    logger.info("extra", extra={"headers": {"a": [secret]}, "password": SECRET})
    try:
        try:
            raise ValueError(secret)
        except ValueError as error:
            raise RuntimeError("outer") from error
    except RuntimeError:
        logger.exception("failed with %s", secret)
    said = stream.getvalue()
    assert SECRET not in said
    assert "RuntimeError: outer" in said
    assert len(said.splitlines()) == 5
    assert all(HIDDEN in line for line in said.splitlines())


def test_a_line_of_structlog_holds_no_secret() -> None:
    """With what was bound before, and an error."""
    out = io.StringIO()
    logger = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(),
        ],
    ).bind(headers=[(b"authorization", BEARER.encode())], url=URL)
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logger.exception("asked", authorization=BEARER, body={"secret": SECRET})
    line = json.loads(out.getvalue())
    assert SECRET not in out.getvalue()
    assert line["event"] == "asked"
    assert "db.example.org" in line["url"]
    assert "ValueError" in line["exception"]
